"""What a benchmark answers: named figures with the bar they are held against."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was done, e.g. `edit a family`.
        seconds: wall-clock seconds, the least of the repeats.
        cpu: CPU seconds of the same run, 0 when not measured.
        bar: most seconds it may take at full size; None = no bar.
    """

    name: str
    seconds: float
    cpu: float = 0.0
    bar: float | None = None

    @property
    def held(self) -> bool:
        """Whether the bar is held."""
        return self.bar is None or self.seconds <= self.bar


@dataclass(slots=True)
class Stopwatch:
    """Collects figures: `with watch("publish", bar=2.0): ...`."""

    figures: list[Figure] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str, *, bar: float | None = None) -> Iterator[None]:
        """Time the block as one figure."""
        wall, cpu = perf_counter(), cpu_seconds()
        yield
        self.figures.append(Figure(name=name, seconds=perf_counter() - wall, cpu=cpu_seconds() - cpu, bar=bar))


def cpu_seconds() -> float:
    """Give the CPU seconds of this process and of its children that have ended (forecasts and solves run there)."""
    return sum(os.times()[:4])
