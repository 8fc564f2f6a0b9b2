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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """Parts of the members that moved: columns leaf and part in order, and (part, bucket) where each holds."""

    names: pl.DataFrame
    held: Flags


def _take_apart(dimension: Dimension, model: Model) -> tuple[Dimension, _Parts]:
    """Give the dimension with a member a place, and the parts."""
    name, frames = dimension.name, [structure.members for structure in dimension.structures]
    changed = [column for column in frames[0].columns if column != name]
    mark = pl.concat_str([pl.col(column).fill_null("") for column in changed], separator=_PART).alias("mark")
    every = pl.concat([frame.with_columns(mark, pl.lit(at).alias("at")) for at, frame in enumerate(frames)])
    every = every.filter(pl.col("mark").n_unique().over(name) > 1).sort(name, "at")
    places = every.unique([name, "mark"], keep="first", maintain_order=True)
    number = pl.col("mark").cum_count().over(name)
    places = places.with_columns(pl.format("{}" + _PART + "{}", pl.col(name), number).alias("part"))
    today = dimension.members
    still = today.join(places.select(name).unique(), on=name, how="anti").with_columns(pl.col(name).alias(LEAF))
    moved = places.join(today.drop(changed), on=name, how="inner", maintain_order="left")
    moved = moved.with_columns(pl.col(name).alias(LEAF), pl.col("part").alias(name)).select(still.columns)
    names = places.select(pl.col(name).alias("leaf"), "part").with_row_index("row")
    inside = every.join(places.select(name, "mark", "part"), on=[name, "mark"], maintain_order="left")
    inside = inside.join(names, on="part", maintain_order="left")
    by_structure = np.zeros((names.height, len(frames)), dtype=np.bool_)
    by_structure[inside["row"].to_numpy(), inside["at"].to_numpy()] = True
    starts = np.array([model.buckets.index(structure.first) for structure in dimension.structures])
    at = np.searchsorted(starts, np.arange(len(model.buckets)), side="right") - 1
    apart = replace(dimension, members=pl.concat([still, moved]).sort(name), structures=())
    return apart, _Parts(names=names, held=by_structure[:, at])


def _split(panel: Panel, model: Model, name: str, parts: _Parts) -> Panel:
    """Give each part of a member the numbers of the buckets it holds in."""
    lines = panel.keys.select(pl.col(name).alias("leaf")).with_row_index("series")
    lines = lines.join(parts.names, on="leaf", how="left", maintain_order="left_right")
    order = lines["series"].to_numpy().astype(np.int64)
    whole = np.ones((1, len(panel.buckets)), dtype=np.bool_)
    held = np.concatenate([parts.held, whole])[lines["row"].cast(pl.Int64).fill_null(-1).to_numpy()]
    renamed = panel.keys.gather(order.tolist()).with_columns(lines["part"].fill_null(lines["leaf"]).alias(name))
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
