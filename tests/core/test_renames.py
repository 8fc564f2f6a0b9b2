"""Codes renamed or merged: chains lead to their end, circles are refused, opinions follow and say so."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from tests.core.planlet import ITEMS, base, logged, model, panel, row
from tests.planning.structured import table
from trivet.core.buckets import Calendar
from trivet.core.dimensions import Rename
from trivet.core.entries import Change, Operation, RecordChange
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.fold import fold
from trivet.core.ids import MeasureId, MemberId
from trivet.core.issues import Node, Severity
from trivet.core.plan import Model
from trivet.core.recordchanges import apply_record_changes
from trivet.core.renames import by_todays_codes, read_renames
from trivet.core.said import parse_scope
from trivet.workspace.registries import table_specs

OLD = Node(dimension="item", level="item", member=MemberId("BK-0"))


def changes(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    names = ("dimension", "old", "new", "kind")
    return table("member_changes", [{**dict(zip(names, one, strict=True)), "reason": "new list"} for one in rows])


def renamed(kind: str = "renamed") -> Model:
    """The planlet, with BK-0 now called (or merged into) BK-1."""
    given = model()
    item = given.dimensions["item"]
    renames = {"item": {"BK-0": Rename(old="BK-0", new="BK-1", kind=kind, reason="new list")}}
    return replace(given, dimensions={**given.dimensions, "item": replace(item, renames=renames)})


def change(operation: Operation, amount: str | None) -> Change:
    first = model().buckets.edges[model().buckets.first_open + 3]
    return Change(
        measure=MeasureId("consensus_demand"),
        operation=operation,
        amount=None if amount is None else Decimal(amount),
        scope=(OLD,),
        first=first,
        last=first,
    )


def test_a_chain_leads_to_the_code_that_goes_on() -> None:
    found = read_renames(changes(("item", "A", "B", "renamed"), ("item", "B", "C", "merged")))
    assert {old: (one.new, one.kind) for old, one in found["item"].items()} == {
        "A": ("C", "merged"),
        "B": ("C", "merged"),
    }


def test_a_circle_is_refused_with_its_codes() -> None:
    with pytest.raises(InvalidInput, match="item A -> B -> A goes in a circle"):
        read_renames(changes(("item", "A", "B", "renamed"), ("item", "B", "A", "renamed")))
    assert read_renames(None) == {}


def test_an_old_code_is_understood_wherever_a_place_is_named() -> None:
    given = renamed()
    (node,) = parse_scope(["item=bk-0"], given.dimensions)
    assert node.member == "BK-1"
    assert given.dimensions["item"].leaves(OLD).tolist() == [0]
    with pytest.raises(NotFound, match="item 'BK-0' is not known"):
        model().dimensions["item"].check(OLD)


def test_a_code_in_use_means_itself_whatever_was_renamed() -> None:
    given = renamed()
    item = given.dimensions["item"]
    there = replace(item, renames={"item": {"BK-2": Rename(old="BK-2", new="BK-1", kind="merged")}})
    assert there.leaves(replace(OLD, member=MemberId("BK-2"))).tolist() == [1]


@pytest.mark.parametrize(
    ("kind", "operation", "amount", "severity", "said"),
    [
        ("renamed", Operation.SET, "90", Severity.NOTE, "now called BK-1 (new list): it is folded on BK-1"),
        ("merged", Operation.SET, "90", Severity.WARNING, "merged into BK-1 (new list): it is folded on all of BK-1"),
        ("merged", Operation.ADD, "9", Severity.NOTE, "merged into BK-1 (new list): it is folded on BK-1"),
    ],
)
def test_a_live_change_is_folded_on_the_code_that_goes_on_and_names_its_author(
    kind: str, operation: Operation, amount: str, severity: Severity, said: str
) -> None:
    given = renamed(kind)
    start = panel(given, {"consensus_base": base(given)})
    folded, (issue,) = fold(start, [logged(4, change(operation, amount))], given)
    column = given.buckets.first_open + 3
    rows = [row(start, "BK-1", market) for market in given.dimensions["market"].ids]
    before = int(start.count("consensus_base")[rows, column].sum()) if operation is Operation.ADD else 0
    assert int(folded.count("consensus_demand")[rows, column].sum()) == before + int(amount) * 1000
    assert (issue.code, issue.severity) == ("change.member-renamed", severity)
    assert issue.message == f"entry 4 of ann speaks of item BK-0, {said}."


def test_a_record_put_on_an_old_code_counts_for_the_new_one() -> None:
    given = model(Calendar.MONTHS)
    rows = {"member_changes": changes(("item", "BK-0", "BK-1", "renamed"))}
    put = RecordChange(
        table="launches",
        key=(("item", "BK-0"),),
        after=(("launch", "2027-03"), ("first_year", "100"), ("like_item", "X")),
    )
    tables, issues = apply_record_changes(rows, [logged(2, put)], table_specs(), given.buckets)
    assert tables["launches"]["item"].to_list() == ["BK-1"]
    assert [issue.code for issue in issues] == ["record.member-renamed"]
    assert "entry 2 of ann speaks of item BK-0, now called BK-1" in issues[0].message


def test_an_older_panel_by_todays_codes_keeps_its_numbers() -> None:
    given = renamed()
    older = panel(given, {"revenue": base(given)})
    older = replace(older, keys=older.keys.with_columns(item=older.keys["item"].replace({"BK-1": "BK-0"})))
    now = by_todays_codes(older, given.dimensions)
    assert now.keys.rows() == [(item, market) for item in ITEMS["item"] for market in ("DE", "FR", "US")]
    assert np.array_equal(now.count("revenue"), older.count("revenue"))
    assert by_todays_codes(older, model().dimensions) is older
