"""Answers: one text for people, one JSON for programs, one exit code for scripts.

0 = done · 1 = done or not, but there are refusals · 2 = the call was wrong.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.console import Console

from trivet.cli.advice import typed
from trivet.core.issues import Issue, Place, Severity

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON (schema: docs/reference/json.md).")]

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="As it was: number of a change (trivet log), day or instant (UTC).")
]

T = TypeVar("T")


PAPER = 160
"""Columns of output that goes to a file or another program: wide enough for every table, lines are not broken."""
ALIKE: Final = 10
"""Issues of one kind printed one by one; refusals are always."""


class Screen(Console):
    """A console whose advice can be typed as it stands: commands name the workspace this call named."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print, with the commands in texts completed."""
        super().print(*(typed(each) if isinstance(each, str) else each for each in objects), **how)


def screen() -> Console:
    """Give the console answers are printed on: as wide as the terminal, or `PAPER`."""
    terminal = sys.stdout.isatty()
    return Screen(width=None if terminal else PAPER, highlight=False, soft_wrap=not terminal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a call was not carried out, as `--json` says it.

    Attributes:
        error: what kind of problem: the name of the error, or UsageError for a wrong option.
        message: where, what was found, what was expected, advice.
        issues: the problems one by one, where there are several.
    """

    error: str
    message: str
    issues: tuple[Issue, ...] = ()


def answer(value: T, *, as_json: bool, show: Callable[[T, Console], None], refused: bool = False) -> None:
    """Print an answer and leave with 1 when something was refused.

    Args:
        value: a frozen dataclass; its JSON schema is documented.
        as_json: print JSON instead of text.
        show: prints it for people.
        refused: whether something was refused.
    """
    if as_json:
        write_json(value)
    else:
        show(value, screen())
    if refused:
        raise typer.Exit(1)


def write_json(value: Any) -> None:
    """Write an answer, or a `Problem`, to standard output as JSON."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import, only needed here

    adapter: TypeAdapter[Any] = TypeAdapter(type(value))
    sys.stdout.write(adapter.dump_json(value, indent=1).decode() + "\n")


def any_refused(issues: Iterable[Issue]) -> bool:
    """Tell whether an issue is a refusal."""
    return any(issue.severity is Severity.REFUSED for issue in issues)


def _alike(issues: Iterable[Issue]) -> list[tuple[Issue, int]]:
    """Give the first issues of each kind, then one line for the rest of it; each with how many it stands for."""
    order, kinds = list(issues), dict[str, list[Issue]]()
    for issue in order:
        kinds.setdefault("" if issue.severity is Severity.REFUSED else issue.code, []).append(issue)
    rest = {code: alike[ALIKE:] for code, alike in kinds.items() if code and len(alike) > ALIKE + 1}
    first = {id(issues[0]): issues for issues in rest.values()}
    hidden = {id(issue) for issues in rest.values() for issue in issues}
    shown: list[tuple[Issue, int]] = []
    for issue in order:
        if id(issue) in first:
            shown.append((_together(first[id(issue)]), len(first[id(issue)])))
        elif id(issue) not in hidden:
            shown.append((issue, 1))
    return shown


def _together(rest: Sequence[Issue]) -> Issue:
    known = [issue.at_stake for issue in rest if issue.at_stake is not None]
    return replace(
        rest[0],
        place=Place(),
        message=f"{len(rest)} more of {rest[0].code}.",
        advice="All of them: --json.",
        at_stake=sum(known, Decimal(0)) if known else None,
    )


def print_issues(
    issues: Sequence[Issue],
    console: Console,
    *,
    most: int = 12,
    notes: bool = False,
    rest: str = "trivet show --issues",
) -> None:
    """Print issues, largest amount at stake (plan currency) first; notes only when asked for.

    Of one kind the first ones are printed, the rest as one line with their amount.

    Args:
        issues: what was found.
        console: where to.
        most: issues printed at most.
        notes: whether notes are printed too.
        rest: the command that lists what is not printed.
    """
    shown = _alike(issue for issue in issues if notes or issue.severity is not Severity.NOTE)
    if not shown:
        return
    if any(issue.at_stake is not None for issue, _ in shown[:most]):
        console.print("[dim]money at stake[/]")
    for issue, _ in shown[:most]:
        amount = f"{issue.at_stake:>14,.0f} " if issue.at_stake is not None else " " * 15
        colour = {"refused": "red", "warning": "yellow"}.get(issue.severity, "dim")
        console.print(f"{amount}[{colour}]{issue.severity}[/] ", end="")
        console.print(str(issue), markup=False, soft_wrap=True)
    hidden = len(issues) - sum(count for _, count in shown[:most])
    if hidden > 0:
        console.print(f"[dim]{hidden} more: {rest}[/]")
