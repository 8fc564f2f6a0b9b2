"""Solve published planning problems through the product's own planning functions, and compare.

`python -m tools.reference_cases FOLDER [--json]` (`make reference CASES=FOLDER`) takes every .json file of a
folder, or one file; the kinds and their keys are in tools/case_kinds.py. Returns 1 when a case fails or cannot be
read, 2 when there is nothing to solve.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tools.case_keys import Case, read_case
from tools.case_kinds import kind_of, solve_case
from trivet.core.errors import InvalidInput, TrivetError
from trivet.core.ports import Solver
from trivet.engines.highs import HighsSolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a case: the numbers published and found, the function that found them, pass or fail and why."""

    id: str
    kind: str
    expected: Mapping[str, float] = field(default_factory=dict)
    got: Mapping[str, float] = field(default_factory=dict)
    function: str = ""
    passed: bool = False
    message: str = ""


def case_files(place: Path) -> list[Path]:
    """Give the case files of a folder, or the file itself; InvalidInput where there is none."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise InvalidInput(f"{place}: no such folder. Give a folder of case files, e.g. CASES=../shared/cases/supply")
    found = sorted(place.glob("*.json"))
    if not found:
        raise InvalidInput(f"{place}: no .json file in this folder. Give a folder of case files")
    return found


def run_file(path: Path, solver: Solver) -> Outcome:
    """Solve one file; whatever is wrong with it is said in the outcome."""
    try:
        case = read_case(path)
    except InvalidInput as error:
        return Outcome(id=path.stem, kind="?", message=error.message)
    try:
        got, function = solve_case(case, solver)
    except TrivetError as error:
        return _without_answer(case, error)
    passed = all(close(got[name], value, case.tolerance) for name, value in case.expected.items())
    return Outcome(id=case.id, kind=case.kind, expected=case.expected, got=got, function=function, passed=passed)


def _without_answer(case: Case, error: TrivetError) -> Outcome:
    try:
        function = kind_of(case).name
    except InvalidInput:
        function = ""
    return Outcome(id=case.id, kind=case.kind, expected=case.expected, function=function, message=error.message)


def close(got: float, expected: float, tolerance: float) -> bool:
    """Tell whether a number is within a relative tolerance of the published one (absolute where that is 0)."""
    return math.isfinite(got) and abs(got - expected) <= tolerance * (abs(expected) or 1.0)


def as_table(outcomes: Sequence[Outcome]) -> str:
    """Write the outcomes as a table, one line a case, and the count below."""
    head = ("id", "kind", "expected", "got", "function", "result")
    rows = [head]
    for one in outcomes:
        result = "pass" if one.passed else f"fail {one.message}".rstrip()
        rows.append((one.id, one.kind, _numbers(one.expected), _numbers(one.got), one.function, result))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head) - 1)]
    lines = ["  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]) for row in rows]
    passed = sum(one.passed for one in outcomes)
    return "\n".join([*lines, f"{passed} of {len(outcomes)} cases pass"]) + "\n"


def _numbers(values: Mapping[str, float]) -> str:
    return " ".join(f"{name}={value:.10g}" for name, value in values.items())


def main(arguments: Sequence[str]) -> int:
    """Solve the cases that are named and print what came of them."""
    parser = argparse.ArgumentParser(prog="make reference", description="Solve published planning problems.")
    parser.add_argument("cases", type=Path, help="folder of case files, or one file")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    told = parser.parse_args(arguments)
    try:
        files = case_files(told.cases)
    except InvalidInput as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    solver = HighsSolver()
    outcomes = [run_file(path, solver) for path in files]
    text = json.dumps([asdict(one) for one in outcomes], indent=1) + "\n" if told.json else as_table(outcomes)
    sys.stdout.write(text)
    return 0 if all(one.passed for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
