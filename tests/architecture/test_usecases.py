"""Each use-case is one module with one function of its name, and says where it can be reached."""

import importlib
import inspect

import pytest

from tests.architecture.house import PACKAGE
from tools import registries
from trivet.usecases.declare import Shells

NAMES = sorted(path.stem for path in (PACKAGE / "usecases").glob("*.py") if path.stem not in {"__init__", "declare"})
NO_USE_CASE = {"settings": "shows values and origins; nothing is planned"}


def commands() -> set[str]:
    return {words for words, _ in registries.commands()}


def declared(name: str) -> Shells:
    found = importlib.import_module(f"trivet.usecases.{name}").DECLARED
    assert isinstance(found, Shells)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_use_case_is_a_function_of_its_modules_name(name: str) -> None:
    module = importlib.import_module(f"trivet.usecases.{name}")
    function = getattr(module, name)
    assert inspect.isfunction(function)
    assert inspect.getdoc(function)


@pytest.mark.parametrize("name", NAMES)
def test_declared_command_exists(name: str) -> None:
    command = declared(name).command
    if command is not None:
        assert command in commands()


def test_every_command_is_declared_by_a_use_case() -> None:
    reached = {declared(name).command for name in NAMES}
    assert commands() - reached == set(NO_USE_CASE)


@pytest.mark.parametrize("name", NAMES)
def test_use_case_is_part_of_the_python_interface(name: str) -> None:
    trivet = importlib.import_module("trivet")
    assert getattr(trivet, name) is getattr(importlib.import_module(f"trivet.usecases.{name}"), name)


def test_missing_way_in_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="must say why"):
        Shells(command="plan")


WHOLE = (".opened(", ".planned(", ".sources(", ".sources_of(", ".whole(", ".cube(", "load_plan(", "store.entries(")
"""Ways to numbers and changes of everybody."""
ASKING = ("admit(", "sign(", "sign_families(")
"""Ways into the log: they ask for the rights of whoever wants to write."""
NO_RIGHTS = {"merge_scenario": "records through record_changes, which asks"}


@pytest.mark.parametrize("name", NAMES)
def test_who_reads_everything_asks_who_may_see_it(name: str) -> None:
    """A use-case gets its numbers cut to the actor's part (`seen`, `looked_at`), or asks for their rights itself."""
    text = (PACKAGE / "usecases" / f"{name}.py").read_text("utf-8")
    if any(way in text for way in WHOLE) and not any(way in text for way in ASKING) and name not in NO_RIGHTS:
        assert "workspace.rights" in text or "see_numbers(" in text or "see_log(" in text
