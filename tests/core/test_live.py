"""Which entries still count: those that expired are left out and said while their buckets are open."""

from datetime import date

from trivet.core.entries import Change, Operation
from trivet.core.ids import MeasureId
from trivet.core.live import expired, live_entries

CYCLE = date(2026, 11, 1)


def change(expires: date | None, last: date = date(2027, 3, 1)) -> Change:
    return Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.LOCK,
        first=date(2026, 11, 1),
        last=last,
        expires=expires,
    )


def test_a_change_counts_until_the_cycle_of_its_expiry_begins() -> None:
    until_next, until_now = change(date(2026, 12, 1)), change(CYCLE)
    live, issues = live_entries([until_next, until_now, change(None)], CYCLE)
    assert [item.entry.withdraws for item in live] == [None, None]
    assert until_now not in [item.entry for item in live]
    assert (expired(until_next, CYCLE), expired(until_now, CYCLE)) == (False, True)
    assert [issue.code for issue in issues] == ["entry.expired"]
    assert "entry 2 (lock) expired with cycle 2026-11-01: it no longer counts" in issues[0].message


def test_what_expired_is_not_said_once_its_buckets_have_closed_or_somebody_took_it_back() -> None:
    assert live_entries([change(CYCLE, last=date(2026, 10, 1))], CYCLE) == ((), ())
    gone = Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.WITHDRAW,
        first=CYCLE,
        last=CYCLE,
        withdraws=1,  # type: ignore[arg-type]
    )
    assert live_entries([change(CYCLE), gone], CYCLE) == ((), ())
