"""Weeks: cut at the ends of buckets, weighed by working days, filled in whole steps and lots, to the last count."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.core.buckets import Buckets, Calendar, four_four_five_edges, month_edges, week_edges
from trivet.core.ids import Counts
from trivet.core.spread import split_buckets
from trivet.planning.balancing import even_stream, keep_above_zero
from trivet.planning.lane_flows import Lane, split_transfers
from trivet.planning.weeks import (
    cut_weeks,
    days_of,
    last_working_day,
    place_runs,
    place_steps,
    usable,
    week_name,
    work_of,
    working_day,
    working_day_before,
)

EDGES = {
    Calendar.MONTHS: month_edges(date(2026, 11, 1), 14),
    Calendar.FOUR_FOUR_FIVE: four_four_five_edges(date(2026, 11, 2), 14, 1),
    Calendar.WEEKS: week_edges(date(2026, 11, 2), 30),
}


def axis(calendar: Calendar, first_open: int = 2) -> Buckets:
    return Buckets(edges=EDGES[calendar], first_open=first_open, calendar=calendar)


@pytest.mark.parametrize("calendar", list(Calendar))
def test_parts_cover_every_open_day_once_and_lie_in_one_week_and_one_bucket(calendar: Calendar) -> None:
    buckets = axis(calendar)
    parts = cut_weeks(buckets)
    days = [
        a + timedelta(days=d) for a, b in zip(parts.firsts, parts.lasts, strict=True) for d in range((b - a).days + 1)
    ]
    assert days == [buckets.current + timedelta(days=d) for d in range(len(days))]
    assert days[-1] + timedelta(days=1) == buckets.edges[-1]
    for i, (first, last) in enumerate(zip(parts.firsts, parts.lasts, strict=True)):
        assert week_name(first) == week_name(last)
        assert buckets.index(first) == buckets.index(last) == buckets.first_open + parts.columns[i]
        assert i in parts.spans[parts.columns[i]]
    cut = len(parts) - len({parts.monday(i) for i in range(len(parts))})
    assert (cut > 0) is (calendar is Calendar.MONTHS)  # 4-4-5 and weeks begin on Mondays


@pytest.mark.parametrize("calendar", list(Calendar))
def test_shares_by_working_days_are_those_of_the_calendars_share(calendar: Calendar) -> None:
    buckets = axis(calendar, 0)
    parts = cut_weeks(buckets)
    shut = frozenset({date(2026, 12, 25), date(2027, 1, 1), *(date(2027, 3, d) for d in range(8, 20))})
    work = work_of(parts, shut)
    every = [parts.firsts[0] + timedelta(days=d) for d in range((parts.lasts[-1] - parts.firsts[0]).days + 1)]
    working = [day for day in every if day.weekday() < 5 and day not in shut]
    weeks = Buckets(edges=(*parts.firsts, parts.lasts[-1] + timedelta(days=1)), first_open=0)
    total = 1000 * sum(work)
    counts = np.array([[1000 * sum(work[p] for p in span) for span in parts.spans]])
    split = split_buckets(counts, buckets, weeks, working)
    placed, carried = place_steps(counts[0].tolist(), usable(parts.spans, work, days_of(parts)), parts.spans, 1)
    assert split[0].tolist() == placed == [1000 * days for days in work]
    assert (sum(placed), carried[-1]) == (total, 0)


@given(
    st.integers(0, 10**9),
    st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(any),
    st.integers(0, 50_000),
    st.integers(1, 20_000),
)
def test_lots_add_up_and_none_is_smaller_than_the_smallest(
    total: int, weights: list[int], minimum: int, multiple: int
) -> None:
    placed = place_runs(total, weights, minimum=minimum, multiple=multiple)
    assert sum(placed) == total
    assert all(not amount or weight for amount, weight in zip(placed, weights, strict=True))
    assert sum(amount % multiple != 0 for amount in placed) <= 1
    if total >= minimum:
        assert all(not amount or amount >= minimum for amount in placed)


@given(
    st.lists(st.integers(0, 10**8), min_size=1, max_size=5),
    st.lists(st.integers(0, 5), min_size=25, max_size=25),
    st.sampled_from([1, 500, 1000, 24_000]),
)
def test_steps_and_what_is_carried_are_the_plan(totals: list[int], work: list[int], step: int) -> None:
    spans = [range(5 * i, 5 * i + 5) for i in range(len(totals))]
    weights = usable(spans, work[: 5 * len(totals)], [1] * (5 * len(totals)))
    placed, carried = place_steps(totals, weights, spans, step)
    assert all(amount >= 0 and amount % step == 0 for amount in placed)
    assert all(0 <= left < step for left in carried)
    for i, span in enumerate(spans):
        assert sum(placed[: span.stop]) + carried[span.stop - 1] == sum(totals[: i + 1])
    assert all(not amount or weights[p] or carried[p - 1] for p, amount in enumerate(placed))


@given(
    st.integers(0, 30_000),
    st.lists(st.integers(0, 20_000), min_size=10, max_size=10),
    st.lists(st.integers(0, 60_000), min_size=2, max_size=2),
    st.sampled_from([(0, 1000), (12_000, 4000), (30_000, 1)]),
)
def test_no_week_falls_below_zero_where_no_bucket_does(
    opening: int, leaving: list[int], made: list[int], lot: tuple[int, int]
) -> None:
    spans = [range(5), range(5, 10)]
    stream = even_stream(made, [1] * 10, spans, minimum=lot[0], multiple=lot[1])
    before = list(stream.placed)
    stock = keep_above_zero(opening, leaving, [stream], spans)
    for span, total in zip(spans, made, strict=True):
        assert sum(stream.placed[p] for p in span) == total
        if total >= lot[0] > lot[1]:
            assert all(not stream.placed[p] or stream.placed[p] >= lot[0] for p in span)
    ends = [opening + sum(made[: i + 1]) - sum(leaving[: span.stop]) for i, span in enumerate(spans)]
    assert [stock[4], stock[9]] == ends
    if ends[0] >= 0:
        assert min(stock[:5]) >= 0
        assert ends[1] < 0 or min(stock) >= 0
    if min(opening + np.cumsum(np.array(before) - np.array(leaving))) >= 0:
        assert stream.placed == before  # nothing is moved without need


@given(st.integers(0, 10**6))
def test_flows_by_lane_give_back_what_leaves_arrives_and_is_underway(seed: int) -> None:
    random = np.random.default_rng(seed)
    lanes = [
        Lane(origin=a, destination=b, lead=int(random.integers(0, 3)))
        for a, b in ((0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    ]
    truth = random.integers(0, 4, (len(lanes), 6)) * 1000
    sent, received, underway = np.zeros((4, 6), np.int64), np.zeros((4, 6), np.int64), np.zeros(4, np.int64)

    def add_up(flows: Counts, *totals: Counts) -> None:
        out, into, late = totals
        for lane, flow in zip(lanes, flows, strict=True):
            for t, amount in enumerate(flow):
                out[lane.origin, t] += amount
                if t + lane.lead < 6:
                    into[lane.destination, t + lane.lead] += amount
                else:
                    late[lane.destination] += amount

    add_up(truth, sent, received, underway)
    found = split_transfers(lanes, sent, received, underway)
    again = [np.zeros_like(total) for total in (sent, received, underway)]
    add_up(found, *again)
    assert (found >= 0).all()
    assert (found % 1000 == 0).all()
    for total, expected in zip(again, (sent, received, underway), strict=True):
        assert (total == expected).all()


def test_days_are_working_days_where_there_are_any() -> None:
    parts = cut_weeks(axis(Calendar.MONTHS))
    third = parts.firsts.index(date(2027, 1, 4))
    shut = frozenset({date(2027, 1, 4), date(2027, 1, 8)})
    assert working_day(parts, third, shut) == date(2027, 1, 5)
    assert working_day(parts, third, shut, since=date(2027, 1, 6)) == date(2027, 1, 6)
    assert working_day(parts, third, shut, since=date(2027, 2, 1)) == date(2027, 1, 5)
    assert last_working_day(parts, third, shut) == date(2027, 1, 7)
    assert working_day_before(date(2027, 1, 10), shut) == date(2027, 1, 7)
    weekend = parts.firsts.index(date(2027, 5, 1))
    assert working_day(parts, weekend, shut) == date(2027, 5, 1)
    assert last_working_day(parts, weekend, shut) == date(2027, 5, 2)
