"""The statistical forecast of series, one way for the plan and for a backtest.

A series is forecast by the forecaster where two years of it are known. With less it takes its family's season on its
own level; where there is no elder to borrow from, 24 buckets are enough for the methods. One or two buckets are a flat
line; what sold nothing for a year is 0. What levels teach each other enters as a factor that was learned once
(`demand.learning`). What planning does before - stock-outs, one-offs, missing reports and events
(`demand.cleansing`, `demand.training`) - a file of bare series can't have: it says nothing of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.forecasting import Method, Reconciliation
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.learned import Learned
from trivet.core.ports import Forecaster
from trivet.demand.scope import Texts
from trivet.demand.training import Training
from trivet.demand.wishes import Wishes, predict_with, same_for_all

FLAT: Final = 2
"""Up to this many buckets a series is a flat line."""
ALONE: Final = 24
"""Buckets that are enough for the methods where there is no elder to borrow a season from."""
_RECENT: Final = 6
"""Buckets the level of a young series is taken from."""
_YEAR: Final = 12
"""Buckets of silence that end a series without a season."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """Series to forecast: what was sold, what each is called and summed under.

    Attributes:
        training: their values.
        keys: name of each series.
        items, families: what each series is summed under; bare series have only themselves.
        ending: series that end inside the horizon.
        reconciliation: how their levels are made to agree.
        wishes: the methods asked for; None = the mean of methods for all.
    """

    training: Training
    keys: tuple[str, ...]
    items: Texts
    families: Texts
    ending: Flags
    reconciliation: Reconciliation = Reconciliation.WLS_STRUCT
    wishes: Wishes | None = None

    @property
    def methods(self) -> Texts:
        """Method of each series."""
        return np.full(len(self.keys), Method.ENSEMBLE, dtype=object) if self.wishes is None else self.wishes.methods

    @property
    def fixed(self) -> Flags:
        """Where a person named the method."""
        return np.zeros(len(self.keys), dtype=np.bool_) if self.wishes is None else self.wishes.fixed

    def settled(self, chosen: Mapping[str, Method]) -> "Known":
        """Give the series with the best methods that were found for them."""
        return self if self.wishes is None else replace(self, wishes=self.wishes.settled(self.keys, chosen))

    def before(self, back: int, rows: Counts) -> "Known":
        """Give some of the series as they were known `back` buckets earlier, moved to end in the last column."""
        held, buckets = self.training, self.training.values.shape[1]
        first = np.minimum(held.first[rows] + back, buckets)
        told = np.arange(buckets)[None, :] >= first[:, None]
        values = np.where(told, np.roll(held.values[rows], back, axis=1), 0.0)
        known = told & np.roll(held.known[rows], back, axis=1)
        training = Training(
            values=values, first=first, last=last_sale(known & (values > 0)), known=known, season=held.season
        )
        keys = tuple(self.keys[row] for row in rows)
        return Known(
            training=training,
            keys=keys,
            items=self.items[rows],
            families=self.families[rows],
            ending=self.ending[rows],
            reconciliation=self.reconciliation,
            wishes=None if self.wishes is None else self.wishes.of(rows),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """Forecast of each series, (series, horizon) in units, >= 0, and where the method failed."""

    values: Rates
    failed: Flags


def bare(values: Rates, first: Counts, season: int, method: str = Method.ENSEMBLE) -> Known:
    """Make series of a file known: nothing is said of families, events or missing reports."""
    rows = len(values)
    told: Flags = np.asarray(np.arange(values.shape[1])[None, :] >= np.asarray(first)[:, None])
    held = np.where(told, values, 0.0)
    training = Training(values=held, first=first, last=last_sale(told & (held > 0)), known=told, season=season)
    names = np.array([str(row) for row in range(rows)], dtype=object)
    return Known(
        training=training,
        keys=tuple(str(name) for name in names),
        items=names,
        families=names,
        ending=np.zeros(rows, dtype=np.bool_),
        wishes=None if method == Method.ENSEMBLE else same_for_all(method, rows),
    )


def last_sale(sold: Flags) -> Counts:
    """Give the first bucket after the last one with a sale; 0 where there is none."""
    last: Counts = np.where(sold.any(axis=1), sold.shape[1] - sold[:, ::-1].argmax(axis=1), 0).astype(np.int64)
    return last


def forecast_known(known: Known, learned: Learned, horizon: int, forecaster: Forecaster) -> Forecast:
    """Forecast series from their own values and what was learned; no series moves another.

    Returns:
        (series, horizon), not rounded; where the method gives no number the year before stands in and the series is
        flagged.
    """
    known = known.settled(learned.chosen)
    rows = method_rows(known, borrowed(known, learned)[1])
    held = known.training
    own = np.full((len(held.values), horizon), np.nan)
    if len(rows):
        asked = (held.values[rows], held.first[rows], held.season, horizon, learned.model)
        own[rows] = predict_with(forecaster, known.methods[rows], *asked)
    return combine(known, learned, own)


def combine(known: Known, learned: Learned, own: Rates) -> Forecast:
    """Put the forecasts of the methods (NaN = none) together with those that need none, each times its factor."""
    held, horizon = known.training, own.shape[1]
    seasons, elders = borrowed(known, learned)
    methods = np.zeros(len(own), dtype=np.bool_)
    methods[method_rows(known, elders)] = True
    failed: Flags = methods & ~np.isfinite(own).all(axis=1)
    values = np.where(failed[:, None], year_before(held, horizon), np.nan_to_num(own))
    for row in np.flatnonzero(~methods & sells(held)):
        values[row] = _on_its_level(held, int(row), seasons[row], horizon)
    at = learned.rows(known.keys)
    if learned.factors.size:
        factor = np.where(at[:, None] >= 0, learned.factors[at][:, :horizon], 1.0)
        values = np.where((methods & ~failed)[:, None], values * factor, values)
    return Forecast(values=np.maximum(values, 0.0), failed=failed)


def sells(training: Training) -> Flags:
    """Tell which series have a history and sold something within their last year."""
    return (training.length > 0) & ~silent(training)


def silent(training: Training) -> Flags:
    """Tell which series sold nothing for a year, though they have a history."""
    year = training.season if training.season > 1 else _YEAR
    quiet: Flags = (training.length > 0) & (training.last <= training.values.shape[1] - year)
    # a short series that never sold has no year of silence yet, and a mean of 0
    return quiet


def method_rows(known: Known, elders: Flags) -> Counts:
    """Give the series that are forecast by the methods."""
    held = known.training
    enough = np.where(elders, 2 * held.season, min(2 * held.season, ALONE))
    enough = np.where(known.fixed, 0, enough)  # a method somebody named is used on what there is
    rows: Counts = np.flatnonzero(sells(held) & (held.length >= enough) & (held.length > FLAT)).astype(np.int64)
    return rows


def borrowed(known: Known, learned: Learned) -> tuple[Rates, Flags]:
    """Give the season each series may borrow, and whether there is an elder it comes from."""
    at = learned.rows(known.keys)
    season = known.training.season
    if not len(learned.seasons):
        return np.ones((len(at), season)), np.zeros(len(at), dtype=np.bool_)
    seasons = np.where(at[:, None] >= 0, learned.seasons[at], 1.0)
    return seasons, np.asarray((at >= 0) & (learned.elders[at] > 0))


def year_before(training: Training, horizon: int) -> Rates:
    """Give the value of the same bucket a year earlier, repeated; the mean in a series shorter than a year."""
    values, season = training.values, training.season
    length = np.maximum(training.length, 1)
    mean = np.where(training.length > 0, values.sum(axis=1) / length, 0.0)
    if values.shape[1] < season:
        return np.repeat(mean[:, None], horizon, axis=1)
    yearly = values[:, values.shape[1] - season :][:, np.arange(horizon) % season]
    return np.where((training.length >= season)[:, None], yearly, mean[:, None])


def _on_its_level(training: Training, row: int, season: Rates, horizon: int) -> Rates:
    """Forecast a short series: its recent level times the season it borrows; flat with one or two buckets."""
    own = training.values[row, training.first[row] :]
    if len(own) <= FLAT:
        return np.full(horizon, own.mean())
    coming = season[np.arange(horizon) % len(season)]
    recent = own[-_RECENT:]
    past = season[np.arange(-len(recent), 0) % len(season)]
    return np.asarray(recent.sum() / max(past.sum(), 0.1) * coming)
