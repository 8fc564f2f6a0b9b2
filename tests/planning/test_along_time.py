"""How a row is read along time: the words, where they make no sense, and the arithmetic on small rows (D4)."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from trivet.core.buckets import Buckets, Calendar, Period, month_edges, week_edges
from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Flags, MeasureId
from trivet.core.measures import MeasureSpec
from trivet.core.rollup import RolledUp
from trivet.planning.along import Along, Way, check_along, parse_along
from trivet.planning.course import make_axis, run_along
from trivet.workspace.registries import measure_registry

FLOW, STOCK, PRICE, BOUND = (
    measure_registry()[name] for name in ("consensus_demand", "projected_stock", "price", "baseline_low")
)
MONTHS = Buckets(edges=month_edges(date(2025, 1, 1), 30), first_open=22)


def table(spec: MeasureSpec, values: list[int], present: list[bool] | None = None) -> RolledUp:
    counts: Counts = np.array([values], dtype=np.int64) * 1000
    known: Flags = np.array([present or [True] * len(values)], dtype=np.bool_)
    labels = tuple(str(i) for i in range(len(values)))
    keys = pl.DataFrame({"family": ["City"]})
    if spec.quantum is None:
        return RolledUp(keys=keys, labels=labels, rates={spec.id: counts / 1000.0}, present={spec.id: known})
    return RolledUp(keys=keys, labels=labels, counts={spec.id: counts}, present={spec.id: known})


def ran(
    text: str,
    values: list[int],
    *,
    spec: MeasureSpec = FLOW,
    present: list[bool] | None = None,
    period: Period = Period.BUCKET,
    spoken: Flags | None = None,
    first: int = 0,
    buckets: Buckets = MONTHS,
) -> list[float | None]:
    told = np.ones(len(buckets), dtype=np.bool_) if spoken is None else spoken
    result = run_along(parse_along(text), table(spec, values, present), spec, make_axis(buckets, period, told, first))
    known = result.present[spec.id][0]
    if spec.id in result.counts:
        assert spec.quantum == Decimal("0.001")
        return [int(v) / 1000 if k else None for v, k in zip(result.counts[spec.id][0], known, strict=True)]
    return [float(v) if k else None for v, k in zip(result.rates[spec.id][0], known, strict=True)]


UP = list(range(1, 31))


def test_a_running_total_begins_with_the_first_period_shown() -> None:
    assert ran("cumulative", UP, first=27) == [None] * 27 + [28, 57, 87]


def test_a_running_total_ends_where_the_measure_says_nothing_more() -> None:
    closed = np.arange(30) < 28
    assert ran("cumulative", UP, first=26, spoken=closed)[26:] == [27, 55, None, None]


def test_a_rolling_sum_needs_all_its_periods() -> None:
    found = ran("rolling:12", UP)
    assert found[:11] == [None] * 11
    assert found[11] == sum(range(1, 13))
    assert found[-1] == sum(range(19, 31))
    opened = np.arange(30) >= 22
    assert ran("rolling:3", UP, spoken=opened)[21:26] == [None, None, None, 23 + 24 + 25, 24 + 25 + 26]


def test_a_rolling_mean_of_a_stock_is_its_average_level() -> None:
    assert ran("mean:2", [10, 20, 40, *[0] * 27], spec=STOCK)[:4] == [None, 15, 30, 20]


def test_a_year_to_date_starts_anew_each_fiscal_year_and_needs_the_year_from_its_start() -> None:
    found = ran("to-date", UP)
    assert found[11:14] == [78, 13, 27]
    later = Buckets(edges=month_edges(date(2025, 3, 1), 30), first_open=22)
    assert ran("to-date", UP, buckets=later)[8:13] == [None, None, 11, 11 + 12, 11 + 12 + 13]
    opened = np.arange(30) >= 22
    assert ran("to-date", UP, spoken=opened)[22:26] == [None, None, 25, 51]


def test_last_year_stands_beside_and_growth_is_on_it() -> None:
    assert ran("last-year", UP)[11:14] == [None, 1, 2]
    grown = ran("growth", [4] * 12 + [5] * 12 + [0] * 6)
    assert grown[11:13] == [None, 0.25]
    assert grown[24] == -1


def test_growth_on_nothing_is_not_told() -> None:
    assert ran("growth", [0] * 12 + [5] * 18)[12:24] == [None] * 12


def test_a_year_that_is_cut_by_the_plans_end_has_no_growth() -> None:
    assert ran("growth", [100, 110, 60], period=Period.YEAR) == [None, pytest.approx(0.1), None]
    assert ran("last-year", [10] * 10, period=Period.QUARTER)[3:6] == [None, 10, 10]


def test_weeks_look_back_fifty_two() -> None:
    weeks = Buckets(edges=week_edges(date(2025, 1, 6), 60), first_open=50, calendar=Calendar.WEEKS)
    assert ran("last-year", list(range(60)), buckets=weeks)[51:54] == [None, 0, 1]


def test_shift_goes_both_ways() -> None:
    assert ran("shift:2", UP)[:4] == [None, None, 1, 2]
    assert ran("shift:-1", UP)[-2:] == [30, None]
    assert ran("shift:40", UP) == [None] * 30


def test_the_last_value_known_is_carried_on_but_never_before_the_first() -> None:
    known = [False, True, False, True] + [False] * 26
    assert ran("filled", [0, 7, 0, 9, *[0] * 26], present=known)[:6] == [None, 7, 7, 9, 9, 9]


def test_rates_stay_rates() -> None:
    assert ran("last-year", UP, spec=PRICE)[12] == 1.0
    assert ran("growth", [2] * 12 + [3] * 18, spec=PRICE)[12] == 0.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rollin", "Maybe 'rolling:12'"),
        ("grwth", "Maybe 'growth'"),
        ("rolling", "rolling:N with a whole number 1 to 520"),
        ("mean:0", "mean:N with a whole number 1"),
        ("shift:x", "shift:N with a whole number -520"),
        ("growth:3", "growth takes no number"),
        ("zzz", "expected cumulative, rolling:N"),
    ],
)
def test_what_is_not_understood_is_told_with_what_there_is(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parse_along(text)


@pytest.mark.parametrize(
    ("text", "spec", "period", "says"),
    [
        ("cumulative", STOCK, Period.BUCKET, "a level at the end of a bucket: it does not add up"),
        ("rolling:3", PRICE, Period.BUCKET, "--period quarter or year shows its average"),
        ("mean:3", PRICE, Period.BUCKET, "price does not add up over time"),
        ("cumulative", BOUND, Period.BUCKET, "choose last-year, growth or shift:1"),
        ("growth", FLOW, Period.TELESCOPE, "telescope has several"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(text: str, spec: MeasureSpec, period: Period, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_along(parse_along(text), spec, period)


def test_every_way_has_words_and_reads_as_typed() -> None:
    for text in ("cumulative", "rolling:12", "mean:1", "to-date", "last-year", "growth", "shift:-2", "filled", "cover"):
        along = parse_along(text)
        assert str(along) == text
        assert along.words(Period.QUARTER)
    assert Along(way=Way.MEAN, periods=1).words(Period.BUCKET) == "mean of the last 1 bucket"
    assert Along(way=Way.SHIFT, periods=-2).words(Period.QUARTER) == "2 quarters later"
    assert Along(way=Way.GROWTH).words(Period.YEAR) == "growth on the year before"
    assert MeasureId("consensus_demand") == FLOW.id
