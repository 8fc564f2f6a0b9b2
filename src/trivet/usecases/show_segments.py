"""Show the classes of items or series: ABC by money, XYZ by steadiness, and where each stands in its life (D10)."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import VersionId
from trivet.core.quantities import MONEY, to_decimal
from trivet.core.segments import SegmentRules
from trivet.demand.segments import Segments, segment_items, segment_series
from trivet.usecases.declare import Shells
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="segments", why="pages come with the workbench")


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """One item (or item in a market): its classes, last year's value and variation; None = nothing can be said."""

    item: str
    market: str
    abc: str
    xyz: str
    life_cycle: str
    value: Decimal
    variation: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCell:
    """One class of the matrix: how many items or series it holds and what they brought in the last year."""

    abc: str
    xyz: str
    count: int
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentsAnswer:
    """The classes of a version: nine cells, and every row, largest value first."""

    version: VersionId
    by: str
    currency: str
    rules: SegmentRules
    matrix: tuple[SegmentCell, ...]
    rows: tuple[SegmentRow, ...]


def show_segments(workspace: Workspace, *, by: str = "item", plan: str = MAIN) -> SegmentsAnswer:
    """Give the ABC/XYZ and life-cycle classes of a scenario's latest version, or of a version.

    Args:
        workspace: the open workspace.
        by: `item`, or `series` for each item in each market.
        plan: scenario or version; the version keeps its classes for good.

    Raises:
        NotFound: there is no such scenario or version, or no plan yet.
        InvalidInput: `by` is neither.
    """
    if by not in ("item", "series"):
        raise InvalidInput(f"by is '{by}'; expected item or series.")
    version, made, inputs = workspace.seen(plan)
    segment = segment_items if by == "item" else segment_series
    found = segment(inputs, made.panel("demand"))
    return SegmentsAnswer(
        version=version.id,
        by=by,
        currency=inputs.model.company.currency,
        rules=inputs.model.company.segments,
        matrix=tuple(_cell(found, abc, xyz) for abc in "ABC" for xyz in "XYZ"),
        rows=tuple(_row(found, int(row)) for row in np.argsort(-found.value, kind="stable")),
    )


def _cell(found: Segments, abc: str, xyz: str) -> SegmentCell:
    inside = (found.abc == abc) & (found.xyz == xyz)
    value = to_decimal(int(found.value[inside].sum()), MONEY)
    return SegmentCell(abc=abc, xyz=xyz, count=int(inside.sum()), value=value)


def _row(found: Segments, row: int) -> SegmentRow:
    key = found.keys.row(row, named=True)
    variation = float(found.variation[row])
    return SegmentRow(
        item=key["item"],
        market=key.get("market", ""),
        abc=str(found.abc[row]),
        xyz=str(found.xyz[row]),
        life_cycle=str(found.life_cycle[row]),
        value=to_decimal(int(found.value[row]), MONEY),
        variation=None if np.isnan(variation) else Decimal(repr(round(variation, 4))),
    )
