"""A planned workspace of the tiny example, made once a session and copied for each test."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import trivet
from trivet.examples import bikes
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]


@pytest.fixture(scope="session")
def planned_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bikes") / "home"
    trivet.create_workspace(str(home), actor="ada")
    workspace = trivet.open_workspace(str(home), actor="ada")
    assert trivet.import_folder(workspace, bikes()).snapshot
    trivet.make_plan(workspace)
    workspace.store.close()
    return home


@pytest.fixture
def home(planned_home: Path, tmp_path: Path) -> Path:
    """A copy of the planned workspace that a test may change."""
    target = tmp_path / "home"
    shutil.copytree(planned_home, target)
    return target


@pytest.fixture
def open_as(home: Path) -> Open:
    """Open the copy as somebody."""
    return lambda actor: trivet.open_workspace(str(home), actor=actor)
