"""Fences: closed buckets are history, frozen ones are being carried out, slushy ones cost something to change."""

from datetime import date

from trivet.core.buckets import Buckets
from trivet.core.entries import Change, Operation
from trivet.core.issues import Issue, Place, Severity


def check_fence(change: Change, buckets: Buckets) -> tuple[Issue, ...]:
    """Say what a change inside a fence means.

    Returns:
        A refusal for a closed bucket or a frozen one without a reason; a warning for frozen and
        slushy buckets; nothing in the liquid zone and for withdrawals.
    """
    if change.operation is Operation.WITHDRAW:
        return ()
    place = Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last)
    first = change.first
    if first < buckets.current:
        return (_refused(place, f"{first:%Y-%m-%d} is closed: it lies before {buckets.current:%Y-%m-%d}."),)
    if max(first, change.last) >= buckets.edges[-1]:
        return (_refused(place, f"the plan ends before {buckets.edges[-1]:%Y-%m-%d}."),)
    if _before(first, buckets, buckets.frozen_until):
        return (_frozen(place, change.reason),)
    if _before(first, buckets, buckets.slushy_until):
        return (_warning(place, "slushy", "Check the cost of changing supply at short notice."),)
    return ()


def _frozen(place: Place, reason: str | None) -> Issue:
    if reason:
        return _warning(place, "frozen", "Tell the plants: this bucket is being carried out.")
    return Issue(
        code="fence.frozen",
        severity=Severity.REFUSED,
        place=place,
        message="the change starts inside the frozen fence, which changes only with a reason.",
        advice='Give one: --reason "...".',
    )


def _before(day: date, buckets: Buckets, index: int) -> bool:
    return day < buckets.edges[min(index, len(buckets.edges) - 1)]


def _refused(place: Place, message: str) -> Issue:
    return Issue(
        code="fence.outside",
        severity=Severity.REFUSED,
        place=place,
        message=message,
        advice="Choose open buckets: --from and --to.",
    )


def _warning(place: Place, zone: str, advice: str) -> Issue:
    return Issue(
        code=f"fence.{zone}-changed",
        severity=Severity.WARNING,
        place=place,
        message=f"this change starts inside the {zone} fence.",
        advice=advice,
    )
