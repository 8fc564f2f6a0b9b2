"""As it was: numbers rolled up in each bucket by the structure that held then.

A member that moved is taken apart into one member for each place it lay in, and its numbers are given to
each only while it lay there. So every roll-up, filter and unit works on it unchanged, and the total is the
same as by today's structure, for sums, averages and closing stock alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from trivet.core.dimensions import Dimension
from trivet.core.ids import Counts, Flags, MeasureId
from trivet.core.panel import Panel
from trivet.core.plan import Model

LEAF: Final = "as it is called"
"""Level of the members as they are called; the parts of one member have the same."""
_PART: Final = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AsWas:
    """A panel and its model, with members taken apart by the places they lay in.

    Attributes:
        panel: numbers; one row a series and place.
        model: dimensions with a member for each part, its levels as they were, and the level `LEAF`.
    """

    panel: Panel
    model: Model


def has_moved(model: Model) -> bool:
    """Tell whether any member ever lay elsewhere."""
    return any(dimension.structures for dimension in model.dimensions.values())


def as_it_was(panel: Panel, model: Model) -> AsWas:
    """Take the members that moved apart (nothing changes where none did)."""
    dimensions = dict(model.dimensions)
    for name in panel.dimensions:
        dimension = model.dimensions.get(name)
        if dimension is None or not dimension.structures:
            continue
        apart, parts = _take_apart(dimension, model)
        dimensions[name] = apart
        panel = _split(panel, model, name, parts)
    return AsWas(panel=panel, model=replace(model, dimensions=dimensions))


def _take_apart(dimension: Dimension, model: Model) -> tuple[Dimension, Mapping[str, list[tuple[str, Flags]]]]:
    """Give the dimension with a member a place, and leaf -> its parts with the buckets each holds in."""
    name, frames = dimension.name, [structure.members for structure in dimension.structures]
    changed = [column for column in frames[0].columns if column != name]
    today = dimension.members
    rows = [today.select(name).join(frame, on=name, how="left", maintain_order="left") for frame in frames]
    mark_of = pl.concat_str([pl.col(column).fill_null("") for column in changed], separator=_PART).alias("mark")
    marks = [frame.select(mark_of)["mark"] for frame in rows]
    differs = np.zeros(today.height, dtype=np.bool_)
    for mark in marks[1:]:
        differs |= (mark != marks[0]).to_numpy()
    starts = [model.buckets.index(structure.first) for structure in dimension.structures]
    spans = [slice(start, stop) for start, stop in zip(starts, [*starts[1:], len(model.buckets)], strict=True)]
    parts: dict[str, list[tuple[str, Flags]]] = {}
    made = [today.filter(pl.Series(~differs)).with_columns(pl.col(name).alias(LEAF))]
    for row in np.flatnonzero(differs).tolist():
        leaf, places = str(today[name][row]), dict[str, Flags]()
        for frame, mark, span in zip(rows, marks, spans, strict=True):
            if mark[row] not in places:
                places[mark[row]] = np.zeros(len(model.buckets), dtype=np.bool_)
                part = f"{leaf}{_PART}{len(places)}"
                parts.setdefault(leaf, []).append((part, places[mark[row]]))
                then = {column: frame[column][row] for column in changed} | {name: part, LEAF: leaf}
                made.append(today[row].with_columns(pl.lit(v).alias(c) for c, v in then.items()))
            places[mark[row]][span] = True
    members = pl.concat(made).sort(name)
    return replace(dimension, members=members, structures=()), parts


def _split(panel: Panel, model: Model, name: str, parts: Mapping[str, list[tuple[str, Flags]]]) -> Panel:
    """Give each part of a member the numbers of the buckets it holds in."""
    keys = panel.keys[name].to_list()
    lines = [(row, part, held) for row, key in enumerate(keys) for part, held in parts.get(key, [(key, None)])]
    order = np.array([row for row, _, _ in lines], dtype=np.int64)
    held = np.ones((len(lines), len(panel.buckets)), dtype=np.bool_)
    for at, (_, _, buckets) in enumerate(lines):
        if buckets is not None:
            held[at] = buckets
    renamed = panel.keys.gather(order.tolist()).with_columns(pl.Series(name, [part for _, part, _ in lines], pl.String))
    return Panel(
        grain=panel.grain,
        keys=renamed,
        buckets=panel.buckets,
        counts={measure: np.where(held, array[order], 0) for measure, array in panel.counts.items()},
        rates={measure: np.where(held, array[order], 0.0) for measure, array in panel.rates.items()},
        present=_present(panel, model, order, held),
    )


def _present(panel: Panel, model: Model, order: Counts, held: Flags) -> Mapping[MeasureId, Flags]:
    """Give where each part has a value: sums are 0 elsewhere, so that closing stock ties; others are absent."""
    found: dict[MeasureId, Flags] = {}
    for measure in sorted({*panel.counts, *panel.rates}):
        spec = model.registry.measures.get(measure)
        adds = spec is not None and spec.over_members == "sum"
        if measure in panel.present or not adds:
            own = panel.mask(measure)[order]
            found[measure] = own if adds else own & held
    return found
