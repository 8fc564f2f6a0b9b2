"""The company's own settings, as `company.toml` says them: name, currency, calendar, fences, hierarchies."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from trivet.core.buckets import (
    Buckets,
    Calendar,
    four_four_five_edges,
    month_edges,
    week_edges,
)
from trivet.core.errors import InvalidInput
from trivet.core.forecasting import ForecastRules, parse_forecast
from trivet.core.gates import GateName, parse_gates
from trivet.core.grounds import GroundRules, parse_grounds
from trivet.core.netting import NettingRules, parse_netting
from trivet.core.ownmeasures import OwnMeasure, parse_own_measures
from trivet.core.segments import SegmentRules, parse_segments


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDimension:
    """A dimension a company declares itself: members in the table of its name, attached by a column.

    Attributes:
        name: its name, and that of its table `<name>.csv`: key column of the same name, further columns
            are levels and attributes.
        of: dimension whose members carry its code: item, market, location, resource or supplier.
        column: column of that dimension's table with the code.
    """

    name: str
    of: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Settings of one company.

    Attributes:
        name: as printed on every page.
        currency: ISO code of the plan currency.
        fiscal_start: month (1-12) in which the fiscal year begins.
        calendar: months, 4-4-5 or weeks.
        first_bucket: any day of the first bucket of history.
        cycle: any day of the current bucket (lag 0).
        horizon: number of open buckets, current one included (at most 36 months).
        frozen: open buckets inside the frozen fence.
        slushy: open buckets inside the slushy fence (frozen ones included).
        hierarchies: dimension -> hierarchy name -> levels from the top to the leaf.
        timezone: IANA name; dates of the plan are dates of this zone.
        reason_above: change in percent above which a reason must be given.
        segments: where ABC, XYZ and life-cycle classes are cut.
        dimensions: dimensions the company declares itself.
        grounds: from which size a change needs a reason code and an assumption.
        netting: how far from its due day an order in hand counts as part of the forecast.
        forecast: how the forecast is made.
        gates: gates a plan must pass, or have waived, to be published.
        measures: measures of its own; no part of any plan (so not of what names its inputs).
    """

    name: str
    currency: str
    first_bucket: date
    cycle: date
    fiscal_start: int = 1
    calendar: Calendar = Calendar.MONTHS
    horizon: int = 24
    frozen: int = 1
    slushy: int = 3
    hierarchies: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    timezone: str = "UTC"
    reason_above: float = 5.0
    segments: SegmentRules = field(default_factory=SegmentRules)
    dimensions: tuple[OwnDimension, ...] = ()
    grounds: GroundRules = field(default_factory=GroundRules)
    forecast: ForecastRules = field(default_factory=ForecastRules)
    netting: NettingRules = field(default_factory=NettingRules)
    gates: frozenset[GateName] = frozenset()
    measures: tuple[OwnMeasure, ...] = field(default=(), repr=False)

    def buckets(self) -> Buckets:
        """Cut the plan's time axis: history from `first_bucket`, then `horizon` open buckets."""
        generous = 2000
        if self.calendar is Calendar.MONTHS:
            edges = month_edges(self.first_bucket, generous)
        elif self.calendar is Calendar.WEEKS:
            edges = week_edges(self.first_bucket, generous)
        else:
            edges = four_four_five_edges(self.first_bucket, generous, self.fiscal_start)
        closed = [i for i, edge in enumerate(edges) if edge <= self.cycle]
        if not closed:
            raise InvalidInput(f"company.toml: cycle {self.cycle} lies before first_bucket {self.first_bucket}")
        current = closed[-1]
        return Buckets(
            edges=edges[: current + self.horizon + 1],
            first_open=current,
            frozen_until=current + self.frozen,
            slushy_until=current + max(self.slushy, self.frozen),
            fiscal_start=self.fiscal_start,
            calendar=self.calendar,
        )


_MOST = {Calendar.MONTHS: 36, Calendar.FOUR_FOUR_FIVE: 36, Calendar.WEEKS: 157}


def parse_company(text: str) -> Company:
    """Read the text of `company.toml`.

    Raises InvalidInput naming the key, its value and what was expected.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"company.toml is not valid TOML: {error}. Put text in quotes.") from error
    unknown = sorted(set(raw) - _PARTS)
    if unknown:
        raise InvalidInput(f"company.toml: unknown part [{unknown[0]}]; expected {', '.join(sorted(_PARTS))}")
    company, time = raw.get("company", {}), raw.get("time", {})
    _refuse_unknown("company", company, {"name", "currency", "timezone", "reason_above"})
    _refuse_unknown("time", time, _TIME_KEYS)
    calendar = _calendar(time)
    return Company(
        name=_text(company, "name"),
        currency=_text(company, "currency").upper(),
        timezone=str(company.get("timezone", "UTC")),
        reason_above=float(company.get("reason_above", 5.0)),
        first_bucket=_day(time, "first_bucket"),
        cycle=_day(time, "cycle"),
        fiscal_start=_whole(time, "fiscal_start", 1, (1, 12)),
        calendar=calendar,
        horizon=_whole(time, "horizon", 24, (1, _MOST[calendar])),
        frozen=_whole(time, "frozen", 1, (0, 157)),
        slushy=_whole(time, "slushy", 3, (0, 157)),
        hierarchies={
            dimension: {name: tuple(str(level) for level in levels) for name, levels in ways.items()}
            for dimension, ways in raw.get("hierarchies", {}).items()
        },
        segments=parse_segments(raw.get("segments", {})),
        grounds=parse_grounds(raw.get("changes", {})),
        forecast=parse_forecast(raw.get("forecast", {})),
        netting=parse_netting(raw.get("netting", {})),
        gates=parse_gates(raw.get("gates", {})),
        measures=parse_own_measures(raw.get("measures", {})),
        dimensions=_own_dimensions(raw.get("dimensions", {}), raw.get("hierarchies", {})),
    )


_PARTS = {
    "company", "time", "hierarchies", "dimensions", "segments", "changes", "forecast", "netting", "gates", "measures",
}  # fmt: skip
_TIME_KEYS = {"calendar", "first_bucket", "cycle", "horizon", "frozen", "slushy", "fiscal_start"}


GIVEN_DIMENSIONS = ("item", "market", "location", "resource", "supplier")
"""Dimensions every company has; one of its own is attached to one of them."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _own_dimensions(given: Mapping[str, Any], hierarchies: Mapping[str, Any]) -> tuple[OwnDimension, ...]:
    """Read [dimensions.NAME], and refuse hierarchies of a dimension nobody has."""
    found = []
    for name, part in given.items():
        where = f"company.toml [dimensions.{name}]"
        if not _NAME.fullmatch(name) or name in (*GIVEN_DIMENSIONS, "bucket"):
            raise InvalidInput(
                f"{where}: expected another name of small letters, digits and _, e.g. [dimensions.brand]"
            )
        if not isinstance(part, dict) or part.get("of") not in GIVEN_DIMENSIONS:
            said = part.get("of") if isinstance(part, dict) else part
            raise InvalidInput(f"{where}: of is {said!r}; expected one of {', '.join(GIVEN_DIMENSIONS)}")
        _refuse_unknown(f"dimensions.{name}", part, {"of", "column"})
        found.append(OwnDimension(name=name, of=part["of"], column=str(part.get("column", name))))
    known = (*GIVEN_DIMENSIONS, *(own.name for own in found))
    unknown = next((name for name in hierarchies if name not in known), None)
    if unknown:
        raise InvalidInput(f"company.toml [hierarchies.{unknown}]: no such dimension; expected {', '.join(known)}")
    return tuple(found)


def _refuse_unknown(part: str, given: Mapping[str, Any], known: set[str]) -> None:
    for key in given:
        if key not in known:
            raise InvalidInput(f"company.toml [{part}]: unknown key '{key}'; known are {', '.join(sorted(known))}")


def _text(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f'company.toml [company]: {key} is missing; write {key} = "..."')
    return value.strip()


def _calendar(time: Mapping[str, Any]) -> Calendar:
    try:
        return Calendar(time.get("calendar", "months"))
    except ValueError as error:
        raise InvalidInput(
            f"company.toml [time]: calendar is '{time['calendar']}'; expected months, 4-4-5 or weeks"
        ) from error


def _day(time: Mapping[str, Any], key: str) -> date:
    value = time.get(key)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value)
    try:
        return date.fromisoformat(f"{text}-01" if len(text) == len("2026-11") and text[4] == "-" else text)
    except ValueError as error:
        raise InvalidInput(f"company.toml [time]: {key} is {value!r}; expected a date like 2026-11-01") from error


def _whole(part: Mapping[str, Any], key: str, default: int, within: tuple[int, int]) -> int:
    value = part.get(key, default)
    low, high = within
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidInput(f"company.toml [time]: {key} is {value!r}; expected a whole number {low} to {high}")
    return value
