"""Bounds of the forecast at any level and period: formed from those of the series, because bounds do not add.

The distance of each series from its bound is combined within its family, families with each other, buckets in time,
each with the part of their errors that moves together (`demand.combined`), which past forecasts of this company taught
(`errors_in_family`, `errors_across_families`, `errors_over_time`). The median moves by the sum of what its series say.
Reads `baseline_demand` and its bounds; writes the three parts into the company's panel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from trivet.core.buckets import Period
from trivet.core.grouping import Groups, group_rows
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Scope
from trivet.core.learned import Together
from trivet.core.panel import Panel
from trivet.core.plan import Model, Plan
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.core.rollup import RolledUp, roll_up
from trivet.core.scope import rows_of
from trivet.demand.bounds import BOUNDS, LOWER, MIDDLE
from trivet.demand.combined import combined_distance

_FORECAST = MeasureId("baseline_demand")
_PARTS = {"family": "errors_in_family", "company": "errors_across_families", "time": "errors_over_time"}


def errors_together(company: Panel, together: Together) -> Panel:
    """Write how far errors move together into the open buckets of the company's panel."""
    rates = {}
    for part, name in _PARTS.items():
        values = np.zeros(company.shape)
        values[:, company.buckets.first_open :] = getattr(together, part)
        rates[name] = values
    return company.with_rates(rates)


def is_bound(measure: str) -> bool:
    """Tell whether a measure is a bound of the forecast, formed by `roll_bound` above item x market."""
    return measure in BOUNDS


def roll_bound(
    panel: Panel,
    company: Panel,
    model: Model,
    levels: Mapping[str, str | None],
    measure: str,
    *,
    period: Period = Period.BUCKET,
    scope: Scope = (),
) -> RolledUp:
    """Form a bound of the forecast at levels and periods.

    Args:
        panel: of the grain demand, with the bounds of the series.
        company: the company's panel, with how errors move together.
        model: what the numbers mean.
        levels: dimension -> level to show, as `core.rollup.roll_up` takes them.
        measure: one of `demand.bounds.BOUNDS`.
        period: bucket, fiscal quarter or fiscal year; of those cut by the current bucket, only the open part.
        scope: only what lies in these nodes.

    Returns:
        Counts of each group and period; absent where the forecast has no common unit or no bounds are known.
    """
    around = roll_up(panel, model, levels, [_FORECAST], period=period, scope=scope)
    groups = group_rows(panel, model, levels, rows_of(panel, model, scope), period)
    name = MeasureId(measure)
    moved = to_amounts(around.counts[_FORECAST], QUANTITY) + _moves(panel, company, model, name, groups)
    known = bool(panel.mask(measure)[:, panel.buckets.first_open :].any())
    present = around.present[_FORECAST] & known
    counts = round_to_counts(np.where(present, np.maximum(moved, 0.0), 0.0), QUANTITY)
    return RolledUp(
        keys=around.keys,
        labels=around.labels,
        counts={name: counts},
        present={name: present},
        issues=around.issues,
    )


def bound_of(plan: Plan, model: Model, measure: str, hit: Flags, columns: slice) -> Decimal:
    """Form one bound of some series over a run of buckets, in units.

    Args:
        plan: holds the bounds and how errors move together.
        model: what the numbers mean.
        measure: one of `demand.bounds.BOUNDS`.
        hit: (series,) which ones.
        columns: buckets taken together.
    """
    panel = plan.panel("demand")
    rows: Counts = np.flatnonzero(hit).astype(np.int64)
    start = np.zeros(min(len(rows), 1), dtype=np.int64)
    groups = Groups(keys=panel.keys.clear(), order=rows, starts=start, spans=(columns,), labels=("",))
    centre = int(panel.count(_FORECAST)[rows][:, columns].sum())
    moved = _moves(panel, plan.panel("company"), model, MeasureId(measure), groups)
    whole = to_amounts(np.array([centre], dtype=np.int64), QUANTITY) + moved.sum()
    return int(round_to_counts(np.maximum(whole, 0.0), QUANTITY)[0]) * QUANTITY


def _moves(panel: Panel, company: Panel, model: Model, measure: MeasureId, groups: Groups) -> Rates:
    """Give how far a bound lies from the forecast of each group and period, in units; below it is negative."""
    if not len(groups.starts):
        return np.zeros((0, len(groups.spans)))
    distance = to_amounts(panel.count(measure) - panel.count(_FORECAST), QUANTITY)
    distance = np.where(panel.mask(measure), distance, 0.0)
    if measure == MIDDLE:
        return _sums(distance, groups)
    sign = -1.0 if measure in LOWER else 1.0
    return sign * _distances(np.abs(distance), groups, _families(panel, model), _Parts.of(company))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """How far errors move together, as the plan says."""

    family: float
    company: float
    time: float

    @classmethod
    def of(cls, company: Panel) -> "_Parts":
        told = {part: float(company.rate(name)[0, -1]) for part, name in _PARTS.items()}
        return cls(**told)


def _families(panel: Panel, model: Model) -> list[str]:
    dimension = model.dimensions["item"]
    known = dimension.parents("family") if "family" in dimension.levels else {}
    return [known.get(item, "") for item in panel.keys["item"].to_list()]


def _rows_of_groups(groups: Groups) -> list[slice]:
    ends = [*groups.starts[1:].tolist(), len(groups.order)]
    return [slice(int(start), int(end)) for start, end in zip(groups.starts, ends, strict=True)]


def _sums(values: Rates, groups: Groups) -> Rates:
    """Add over members and time."""
    rows = np.stack([values[groups.order[part]].sum(axis=0) for part in _rows_of_groups(groups)])
    return np.stack([rows[:, span].sum(axis=1) for span in groups.spans], axis=1)


def _distances(distance: Rates, groups: Groups, families: list[str], parts: _Parts) -> Rates:
    """Combine distances within families, over families, then in time."""
    result = np.zeros((len(groups.starts), len(groups.spans)))
    for number, part in enumerate(_rows_of_groups(groups)):
        of_family: dict[str, list[int]] = {}
        for row in groups.order[part]:
            of_family.setdefault(families[row], []).append(int(row))
        within = np.stack(
            [combined_distance(distance[of_family[name]], parts.family, axis=0) for name in sorted(of_family)]
        )
        across = combined_distance(within, parts.company, axis=0)
        result[number] = [float(combined_distance(across[span], parts.time, axis=0)) for span in groups.spans]
    return result
