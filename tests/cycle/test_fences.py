"""Fences: closed is history, frozen wants a reason, slushy is pointed out, liquid is free."""

from datetime import date
from decimal import Decimal

import pytest

from trivet.core.buckets import Buckets, month_edges
from trivet.core.entries import Change, Operation
from trivet.core.ids import MeasureId, Seq
from trivet.core.issues import Severity
from trivet.cycle.fences import check_fence

BUCKETS = Buckets(edges=month_edges(date(2026, 1, 1), 24), first_open=10, frozen_until=11, slushy_until=13)


def change(first: date, *, last: date | None = None, reason: str | None = None) -> Change:
    return Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.ADD,
        amount=Decimal(1),
        first=first,
        last=last or first,
        reason=reason,
    )


@pytest.mark.parametrize(
    ("first", "code"),
    [(date(2026, 10, 1), "fence.outside"), (date(2028, 2, 1), "fence.outside"), (date(2026, 11, 1), "fence.frozen")],
)
def test_closed_later_and_unreasoned_frozen_buckets_are_refused(first: date, code: str) -> None:
    (issue,) = check_fence(change(first), BUCKETS)
    assert (issue.code, issue.severity) == (code, Severity.REFUSED)
    assert issue.advice


def test_a_change_that_runs_past_the_end_is_refused() -> None:
    (issue,) = check_fence(change(date(2027, 3, 1), last=date(2028, 3, 1)), BUCKETS)
    assert issue.code == "fence.outside"


def test_a_reason_opens_the_frozen_fence_with_a_warning() -> None:
    (issue,) = check_fence(change(date(2026, 11, 1), reason="line down"), BUCKETS)
    assert (issue.code, issue.severity) == ("fence.frozen-changed", Severity.WARNING)


def test_slushy_is_pointed_out_and_liquid_is_free() -> None:
    (issue,) = check_fence(change(date(2026, 12, 1)), BUCKETS)
    assert issue.code == "fence.slushy-changed"
    assert check_fence(change(date(2027, 3, 1)), BUCKETS) == ()


def test_a_withdrawal_is_never_fenced() -> None:
    undo = Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.WITHDRAW,
        first=date(2020, 1, 1),
        last=date(2020, 1, 1),
        withdraws=Seq(3),
    )
    assert check_fence(undo, BUCKETS) == ()
