"""A company too large for one programme: 1,000 items x 5 plants x 20 distribution centres x 24 months, in pieces.

The plan is found by independent pieces from the prices of families, with a proven distance from the best one; then
the next cycle's, 2 % more demand, from the prices and shares the first one ended with. Bars: ENGINE.md, Supply.
"""

import resource
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import highspy

from benchmarks.bench_supply import Asked, asked, by_cpu, scaled, solved_in_pieces, written
from benchmarks.companies import LARGE, TINY
from benchmarks.figures import Figure, Stopwatch
from trivet.engines.highs import hand_over
from trivet.engines.highs_many import ManyHighs
from trivet.engines.processes import LocalExecutor, ProcessExecutor

SECONDS = 100.0
"""CPU seconds of a plan in two levels."""
COLD = 0.04
NEXT = 0.01
"""Most the gaps may be, cold and from the plan before."""
BUILD = 1.0
"""CPU seconds to write, build and hand over 1 million columns."""
MEMORY = 0.25
"""GB that takes."""
MILLION = 1_000_000


def run(size: str) -> Sequence[Figure]:
    """Measure at `smoke` or `full` size."""
    base = asked(TINY if size == "smoke" else LARGE)
    solver = ManyHighs(executor=LocalExecutor() if size == "smoke" else ProcessExecutor(workers=1))
    watch = Stopwatch()
    with watch("panels, requirements and task"):
        base.read()
    built = _built(base)
    answer, cold = solved_in_pieces(base, solver, None)
    following, later = solved_in_pieces(scaled(base, 1.02), solver, answer.basis)
    return [
        by_cpu(watch.figures[0]),
        by_cpu(built),
        _held(cold, "plan in two levels, cold", answer.gap, COLD),
        _held(later, "plan with 2 % more demand, from that one", following.gap, NEXT),
    ]


def _built(base: Asked) -> Figure:
    """Write, build and hand over the programme; a bar missed in memory is missed."""
    task, load = base.read()
    before, watch = _held_now(), Stopwatch()
    with watch("build"):
        model = written(task, load).build()
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        hand_over(highs, model)
    millions = len(model.cost) / MILLION
    # What the process held at most, ever, less what it held before: never less than was needed.
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6 - before) / millions
    name = f"write, build and hand over {len(model.cost):,} columns: {memory:.2f} GB a million"
    return replace(watch.figures[0], name=name, bar=BUILD * millions if memory <= MEMORY else 0.0)


def _held_now() -> float:
    """Give the memory this process holds, in GB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e9


def _held(figure: Figure, name: str, gap: float, most: float) -> Figure:
    """Say the gap; a plan too far from the best misses its bar whatever it took."""
    bar = SECONDS if gap <= most else 0.0
    return by_cpu(replace(figure, name=f"{name}: gap {gap:.2%}, at most {most:.0%}", bar=bar))
