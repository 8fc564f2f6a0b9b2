"""The one screen of a plan names the way to what scarce things are worth."""

from dataclasses import replace

from rich.console import Console

from tests.connect.tied import tied
from trivet.cli.screen import show_summary
from trivet.core.summary import PlanSummary


def printed(summary: PlanSummary) -> str:
    console = Console(width=150)
    with console.capture() as captured:
        show_summary(summary, console, version="main-1")
    return captured.get()


def test_screen_names_the_command_that_prices_relief() -> None:
    assert "trivet relief --where resource=L1 (likewise item=PACK)" in printed(tied().summary)
    assert "trivet relief --where item=PACK\n" in printed(replace(tied().summary, overloads=()))


def test_screen_is_silent_about_relief_where_nothing_is_scarce() -> None:
    assert "relief --where" not in printed(replace(tied().summary, overloads=(), shortages=()))
