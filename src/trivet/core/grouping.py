"""The rules of a roll-up (F6), one measure at a time: first over the members of each group, then over time.

Averages and ratios carry their numerator and denominator all the way up and are divided once, so that
a family's price is its revenue over its quantity and a fill rate is formed at the leaves. Where the
weights are all 0, the average is the value all leaves share, and absent when they differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from trivet.core.buckets import Period
from trivet.core.dimensions import UNASSIGNED
from trivet.core.errors import InvalidInput
from trivet.core.formula import span_of
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.measures import MeasureSpec
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import round_rate, round_to_counts, to_amounts
from trivet.core.scope import members_of

Numbers = Counts | Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Rows of a panel group by group, and buckets period by period.

    Attributes:
        keys: one row a group.
        order: panel rows, group by group.
        starts: where each group begins in `order`.
        spans, labels: buckets and name of each period.
    """

    keys: pl.DataFrame
    order: Counts
    starts: Counts
    spans: tuple[slice, ...]
    labels: tuple[str, ...]

    def gather(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Bring the rows of an array into the order of the groups (no copy when they are)."""
        sorted_already = len(self.order) == len(array) and bool(np.all(np.diff(self.order) > 0))
        return array if sorted_already else array[self.order]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rolled:
    """One measure rolled up: counts or rates, where there are any, and who holds an extreme."""

    present: Flags
    counts: Counts | None = None
    rates: Rates | None = None
    holders: Counts | None = None

    def without(self, groups: Flags) -> "Rolled":
        """Make some groups absent."""
        present = self.present & ~groups[:, None]
        return replace(
            self,
            present=present,
            counts=None if self.counts is None else np.where(present, self.counts, 0),
            rates=None if self.rates is None else np.where(present, self.rates, 0.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stage:
    """Values of one measure on its way up.

    Attributes:
        values: counts or rates.
        present: where there are any.
        over: numerator and denominator, for averages and ratios.
        range: least and largest value behind an average.
        holders: panel row of an extreme.
    """

    values: Numbers
    present: Flags
    over: tuple[Rates, Rates] | None = None
    range: tuple[Rates, Rates] | None = None
    holders: Counts | None = None


def group_rows(panel: Panel, model: Model, levels: Mapping[str, str | None], rows: Counts, period: Period) -> Groups:
    """Sort rows of a panel into groups by the members of some levels."""
    for dimension in levels:
        if dimension not in panel.dimensions:
            raise InvalidInput(
                f"{panel.grain} has no {dimension}; it has {', '.join(panel.dimensions) or 'no dimension'}."
            )
    columns = [
        _members(panel, model, dimension, level).gather(rows)
        for dimension in panel.dimensions
        if (level := levels.get(dimension)) is not None
    ]
    periods = model.buckets.group(period)
    spans, labels = tuple(span for _, span in periods), tuple(label for label, _ in periods)
    if not columns:
        starts = np.zeros(min(len(rows), 1), dtype=np.int64)
        return Groups(keys=pl.DataFrame(), order=rows, starts=starts, spans=spans, labels=labels)
    frame = pl.DataFrame(columns)
    keys = frame.unique().sort(frame.columns)
    codes = frame.join(keys.with_row_index("_group"), on=frame.columns, how="left", maintain_order="left")["_group"]
    numbers = codes.to_numpy().astype(np.int64)
    by_group = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[by_group], np.arange(keys.height)).astype(np.int64)
    return Groups(keys=keys, order=rows[by_group], starts=starts, spans=spans, labels=labels)


def _members(panel: Panel, model: Model, dimension: str, level: str) -> pl.Series:
    """Give each row's member at a level as text; the column is called as the level."""
    if level == dimension:
        return panel.keys[dimension]
    known = model.dimensions.get(dimension)
    if known is None or level not in known.levels:
        has = ", ".join(known.levels) if known is not None else dimension
        raise InvalidInput(f"{dimension} has no level '{level}'. Levels: {has}.")
    member = members_of(panel, known)
    texts = known.members[level].cast(pl.String).fill_null("")
    padded = pl.concat([texts, pl.Series(level, [UNASSIGNED], dtype=pl.String)])  # a leaf the master does not have
    return padded.gather(np.where(member < 0, len(texts), member)).alias(level)


def roll_measure(panel: Panel, model: Model, spec: MeasureSpec, groups: Groups, only: Flags | None = None) -> Rolled:
    """Roll one measure up by its rules; `only` leaves out the panel's other rows."""
    if not len(groups.starts):
        none = np.zeros((0, len(groups.spans)), dtype=np.int64)
        if spec.quantum is None:
            return Rolled(present=none > 0, rates=none.astype(np.float64))
        return Rolled(present=none > 0, counts=none)
    stage = _over_members(panel, model, spec, groups, only)
    if len(groups.spans) < len(panel.buckets):
        stage = _over_time(panel, model, spec, groups, stage)
    values = np.where(stage.present, stage.values, 0)
    if spec.quantum is None:
        return Rolled(present=stage.present, rates=round_rate(values), holders=stage.holders)
    counts = values if values.dtype == np.int64 else round_to_counts(values, spec.quantum)
    return Rolled(present=stage.present, counts=counts.astype(np.int64), holders=stage.holders)


def _leaves(panel: Panel, spec: MeasureSpec, groups: Groups, only: Flags | None) -> tuple[Numbers, Flags]:
    """Give a measure's own values in the order of the groups, 0 where it has none."""
    values: Numbers = panel.rate(spec.id) if spec.quantum is None else panel.count(spec.id)
    inside = span_of(spec, panel.buckets)
    if spec.id not in panel.present and panel.has(spec.id) and inside == slice(0, len(panel.buckets)) and only is None:
        return _numbers(groups.gather(values)), np.ones((len(groups.order), len(panel.buckets)), dtype=np.bool_)
    present = np.zeros(panel.shape, dtype=np.bool_)
    if panel.has(spec.id):
        present[:, inside] = panel.mask(spec.id)[:, inside]
    if only is not None:
        present &= only[:, None]
    present = groups.gather(present).astype(np.bool_)
    return np.where(present, _numbers(groups.gather(values)), values.dtype.type(0)), present


def _numbers(array: npt.NDArray[np.generic]) -> Numbers:
    return array.astype(np.int64, copy=False) if array.dtype == np.int64 else array.astype(np.float64, copy=False)


def _amounts(values: Numbers, spec: MeasureSpec) -> Rates:
    if spec.quantum is not None and values.dtype == np.int64:
        return to_amounts(values.astype(np.int64), spec.quantum)
    return values.astype(np.float64)


def _over_members(panel: Panel, model: Model, spec: MeasureSpec, groups: Groups, only: Flags | None) -> _Stage:
    rule, _, by = spec.over_members.partition(":")
    starts = groups.starts
    if rule == "ratio":
        over = _ratio(panel, model, by, groups, only)
        return _divided(over, np.ones(over[0].shape, dtype=np.bool_), None)
    values, present = _leaves(panel, spec, groups, only)
    some = np.logical_or.reduceat(present, starts, axis=0)
    if rule == "sum":
        return _Stage(values=np.add.reduceat(values, starts, axis=0), present=some)
    if rule == "mean":
        weight, given = _leaves(panel, model.registry[by], groups, only)
        weights = np.where(present & given, _amounts(weight, model.registry[by]), 0.0)
        amounts = _amounts(values, spec)
        over = np.add.reduceat(weights * amounts, starts, axis=0), np.add.reduceat(weights, starts, axis=0)
        return _divided(over, some, _range(amounts, present, starts, axis=0))
    if rule in ("min", "max"):
        return _extreme(rule, values, present, groups)
    alone = np.diff(np.append(starts, len(groups.order))) == 1
    return _Stage(values=values[starts], present=some & alone[:, None])


def _ratio(panel: Panel, model: Model, by: str, groups: Groups, only: Flags | None) -> tuple[Rates, Rates]:
    """Add numerator and denominator of a leaf-counted ratio over the members."""
    sums = []
    for name in by.split("/"):
        part = model.registry[name.strip()]
        values, _ = _leaves(panel, part, groups, only)
        sums.append(_amounts(np.add.reduceat(values, groups.starts, axis=0), part))
    return sums[0], sums[1]


def _range(amounts: Rates, present: Flags, starts: Counts, axis: int) -> tuple[Rates, Rates]:
    """Give the least and the largest value present behind each average."""
    least = np.minimum.reduceat(np.where(present, amounts, np.inf), starts, axis=axis)
    return least, np.maximum.reduceat(np.where(present, amounts, -np.inf), starts, axis=axis)


def _divided(over: tuple[Rates, Rates], present: Flags, behind: tuple[Rates, Rates] | None) -> _Stage:
    """Divide once; without weight the value all share, and none where they differ."""
    top, bottom = over
    values = np.divide(top, bottom, out=np.zeros(top.shape), where=bottom != 0)
    known = bottom != 0
    if behind is not None:
        shared = ~known & (behind[0] == behind[1])
        values = np.where(shared, behind[0], values)
        known = known | shared
    return _Stage(values=values, present=present & known, over=over, range=behind)


def _extreme(rule: str, values: Numbers, present: Flags, groups: Groups) -> _Stage:
    """Give the least or largest value of each group and the panel's row that holds it, the first of equals."""
    best = _best(rule, values, present, groups.starts, axis=0)
    sizes = np.diff(np.append(groups.starts, len(groups.order)))
    holds = present & (values == np.repeat(best, sizes, axis=0))
    places = np.where(holds, np.arange(len(groups.order))[:, None], len(groups.order))
    first = np.minimum.reduceat(places, groups.starts, axis=0)
    some = first < len(groups.order)
    holders = np.where(some, np.append(groups.order, -1)[first], -1)
    return _Stage(values=np.where(some, best, 0), present=some, holders=holders)


def _best(rule: str, values: Numbers, present: Flags, starts: Counts, axis: int) -> Numbers:
    far = np.iinfo(np.int64).max if values.dtype == np.int64 else np.inf
    if rule == "min":
        return _numbers(np.minimum.reduceat(np.where(present, values, far), starts, axis=axis))
    return _numbers(np.maximum.reduceat(np.where(present, values, -far), starts, axis=axis))


def _over_time(panel: Panel, model: Model, spec: MeasureSpec, groups: Groups, stage: _Stage) -> _Stage:
    rule = spec.over_time.partition(":")[0]
    starts = np.array([span.start for span in groups.spans], dtype=np.int64)
    some = np.logical_or.reduceat(stage.present, starts, axis=1)
    kept = np.where(stage.present, stage.values, 0)
    if rule == "sum":
        return _Stage(values=np.add.reduceat(kept, starts, axis=1), present=some)
    if rule in ("mean", "ratio"):
        return _average(panel, model, spec, groups, stage)
    if rule in ("min", "max"):
        best = _best(rule, stage.values, stage.present, starts, axis=1)
        return _Stage(values=np.where(some, best, 0), present=some)
    if rule in ("first", "last"):
        return _at_end(rule, kept, stage, starts)
    alone = np.array([span.stop - span.start == 1 for span in groups.spans])
    return _Stage(values=kept[:, starts], present=some & alone[None, :], holders=None)


def _average(panel: Panel, model: Model, spec: MeasureSpec, groups: Groups, stage: _Stage) -> _Stage:
    """Average or divide over time, on the numerators and denominators of the leaves where they are known."""
    rule, _, by = spec.over_time.partition(":")
    starts = np.array([span.start for span in groups.spans], dtype=np.int64)
    some = np.logical_or.reduceat(stage.present, starts, axis=1)
    amounts, behind = _amounts(stage.values, spec), None
    if stage.over is not None and spec.over_members == spec.over_time:
        over = stage.over
    elif rule == "ratio":
        over = _ratio(panel, model, by, groups, None)
    else:
        weight = model.registry[by]
        weights, _ = _leaves(panel, weight, groups, None)
        summed = _amounts(np.add.reduceat(weights, groups.starts, axis=0), weight)
        summed = np.where(stage.present, summed, 0.0)
        over = summed * amounts, summed
    if rule == "mean":
        least, largest = stage.range or (amounts, amounts)
        seen = stage.present if stage.range is None else np.isfinite(least)
        behind = (
            np.minimum.reduceat(np.where(seen, least, np.inf), starts, axis=1),
            np.maximum.reduceat(np.where(seen, largest, -np.inf), starts, axis=1),
        )
        some = some | np.logical_or.reduceat(seen, starts, axis=1)
    return _divided((np.add.reduceat(over[0], starts, axis=1), np.add.reduceat(over[1], starts, axis=1)), some, behind)


def _at_end(rule: str, kept: Numbers, stage: _Stage, starts: Counts) -> _Stage:
    """Take the first or last bucket of each period that has a value: closing stock."""
    width = stage.present.shape[1]
    places = np.arange(width)[None, :]
    if rule == "last":
        found = np.maximum.reduceat(np.where(stage.present, places, -1), starts, axis=1)
    else:
        found = np.minimum.reduceat(np.where(stage.present, places, width), starts, axis=1)
    some = (found >= 0) & (found < width)
    values = np.take_along_axis(kept, np.clip(found, 0, width - 1), axis=1)
    holders = None if stage.holders is None else np.take_along_axis(stage.holders, np.clip(found, 0, width - 1), axis=1)
    return _Stage(values=np.where(some, values, 0), present=some, holders=holders)
