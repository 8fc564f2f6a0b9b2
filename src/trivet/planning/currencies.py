"""A money measure as a table in another currency or at other rates, with the exchange effect as its own figure (D7).

Cells are restated first and rolled up then (`finance.restatement`), so the parts of a table add up to its totals in
the currency shown. In local currency every member has one row a currency: amounts of different currencies are never
added. Where a cell behind a number has no rate, the number is absent and an issue says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from trivet.core.buckets import Period
from trivet.core.errors import InvalidInput
from trivet.core.ids import Flags, MeasureId, Rates
from trivet.core.issues import Issue, Scope
from trivet.core.measures import MeasureSpec, Unit
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import round_rate
from trivet.core.rollup import RolledUp, roll_up
from trivet.finance.exchange import RateType
from trivet.finance.restatement import LOCAL, Restated, can_revalue, restate


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which table of a measure is wanted.

    Attributes:
        levels, period, scope: as in `core.rollup.roll_up`.
        currency: ISO code, `local`, or None = plan currency.
        kind: rates to value at.
    """

    levels: Mapping[str, str | None]
    period: Period
    scope: Scope
    currency: str | None
    kind: RateType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InCurrency:
    """The part of a table that stands in one currency.

    Attributes:
        currency: ISO code.
        rolled: the measure, restated.
        effect: the plan less the plan restated, in the same currency; None at plan rates.
    """

    currency: str
    rolled: RolledUp
    effect: RolledUp | None


def roll_up_in_currency(
    inputs: PlanInputs, panel: Panel, spec: MeasureSpec, asked: Asked
) -> tuple[tuple[InCurrency, ...], tuple[Issue, ...]]:
    """Roll a money measure up in another currency or at other rates.

    Returns:
        One table a currency, by code (only one unless `local` was asked for), and what has no rate.

    Raises:
        InvalidInput: the measure is no money, or its own currency is not known and other rates were asked for.
        NotFound: there is no rate of the currency.
    """
    _check(inputs, spec, asked)
    restated = restate(inputs, panel, currency=asked.currency, kind=asked.kind)
    issues = [*restated.issues]
    base: Restated | None = None
    if asked.kind is not RateType.PLAN:
        base = restate(inputs, panel, currency=asked.currency)
        issues += [issue for issue in base.issues if issue not in issues]
    found = []
    for number, code in enumerate(restated.codes):
        rolled = _rolled(inputs, restated, spec, asked, number)
        if len(restated.codes) > 1 and not rolled.present[spec.id].any():
            continue
        effect = None if base is None else _less(_rolled(inputs, base, spec, asked, number), rolled, spec.id)
        found.append(InCurrency(currency=code, rolled=rolled, effect=effect))
    return tuple(found), tuple(issues)


def exchange_effect(inputs: PlanInputs, panel: Panel, before: PlanInputs) -> Panel:
    """Give what the money of a demand plan gained because its rates are no longer those of an earlier version.

    Returns:
        A panel whose money measures hold the plan less the plan at the rates of `before`, in plan currency;
        absent where `before` has no rate for it.
    """
    if before.table("exchange_rates").equals(inputs.table("exchange_rates")):
        return panel.with_counts({str(name): np.zeros_like(counts) for name, counts in panel.counts.items()})
    then = restate(inputs, panel, rates_of=before)
    names = [name for name in panel.counts if name in then.unknown]
    moved = {str(name): panel.count(name) - then.panel.count(name) for name in names}
    return panel.with_counts(moved, {str(name): ~then.unknown[name] for name in names})


def _check(inputs: PlanInputs, spec: MeasureSpec, asked: Asked) -> None:
    if spec.unit not in (Unit.MONEY, Unit.RATE):
        raise InvalidInput(f"{spec.id} counts {spec.unit}: it has no currency. Leave out --currency and --rate.")
    registry = inputs.model.registry
    own = (RateType.PLAN, RateType.BUDGET) if spec.grain == "budget" else (RateType.PLAN,)
    if asked.kind not in own and not can_revalue(spec, registry):
        known = ", ".join(other.id for other in registry.of_grain("demand") if can_revalue(other, registry))
        raise InvalidInput(
            f"{spec.id} adds amounts whose own currencies are not kept, so it can't be valued at {asked.kind} rates; "
            f"these can: {known}. --currency CODE alone shows any money at plan rates."
        )


def _rolled(inputs: PlanInputs, restated: Restated, spec: MeasureSpec, asked: Asked, number: int) -> RolledUp:
    """Roll up the cells of one currency; a number with an unknown amount behind it is absent."""
    panel = restated.panel
    if len(restated.codes) > 1:
        mine = panel.mask(spec.id) & (restated.which == number)
        panel = replace(panel, present={**panel.present, spec.id: mine})
    rolled = _roll(inputs, panel, spec, asked)
    lost = restated.unknown.get(spec.id)
    if lost is None or not lost.any():
        return rolled
    lacking = _behind(inputs, panel, spec, asked, lost)
    present = rolled.present[spec.id] & ~lacking
    return replace(rolled, present={**rolled.present, spec.id: present})


def _roll(inputs: PlanInputs, panel: Panel, spec: MeasureSpec, asked: Asked) -> RolledUp:
    return roll_up(panel, inputs.model, asked.levels, [spec.id], period=asked.period, scope=asked.scope)


def _behind(inputs: PlanInputs, panel: Panel, spec: MeasureSpec, asked: Asked, cells: Flags) -> Flags:
    """Tell which numbers of the table have one of these cells behind them, by the measure's own rules."""
    if spec.quantum is None:
        marked = panel.with_rates({spec.id: cells.astype(np.float64)})
        told: Flags = _roll(inputs, marked, spec, asked).rates[spec.id] > 0
        return told
    marked = panel.with_counts({spec.id: cells.astype(np.int64)})
    counted: Flags = _roll(inputs, marked, spec, asked).counts[spec.id] > 0
    return counted


def _less(one: RolledUp, other: RolledUp, measure: MeasureId) -> RolledUp:
    """Subtract one table from another of the same rows."""
    present = {measure: one.present[measure] & other.present[measure]}
    if measure in one.counts:
        return replace(one, counts={measure: one.counts[measure] - other.counts[measure]}, present=present)
    rates: Rates = round_rate(one.rates[measure] - other.rates[measure])
    return replace(one, rates={measure: rates}, present=present)


def currency_words(inputs: PlanInputs, spec: MeasureSpec, currency: str | None) -> str:
    """Name the unit of a money measure in the currency shown."""
    home = inputs.model.company.currency
    code = {LOCAL: "local currency", None: home}.get(currency, (currency or home).upper())
    return f"{code} a unit" if spec.unit is Unit.RATE else code
