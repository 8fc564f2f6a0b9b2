"""The one direction of imports, and that each contract notices a deliberate break."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import PACKAGE, ROOT

BREAKS = {
    "a domain that knows its neighbour": ("demand", "import trivet.supply", "Imports point down"),
    "core that looks up": ("core", "import trivet.planning", "Imports point down"),
    "an adapter that knows a domain": ("store", "import trivet.demand", "Adapters know core only"),
    "planning that reads the disk": ("finance", "import pathlib", "The planning core does no I/O"),
    "a shell that goes past the use-cases": ("cli", "import trivet.store", "Shells speak to use-cases"),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_import_contracts_hold() -> None:
    told = lint(ROOT)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(("room", "line", "contract"), BREAKS.values(), ids=BREAKS)
def test_contract_notices(tmp_path: Path, room: str, line: str, contract: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "src" / "trivet", ignore=shutil.ignore_patterns("__pycache__", "files"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    (tmp_path / "src" / "trivet" / room / "broken.py").write_text(line + "\n")
    told = lint(tmp_path)
    broken = [row for row in told.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), told.stdout + told.stderr


def test_every_shell_that_exists_is_under_the_thin_contract() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / ".importlinter")
    bound = settings["importlinter:contract:thin"]["source_modules"].split()
    shells = [name for name in ("web", "cli", "worker") if (PACKAGE / name / "__init__.py").exists()]
    assert {f"trivet.{name}" for name in shells} <= set(bound)
