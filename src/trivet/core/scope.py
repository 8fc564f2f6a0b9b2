"""Which cells a scope and a bucket range mean: rows of a panel, who is alive there, what a step is.

A scope names nodes; what lies in all of them is meant. An item is alive from the bucket of its first
sale to the bucket of its last one; a grain without markets (what is made and bought) may run ahead of
the first sale, so that a launch finds stock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.dimensions import Dimension
from trivet.core.errors import NotFound
from trivet.core.ids import Counts, Flags, MeasureId
from trivet.core.issues import Node, Scope
from trivet.core.measures import MeasureSpec, Unit
from trivet.core.panel import Panel
from trivet.core.plan import Model

STEPS: Final = {Unit.QUANTITY: 1000, Unit.MONEY: 100, Unit.HOURS: 1}
"""Counts of a step where the item names none: one whole unit, a hundredth of the currency, one quantum."""


def members_of(panel: Panel, dimension: Dimension) -> Counts:
    """Give for each row of the panel the row of its member in the dimension, -1 where it has none."""
    numbered = dimension.members.select(pl.col(dimension.name).cast(pl.String)).with_row_index("_member")
    joined = panel.keys.select(dimension.name).join(numbered, on=dimension.name, how="left", maintain_order="left")
    return joined["_member"].cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)


Members = Mapping[str, Counts]
"""Dimension -> for each row of a panel the row of its member; found once, used by every change of a fold."""


def members_by_dimension(panel: Panel, model: Model) -> Members:
    """Find the members of a panel's rows in each of its dimensions."""
    known = [model.dimensions[name] for name in panel.dimensions if name in model.dimensions]
    return {dimension.name: members_of(panel, dimension) for dimension in known}


def rows_of(panel: Panel, model: Model, scope: Scope, members: Members | None = None) -> Counts:
    """Give the rows of a panel that lie in all nodes of a scope, in order.

    Raises NotFound when the grain does not have a node's dimension, or the node is not known.
    """
    hit = np.ones(panel.rows, dtype=np.bool_)
    for node in scope:
        hit &= _under(panel, model, node, members or {})
    return np.flatnonzero(hit).astype(np.int64)


def _under(panel: Panel, model: Model, node: Node, members: Members) -> Flags:
    if node.dimension in panel.dimensions and node.dimension in model.dimensions:
        dimension = model.dimensions[node.dimension]
        chosen = np.zeros(dimension.members.height + 1, dtype=np.bool_)  # the last one stands for -1: no member
        chosen[dimension.leaves(node)] = True
        own = members.get(node.dimension)
        under: Flags = chosen[members_of(panel, dimension) if own is None else own]
        return under
    if node.level not in panel.dimensions:
        raise NotFound(
            f"{node}: the numbers of {panel.grain} have no {node.dimension}; "
            f"they have {', '.join(panel.dimensions) or 'no dimension'}."
        )
    called: Flags = (panel.keys[node.level] == str(node.member)).to_numpy()
    return called


def alive(model: Model, members: Members, rows: Counts, span: slice) -> Flags:
    """Tell which cells of a block are alive: (rows, buckets of the span)."""
    shape = (len(rows), span.stop - span.start)
    result = np.ones(shape, dtype=np.bool_)
    item = model.dimensions.get("item")
    if item is None or "item" not in members:
        return result
    own = members["item"][rows]
    starts = np.array(model.buckets.starts[span], dtype="datetime64[D]")
    ends = np.array(model.buckets.edges[span.start + 1 : span.stop + 1], dtype="datetime64[D]")
    if "market" in members:
        result &= _days(item, "first_sale", own, "0001-01-01")[:, None] < ends[None, :]
    result &= _days(item, "last_sale", own, "9999-12-31")[:, None] >= starts[None, :]
    return result


def able(panel: Panel, model: Model, measure: MeasureId, rows: Counts) -> Flags:
    """Tell which rows can have any of a measure at all: (rows,)."""
    places = model.places.get(measure)
    if places is None:
        return np.ones(len(rows), dtype=np.bool_)
    keys = panel.keys[rows.tolist()].iter_rows()
    return np.fromiter((key in places for key in keys), dtype=np.bool_, count=len(rows))


def _days(
    item: Dimension, column: str, members: Counts, default: str
) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Give a date of each member; the default where it has none."""
    none = np.datetime64(default, "D")
    if column not in item.members.columns or item.members[column].dtype != pl.Date:
        return np.full(len(members), none)
    days = item.members[column].to_numpy().astype("datetime64[D]")
    days = np.append(np.where(np.isnat(days), none, days), none)
    found: np.ndarray[tuple[int], np.dtype[np.datetime64]] = days[members]
    return found


def steps_of(model: Model, members: Members, rows: Counts, spec: MeasureSpec) -> Counts:
    """Give the step of each row in counts of the measure's quantum: (rows,)."""
    default = STEPS.get(spec.unit, 1)
    item = model.dimensions.get("item")
    if item is None or "item" not in members or "step" not in item.levels or spec.unit is not Unit.QUANTITY:
        return np.full(len(rows), default, dtype=np.int64)
    steps = item.members["step"].cast(pl.Int64).fill_null(default).to_numpy()
    steps = np.append(np.where(steps > 0, steps, default), default)
    found: Counts = steps[members["item"][rows]].astype(np.int64)
    return found


def units_of(model: Model, members: Members, rows: Counts) -> tuple[tuple[str, ...], Counts]:
    """Give the base units of the rows' items (in capitals, sorted) and which of them each row has: (rows,)."""
    item = model.dimensions.get("item")
    if item is None or "item" not in members or "unit" not in item.levels:
        return ("EA",), np.zeros(len(rows), dtype=np.int64)
    given = item.members["unit"].cast(pl.String).replace("", "EA").fill_null("EA").str.to_uppercase()
    padded = pl.concat([given, pl.Series("unit", ["EA"])])  # the last one stands for -1: no member
    kinds = padded.unique().sort().to_list()
    numbers = (padded.rank("dense") - 1).to_numpy().astype(np.int64)
    codes = numbers[members["item"][rows]]
    present = np.unique(codes)
    return tuple(kinds[code] for code in present), np.searchsorted(present, codes).astype(np.int64)


def items_of(panel: Panel, rows: Counts) -> Sequence[str]:
    """Give the item of each row; nothing when the grain has no items."""
    return panel.keys["item"].gather(rows).to_list() if "item" in panel.dimensions else []


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellNames:
    """Names the cells of a flattened block as people say them: `item BK-1 market DE 2026-11`."""

    panel: Panel
    rows: Counts
    span: slice
    cells: Counts | None = None

    def __getitem__(self, index: int) -> str:
        """Name one cell."""
        cell = index if self.cells is None else int(self.cells[index])
        row, column = divmod(cell, self.span.stop - self.span.start)
        buckets: Buckets = self.panel.buckets
        key = self.panel.keys.row(int(self.rows[row]), named=True) if self.panel.dimensions else {}
        named = [f"{dimension} {member}" for dimension, member in key.items()]
        return " ".join([*named, buckets.label(self.span.start + column)])
