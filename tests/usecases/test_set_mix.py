"""The split of a family set by hand through the log: whole sets, reasons, replaced and taken back like any change."""

import csv
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from trivet.core.errors import InvalidInput
from trivet.usecases.set_mix import shares_in_file
from trivet.workspace.workspace import Workspace


def family_of(workspace: Workspace) -> tuple[str, list[str]]:
    parents = workspace.planned("main")[2].model.dimensions["item"].parents("family")
    families = sorted(set(parents.values()), key=lambda name: -sum(parent == name for parent in parents.values()))
    return families[0], sorted(item for item, parent in parents.items() if parent == families[0])


def said(family: str, shares: Mapping[str, str], first: str) -> tuple[trivet.ItemShare, ...]:
    return tuple(trivet.ItemShare(family=family, item=item, first=first, share=part) for item, part in shares.items())


def test_a_split_set_by_hand_is_in_the_next_plan_and_in_its_table(open_as: Open) -> None:
    workspace = open_as("ada")
    family, items = family_of(workspace)
    buckets = workspace.planned("main")[2].model.buckets
    first = buckets.label(buckets.first_open)
    shares = said(family.lower(), {items[0]: "60%", items[1]: "0.4"}, first)
    answer = trivet.set_mix(workspace, shares, reason="new range")
    assert answer.recorded
    assert [line.what.split(" (")[0][:4] for line in trivet.list_changes(workspace).lines] == ["mix:"] * 2
    before = trivet.show_mix(workspace, family)
    trivet.make_plan(workspace)
    after = trivet.show_mix(workspace, family)
    given = {row.item: row.by_hand[0] for row in after.rows}
    assert given[items[0]] == Decimal(60)
    assert given[items[1]] == Decimal(40)
    assert all(share is None for row in before.rows for share in row.by_hand)
    planned = {row.item: row.plan[0] for row in after.rows}
    assert planned[items[0]] == pytest.approx(Decimal(60), abs=Decimal(2))
    assert [row.by_hand for row in trivet.show_mix(workspace, family, plan=before.version).rows] == [
        row.by_hand for row in before.rows
    ]


def test_a_new_set_replaces_the_old_one_as_a_whole(open_as: Open) -> None:
    workspace = open_as("ada")
    family, items = family_of(workspace)
    trivet.set_mix(workspace, said(family, {items[0]: "0.6", items[1]: "0.4"}, "2027-01"), reason="one")
    answer = trivet.set_mix(workspace, said(family, {items[1]: "1"}, "2027-01"), reason="two")
    assert answer.recorded
    table = workspace.sources("main").inputs.table("mix")
    assert table.select("item", "share").rows() == [(items[1], 1.0)]


def test_a_set_that_does_not_add_up_or_gives_no_reason_records_nothing(open_as: Open) -> None:
    workspace = open_as("ada")
    family, items = family_of(workspace)
    for shares, reason, code in (
        ({items[0]: "0.6", items[1]: "0.3"}, "why", "demand.mix-refused"),
        ({items[0]: "1"}, None, "change.reason-needed"),
    ):
        answer = trivet.set_mix(workspace, said(family, shares, "2027-01"), reason=reason)
        assert not answer.recorded
        assert [issue.code for issue in answer.issues] == [code]
    closed = trivet.set_mix(workspace, said(family, {items[0]: "1"}, "2020-01"), reason="why")
    assert "closed bucket" in closed.issues[0].message
    scaled = trivet.set_mix(workspace, said(family, {items[0]: "0.6", items[1]: "0.395"}, "2027-01"), reason="why")
    assert scaled.recorded
    assert [issue.code for issue in scaled.issues] == ["demand.mix-scaled"]
    assert len(trivet.list_changes(workspace).lines) == 2


def test_wrong_words_name_the_row_and_the_nearest_name(open_as: Open, tmp_path: Path) -> None:
    workspace = open_as("ada")
    family, items = family_of(workspace)
    with pytest.raises(InvalidInput, match=r"mix\.csv row 1: columns are family, part; expected family, item"):
        shares_in_file("mix.csv", "family,part\n")
    for row, told in (
        ([family, items[0] + "x", "2027-01", "1"], f"row 2: item '{items[0]}x' is not known.*Maybe '{items[0]}'"),
        ([family, items[0], "2027-01", "much"], "row 2: share is 'much'; expected a part like 0.4 or 40%"),
        ([family, items[0], "2027-01", "nan"], "row 2: share is 'nan'"),
        ([family, items[0], "soon", "1"], "row 2: bucket is 'soon'"),
        ([family, items[0], "", "1"], "row 2: first is empty"),
    ):
        file = tmp_path / "mix.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([["family", "item", "first", "share"], row])
        with pytest.raises(InvalidInput, match=told):
            trivet.set_mix(workspace, shares_in_file("mix.csv", file.read_text("utf-8")), reason="x")
    twice = said(family, {items[0]: "0.5"}, "2027-01") * 2
    with pytest.raises(InvalidInput, match="has two shares"):
        trivet.set_mix(workspace, twice, reason="x")
