"""The lock file: hashed, without a registry address, and resolved from today's pyproject.toml."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from tests.architecture.house import ROOT, sources
from tools.check_locks import find_addresses

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_no_lock_file_names_a_registry() -> None:
    assert find_addresses(ROOT) == []


def test_registry_address_is_found(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "requirements.lock").write_text("a==1\n--index-url https://mirror.example/simple\n")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    assert find_addresses(tmp_path) == ["requirements.lock:2: --index-url https://mirror.example/simple"]


def test_every_package_of_the_lock_is_hashed() -> None:
    pinned = re.findall(r"^[a-z0-9][^\n=]*==[^\n]*", LOCK, flags=re.MULTILINE)
    assert len(pinned) > 50
    assert [line for line in pinned if not line.endswith("\\")] == []


def test_lock_holds_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted += project["project"]["optional-dependencies"]["postgres"]
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;\\]+)", LOCK, flags=re.MULTILINE):
        locked.setdefault(re.sub(r"[-_.]+", "-", name).lower(), []).append(version)
    for text in wanted:
        requirement = Requirement(text)
        versions = locked.get(re.sub(r"[-_.]+", "-", requirement.name).lower(), [])
        assert versions, f"{text} is not in requirements.lock; run make lock"
        for version in versions:
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{version} is locked, {text} is asked for"
            )


def test_every_dependency_is_imported_by_the_package() -> None:
    """A dependency that nothing imports only costs: time to install, security reviews, licences."""
    modules = {"charset-normalizer": "charset_normalizer", "fontpkg-inter": "fontpkg_inter"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {Requirement(text).name for text in project["project"]["dependencies"]}
    imported = {name for tree in sources().values() for name in _imports(tree)}
    assert {name for name in wanted if modules.get(name, name) not in imported} == set()


def _imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
