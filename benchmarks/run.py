"""Run every benchmark at a size and print its figures: `python -m benchmarks.run smoke|full [--write] [NAME ...]`.

A benchmark is a module `bench_NAME.py` with `run(size: str) -> Sequence[Figure]`. At size smoke nothing is held to
a bar: it only shows that the benchmarks still run. `--write` puts the table into docs/benchmarks.md.
"""

import os
import platform
import sys
from collections.abc import Iterator, Sequence
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


def main(arguments: Sequence[str]) -> int:
    """Run, print, and return 1 when a bar is missed at full size."""
    size = next((a for a in arguments if a in SIZES), "smoke")
    chosen = [a for a in arguments if a in names()] or names()
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
        kept = PAGE.read_text("utf-8").partition(MARK)[0].rstrip()
        PAGE.write_text(f"{kept}\n\n{MARK}\n\n" + "\n".join(table) + "\n", "utf-8")
    missed = [figure.name for figures in found.values() for figure in figures if not figure.held]
    if missed and size == "full":
        sys.stderr.write(f"bars missed: {', '.join(missed)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
