"""Series and their sums at one point in time, as the forecast is taught by them and predicts them.

What planning learns from a snapshot (`demand.learning`) and what it finds out about methods (`demand.trials`) both
stand at some bucket, know what was known there, and forecast the series for the methods and the sums over them. A sum
is forecast by the method of its series where they have one in common, else by the mean of methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Rates
from trivet.core.learned import Learned
from trivet.core.ports import Forecaster
from trivet.core.seasons import seasonal_index
from trivet.demand.levels import Levels, sum_up
from trivet.demand.scope import Texts, group_rows
from trivet.demand.statistical import Known, method_rows
from trivet.demand.wishes import predict_with

_ELDER: Final = 0.75
"""Series with less than this part of their family's longest history are not summed with it."""


def untaught(known: Known, seasons: Rates, elders: Counts, model: bytes = b"") -> Learned:
    """Say that series have taught each other nothing yet but the seasons the young ones borrow."""
    none = np.ones((len(known.keys), 0))
    return Learned(model=model, keys=known.keys, factors=none, seasons=seasons, elders=elders, widths=None)


def borrowed_seasons(known: Known) -> tuple[Rates, Counts]:
    """Give the season each young series borrows from its family's elders, and who has one."""
    held = known.training
    season, buckets = held.season, held.values.shape[1]
    seasons = np.ones((len(held.values), season))
    elders = np.zeros(len(held.values), dtype=np.int64)
    for rows in group_rows(known.families).values():
        old = rows[held.length[rows] >= 2 * season]
        if not len(old) or len(old) == len(rows):
            continue
        index = seasonal_index(held.values[old].sum(axis=0, keepdims=True), season)[0]
        young = rows[held.length[rows] < 2 * season]
        seasons[young], elders[young] = np.roll(index, -(buckets % season)), 1
    return seasons, elders


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """Series for the methods at one point in time, and their sums.

    Attributes:
        known: all series.
        rows: those for the methods.
        levels: these series (by place in `rows`), their items and families.
        values, first: of the series and then of the sums of several.
        told: node of each of them.
        methods: method of each of them.
    """

    known: Known
    rows: Counts
    levels: Levels
    values: Rates
    first: Counts
    told: Counts
    methods: Texts

    @classmethod
    def of(cls, known: Known, learned: Learned) -> "Lesson":
        """Stand where `known` ends; `learned` says who has elders."""
        held = known.training
        rows = method_rows(known, learned.elders > 0)
        levels = sum_up(held, rows, *_kin(known, rows))
        told = np.concatenate([np.arange(len(rows)), levels.summed])
        return cls(
            known=known,
            rows=rows,
            levels=levels,
            values=levels.values[told],
            first=levels.first[told],
            told=told,
            methods=_methods(levels, known.methods[rows])[told],
        )


def _methods(levels: Levels, own: Texts) -> Texts:
    """Give the method of each node: that of its series where they have one in common, else the mean of methods."""
    of_items = [_common(own[series]) for series in levels.items]
    items = np.array(of_items, dtype=object)
    of_families = [_common(items[part]) for part in levels.families]
    return np.concatenate([own, items, np.array(of_families, dtype=object)])


def _common(methods: Texts) -> str:
    found = set(methods)
    return str(found.pop()) if len(found) == 1 else Method.ENSEMBLE


def _kin(known: Known, rows: Counts) -> tuple[Texts, Texts]:
    """Name the item and family each series is summed under.

    Items that end inside the horizon are a family of their own, that its total may not hide their end; series that
    are younger than most of their family stand alone, that its sum may not lose their elders' years.
    """
    items, families = known.items[rows].copy(), known.families[rows].copy()
    length = known.training.length[rows]
    for family in group_rows(families).values():
        young = family[length[family] < _ELDER * length[family].max()]
        items[young] = [f"{items[row]}\x1f{rows[row]}" for row in young]
        families[young] = items[young]
    ending = known.ending[rows]
    families[ending] = items[ending]
    return items, families


def train(lesson: Lesson, forecaster: Forecaster) -> bytes:
    """Learn the model of all series from a lesson; empty where there is none for the methods."""
    return forecaster.train(lesson.values, lesson.first, lesson.known.training.season) if len(lesson.rows) else b""


def predict(lessons: Sequence[Lesson], model: bytes, horizon: int, forecaster: Forecaster) -> list[Rates]:
    """Forecast the series and sums of several lessons in one call."""
    sizes = [len(lesson.values) for lesson in lessons]
    if not sum(sizes):
        return [np.zeros((0, horizon)) for _ in lessons]
    found = predict_with(
        forecaster,
        np.concatenate([lesson.methods for lesson in lessons]),
        np.concatenate([lesson.values for lesson in lessons]),
        np.concatenate([lesson.first for lesson in lessons]),
        lessons[0].known.training.season,
        horizon,
        model,
    )
    return np.split(found, np.cumsum(sizes)[:-1])
