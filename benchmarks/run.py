"""Run every benchmark at a size and print its figures: `python -m benchmarks.run smoke|full [--write] [NAME ...]`.

A benchmark is a module `bench_NAME.py` with `run(size: str) -> Sequence[Figure]`. At size smoke nothing is held to
a bar: it only shows that the benchmarks still run. `--write` puts the rows into docs/benchmarks.md and keeps those of
benchmarks that did not run. What takes minutes runs at full size only when it is named.
"""

import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.figures import Figure

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "benchmarks.md"
SIZES = ("smoke", "full")
MARK = "<!-- figures -->"
BY_NAME = ("sku1k",)
"""Benchmarks that take minutes at full size."""


def names() -> list[str]:
    """Give the benchmarks there are."""
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def yardstick() -> float:
    """Give the CPU seconds this machine takes to sort 5 million numbers: figures are compared by their ratio to it."""
    numbers = np.random.default_rng(7).random(5_000_000)
    start = process_time()
    np.sort(numbers)
    return process_time() - start


def measure(name: str, size: str) -> Sequence[Figure]:
    """Run one benchmark."""
    figures: Sequence[Figure] = import_module(f"benchmarks.bench_{name}").run(size)
    return figures


def lines(name: str, size: str, figures: Sequence[Figure], unit: float) -> Iterator[str]:
    """Write the rows of one benchmark as Markdown."""
    for figure in figures:
        bar = "" if figure.bar is None or size != "full" else f"{figure.bar:g} s {'held' if figure.held else 'MISSED'}"
        cpu = f"{figure.cpu:.3f}" if figure.cpu else ""
        yield f"| {name} | {figure.name} | {figure.seconds:.3f} | {cpu} | {figure.seconds / unit:.2f} | {bar} |"


def merged(table: Sequence[str], before: Sequence[str], found: Iterable[str]) -> list[str]:
    """Put the rows of benchmarks that ran beside those of the others that the page already has, by name."""
    head = [line for line in table if not line.startswith("| ") or line.startswith("| part ")]
    kept = [line for line in before if line.startswith("| ") and not line.startswith("| part ")]
    others = [line for line in kept if line.split("|")[1].strip() not in set(found)]
    rows = [line for line in table if line not in head]
    return head + sorted(others + rows, key=lambda line: line.split("|")[1])


def main(arguments: Sequence[str]) -> int:
    """Run, print, and return 1 when a bar is missed at full size."""
    size = next((a for a in arguments if a in SIZES), "smoke")
    every = [name for name in names() if size != "full" or name not in BY_NAME]
    chosen = [a for a in arguments if a in names()] or every
    unit = yardstick()
    head = [
        f"Size {size}, {datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} processors ({platform.machine()}), Python "
        f"{platform.python_version()}, yardstick (sort of 5 million numbers) {unit:.3f} CPU s.",
        "",
        "| part | figure | seconds | CPU s | × yardstick | bar |",
        "|---|---|--:|--:|--:|---|",
    ]
    found = {name: measure(name, size) for name in chosen}
    table = [*head, *(row for name, figures in found.items() for row in lines(name, size, figures, unit))]
    sys.stdout.write("\n".join(table) + "\n")
    if "--write" in arguments:
        before, _, after = PAGE.read_text("utf-8").partition(MARK)
        whole = "\n".join(merged(table, after.splitlines(), found))
        PAGE.write_text(f"{before.rstrip()}\n\n{MARK}\n\n{whole}\n", "utf-8")
    missed = [figure.name for figures in found.values() for figure in figures if not figure.held]
    if missed and size == "full":
        sys.stderr.write(f"bars missed: {', '.join(missed)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
