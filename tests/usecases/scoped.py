"""A planned workspace of the tiny example whose people see parts of it, made once a session."""

import shutil
from pathlib import Path

import pytest

import trivet
from trivet.examples import bikes

PEOPLE = """person,name,role,region,family
clara,Clara,coordinator,,
eva,Eva,executive,,
sam,Sam,supply,,
sofia,Sofia,sales,Home,
wim,Wim,sales,Export,
kim,Kim,product,,Kids
carl,Carl,supply,,City
dora,Dora,demand,Home,City
sal,Sal,sales,,
nora,Nora,marketing,Nowhere,
"""
PARTS = ("sofia", "wim", "kim", "carl", "dora", "sal", "nora")
"""Who sees a part of the plan."""


@pytest.fixture(scope="session")
def people_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("people")
    folder = root / "bikes"
    folder.mkdir()
    for path in bikes().iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    (folder / "people.csv").write_text(PEOPLE, "utf-8")
    trivet.create_workspace(str(root / "home"), actor="ada")
    workspace = trivet.open_workspace(str(root / "home"), actor="ada")
    assert trivet.import_folder(workspace, folder).snapshot
    trivet.make_plan(workspace)
    workspace.store.close()
    return root / "home"


@pytest.fixture
def scoped_home(people_home: Path, tmp_path: Path) -> Path:
    """A copy of the planned workspace that a test may change."""
    target = tmp_path / "home"
    shutil.copytree(people_home, target)
    return target
