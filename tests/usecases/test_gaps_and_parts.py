"""The reconciliation matrix as people with a role and a part see it (C5, U1)."""

from collections.abc import Callable
from pathlib import Path

import pytest

import trivet
from tests.usecases.scoped import people_home, scoped_home
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.pairs import TOGETHER, GapCell, Pair
from trivet.core.said import Said
from trivet.usecases.show_gaps import GapsAnswer
from trivet.usecases.show_plan import View
from trivet.workspace.workspace import Workspace

__all__ = ["people_home", "scoped_home"]

As = Callable[[str], Workspace]


@pytest.fixture
def seat(scoped_home: Path) -> As:
    """Open the workspace as somebody."""
    return lambda actor: trivet.open_workspace(str(scoped_home), actor=actor)


def cells(answer: GapsAnswer, *pairs: Pair) -> tuple[GapCell, ...]:
    return tuple(cell for cell in answer.matrix.cells if cell.pair in pairs)


def test_the_coordinator_sees_every_gap_with_who_answers(seat: As) -> None:
    answer = trivet.show_gaps(seat("clara"))
    assert {cell.member for cell in answer.matrix.cells} == {TOGETHER, "City", "Kids"}
    beyond = {(cell.member, cell.pair): cell for cell in answer.beyond}
    city = beyond["City", Pair.REVENUE]
    assert city.amount is not None
    assert city.amount < 0
    assert city.person == "sal"  # of sales: sofia and wim have one region each
    assert "units" in city.cause
    assert answer.unsigned == ("City: not approved", "Kids: not approved")
    assert answer.part == ""


def test_gaps_to_the_budget_are_those_of_the_plans_screen(seat: As) -> None:
    clara = seat("clara")
    known = {
        (gap.family, gap.year): gap.amount for gap in trivet.show_plan(clara).summary.gaps if "revenue" in gap.kind
    }
    told = cells(trivet.show_gaps(clara), Pair.REVENUE)
    assert known
    assert {(cell.member, int(cell.period[2:])): cell.amount for cell in told if cell.amount and cell.member} == known


def test_the_certificate_is_run_where_it_is_asked_for(seat: As) -> None:
    (found,) = (
        cell
        for cell in cells(trivet.show_gaps(seat("clara"), proof=True), Pair.FAMILY)
        if (cell.member, cell.period) == ("Kids", "FY2027")
    )
    assert found.units == 0
    assert found.amount == 0
    assert "certificate passed" in found.cause


def test_a_sales_representative_sees_their_region_and_no_cost(seat: As) -> None:
    answer = trivet.show_gaps(seat("sofia"))
    assert answer.part == "your part: region=Home"
    assert answer.unsigned == ()
    told = {cell.pair for cell in answer.matrix.cells}
    assert told.isdisjoint({Pair.MARGIN, Pair.STOCK, Pair.LEDGER_REVENUE, Pair.LEDGER_COST})
    assert all(cell.person is None for cell in answer.matrix.cells)
    view = View(period="year", where=("region=Home",))
    whole = trivet.show_numbers(seat("clara"), "baseline_demand", view)
    agreed = trivet.show_numbers(seat("clara"), "consensus_demand", view)
    for name in ("City", "Kids"):
        apart = [sum(row.values[-1] or 0 for row in table.rows if row.member == name) for table in (whole, agreed)]
        told_of = [c for c in cells(answer, Pair.STATISTICAL) if (c.member, c.period) == (name, whole.periods[-1])]
        assert [c.units for c in told_of] == [apart[0] - apart[1]] * len(told_of)


def test_who_sees_no_cost_is_told_stock_in_units(seat: As) -> None:
    told = cells(trivet.show_gaps(seat("sal")), Pair.STOCK)
    assert told
    assert all(cell.amount is None and cell.units is not None for cell in told)
    assert all(cell.amount is not None for cell in cells(trivet.show_gaps(seat("clara")), Pair.STOCK))


def test_who_sees_a_family_sees_its_stock_and_not_the_others(seat: As) -> None:
    answer = trivet.show_gaps(seat("kim"))
    assert {cell.member for cell in answer.matrix.cells} == {TOGETHER, "Kids"}
    assert cells(answer, Pair.STOCK)
    whole = [cell for cell in cells(trivet.show_gaps(seat("clara")), Pair.STOCK) if cell.member == "Kids"]
    mine = [cell for cell in cells(answer, Pair.STOCK) if cell.member == "Kids"]
    assert [(c.units, c.amount, c.share) for c in mine] == [(c.units, c.amount, c.share) for c in whole]
    assert "City" not in " ".join(cell.cause for cell in answer.matrix.cells)


def test_a_tolerance_holds_for_who_sees_a_part_as_well(seat: As) -> None:
    whole, part = (trivet.show_gaps(seat(one)) for one in ("clara", "kim"))
    tolerances = {(cell.pair, cell.member): cell.tolerance for cell in whole.matrix.cells}
    assert all(tolerances[cell.pair, cell.member] == cell.tolerance for cell in part.matrix.cells if cell.member)


def test_a_change_is_held_against_the_plan_published_before_it(seat: As) -> None:
    clara = seat("clara")
    assert not cells(trivet.show_gaps(clara), Pair.PUBLISHED)
    trivet.submit_plan(clara)
    trivet.approve_plan(seat("eva"))
    trivet.publish_plan(clara, waive="the gates of this test are open")
    assert not cells(trivet.show_gaps(clara), Pair.PUBLISHED)  # it is the first
    said = Said(measure="consensus_demand", amount="+7", where=("family=Kids",), first="2027-03", reason="because")
    trivet.record_changes(clara, [said])
    answer = trivet.show_gaps(clara)
    moved = {(cell.member, cell.period): cell.units for cell in cells(answer, Pair.PUBLISHED)}
    assert moved["Kids", "FY2027"] == 7
    assert moved["City", "FY2027"] == 0
    assert answer.changes == 1
    assert answer.issues


def test_the_budget_is_shown_at_any_level_by_the_plans_split(seat: As) -> None:
    clara = seat("clara")
    by = {
        level: trivet.show_numbers(clara, "budget_revenue", View(by=level, period="year"))
        for level in ("family", "item", "market", "region")
    }
    columns = range(len(by["family"].periods))
    totals = {level: [sum(row.values[at] or 0 for row in table.rows) for at in columns] for level, table in by.items()}
    assert totals["item"] == totals["market"] == totals["family"]
    assert any(totals["family"])
    (said,) = (issue for issue in by["item"].issues if issue.code == "budget.spread")
    assert "family and region" in said.message
    assert not by["family"].issues
    one = trivet.show_numbers(clara, "budget_revenue", View(by="item", period="year", where=("family=City",)))
    city = next(row for row in by["family"].rows if row.member == "City")
    assert [sum(row.values[at] or 0 for row in one.rows) for at in columns] == [value or 0 for value in city.values]
    part = trivet.show_numbers(clara, "budget_revenue", View(by="family", where=("region=Home",)))
    assert part.rows


def test_items_markets_and_quarters_have_their_matrix(seat: As) -> None:
    clara = seat("clara")
    items = trivet.show_gaps(clara, by="item", period="quarter")
    assert items.matrix.by == "item"
    assert cells(items, Pair.REVENUE)
    regions = trivet.show_gaps(clara, by="region")
    assert {cell.member for cell in regions.matrix.cells} >= {"Home", "Export", TOGETHER}
    assert not cells(regions, Pair.STOCK)
    for by, error in (("location", InvalidInput), ("famly", NotFound)):
        with pytest.raises(error):
            trivet.show_gaps(clara, by=by)
    with pytest.raises(InvalidInput, match="expected year or quarter"):
        trivet.show_gaps(clara, period="bucket")


def test_a_version_has_the_matrix_it_was_made_with(seat: As) -> None:
    clara = seat("clara")
    version = trivet.show_plan(clara).version
    before = trivet.show_gaps(clara).matrix
    answer = trivet.show_gaps(clara, plan=version)
    assert answer.matrix == before
    assert answer.unsigned == ()
