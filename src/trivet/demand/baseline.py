"""The statistical forecast of the plan: what customers will buy if everything goes on as it did.

Reads `demand_history`; writes `seasonal_naive` (the benchmark, always), `baseline_demand` (open buckets, unconstrained)
and its bounds. The history is cleaned (`demand.cleansing`), its gaps filled and its events taken out
(`demand.training`); then it is forecast as any series are (`demand.statistical`), by the method asked for
(`demand.wishes`) and with what the snapshot taught (`demand.learning`): families, items and series brought together,
the model of all series, widths of bounds. Dead, unborn and silent series are 0.
"""

from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.learned import Learned
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.ports import Forecaster
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.demand.bounds import bound_measures
from trivet.demand.learning import learn
from trivet.demand.presence import life_of
from trivet.demand.scope import Texts, members_of, worth
from trivet.demand.statistical import FLAT, Known, forecast_known, sells, silent
from trivet.demand.training import Training, training_series
from trivet.demand.wishes import read_wishes, wish_issues


def known_series(inputs: PlanInputs, demand: Panel) -> Known:
    """Give the series of a plan as the forecast knows them: trained history, names, families, endings."""
    members = members_of(inputs, demand.keys)
    keys = tuple(f"{item}\x1f{market}" for item, market in demand.keys.iter_rows())
    return Known(
        training=training_series(inputs, demand),
        keys=keys,
        items=members.item,
        families=members.family,
        ending=np.asarray(~alive_ahead(inputs, demand).all(axis=1)),
        reconciliation=inputs.model.company.forecast.reconciliation,
        wishes=read_wishes(inputs, members, keys) if inputs.table("forecast_methods").height else None,
    )


def series_methods(inputs: PlanInputs, demand: Panel, learned: Learned) -> Texts:
    """Give the method each series of a plan is forecast by: (series,) names of `core.forecasting.Method`."""
    members, keys = members_of(inputs, demand.keys), tuple(f"{i}\x1f{m}" for i, m in demand.keys.iter_rows())
    return read_wishes(inputs, members, keys).settled(keys, learned.chosen).methods


def learn_series(inputs: PlanInputs, demand: Panel, forecaster: Forecaster) -> Learned:
    """Learn from a snapshot what its scenarios and plans predict with; `demand` holds `demand_history`."""
    return learn(known_series(inputs, demand), len(demand.buckets) - demand.buckets.first_open, forecaster)


def forecast(
    inputs: PlanInputs, demand: Panel, forecaster: Forecaster, learned: Learned | None = None
) -> tuple[Panel, tuple[Issue, ...]]:
    """Write `seasonal_naive`, `baseline_demand` and its bounds, rounded once to 0.001, never negative.

    Args:
        inputs: of the plan.
        demand: with `demand_history`.
        forecaster: trains and predicts.
        learned: from the snapshot; None = learned from these very series.

    Issues name the series that are flat lines, silent for a year, or where the method failed and the year before
    stands in.
    """
    known = known_series(inputs, demand)
    training, horizon = known.training, len(demand.buckets) - demand.buckets.first_open
    taught = learn(known, horizon, forecaster) if learned is None else learned
    alive = alive_ahead(inputs, demand)
    naive = np.where(alive, seasonal_naive(demand, training), 0.0)
    going: Flags = alive.any(axis=1) & sells(training)
    found = forecast_known(known, taught, horizon, forecaster)
    values = np.where(alive & going[:, None], found.values, 0.0)
    told = () if known.wishes is None else wish_issues(inputs, known.wishes, demand.keys, taught.chosen)
    issues = [
        *told,
        *_summary(demand, "demand.short-history", going & (training.length <= FLAT), _SHORT_WORDS),
        *_summary(demand, "demand.silent", silent(training) & alive.any(axis=1), _SILENT_WORDS),
        *_summary(demand, "demand.method-failed", found.failed & going, _FAILED_WORDS, Severity.WARNING),
    ]
    written = {
        "seasonal_naive": _open(demand, round_to_counts(naive, QUANTITY)),
        "baseline_demand": _open(demand, round_to_counts(values, QUANTITY)),
    }
    methods = known.settled(taught.chosen).methods
    panel = bound_measures(demand.with_counts(written), training, taught.widths, taught.own_widths, methods)
    return panel, tuple(issues)


_SHORT_WORDS: Final = (
    "have one or two buckets of history: their forecast is a flat line.",
    "Name a like item in launches.csv or set the consensus by hand.",
)
_SILENT_WORDS: Final = (
    "sold nothing for a year: their forecast is 0.",
    "Give the items a last_sale, or set the consensus by hand if they come back.",
)
_FAILED_WORDS: Final = (
    "could not be forecast by the method: the seasonal naive stands in.",
    "Look at their history; report it if it looks normal.",
)


def alive_ahead(inputs: PlanInputs, demand: Panel) -> Flags:
    """Tell in which open buckets each series can sell: goods, from first_sale on, until last_sale."""
    life = life_of(inputs, demand)
    columns = np.arange(demand.buckets.first_open, len(demand.buckets))[None, :]
    kinds = dict(inputs.table("items").select("item", "kind").iter_rows())
    goods = np.array([kinds.get(item) != "non-stock" for item in demand.keys["item"].to_list()], dtype=np.bool_)
    alive: Flags = (columns >= life.opens[:, None]) & (columns < life.dies[:, None])
    return alive & goods[:, None]


def seasonal_naive(demand: Panel, training: Training) -> Rates:
    """Give the demand of the same bucket a year earlier, repeated; the mean of what is known in a shorter series.

    Gaps of the history are filled with what was due, so that a missing report does not come back.
    """
    closed = demand.buckets.first_open
    horizon = np.arange(len(demand.buckets) - closed)
    held = to_amounts(demand.count("demand_history")[:, :closed], QUANTITY)
    own = np.where(training.known, held, training.values)
    long = training.length >= training.season
    length = np.maximum(training.length, 1)
    mean = np.divide(own.sum(axis=1), length, out=np.zeros(len(own)), where=training.length > 0)
    if closed < training.season:
        return np.repeat(mean[:, None], len(horizon), axis=1)
    yearly = own[:, closed - training.season :][:, horizon % training.season]
    return np.where(long[:, None], yearly, mean[:, None])


def _open(demand: Panel, counts: Counts) -> Counts:
    full = np.zeros(demand.shape, dtype=np.int64)
    full[:, demand.buckets.first_open :] = counts
    return full


def _summary(
    demand: Panel, code: str, hit: Flags, words: tuple[str, str], severity: Severity = Severity.NOTE
) -> list[Issue]:
    rows = np.flatnonzero(hit)
    if not len(rows):
        return []
    item, market = demand.keys.row(int(rows[0]))
    scope = (
        Node(dimension="item", level="item", member=MemberId(item)),
        Node(dimension="market", level="market", member=MemberId(market)),
    )
    last = slice(max(0, demand.buckets.first_open - 12), demand.buckets.first_open)
    return [
        Issue(
            code=code,
            severity=severity,
            place=Place(measure=MeasureId("baseline_demand"), scope=scope if len(rows) == 1 else ()),
            message=f"{len(rows)} series ({item} in {market}{' and others' if len(rows) > 1 else ''}) {words[0]}",
            advice=words[1],
            at_stake=worth(demand, rows, demand.count("demand_history")[rows, last].sum(axis=1)),
        )
    ]
