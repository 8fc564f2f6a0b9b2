"""What the reference pages are written from: measures, tables, commands and answers of the package."""

import importlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from trivet.core.measures import Registry, parse_measures
from trivet.core.tables import TableSpec, parse_tables
from trivet.usecases.declare import Shells

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "trivet"


def measures() -> Registry:
    """Read the measure registry."""
    return parse_measures((files("trivet.core") / "measures.toml").read_text("utf-8"))


def tables() -> Mapping[str, TableSpec]:
    """Read the tables of the company folder."""
    return parse_tables((files("trivet.core") / "tables.toml").read_text("utf-8"))


def application() -> TyperGroup:
    """Give the whole command line, every command registered."""
    importlib.import_module("trivet.cli.commands")
    return get_group(importlib.import_module("trivet.cli.main").app)


def commands() -> Iterator[tuple[str, TyperCommand]]:
    """Give every command by its words, those of sub-groups included, in alphabetical order."""
    yield from _commands(application(), "")


def _commands(group: TyperGroup, prefix: str) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in sorted(group.commands.items()):
        words = f"{prefix} {name}".strip()
        if isinstance(command, TyperGroup):
            yield from _commands(command, words)
        elif isinstance(command, TyperCommand):
            yield words, command


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCase:
    """One function people call: its module, name, first line, ways in and the type it answers with."""

    module: str
    name: str
    about: str
    shells: Shells
    answer: Any


def use_cases() -> Iterator[UseCase]:
    """Give every public function of the use-cases in alphabetical order, the one of the module's name first."""
    for path in sorted((PACKAGE / "usecases").glob("*.py")):
        if path.stem in {"__init__", "declare"}:
            continue
        module = importlib.import_module(f"trivet.usecases.{path.stem}")
        own = [
            (name, function)
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and not name.startswith("_")
        ]
        for name, function in sorted(own, key=lambda pair: (pair[0] != path.stem, pair[0])):
            about = (function.__doc__ or "").strip().splitlines()[0]
            answer = get_type_hints(function)["return"]
            yield UseCase(module=path.stem, name=name, about=about, shells=module.DECLARED, answer=answer)
