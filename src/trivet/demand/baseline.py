"""The statistical forecast: what customers will buy if everything goes on as it did.

Reads `demand_history`; writes `seasonal_naive` (the benchmark, always) and `baseline_demand` (open
buckets, unconstrained).
A series is forecast by the forecaster where two years of it are known; with less it takes its family's
season on its own level; with one or two buckets it is a flat line and says so. Families and items are forecast too and
all levels are brought together (`demand.levels`). Dead, unborn and silent series are 0.
"""

from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.ports import Forecaster
from trivet.core.quantities import QUANTITY, round_to_counts, to_amounts
from trivet.core.seasons import ahead, seasonal_index
from trivet.demand.levels import build_tree, two_passes
from trivet.demand.presence import life_of
from trivet.demand.scope import Members, Texts, group_rows, members_of, worth
from trivet.demand.training import Training, training_series

_FLAT: Final = 2
"""Up to this many buckets a series is a flat line."""
_ELDER: Final = 0.75
"""Series with less than this part of their family's longest history are not summed with it."""
_LEAST: Final = 1e-9
"""Variance of a series that sold nothing."""


def forecast(inputs: PlanInputs, demand: Panel, forecaster: Forecaster) -> tuple[Panel, tuple[Issue, ...]]:
    """Write `seasonal_naive` and `baseline_demand`, rounded once to 0.001, never negative.

    Issues name the series that are flat lines, silent for a year, or where the method failed and the benchmark
    stands in.
    """
    members = members_of(inputs, demand.keys)
    training = training_series(inputs, demand)
    alive = alive_ahead(inputs, demand)
    naive = np.where(alive, seasonal_naive(demand, training), 0.0)
    silent = _silent(training)
    going: Flags = alive.any(axis=1) & ~silent & (training.length > 0)
    regular = going & (training.length >= 2 * training.season)
    leaf = _own_level(training, members, going & ~regular, demand)
    leaf[regular], failed = _by_method(training, members, regular, alive, (forecaster, naive))
    counts = round_to_counts(np.where(alive & going[:, None], np.maximum(leaf, 0.0), 0.0), QUANTITY)
    issues = [
        *_summary(demand, "demand.short-history", going & (training.length <= _FLAT), _SHORT_WORDS),
        *_summary(demand, "demand.silent", silent & alive.any(axis=1), _SILENT_WORDS),
        *_summary(demand, "demand.method-failed", failed, _FAILED_WORDS, Severity.WARNING),
    ]
    written = {
        "seasonal_naive": _open(demand, round_to_counts(naive, QUANTITY)),
        "baseline_demand": _open(demand, counts),
    }
    return demand.with_counts(written), tuple(issues)


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


def _silent(training: Training) -> Flags:
    """Tell which series sold nothing in the last year, though they did before."""
    buckets = training.values.shape[1]
    silent: Flags = (training.length > 0) & (training.last <= buckets - training.season)
    return silent


def _own_level(training: Training, members: Members, young: Flags, demand: Panel) -> Rates:
    """Forecast series of less than two years: their own recent level times their family's season."""
    closed, horizon = training.values.shape[1], len(demand.buckets) - demand.buckets.first_open
    result = np.zeros((len(training.values), horizon))
    for rows in group_rows(members.family).values():
        some = rows[young[rows]]
        if not len(some):
            continue
        old = rows[training.length[rows] >= 2 * training.season]
        index = seasonal_index(training.values[old].sum(axis=0, keepdims=True), training.season)
        by_bucket = index[0, np.arange(closed) % training.season]
        for row in some:
            own = training.values[row, training.first[row] :]
            season = by_bucket[training.first[row] :]
            if len(own) <= _FLAT:
                result[row] = own.mean()
            else:
                recent = slice(max(0, len(own) - 6), None)
                result[row] = own[recent].sum() / max(season[recent].sum(), 0.1) * ahead(index, closed, horizon)[0]
    return result


def _by_method(
    training: Training, members: Members, regular: Flags, alive: Flags, engine: tuple[Forecaster, Rates]
) -> tuple[Rates, Flags]:
    """Forecast series, items and families in one call and bring them together.

    Where the method gives no number for a series the benchmark stands in and the series is flagged; for a sum
    what lies below it speaks alone.
    """
    forecaster, naive = engine
    rows: Counts = np.flatnonzero(regular).astype(np.int64)
    failed = np.zeros(len(regular), dtype=np.bool_)
    if not len(rows):
        return np.zeros((0, naive.shape[1])), failed
    items, families = _kin(training, members, rows, alive)
    tree = build_tree(training, rows, items, families)
    values = np.concatenate([training.values[rows], tree.values])
    first = np.concatenate([training.first[rows], tree.first])
    found = forecaster.predict(values, first, training.season, naive.shape[1])
    bad: Flags = np.asarray(~np.isfinite(found[: len(rows)]).all(axis=1))
    failed[rows[bad]] = True
    own = np.maximum(np.where(bad[:, None], naive[rows], found[: len(rows)]), 0.0)
    variance = np.maximum(training.values[rows, -training.season :].mean(axis=1), _LEAST)
    return two_passes(own, variance, tree.items, tree.families, found[len(rows) :]), failed


def _kin(training: Training, members: Members, rows: Counts, alive: Flags) -> tuple[Texts, Texts]:
    """Name the item and family each series is summed under.

    Items that end inside the horizon are a family of their own, that its total may not hide their end; series that
    are younger than most of their family stand alone, that its sum may not lose their elders' years.
    """
    items, families = members.item[rows].copy(), members.family[rows].copy()
    length = training.length[rows]
    for family in group_rows(families).values():
        young = family[length[family] < _ELDER * length[family].max()]
        items[young] = [f"{items[row]}\x1f{rows[row]}" for row in young]
        families[young] = items[young]
    ending = ~alive[rows].all(axis=1)
    families[ending] = items[ending]
    return items, families


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
