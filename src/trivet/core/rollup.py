"""Roll up (F6): from the grain of a panel to any level and period, by the rule of each measure.

sum · mean:WEIGHT (price = revenue / quantity) · last and first bucket with a value (stock) · min, max ·
ratio:NUMERATOR/DENOMINATOR (both added at the measure's own grain, then divided) · none. Counts are added
as int64, exactly. Quantities of different units of measure are not added: the cells stay absent and an
issue says so, unless a unit is asked for that every item converts to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.grouping import Groups, Rolled, group_rows, roll_measure
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Place, Scope, Severity
from trivet.core.measures import MeasureSpec, Unit
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.core.scope import items_of, members_by_dimension, rows_of, units_of
from trivet.core.units import Units, base_units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RolledUp:
    """Numbers of a panel at other levels.

    Attributes:
        keys: one row a group, one text column a level, sorted; no column = one row, the total.
        labels: name of each period, e.g. 2026-11 or FY2027-Q1.
        counts: measure -> int64 (groups, periods), in quanta of the measure.
        rates: measure -> float64 (groups, periods), 0 where absent.
        present: measure -> bool (groups, periods): where there is a value.
        holders: for measures rolled by min or max over members: (groups, periods) the panel's row that holds it.
        issues: what could not be rolled up.
    """

    keys: pl.DataFrame
    labels: tuple[str, ...]
    counts: Mapping[MeasureId, Counts] = field(default_factory=dict)
    rates: Mapping[MeasureId, Rates] = field(default_factory=dict)
    present: Mapping[MeasureId, Flags] = field(default_factory=dict)
    holders: Mapping[MeasureId, Counts] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


def roll_up(
    panel: Panel,
    model: Model,
    levels: Mapping[str, str | None],
    measures: Sequence[str],
    *,
    period: Period = Period.BUCKET,
    scope: Scope = (),
    unit: str | None = None,
    units: Units | None = None,
) -> RolledUp:
    """Roll measures of a panel up to levels and periods.

    Args:
        panel: numbers of one grain.
        model: what the numbers mean.
        levels: dimension -> level to show (its own name = its leaves); None or left out = all together.
        measures: of the panel's grain.
        period: bucket, fiscal quarter or fiscal year.
        scope: only what lies in these nodes.
        unit: unit of measure to show quantities in; None = base units.
        units: conversions, needed for `unit`.

    Raises:
        InvalidInput: a dimension, level or measure the panel does not have.
        NotFound: a node of the scope is not known.
    """
    groups = group_rows(panel, model, levels, rows_of(panel, model, scope), period)
    return roll_groups(panel, model, groups, measures, unit=unit, units=units)


def roll_groups(
    panel: Panel,
    model: Model,
    groups: Groups,
    measures: Sequence[str],
    *,
    unit: str | None = None,
    units: Units | None = None,
) -> RolledUp:
    """Roll measures up as `roll_up` does, by groups found before: they serve as long as the keys are the same.

    Raises InvalidInput for a measure of another grain.
    """
    rolled: dict[MeasureId, Rolled] = {}
    issues: list[Issue] = []
    for name in measures:
        spec = model.registry[name]
        if spec.grain != panel.grain:
            raise InvalidInput(f"measure {spec.id} lives in grain {spec.grain}; this panel is {panel.grain}.")
        if unit is not None and spec.unit is Unit.QUANTITY:
            rolled[spec.id], said = _in_unit(panel, model, spec, groups, unit=unit, units=units)
        else:
            rolled[spec.id], said = _in_base_units(panel, model, spec, groups)
        issues += said
    return RolledUp(
        keys=groups.keys,
        labels=groups.labels,
        counts={k: v.counts for k, v in rolled.items() if v.counts is not None},
        rates={k: v.rates for k, v in rolled.items() if v.rates is not None},
        present={k: v.present for k, v in rolled.items()},
        holders={k: v.holders for k, v in rolled.items() if v.holders is not None},
        issues=tuple(issues),
    )


def _in_base_units(panel: Panel, model: Model, spec: MeasureSpec, groups: Groups) -> tuple[Rolled, tuple[Issue, ...]]:
    """Roll a measure; quantities of groups with several base units stay absent, and an issue names them."""
    rolled = roll_measure(panel, model, spec, groups)
    if spec.unit is not Unit.QUANTITY or "item" not in panel.dimensions or spec.over_members != "sum":
        return rolled, ()
    item = model.dimensions["item"]
    if "unit" in item.levels and item.members["unit"].n_unique() < 2:
        return rolled, ()
    kinds, codes = units_of(model, members_by_dimension(panel, model), groups.order)
    if len(kinds) < 2 or not len(groups.starts):
        return rolled, ()
    mixed = np.minimum.reduceat(codes, groups.starts) != np.maximum.reduceat(codes, groups.starts)
    if not mixed.any():
        return rolled, ()
    issue = Issue(
        code="roll-up.mixed-units",
        severity=Severity.WARNING,
        place=Place(measure=spec.id),
        message=f"{_some(groups, mixed)}: items in {', '.join(kinds)} have no common total.",
        advice="Look at money, or show a unit every item converts to.",
    )
    return rolled.without(mixed), (issue,)


def _in_unit(
    panel: Panel, model: Model, spec: MeasureSpec, groups: Groups, *, unit: str, units: Units | None
) -> tuple[Rolled, tuple[Issue, ...]]:
    """Roll a quantity in another unit: add each factor's counts exactly, convert, round once."""
    if "item" not in panel.dimensions:
        raise InvalidInput(f"{panel.grain} has no items, so {spec.id} can't be shown in '{unit}'. Leave the unit out.")
    known = units or Units(base=base_units(model.dimensions["item"].members), per_unit={})
    items = items_of(panel, np.arange(panel.rows, dtype=np.int64))
    factors = known.factors(items, unit)
    total = np.zeros((len(groups.starts), len(groups.spans)))
    present = np.zeros(total.shape, dtype=np.bool_)
    for factor in np.unique(factors[np.isfinite(factors)]):
        part = roll_measure(panel, model, spec, groups, only=factors == factor)
        total += to_amounts(part.counts if part.counts is not None else present.astype(np.int64), QUANTITY) / factor
        present |= part.present
    rolled = Rolled(present=present, counts=round_to_counts(total, QUANTITY))
    unknown = np.isnan(factors)[groups.order]
    if not unknown.any():
        return rolled, ()
    lacking = np.logical_or.reduceat(unknown, groups.starts)
    first = items[int(groups.order[int(np.argmax(unknown))])]
    issue = Issue(
        code="roll-up.no-conversion",
        severity=Severity.WARNING,
        place=Place(measure=spec.id),
        message=f"{_some(groups, lacking)}: item '{first}' has no unit '{unit}', only {', '.join(known.known(first))}.",
        advice="Add a row to unit_conversions.",
    )
    return rolled.without(lacking), (issue,)


def _some(groups: Groups, hit: Flags) -> str:
    """Name the first groups that are hit."""
    rows = np.flatnonzero(hit)
    if not groups.keys.width:
        return "the total"
    names = [" ".join(str(part) for part in groups.keys.row(int(row))) for row in rows[:3]]
    return ", ".join(names) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")
