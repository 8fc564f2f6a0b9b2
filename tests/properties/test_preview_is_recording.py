"""A preview answers what recording then answers: accepted or refused, in the same words, and the same cells move."""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import trivet
from tests.properties.test_live_head import OPEN, changes, fixed
from tests.usecases.scoped import PEOPLE
from trivet.core.entries import Change
from trivet.core.errors import TrivetError
from trivet.core.ids import ScenarioId
from trivet.core.issues import Issue
from trivet.examples import bikes
from trivet.workspace.workspace import Workspace

RULES = """
[changes]
assumption_above = 40
amount_above = { consensus_demand = 150, firm_production = 200 }
"""
GROUNDS: tuple[dict[str, str], ...] = (
    *({"reason": "drawn", "reason_code": "market", "assumption": "MILD"} for _ in range(5)),
    {"reason": "drawn"},
    {"reason": "drawn", "reason_code": "weather"},
    {},
)
Outcome = tuple[bool, tuple[Issue, ...] | str, tuple[object, ...]]


@pytest.fixture(scope="module")
def strict_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planned company that asks for grounds, whose people see parts of it."""
    root = tmp_path_factory.mktemp("strict")
    folder = root / "bikes"
    shutil.copytree(bikes(), folder)
    text = (folder / "company.toml").read_text("utf-8")
    (folder / "company.toml").write_text(text + RULES, "utf-8")
    (folder / "people.csv").write_text(PEOPLE, "utf-8")
    (folder / "assumptions.csv").write_text("assumption,statement\nMILD,The winter is mild\n", "utf-8")
    trivet.create_workspace(str(root / "home"), actor="ada")
    workspace = trivet.open_workspace(str(root / "home"), actor="ada")
    assert trivet.import_folder(workspace, folder).snapshot
    trivet.make_plan(workspace)
    workspace.store.close()
    return root / "home"


def previewed(workspace: Workspace, entries: list[Change], seen: int | None) -> Outcome:
    try:
        told = trivet.preview_changes(workspace, entries, seen=seen)
    except TrivetError as error:
        return False, f"{type(error).__name__} {error.message}", ()
    moved = tuple((one.measure, one.before, one.after, one.cells) for one in told.previews)
    return told.accepted, told.issues, moved if told.accepted else ()


def recorded(workspace: Workspace, entries: list[Change], seen: int | None) -> Outcome:
    try:
        told = trivet.record_changes(workspace, entries, seen=seen)
    except TrivetError as error:
        return False, f"{type(error).__name__} {error.message}", ()
    moved = tuple((one.measure, one.before, one.after, one.cells) for one in told.moved)
    return told.recorded, told.issues, moved


BATCHES = st.lists(
    st.tuples(
        st.sampled_from(["clara"] * 5 + ["sofia", "carl", "dora", "sam", "eva"]),
        st.lists(st.tuples(changes(OPEN, 6), st.sampled_from(GROUNDS)), min_size=1, max_size=3),
        st.sampled_from([None, None, 0, 1]),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=15)
@given(batches=BATCHES)
def test_a_preview_answers_what_recording_then_answers(
    strict_home: Path, batches: list[tuple[str, list[tuple[Change, dict[str, str]]], int | None]]
) -> None:
    with TemporaryDirectory() as folder:
        home = shutil.copytree(strict_home, Path(folder) / "home")
        for who, drawn, seen in batches:
            workspace = trivet.open_workspace(str(home), actor=who)
            head = workspace.cube("main").head
            entries = [replace(fixed(head, change), **grounds) for change, grounds in drawn]  # type: ignore[arg-type]
            stood = workspace.store.head(ScenarioId("main"))
            told = previewed(workspace, entries, seen)
            assert workspace.store.head(ScenarioId("main")) == stood
            assert recorded(workspace, entries, seen) == told
            what = told[1] if isinstance(told[1], str) else " ".join(sorted({issue.code for issue in told[1]}))
            event(f"{'accepted' if told[0] else 'refused'}: {what.split(':')[0][:40]}")
            workspace.store.close()
