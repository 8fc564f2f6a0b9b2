"""Issues of one kind on the screen: the first ones, then one line with what the rest is worth."""

from decimal import Decimal
from io import StringIO

from rich.console import Console

from trivet.cli.answers import ALIKE, print_issues
from trivet.core.issues import Issue, Severity


def alike(count: int, severity: Severity = Severity.WARNING, code: str = "demand.odd") -> list[Issue]:
    return [
        Issue(code=code, severity=severity, message=f"number {n}.", advice="Look.", at_stake=Decimal(1000 - n))
        for n in range(count)
    ]


def printed(issues: list[Issue], most: int = 1000) -> list[str]:
    paper = StringIO()
    print_issues(issues, Console(file=paper, width=160), most=most, notes=True)
    return paper.getvalue().splitlines()


def test_hundreds_of_one_kind_are_ten_lines_and_one_with_the_amount_of_the_rest() -> None:
    lines = printed([*alike(200), *alike(2, Severity.NOTE, "supply.other")])
    assert len(lines) == 1 + ALIKE + 1 + 2
    rest = sum(1000 - n for n in range(ALIKE, 200))
    assert lines[ALIKE + 1].split() == f"{rest:,} warning 190 more of demand.odd. All of them: --json.".split()
    assert not any("trivet show --issues" in line for line in lines)


def test_one_more_than_ten_is_printed_as_it_is() -> None:
    assert len(printed(alike(ALIKE + 1))) == 1 + ALIKE + 1
    assert not any("more of" in line for line in printed(alike(ALIKE + 1)))


def test_refusals_are_all_printed() -> None:
    lines = printed(alike(30, Severity.REFUSED))
    assert len(lines) == 31


def test_what_is_not_printed_is_counted_with_what_a_line_stands_for() -> None:
    lines = printed(alike(200), most=ALIKE + 1)
    assert "more of demand.odd" in lines[-1]
    assert printed(alike(200), most=5)[-1] == "195 more: trivet show --issues"
