"""The supply plan of 50 families x 3 plants x 5 regions x 24 months (`small`): cold, and what-ifs from its basis.

Everything measured is the product's own: tables, requirements, the programme its builder writes, its solver. A
what-if is the whole supply plan made again from a changed panel; its bar holds for the solve within, and the plan
around it is a figure of its own. In pieces the same company is solved without being one programme, beside what the
programme says is best.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.companies import SMALL, TINY, Drawn, Shape, draw
from benchmarks.figures import Figure, Stopwatch
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.options import Objective, PlanOptions
from trivet.core.panel import Panel
from trivet.core.ports import Solver
from trivet.engines.highs import HighsSolver
from trivet.supply.blocks import Programme
from trivet.supply.large import in_pieces
from trivet.supply.panels import supply_panels
from trivet.supply.programme import Task, read_task, write_programme
from trivet.supply.requirements import require
from trivet.supply.tiers import put_first

COLD = 3.0
"""CPU seconds `small` may take from nothing (ENGINE.md, Supply)."""
WARM = 0.5
"""CPU seconds a what-if may take from the basis of the plan before."""
TIERS = 12.0
"""CPU seconds service first may take: lost and late demand, stock, margin, one solve each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What a supply plan is made from: demand, and the panels of what there is."""

    drawn: Drawn
    demand: Panel
    material_part: float = 1.0

    def read(self) -> tuple[Task, Panel]:
        """Read the task, and the panel of resources."""
        inputs = self.drawn.inputs
        supply, load, material, _ = supply_panels(inputs)
        if self.material_part != 1.0:
            caps = material.count("material_cap").copy()
            caps[0] = np.rint(caps[0] * self.material_part).astype(np.int64)
            material = material.with_counts({"material_cap": caps})
        supply, load, material, _ = require(inputs, self.demand, supply, load, material)
        return read_task(inputs, self.demand, supply, load, material, PlanOptions()), load

    def model(self) -> LinearModel:
        """Give the programme as arrays."""
        return written(*self.read()).build()


def written(task: Task, load: Panel) -> Programme:
    """Write the programme of a task."""
    programme = Programme(task.network.open)
    write_programme(programme, task, load)
    return programme


def run(size: str) -> Sequence[Figure]:
    """Measure the plan of a company at `smoke` or `full` size."""
    watch = Stopwatch()
    shape = TINY if size == "smoke" else SMALL
    base = asked(shape)
    with watch("panels, requirements, programme"):
        model = base.model()
    columns = f"{len(model.cost):,} columns"
    with watch(f"solve cold, {columns}", bar=COLD):
        answer = solved(model, None)
    for name, changed in what_ifs(base).items():
        other = changed.model()
        with watch(f"solve warm: {name}", bar=WARM):
            solved(other, answer.basis)
    with watch("solve cold: demand +20 %"):
        far = scaled(base, 1.2).model()
        solved(far, None)
    with watch("solve warm: demand +20 %"):
        solved(far, answer.basis)
    for said, task in (("", base), (" of demand +20 %", scaled(base, 1.2))):
        watch.figures.append(service_first(task, f"solve service first: three tiers{said}"))
    watch.figures.append(piecewise(base, answer.objective))
    return [by_cpu(figure) for figure in watch.figures]


def asked(shape: Shape) -> Asked:
    """Draw a company and ask for its demand."""
    drawn = draw(shape)
    return Asked(drawn=drawn, demand=drawn.demand)


def scaled(base: Asked, factor: float, item: str = "") -> Asked:
    """Ask for more or less, of everything or of one item."""
    demand = base.demand
    counts = demand.count("consensus_demand").copy()
    rows = np.array([not item or item == one for one in demand.keys["item"].to_list()])
    counts[rows] = np.rint(counts[rows] * factor / 1000).astype(np.int64) * 1000
    return replace(base, demand=demand.with_counts({"consensus_demand": counts}))


def what_ifs(base: Asked) -> dict[str, Asked]:
    """Give the what-ifs of ENGINE.md: a little more demand, one family more, a price, half a supplier."""
    first = base.demand.keys["item"].to_list()[0]
    price = base.demand.rate("price").copy()
    price[np.array([first == item for item in base.demand.keys["item"].to_list()])] *= 1.05
    return {
        "demand +2 %": scaled(base, 1.02),
        "one family +10 %": scaled(base, 1.1, first),
        "a price +5 %": replace(base, demand=base.demand.with_rates({"price": price})),
        "a supplier -50 %": replace(base, material_part=0.5),
    }


def solved(model: LinearModel, basis: bytes | None) -> Solution:
    """Solve, and refuse anything but the best plan."""
    answer = HighsSolver().solve(model, basis)
    if answer.status is not Status.OPTIMAL:
        raise AssertionError(f"the solver ended with {answer.status}")
    return answer


def service_first(base: Asked, name: str) -> Figure:
    """Solve lost and late demand, then stock below target, then margin."""
    task, load = base.read()
    programme = written(task, load)
    model, watch = programme.build(), Stopwatch()
    with watch(name, bar=TIERS):
        tiered = put_first(programme, model, HighsSolver(), Objective.SERVICE, large=False)
        answer = solved(tiered.model, None)
    for one in tiered.with_values(answer.values):
        if one.least is None or one.value > one.least * (1 + one.tier.tolerance) + 1:
            raise AssertionError(f"{one.tier.name} is {one.value:.0f}, the least is {one.least}")
    return watch.figures[0]


def piecewise(base: Asked, best: float) -> Figure:
    """Solve the same programme in pieces and compare what it states with the truth."""
    answer, figure = solved_in_pieces(base, HighsSolver(), None)
    proven = answer.objective * (1 - answer.gap)
    if not proven <= best * (1 + 1e-6) or not best <= answer.objective * (1 + 1e-6):
        raise AssertionError(f"stated {proven:.0f} to {answer.objective:.0f}, the best is {best:.0f}")
    name = f"solve in pieces: {answer.objective / best - 1:.2%} from the best, {answer.gap:.2%} stated"
    return replace(figure, name=name)


def solved_in_pieces(base: Asked, solver: Solver, basis: bytes | None) -> tuple[Solution, Figure]:
    """Solve a programme in pieces; the figure holds the solve, prices of families included."""
    task, load = base.read()
    programme = written(task, load)
    model, watch = programme.build(), Stopwatch()
    with watch("in pieces"):
        answer = in_pieces(programme, task, load, solver).solve(model, basis)
    if answer.status is not Status.OPTIMAL:
        raise AssertionError(f"the pieces ended with {answer.status}")
    return answer, watch.figures[0]


def by_cpu(figure: Figure) -> Figure:
    """Hold a figure to its bar in CPU seconds: other work on the machine does not count."""
    return replace(figure, seconds=figure.cpu)
