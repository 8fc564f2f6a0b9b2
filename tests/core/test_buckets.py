"""The time axis: months, weeks, 4-4-5, fences and fiscal periods."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from trivet.core.buckets import (
    Buckets,
    Calendar,
    Period,
    add_months,
    four_four_five_edges,
    month_edges,
    week_edges,
)
from trivet.core.errors import InvalidInput

MONTHS = Buckets(
    edges=month_edges(date(2026, 1, 15), 24), first_open=10, frozen_until=11, slushy_until=13, fiscal_start=4
)


def test_axis_is_cut_into_closed_and_open_buckets() -> None:
    assert len(MONTHS) == 24
    assert MONTHS.starts[0] == date(2026, 1, 1)
    assert MONTHS.current == date(2026, 11, 1)
    assert (MONTHS.closed, MONTHS.horizon) == (slice(0, 10), slice(10, 24))
    assert MONTHS.days()[:3].tolist() == [31, 28, 31]


def test_day_lies_in_its_bucket() -> None:
    assert MONTHS.index(date(2026, 11, 30)) == 10
    assert MONTHS.index(date(2026, 1, 1)) == 0
    assert MONTHS.index(date(2027, 12, 31)) == 23
    assert MONTHS.span(date(2026, 11, 5), date(2027, 1, 9)) == slice(10, 13)


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2028, 1, 1)])
def test_day_outside_the_axis_is_refused(day: date) -> None:
    with pytest.raises(InvalidInput, match=f"{day} is outside the plan's 2026-01-01 to 2027-12-31"):
        MONTHS.index(day)


def test_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(InvalidInput, match="swap them"):
        MONTHS.span(date(2026, 12, 1), date(2026, 11, 1))


def test_fiscal_year_is_named_by_the_year_in_which_it_ends() -> None:
    assert MONTHS.fiscal_year(2) == 2026
    assert MONTHS.fiscal_year(3) == 2027
    assert [MONTHS.quarter(i) for i in range(12)] == [4, 4, 4, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert MONTHS.group(Period.YEAR) == (("FY2026", slice(0, 3)), ("FY2027", slice(3, 15)), ("FY2028", slice(15, 24)))
    assert MONTHS.group(Period.QUARTER)[1] == ("FY2027-Q1", slice(3, 6))
    assert MONTHS.group(Period.BUCKET)[10] == ("2026-11", slice(10, 11))


def test_fiscal_year_from_january_is_the_calendar_year() -> None:
    plain = Buckets(edges=month_edges(date(2026, 1, 1), 13), first_open=0)
    assert plain.fiscal_year(11) == 2026
    assert plain.fiscal_year(12) == 2027


def test_weeks_begin_on_monday_and_are_called_by_iso() -> None:
    weeks = Buckets(edges=week_edges(date(2026, 12, 30), 3), first_open=0, calendar=Calendar.WEEKS)
    assert weeks.starts == (date(2026, 12, 28), date(2027, 1, 4), date(2027, 1, 11))
    assert [weeks.label(i) for i in range(3)] == ["2026-W53", "2027-W01", "2027-W02"]


@pytest.mark.parametrize("fiscal_start", [1, 2, 10])
def test_four_four_five_years_are_whole_weeks_without_a_gap(fiscal_start: int) -> None:
    edges = four_four_five_edges(date(2025, 6, 11), 120, fiscal_start)
    assert len(edges) == 121
    assert edges[0] <= date(2025, 6, 11) < edges[1]
    assert all(edge.weekday() == 0 for edge in edges)
    weeks = [(b - a).days // 7 for a, b in pairwise(edges)]
    axis = Buckets(edges=edges, first_open=0, fiscal_start=fiscal_start, calendar=Calendar.FOUR_FOUR_FIVE)
    assert axis.label(0) == edges[0].isoformat()
    for name, span in axis.group(Period.YEAR)[1:-1]:
        assert weeks[span] in ([4, 4, 5] * 4, [4, 4, 5] * 3 + [4, 4, 6]), name
        assert (
            abs((edges[span.start] - date(edges[span.start + 1].year, fiscal_start, 1)).days) <= 4 or fiscal_start > 1
        )
    for name, span in axis.group(Period.QUARTER)[1:-1]:
        assert sum(weeks[span]) in (13, 14), name


def test_day_before_the_years_first_monday_belongs_to_the_year_before() -> None:
    edges = four_four_five_edges(date(2027, 1, 2), 2)  # the Monday nearest to 1 January 2027 is the 4th
    assert edges[0] <= date(2027, 1, 2) < edges[1] == date(2027, 1, 4)


def test_day_after_the_years_first_monday_in_december_belongs_to_the_coming_year() -> None:
    edges = four_four_five_edges(date(2029, 12, 31), 2)  # the Monday nearest to 1 January 2030
    assert edges[0] == date(2029, 12, 31)


def test_fifty_third_week_falls_into_the_last_month() -> None:
    edges = four_four_five_edges(date(2026, 1, 1), 12)
    assert edges[0] == date(2025, 12, 29)
    assert (edges[12] - edges[11]).days == 6 * 7
    assert edges[12] == date(2027, 1, 4)


def test_add_months_crosses_years() -> None:
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 1)
    assert add_months(date(2026, 1, 30), -1) == date(2025, 12, 1)


def test_week_is_shared_between_months_by_working_days() -> None:
    week = Buckets(edges=week_edges(date(2026, 11, 30), 2), first_open=0)
    month = Buckets(edges=month_edges(date(2026, 11, 1), 2), first_open=0)
    working = [date(2026, 11, 30) + timedelta(days=i) for i in range(14) if i % 7 < 5]
    assert np.allclose(week.share(month, working), [[0.2, 0.8], [0.0, 1.0]])
    assert np.allclose(week.share(month, []), [[1 / 7, 6 / 7], [0.0, 1.0]])
    only = Buckets(edges=month_edges(date(2026, 11, 1), 1), first_open=0)
    assert np.allclose(week.share(only, working), [[0.2], [0.0]])


def test_a_telescope_shows_a_year_of_months_then_whole_quarters_then_whole_years() -> None:
    axis = Buckets(
        edges=month_edges(date(2026, 9, 1), 2 + 36), first_open=2, frozen_until=3, slushy_until=5, fiscal_start=1
    )
    named = axis.group(Period.TELESCOPE)
    assert [name for name, _ in named] == [
        *(axis.label(i) for i in range(16)),  # a quarter that has begun is not shown in part: months to 2027-12
        *("FY2028-Q1", "FY2028-Q2", "FY2028-Q3", "FY2028-Q4"),
        "FY2029",
    ]
    assert named[16] == ("FY2028-Q1", slice(16, 19))
    assert [span.stop for _, span in named][:-1] == [span.start for _, span in named][1:]
    assert named[-1][1].stop == 38


@pytest.mark.parametrize("edges", [week_edges(date(2026, 6, 1), 157), four_four_five_edges(date(2026, 6, 1), 40, 4)])
def test_a_telescope_of_any_calendar_holds_every_bucket_once(edges: tuple[date, ...]) -> None:
    weeks = len(edges) > 100
    calendar = Calendar.WEEKS if weeks else Calendar.FOUR_FOUR_FIVE
    axis = Buckets(edges=edges, first_open=4, frozen_until=5, slushy_until=6, fiscal_start=4, calendar=calendar)
    named = axis.group(Period.TELESCOPE)
    assert sum(span.stop - span.start for _, span in named) == len(axis)
    assert len({name for name, _ in named}) == len(named)
    lengths = [span.stop - span.start for _, span in named]
    assert lengths[: 4 + (52 if weeks else 12)] == [1] * (4 + (52 if weeks else 12))
    assert max(lengths) >= (13 if weeks else 3)
