"""Answers: one text for people, one JSON for programs, one exit code for scripts.

0 = done · 1 = done or not, but there are refusals · 2 = the call was wrong.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from trivet.core.issues import Issue, Severity

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON (schema: docs/reference/json.md).")]

T = TypeVar("T")


PAPER = 160
"""Columns of output that goes to a file or another program: wide enough for every table, lines are not broken."""


def screen() -> Console:
    """Give the console answers are printed on: as wide as the terminal, or `PAPER`."""
    terminal = sys.stdout.isatty()
    return Console(width=None if terminal else PAPER, highlight=False, soft_wrap=not terminal)


def answer(value: T, *, as_json: bool, show: Callable[[T, Console], None], refused: bool = False) -> None:
    """Print an answer and leave with 1 when something was refused.

    Args:
        value: a frozen dataclass; its JSON schema is documented.
        as_json: print JSON instead of text.
        show: prints it for people.
        refused: whether something was refused.
    """
    if as_json:
        from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import, only needed here

        adapter: TypeAdapter[Any] = TypeAdapter(type(value))
        sys.stdout.write(adapter.dump_json(value, indent=1).decode() + "\n")
    else:
        show(value, screen())
    if refused:
        raise typer.Exit(1)


def any_refused(issues: Iterable[Issue]) -> bool:
    """Tell whether an issue is a refusal."""
    return any(issue.severity is Severity.REFUSED for issue in issues)


def print_issues(
    issues: Sequence[Issue],
    console: Console,
    *,
    most: int = 12,
    notes: bool = False,
    rest: str = "trivet show --issues",
) -> None:
    """Print issues, largest amount at stake (plan currency) first; notes only when asked for.

    Args:
        issues: what was found.
        console: where to.
        most: issues printed at most.
        notes: whether notes are printed too.
        rest: the command that lists what is not printed.
    """
    shown = [issue for issue in issues if notes or issue.severity is not Severity.NOTE]
    if not shown:
        return
    if any(issue.at_stake is not None for issue in shown[:most]):
        console.print("[dim]money at stake[/]")
    for issue in shown[:most]:
        amount = f"{issue.at_stake:>14,.0f} " if issue.at_stake is not None else " " * 15
        colour = {"refused": "red", "warning": "yellow"}.get(issue.severity, "dim")
        console.print(f"{amount}[{colour}]{issue.severity}[/] ", end="")
        console.print(str(issue), markup=False, soft_wrap=True)
    hidden = len(issues) - min(len(shown), most)
    if hidden > 0:
        console.print(f"[dim]{hidden} more: {rest}[/]")
