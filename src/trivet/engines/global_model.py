"""One model for all series: gradient-boosted trees on what every series did, each in its own measure.

Every value is divided by its series' mean and taken as log(1 + x); what is learned is the step from the same bucket of
the last known year to the bucket asked for, straight for each step ahead, by least absolute error (LightGBM, Ke et
al. 2017; pooling over series: Montero-Manso & Hyndman 2021). A bag of seeds is averaged. Learned once
per snapshot and predicted with from then on, so that a mended outlier moves no other series.

The model does not know names, order or size of the series: rows are laid out by content, gradients of the absolute
error are -1 and 1 (their sums exact in any order), and no rows are drawn by chance.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates

if TYPE_CHECKING:
    import lightgbm

SEEDS: Final = (11, 23, 47, 83, 101)
"""Members of the bag, of what is learned from now on; what was learned with fewer predicts with these."""
ROUNDS: Final = 100
"""Trees of one member; 150 and 300 at a lower rate gained nothing on M3 (docs/decisions/0006)."""
MOST_ROWS: Final = 150_000
"""Training examples; more series give the same number, evenly chosen."""
FEWEST_ROWS: Final = 2_000
"""Below this there is nothing to learn from each other, and no model."""
_LAGS: Final = 12
_PLACES: Final = 9
"""Decimals kept of a value in units of its series' mean, so that 1000 times the demand is the same example."""
_FURTHEST: Final = 2.0
"""Largest step from last year's value, as a difference of logarithms."""
_END: Final = b"\x00"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Field:
    """All series laid out for the model: log(1 + x / mean), NaN where unknown, `pad` columns of NaN before."""

    logs: Rates
    scale: Rates
    length: Counts
    season: int
    pad: int

    @property
    def year(self) -> int:
        """Buckets of the windows the level is taken over."""
        return self.season if self.season > 1 else _LAGS

    @property
    def reach(self) -> int:
        """Steps ahead that are learned; further ones are taken as the last of them."""
        return self.year + self.year // 2

    @property
    def needed(self) -> int:
        """Known buckets a series needs before an origin."""
        return max(self.season + self.season // 2, _LAGS // 2)


def can_learn(history: Rates, first: Counts, season: int) -> bool:
    """Tell whether there are examples enough to train on, without making them."""
    field = _lay_out(history, first, season)
    counts = _eligible(field.length[_usable(field)], field)
    return sum(counts.values()) >= FEWEST_ROWS


def train(history: Rates, first: Counts, season: int, seed: int) -> bytes:
    """Learn one member of the bag.

    Args:
        history: (series, buckets) in units, all ending at the last closed bucket.
        first: (series,) index of each series' first bucket; series that begin at the end are left out.
        season: buckets in a year, 1 = no season.
        seed: of the member.

    Returns:
        The model as text, compressed; empty where there are too few examples.
    """
    import lightgbm

    examples, steps = _examples(_by_content(_lay_out(history, first, season)))
    if len(steps) < FEWEST_ROWS:
        return b""
    parameters = {
        "objective": "l1",
        "num_leaves": 31,
        "learning_rate": 0.1,
        "min_data_in_leaf": 50,
        "feature_fraction": 0.7,
        "bin_construct_sample_cnt": MOST_ROWS * 2,
        "force_row_wise": True,
        "deterministic": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(examples, steps), num_boost_round=ROUNDS)
    return zlib.compress(booster.model_to_string().encode())


def join(members: list[bytes]) -> bytes:
    """Put the members of a bag into one model."""
    texts = [zlib.decompress(member) for member in members if member]
    return zlib.compress(_END.join(texts)) if texts else b""


def predict(model: bytes, history: Rates, first: Counts, season: int, horizon: int) -> Rates:
    """Forecast each series with a trained model: the mean of its members.

    Returns:
        (series, horizon) in units, >= 0; NaN for series the model has no view of (too short, nothing sold) and for
        all of them when the model is empty.
    """
    result = np.full((len(history), horizon), np.nan)
    field = _lay_out(history, first, season)
    rows = np.flatnonzero(_usable(field))
    boosters = _boosters(model) if model else ()
    if not boosters or not len(rows):
        return result
    origin = field.logs.shape[1]
    parts = [_describe(field, rows, origin, step) for step in range(horizon)]
    examples = np.concatenate([part[0] for part in parts])
    base = np.concatenate([part[1] for part in parts])
    moves = np.stack([np.asarray(booster.predict(examples, num_threads=1)) for booster in boosters])
    logs = base + np.clip(moves, -_FURTHEST, _FURTHEST)
    units = np.expm1(logs).mean(axis=0).reshape(horizon, len(rows)).T * field.scale[rows, None]
    result[rows] = np.maximum(units, 0.0)
    return result


@lru_cache(maxsize=2)
def _boosters(model: bytes) -> "tuple[lightgbm.Booster, ...]":
    import lightgbm

    return tuple(lightgbm.Booster(model_str=text.decode()) for text in zlib.decompress(model).split(_END))


def _lay_out(history: Rates, first: Counts, season: int) -> _Field:
    rows, buckets = history.shape
    pad = max(2 * max(season, _LAGS), _LAGS + season)
    known = np.arange(buckets)[None, :] >= np.asarray(first)[:, None]
    values = np.where(known & np.isfinite(history), np.maximum(history, 0.0), 0.0)
    length = np.maximum(buckets - np.asarray(first), 0)
    scale = np.divide(values.sum(axis=1), length, out=np.zeros(rows), where=length > 0)
    shares = np.divide(values, scale[:, None], out=np.zeros(values.shape), where=scale[:, None] > 0)
    logs = np.full((rows, pad + buckets), np.nan)
    logs[:, pad:] = np.where(known, np.log1p(np.round(shares, _PLACES)), np.nan)
    return _Field(logs=logs, scale=scale, length=length, season=season, pad=pad)


def _usable(field: _Field) -> Flags:
    usable: Flags = (field.length >= field.needed) & (field.scale > 0)
    return usable


def _by_content(field: _Field) -> _Field:
    """Put the series into the order of their values, the same however they came."""
    rows = np.flatnonzero(_usable(field))
    logs = np.nan_to_num(field.logs[rows], nan=-1.0)
    order = rows[np.lexsort(logs.T)] if len(rows) else rows
    return _Field(
        logs=field.logs[order],
        scale=field.scale[order],
        length=field.length[order],
        season=field.season,
        pad=field.pad,
    )


def _examples(field: _Field) -> tuple[Rates, Rates]:
    """Give what was known at past origins and the step that followed: (rows, features), (rows,)."""
    rank = np.arange(len(field.logs))
    end = field.logs.shape[1]
    eligible = _eligible(field.length, field)
    stride = -(-sum(eligible.values()) // MOST_ROWS)
    found, steps = [np.zeros((0, _width()))], [np.zeros(0)]
    for back, step in eligible:
        chosen = (field.length - back >= field.needed) & ((rank + 7 * back + 13 * step) % stride == 0)
        rows = np.flatnonzero(chosen)
        if len(rows):
            known, base = _describe(field, rows, end - back, step)
            found.append(known)
            steps.append(field.logs[rows, end - back + step] - base)
    return np.concatenate(found), np.concatenate(steps)


def _eligible(length: Counts, field: _Field) -> dict[tuple[int, int], int]:
    """Count the series that give an example by origin (buckets back from the end) and step ahead."""
    longest = np.sort(length)
    furthest = field.logs.shape[1] - field.pad - field.needed
    found = {}
    for back in range(1, furthest + 1):
        series = len(longest) - int(np.searchsorted(longest, field.needed + back))
        found.update({(back, step): series for step in range(min(back, field.reach))})
    return found


def _width() -> int:
    return _LAGS + 12


def _describe(field: _Field, rows: Counts, origin: int, step: int) -> tuple[Rates, Rates]:
    """Say what is known of series before column `origin` about the bucket `step` buckets from it.

    Returns:
        (rows, features): yearly changes of the last buckets, levels and their changes, the place in the year against
        the level, spread, steps ahead; and (rows,) the value of the same bucket in the last known year.
    """
    season, year = field.season, field.year
    logs = field.logs[rows, origin - field.pad : origin]
    before = logs[:, ::-1]
    changes = before[:, :_LAGS] - before[:, season : season + _LAGS]
    same = field.pad + step - season * (step // season + 1)
    base = logs[:, same]
    earlier = logs[:, same - season]
    level, last_level = _mean(before[:, :year]), _mean(before[:, year : 2 * year])
    recent, half = _mean(before[:, :3]), _mean(before[:, : year // 2])
    told = np.column_stack(
        [
            changes,
            recent - level,
            half - level,
            level - last_level,
            before[:, 0] - level,
            base - level,
            base - earlier,
            _mean(changes[:, :3]),
            _mean(changes[:, :6]),
            _mean(changes),
            _spread(changes),
            _spread(before[:, :year]),
            np.full(len(rows), min(step, field.reach - 1)),
        ]
    )
    return told, base


def _mean(block: Rates) -> Rates:
    """Give the mean of what is known in each row; NaN where nothing is."""
    known = np.isfinite(block)
    counted = known.sum(axis=1)
    total = np.where(known, block, 0.0).sum(axis=1)
    mean: Rates = np.divide(total, counted, out=np.full(len(block), np.nan), where=counted > 0)
    return mean


def _spread(block: Rates) -> Rates:
    """Give the standard deviation of what is known in each row."""
    spread: Rates = np.sqrt(_mean((block - _mean(block)[:, None]) ** 2))
    return spread
