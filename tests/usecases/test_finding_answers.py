"""Findings somebody accepts or hands on: with name and reason, shown apart, asked again when they grow (D8)."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from tests.usecases.scoped import PEOPLE
from trivet.core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from trivet.core.gates import GateName
from trivet.core.health import Finding
from trivet.examples import bikes
from trivet.usecases.show_health import HealthAnswer
from trivet.workspace.workspace import Workspace

PRICE = "missing-price/City"
As = Callable[[str], Workspace]


def write_folder(folder: Path, *without: str, cycle: str = "2026-11-01", gates: str = "") -> Path:
    """The bicycle maker, whose people see parts of it, without prices of some items from 2027 on."""
    if not folder.exists():
        shutil.copytree(bikes(), folder)
    prices = (bikes() / "prices.csv").read_text("utf-8")
    (folder / "prices.csv").write_text(prices + "".join(f"{item},2027-01,\n" for item in without), "utf-8")
    (folder / "people.csv").write_text(PEOPLE, "utf-8")
    text = (bikes() / "company.toml").read_text("utf-8").replace("cycle = 2026-11-01", f"cycle = {cycle}")
    (folder / "company.toml").write_text(text + gates, "utf-8")
    return folder


@pytest.fixture(scope="module")
def unplanned_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose data lack the price of C1; nothing is planned yet."""
    root = tmp_path_factory.mktemp("findings")
    trivet.create_workspace(str(root / "home"), actor="ada")
    ada = trivet.open_workspace(str(root / "home"), actor="ada")
    assert trivet.import_folder(ada, write_folder(root / "folder", "C1")).snapshot
    ada.store.close()
    return root / "home"


@pytest.fixture
def seat(unplanned_home: Path, tmp_path: Path) -> As:
    """Open a copy of it as somebody, on 3 November 2026."""
    home = shutil.copytree(unplanned_home, tmp_path / "home")
    return lambda actor: replace(
        trivet.open_workspace(str(home), actor=actor), clock=lambda: datetime(2026, 11, 3, 9, tzinfo=UTC)
    )


def later(workspace: Workspace, day: int, month: int = 11) -> Workspace:
    return replace(workspace, clock=lambda: datetime(2026, month, day, 9, tzinfo=UTC), cubes={})


def find(answer: HealthAnswer, code: str = PRICE) -> Finding:
    found = [one for one in (*answer.health.findings, *answer.health.accepted) if one.code == code]
    assert len(found) == 1
    return found[0]


def test_accepting_opens_the_cycle_before_any_plan_and_leaves_the_trust_as_it_was(seat: As) -> None:
    clara = seat("clara")
    before = trivet.show_health(clara)
    assert not before.ready
    done = trivet.accept_finding(clara, "missing-price/c", reason="price list comes on Friday")
    assert done.recorded
    after = trivet.show_health(seat("eva"))
    assert after.ready
    assert PRICE not in [one.code for one in after.health.findings]
    accepted = find(after)
    assert accepted.acceptance is not None
    assert (accepted.acceptance.by, accepted.acceptance.reason) == ("clara", "price list comes on Friday")
    assert accepted.acceptance.at == datetime(2026, 11, 3, 9, tzinfo=UTC)
    assert after.health.score == before.health.score
    city, was = (next(one for one in each.health.families if one.family == "City") for each in (after, before))
    assert (city.score, city.touched) == (was.score, was.touched)
    assert not was.accepted
    assert city.accepted == city.touched


def test_it_is_audited_and_taken_back_by_reopening(seat: As) -> None:
    clara = seat("clara")
    trivet.accept_finding(clara, PRICE, reason="on Friday")
    trivet.reopen_finding(clara, PRICE, reason="it is Saturday")
    assert not trivet.show_health(clara).ready
    assert [(line.actor, line.what) for line in trivet.list_changes(clara).lines] == [
        ("clara", f"finding_acceptances: finding={PRICE} (on Friday)"),
        ("clara", f"finding_acceptances: finding={PRICE} (it is Saturday)"),
    ]
    with pytest.raises(Conflict, match=f"finding {PRICE} is not accepted"):
        trivet.reopen_finding(clara, PRICE)


def test_undo_brings_back_what_a_plan_was_made_with(seat: As) -> None:
    clara = seat("clara")
    trivet.make_plan(clara)
    trivet.accept_finding(clara, PRICE, reason="on Friday")
    assert clara.looked_at("main").stale is None
    trivet.undo_change(clara, 1)
    assert not trivet.show_health(clara).ready


def test_only_the_coordinator_accepts_and_hands_on(seat: As) -> None:
    for who in ("eva", "sam"):
        told = trivet.accept_finding(seat(who), PRICE, reason="fine")
        assert not told.recorded
        assert [issue.code for issue in told.issues] == ["rights.table-not-yours"]
        assert not trivet.assign_finding(seat(who), PRICE, owner="clara").recorded
    with pytest.raises(NotPermitted, match="speaks of the whole company"):
        trivet.accept_finding(seat("sal"), PRICE, reason="fine")
    assert not trivet.show_health(seat("clara")).health.accepted


def test_a_finding_gets_another_owner_and_day_one_after_the_other(seat: As) -> None:
    clara = seat("clara")
    first = find(trivet.show_health(clara))
    assert first.owner == "sal"
    trivet.assign_finding(clara, PRICE, owner="kim")
    moved = trivet.assign_finding(clara, PRICE, due=date(2026, 11, 20)).finding
    assert (moved.owner, moved.due) == ("kim", date(2026, 11, 20))
    assert moved.blocking
    with pytest.raises(NotFound, match=r"'kym' is not in the table people .*Maybe 'kim'\?"):
        trivet.assign_finding(clara, PRICE, owner="kym")
    with pytest.raises(InvalidInput, match="neither an owner nor a day"):
        trivet.assign_finding(clara, PRICE)


def test_wrong_calls_say_what_was_expected(seat: As) -> None:
    clara = seat("clara")
    with pytest.raises(InvalidInput, match="accepted without a reason"):
        trivet.accept_finding(clara, PRICE, reason=" ")
    with pytest.raises(InvalidInput, match="until 2026-11-02 is over"):
        trivet.accept_finding(clara, PRICE, reason="x", until=date(2026, 11, 2))
    with pytest.raises(NotFound, match=rf"finding 'mising-price/City' is not found.* Maybe '{PRICE}'\?"):
        trivet.accept_finding(clara, "mising-price/City", reason="x")


def test_an_acceptance_lapses_when_another_item_comes_in_and_is_told_when_the_finding_is_gone(
    seat: As, tmp_path: Path
) -> None:
    clara = seat("clara")
    trivet.accept_finding(clara, PRICE, reason="on Friday")
    trivet.import_folder(clara, write_folder(tmp_path / "more", "C1", "C2"))
    grown = find(trivet.show_health(clara))
    assert grown.lapsed
    assert not grown.accepted
    assert "C2 came in since" in grown.changed
    assert "it was accepted at" in grown.changed
    assert not trivet.show_health(clara).ready
    trivet.import_folder(clara, write_folder(tmp_path / "mended"))
    mended = trivet.show_health(clara)
    assert [(one.code, one.acceptance.by) for one in mended.health.gone] == [(PRICE, "clara")]


def test_an_acceptance_of_more_holds_and_says_what_is_left(seat: As, tmp_path: Path) -> None:
    clara = seat("clara")
    trivet.import_folder(clara, write_folder(tmp_path / "more", "C1", "C2"))
    trivet.accept_finding(clara, PRICE, reason="on Friday")
    trivet.import_folder(clara, write_folder(tmp_path / "less", "C1"))
    less = find(trivet.show_health(clara))
    assert less.accepted
    assert "accepted are left" in less.changed


def test_an_acceptance_holds_for_its_cycle_or_until_its_day(seat: As, tmp_path: Path) -> None:
    clara = seat("clara")
    trivet.accept_finding(clara, PRICE, reason="this cycle")
    assert find(trivet.show_health(later(clara, 28))).accepted
    december = write_folder(tmp_path / "december", "C1", cycle="2026-12-01")
    trivet.import_folder(clara, december)
    over = find(trivet.show_health(clara))
    assert over.lapsed
    assert over.changed == "it held in cycle 2026-11-01 only"
    trivet.accept_finding(clara, PRICE, reason="until spring", until=date(2026, 12, 9))
    assert find(trivet.show_health(later(clara, 9, 12))).accepted
    late = find(trivet.show_health(later(clara, 10, 12)))
    assert (late.accepted, late.changed) == (False, "it held until 2026-12-09")


def test_publishing_says_what_blocks_and_who_answers_for_what(seat: As, tmp_path: Path) -> None:
    clara, eva = seat("clara"), seat("eva")
    trivet.make_plan(clara)
    trivet.submit_plan(clara)
    trivet.approve_plan(eva)
    trivet.accept_finding(clara, PRICE, reason="on Friday")
    done = trivet.publish_plan(clara, waive="no price in this test", to=tmp_path / "packs")
    gate = next(one for one in done.certificate.gates if one.name is GateName.DATA)
    assert done.published
    assert not gate.open
    assert len(gate.accepted) == 1
    assert gate.accepted[0].startswith(f"{PRICE} (")
    assert gate.accepted[0].endswith("accepted by clara (on Friday)")


def test_a_company_that_demands_clean_data_publishes_with_them_or_with_a_name(seat: As, tmp_path: Path) -> None:
    clara, eva = seat("clara"), seat("eva")
    trivet.import_folder(clara, write_folder(tmp_path / "strict", "C1", gates='\n[gates]\ndemanded = ["data"]\n'))
    trivet.make_plan(clara)
    trivet.submit_plan(clara)
    trivet.approve_plan(eva)
    held = trivet.publish_plan(clara)
    gate = next(one for one in held.certificate.gates if one.name is GateName.DATA)
    assert not held.published
    assert gate.holds_back
    assert gate.open[0].startswith(f"{PRICE} (")
    assert gate.open[0].endswith("sal, until 2026-11-04")
    assert Decimal(gate.open[0].split("(")[1].split(")")[0].replace(",", "")) > 0
