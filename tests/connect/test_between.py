"""Between two imports: what vanished is asked about, what moved is told, live entries on it are named."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from tests.core.planlet import logged
from tests.planning.structured import ITEMS, build, moved, table
from trivet.connect.between import find_what_became
from trivet.core.entries import Change, Operation
from trivet.core.ids import MeasureId, MemberId
from trivet.core.issues import Issue, Node


def orders(*codes: str, flat: bool = False) -> pl.DataFrame:
    months = [date(2025, month, 1) for month in range(1, 9)]
    return table(
        "orders",
        [
            {"item": code, "bucket": month, "quantity": 1000 * (5 if flat else 10 * at + month.month)}
            for at, code in enumerate(codes)
            for month in months
        ],
    )


def entry(level: str, member: str) -> Change:
    return Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.LOCK,
        scope=(Node(dimension="item", level=level, member=MemberId(member)),),
        first=date(2026, 3, 1),
        last=date(2026, 3, 1),
    )


def became(
    after: Mapping[str, pl.DataFrame], *, before_orders: pl.DataFrame | None = None, entries: tuple[Change, ...] = ()
) -> tuple[Issue, ...]:
    before = {
        "items": table("items", ITEMS),
        "orders": orders("A", "B", "C", "D") if before_orders is None else before_orders,
    }
    model = build(after)[0].model
    log = [logged(seq, one) for seq, one in enumerate(entries, start=1)]
    return find_what_became(before, {"items": before["items"], **after}, model.dimensions, log, model.buckets)


def with_items(**codes: str) -> pl.DataFrame:
    return table("items", [{**one, "item": codes.get(str(one["item"]), one["item"])} for one in ITEMS])


def test_a_vanished_member_with_a_twin_is_asked_about_with_the_line_to_write() -> None:
    after = {"items": with_items(B="B2"), "orders": orders("A", "B2", "C", "D")}
    (issue,) = became(after, entries=(entry("item", "B"),))
    assert (issue.code, issue.place.value) == ("import.member-vanished", "B")
    assert "the new 'B2' has its history in 8 of 8 buckets" in issue.message
    assert "Entry 1 of ann: speaks of it and does nothing." in issue.message
    assert "item,B,B2,renamed" in issue.advice


def test_two_twins_or_another_history_are_not_guessed() -> None:
    flat = orders("A", "B", "C", "D", flat=True)
    after = {"items": with_items(B="B2", C="C2"), "orders": orders("A", "B2", "C2", "D", flat=True)}
    (issue,) = became(after, before_orders=flat)
    assert (issue.code, issue.message) == (
        "import.members-gone",
        "B, C: gone since the last import, with their history.",
    )
    other = {"items": with_items(B="B2"), "orders": orders("A", "C", "D")}
    assert [one.code for one in became(other)] == ["import.members-gone"]


def test_a_member_that_member_changes_explains_is_not_asked_about() -> None:
    line = table("member_changes", [{"dimension": "item", "old": "B", "new": "B2", "kind": "renamed"}])
    after = {"items": with_items(B="B2"), "orders": orders("A", "B2", "C", "D"), "member_changes": line}
    assert became(after) == ()


def test_a_member_that_moved_is_told_with_the_entries_of_both_families() -> None:
    rows = [{**one, "family": "Kids"} if one["item"] == "B" else one for one in ITEMS]
    found = became({"items": table("items", rows)}, entries=(entry("family", "City"), entry("item", "B")))
    (issue,) = [one for one in found if one.place.column == "family"]
    assert issue.code == "import.members-moved"
    assert "B: family City in the last import, Kids in this one" in issue.message
    assert "Entry 1 of ann: is folded on the members of today." in issue.message
    assert "item,B,family,,City and item,B,family,2026-01,Kids" in issue.advice


def test_a_move_that_memberships_tell_is_not_told_again() -> None:
    rows = moved(("item", "B", "family", None, "City"), ("item", "B", "family", date(2025, 5, 1), "Kids"))
    assert became({"memberships": rows}) == ()


def test_nothing_changed_says_nothing() -> None:
    assert became({}) == ()
