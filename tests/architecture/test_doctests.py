"""The examples in docstrings of core, the use-cases and the example companies run as they stand."""

import doctest
from importlib import import_module

import pytest

from tests.architecture.house import PACKAGE

ROOMS = ("core", "usecases", "examples")
SHOWN = sorted(
    ".".join(("trivet", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for room in ROOMS
    for path in (PACKAGE / room).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", SHOWN)
def test_docstring_examples_hold(name: str) -> None:
    result = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


def test_core_shows_examples() -> None:
    assert [name for name in SHOWN if name.startswith("trivet.core.")]
