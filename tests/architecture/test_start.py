"""A fast command line: what is heavy is imported when it is used, and nothing runs at every start of Python."""

import json
import site
from pathlib import Path

import pytest

from tests.architecture.house import run_python

HEAVY = (
    "numpy",
    "polars",
    "sqlalchemy",
    "highspy",
    "statsforecast",
    "duckdb",
    "pandas",
    "scipy",
    "pydantic",
    "xlsxwriter",
    "typst",
)


@pytest.mark.parametrize("module", ["trivet", "trivet.cli", "trivet.cli.main"])
def test_import_leaves_heavy_libraries_unloaded(module: str) -> None:
    told = run_python("-c", f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))")
    assert told.returncode == 0, told.stderr
    assert [name for name in HEAVY if name in json.loads(told.stdout)] == []


def test_no_pth_file_but_coverage_and_our_own_runs_at_start() -> None:
    known = {"a1_coverage.pth", "_editable_impl_trivet.pth", "_virtualenv.pth"}
    found = {path.name for folder in site.getsitepackages() for path in Path(folder).glob("*.pth")}
    assert found <= known
