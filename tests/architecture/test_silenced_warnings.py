"""Settings of the tests: each silenced warning has a library, a version and a reason, and is still needed."""

import tomllib
from importlib.metadata import version

from tests.architecture.house import ROOT, run_python

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SILENCED = PROJECT["tool"]["trivet"].get("warnings", [])


def test_warnings_are_errors_but_for_the_listed_ones() -> None:
    filters = PROJECT["tool"]["pytest"]["filterwarnings"]
    assert filters == ["error", *(entry["filter"] for entry in SILENCED)]


def test_every_silenced_warning_is_still_needed() -> None:
    for entry in SILENCED:
        assert entry["reason"]
        assert version(entry["library"]) == entry["version"], f"{entry['library']} moved on: is its line still needed?"
        told = run_python("-W", "error", "-c", entry["shows"])
        assert told.returncode != 0, f"{entry['library']} does not warn any more: remove its line"


def test_licence_and_python_versions_are_declared() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
