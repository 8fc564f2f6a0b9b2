"""The plan on one screen: what an executive reads before anything else."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from trivet.core.summary import FiscalLine, PlanSummary

MOST_LINES = 5
"""Rows shown of each list; the pack has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What one of the amounts printed is worth in plan currency, and its name."""

    worth: int
    name: str

    def __call__(self, amount: Decimal | None, *, signed: bool = False) -> str:
        """Write an amount with two decimals; nothing when it is not known."""
        if amount is None:
            return ""
        value = amount / self.worth
        if not signed:
            return f"{value:,.2f}"
        colour = "red" if value < 0 else "green"
        return f"[{colour}]{value:+,.2f}[/]"


def show_summary(summary: "PlanSummary", console: Console, *, version: str, state: str = "draft") -> None:
    """Print the summary: money against budget, service and stock, what binds, what is missing."""
    worth, name = summary.scale
    scale = Scale(worth=worth, name=f" {name}" if name else "")
    console.print(
        f"[bold]{summary.company}[/] · cycle {summary.cycle} · version {version} ({state.replace('_', ' ')}) · "
        f"{summary.currency}{scale.name}"
    )
    console.print(_money(summary, scale, narrow=console.width < WIDE))
    console.print(_health(summary, scale), soft_wrap=True)
    _overloads(summary, console)
    _shortages(summary, console)
    _relief(summary, console)
    _gaps(summary, console, scale)


_COLUMNS = ("revenue", "budget", "gap", "%", "margin", "budget", "gap", "%", "of revenue", "last year rev.")
_NARROW = (0, 1, 2, 3, 4, 6, 7)
WIDE = 106
"""Characters all columns need; a narrower terminal shows fewer columns instead of cut numbers."""


def _money(summary: "PlanSummary", scale: Scale, *, narrow: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    kept = _NARROW if narrow else range(len(_COLUMNS))
    for name in (_COLUMNS[i] for i in kept):
        table.add_column(name, justify="right", no_wrap=True)
    shown: Sequence[FiscalLine] = [line for line in summary.lines if line.complete or line.budget_revenue is not None]
    for line in shown:
        table.add_row(f"[bold]FY{line.year} company[/]", *(_cells(line, scale)[i] for i in kept))
    worst = sorted(
        (line for line in summary.families if line.year == shown[-1].year) if shown else (),
        key=lambda line: line.revenue_gap if line.revenue_gap is not None else Decimal(0),
    )
    for line in worst:
        table.add_row(f"  {line.family}", *(_cells(line, scale)[i] for i in kept))
    return table


def _cells(line: "FiscalLine", scale: Scale) -> tuple[str, ...]:
    return (
        scale(line.revenue),
        scale(line.budget_revenue),
        scale(line.revenue_gap, signed=True),
        _share(line.revenue_gap, line.budget_revenue),
        scale(line.margin) if line.costed else "",
        scale(line.budget_margin),
        scale(line.margin_gap, signed=True),
        _share(line.margin_gap, line.budget_margin),
        "" if line.margin_share is None else f"{line.margin_share:.1f} %",
        scale(line.last_revenue),
    )


def _share(part: Decimal | None, whole: Decimal | None) -> str:
    return "" if part is None or not whole else f"{part / whole * 100:+.1f} %"


def _health(summary: "PlanSummary", scale: Scale) -> str:
    parts = []
    if summary.service is not None:
        parts.append(f"service {summary.service:.1f} % on time")
    if summary.served is not None:
        parts.append(f"{summary.served:.1f} % served")
    if summary.stock_value is not None:
        target = f" (target {scale(summary.target_value)})" if summary.target_value is not None else ""
        days = f", {summary.stock_days:.0f} days" if summary.stock_days is not None else ""
        parts.append(f"stock {scale(summary.stock_value)}{target}{days}")
    parts.append(f"{summary.overloaded} resource buckets overloaded before relief")
    parts.append(f"{summary.warnings} {'warning' if summary.warnings == 1 else 'warnings'}")
    return "[bold]Health[/]    " + " · ".join(parts)


def _overloads(summary: "PlanSummary", console: Console) -> None:
    if summary.overloads:
        told = [
            f"{o.resource} {o.label} needs {_of_hours(o.need)}, plan runs {_of_hours(o.planned)}"
            for o in summary.overloads
        ]
        console.print("[bold]Overload[/]  " + "; ".join(told[:MOST_LINES]), soft_wrap=True)


def _of_hours(share: Decimal | None) -> str:
    return "hours it does not have" if share is None else f"{share:.0f} %"


def _shortages(summary: "PlanSummary", console: Console) -> None:
    for short in summary.shortages[:MOST_LINES]:
        console.print(
            f"[bold]Material[/]  {short.item} from {', '.join(short.suppliers)}, {short.first} to {short.last}: need "
            f"{short.need:,.0f}, cap {short.cap:,.0f} ({', '.join(short.families)})",
            soft_wrap=True,
        )
    for backlog in summary.backlogs[:MOST_LINES]:
        if backlog.worst is None:
            continue
        limit = f", policy {backlog.policy:.0f}" if backlog.policy is not None else ""
        now = f"{backlog.opening:.1f}" if backlog.opening is not None else "?"
        console.print(
            f"[bold]Backlog[/]   {backlog.family} {now} weeks now, {backlog.worst:.1f} in {backlog.when}{limit}"
        )
    for ending in summary.endings[:MOST_LINES]:
        console.print(
            f"[bold]Ending[/]    {ending.item} ({ending.family}) leaves {ending.left:,.0f} after {ending.last}: "
            f"{ending.value:,.0f} {summary.currency} at cost"
        )


def _relief(summary: "PlanSummary", console: Console) -> None:
    """Name the command that prices what is scarce: pricing solves the plan again, so no plan waits for it."""
    things = [f"resource={o.resource}" for o in summary.overloads]
    things += [f"item={short.item}" for short in summary.shortages]
    if things:
        rest = f" (likewise {', '.join(things[1:MOST_LINES])})" if len(things) > 1 else ""
        console.print(f"[bold]Relief[/]    what more earns: trivet relief --where {things[0]}{rest}", soft_wrap=True)


def _gaps(summary: "PlanSummary", console: Console, scale: Scale) -> None:
    for gap in [gap for gap in summary.gaps if gap.beyond][:MOST_LINES]:
        share = "" if gap.share is None else f" ({gap.share:+.1f} %)"
        console.print(
            f"[bold]Gap[/]       FY{gap.year} {gap.family or 'company'}: {gap.kind} "
            f"{scale(gap.amount, signed=True)}{share} · {gap.cause} · {gap.owner}",
            soft_wrap=True,
        )
