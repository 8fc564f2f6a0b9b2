"""Which method forecasts which series: what people asked for in the table `forecast_methods`.

The most specific row speaks: item before family before everyone, and within it a market before all. A named method
holds from the next plan on. `best` is found by forecasts of the past when a snapshot is learned (`demand.trials`) and
kept with it: found anew in a scenario, one mended value could give other series another method. Without a row it is
the mean of methods. Reads no history; writes no measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from trivet.core.forecasting import BEST, Method
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.plan import PlanInputs
from trivet.core.ports import Forecaster, MethodForecaster
from trivet.demand.scope import Members, Texts, members_of

_SOURCE: Final = "forecast_methods"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wishes:
    """Method of each series.

    Attributes:
        methods: name of a `core.forecasting.Method`, or best.
        pools: series of one name are given the same best method.
        fixed: where a person named the method: it holds in short series too.
    """

    methods: Texts
    pools: Texts
    fixed: Flags

    def of(self, rows: Counts) -> "Wishes":
        """Give those of some series."""
        return Wishes(methods=self.methods[rows], pools=self.pools[rows], fixed=self.fixed[rows])

    def settled(self, keys: Sequence[str], chosen: Mapping[str, Method]) -> "Wishes":
        """Put the methods that were found in for best; the mean of methods where none was found."""
        found = [chosen.get(key, Method.ENSEMBLE) for key in keys]
        return replace(self, methods=np.where(self.methods == BEST, np.array(found, dtype=object), self.methods))


def same_for_all(method: str, rows: int) -> Wishes:
    """Ask for one method for all series; best is found for each of them alone."""
    return Wishes(
        methods=np.full(rows, method, dtype=object),
        pools=np.array([str(row) for row in range(rows)], dtype=object),
        fixed=np.full(rows, method not in (BEST, Method.ENSEMBLE)),
    )


def read_wishes(inputs: PlanInputs, members: Members, keys: Sequence[str]) -> Wishes:
    """Read the table `forecast_methods` for each series."""
    methods, pools = np.full(len(keys), Method.ENSEMBLE, dtype=object), np.array(keys, dtype=object)
    columns = ("item", "family", "market", "method", "by")
    rows = sorted(inputs.table(_SOURCE).select(columns).iter_rows(), key=_special)
    for item, family, market, method, by in rows:
        hit = _hit(members, item, family, market)
        level = by or ("item" if item else "family")
        label = np.array(keys, dtype=object) if level == "series" else members.level(level)
        methods[hit] = method
        pools[hit] = [f"{level}\x1f{name}\x1f{item}\x1f{family}\x1f{market}" for name in label[hit]]
    fixed: Flags = np.asarray((methods != BEST) & (methods != Method.ENSEMBLE), dtype=np.bool_)
    return Wishes(methods=methods, pools=pools, fixed=fixed)


def _special(row: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    item, family, market = row[:3]
    return (4 if item else 2 if family else 0) + bool(market), row[:3]


def _hit(members: Members, item: str, family: str, market: str) -> Flags:
    return members.rows({"item": item, "family": "" if item else family, "market": market})


def wish_issues(
    inputs: PlanInputs, wishes: Wishes, series: pl.DataFrame, chosen: Mapping[str, Method]
) -> tuple[Issue, ...]:
    """Name rows of the table that speak of no series, and where best was asked for after the import was learned."""
    members = members_of(inputs, series)
    keys = tuple(f"{item}\x1f{market}" for item, market in series.iter_rows())
    issues = []
    for item, family, market, method in inputs.table(_SOURCE).select("item", "family", "market", "method").iter_rows():
        if not _hit(members, item, family, market).any():
            named = ", ".join(
                f"{name} {code}" for name, code in (("item", item), ("family", family), ("market", market)) if code
            )
            issues.append(
                _issue(
                    "demand.method-unused",
                    Severity.WARNING,
                    f"method {method} is asked for {named}, which names no series that is forecast.",
                    "Mend the row, or take it out; an item goes before a family.",
                )
            )
    late = [key for key, method in zip(keys, wishes.methods, strict=True) if method == BEST and key not in chosen]
    if late:
        item, market = late[0].split("\x1f")
        issues.append(
            _issue(
                "demand.method-not-chosen",
                Severity.NOTE,
                f"{len(late)} series ({item} in {market}{' and others' if len(late) > 1 else ''}) ask for their best "
                "method, but none was found when this import was learned: the mean of methods stands.",
                "They have too little history, or best was asked for since: put the row into forecast_methods.csv and "
                "import, or name a method.",
            )
        )
    return tuple(issues)


def _issue(code: str, severity: Severity, message: str, advice: str) -> Issue:
    place = Place(measure=MeasureId("baseline_demand"), source=_SOURCE)
    return Issue(code=code, severity=severity, place=place, message=message, advice=advice)


def predict_with(
    forecaster: Forecaster, methods: Texts, history: Rates, first: Counts, season: int, horizon: int, model: bytes
) -> Rates:
    """Forecast each series with its method; shapes as `core.ports.Forecaster` says.

    Raises TypeError when a method is asked of a forecaster that has none.
    """
    rest = methods != Method.ENSEMBLE
    if not rest.any():
        return forecaster.predict(history, first, season, horizon, model)
    if not isinstance(forecaster, MethodForecaster):
        raise TypeError(f"{forecaster.name} can't be asked for a method")
    result = np.zeros((len(history), horizon))
    mean = np.flatnonzero(~rest)
    if len(mean):
        result[mean] = forecaster.predict(history[mean], first[mean], season, horizon, model)
    for method in Method:
        rows = np.flatnonzero(rest & (methods == method))
        if len(rows):
            result[rows] = forecaster.predict_each(
                history[rows], first[rows], season, horizon, model, methods=(method,)
            )[0]
    return result
