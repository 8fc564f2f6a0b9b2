"""The linear programme solver: HiGHS behind `core.ports.Solver`.

Small programmes and warm starts go to the dual simplex (44k columns of the example 0.5 s against 3.3 s), large
cold ones to the interior point with crossover (ENGINE.md: 124k columns 7 s against 31 s). The choice depends on
size and basis only, one thread, no clock: the same model gives the same bits. Programmes with whole numbers are
solved to the end, or to a number of nodes. Values come back as HiGHS gives them; the caller rounds flows once and
recomputes states from them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from trivet.core.errors import Unavailable
from trivet.core.ids import Rates
from trivet.core.linear import LinearModel, Search, Solution, Status

if TYPE_CHECKING:
    import highspy

LARGE: Final = 100_000
"""Columns from which a cold programme goes to the interior point."""
MIP_NODES: Final = 50_000
"""Most branch-and-bound nodes: a limit that does not depend on the machine's speed."""
PROVEN: Final = 1e-6
"""Gap, as a part of the objective, that is rounding and no gap."""
COLUMNWISE: Final = 1
MINIMISE: Final = 1
"""How HiGHS numbers the two."""
_EMPTY: Final = np.zeros(0)


@dataclass(frozen=True, slots=True)
class HighsSolver:
    """Solve linear programmes with HiGHS; deterministic, single-threaded, without a limit in seconds.

    Attributes:
        nodes: most branch-and-bound nodes of a programme with whole numbers. Where they run out, the best
            answer found comes with the gap that is left.
    """

    nodes: int = MIP_NODES

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        import highspy

        return f"highs {highspy.Highs().version()}"

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        """Solve; warm from `basis` when its shape fits, else cold.

        Args:
            model: the programme, minimising; bounds in units, +-inf where open.
            basis: bytes of an earlier `Solution.basis` of a programme of the same shape.

        Returns:
            Values, duals and reduced costs as HiGHS gives them (not rounded), and the basis to start
            the next solve from; empty arrays when the status is not OPTIMAL.

        Raises:
            Unavailable: HiGHS refuses the model or an option (a broken installation or a NaN).
        """
        import highspy

        if not len(model.cost):
            return _nothing_to_decide(model)
        highs = highspy.Highs()
        _set(highs, "output_flag", value=False)
        _set(highs, "threads", value=1)
        _set(highs, "parallel", value="off")
        _set(highs, "random_seed", value=0)
        hand_over(highs, model)
        whole = model.integer is not None and bool(model.integer.any())
        warm = not whole and basis is not None and _start_from(highs, basis, model)
        if whole:
            self._budget(highs, model.search)
        elif warm or len(model.cost) < LARGE:
            _set(highs, "solver", value="simplex")
        else:
            _set(highs, "solver", value="ipx")
            _set(highs, "run_crossover", value="on")
        _run(highs, whole=whole)
        return _answer(highs, whole=whole)

    def _budget(self, highs: "highspy.Highs", search: Search | None) -> None:
        """Set how far whole numbers are searched for, and where the search begins."""
        _set(highs, "mip_max_nodes", value=search.nodes if search else self.nodes)
        _set(highs, "mip_rel_gap", value=search.gap if search else 0.0)
        if search is not None and search.start is not None:
            import highspy

            begun = highspy.HighsSolution()
            begun.col_value = search.start.tolist()
            _check(highs.setSolution(begun), "start from the answer known")
            # With a good answer to begin with, heuristics and restarts take most of the time and find little
            # (40 lots: 0.2 s against 2.3 s to the same proven plan).
            _set(highs, "mip_heuristic_effort", value=0.0)
            _set(highs, "mip_allow_restart", value=False)


def _set(highs: "highspy.Highs", option: str, *, value: bool | float | str) -> None:
    _check(highs.setOptionValue(option, value), f"take option {option} = {value}")


def _check(status: object, doing: str) -> None:
    import highspy

    if status == highspy.HighsStatus.kError:
        raise Unavailable(f"HiGHS did not {doing}. Reinstall highspy 1.15 or newer and remove highspy-extras.")


def _run(highs: "highspy.Highs", *, whole: bool) -> None:
    """Run; where the simplex gives up (numbers too far apart), the interior point tries, and may fail as well."""
    import highspy

    ended = highs.run()
    if ended == highspy.HighsStatus.kError and not whole:
        highs.clearSolver()
        _set(highs, "solver", value="ipx")
        _set(highs, "run_crossover", value="on")
        ended = highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kSolveError:
        _check(ended, "run")


def hand_over(highs: "highspy.Highs", model: LinearModel) -> None:
    """Give HiGHS a programme as arrays: nothing is copied on the way."""
    whole = np.zeros(len(model.cost), dtype=np.int32) if model.integer is None else model.integer.astype(np.int32)
    sizes = (len(model.cost), len(model.row_lower), len(model.value))
    bounds = (model.cost, model.lower, model.upper, model.row_lower, model.row_upper)
    passed = highs.passModel(*sizes, COLUMNWISE, MINIMISE, 0.0, *bounds, model.starts, model.index, model.value, whole)
    _check(passed, "pass the model")


def _start_from(highs: "highspy.Highs", basis: bytes, model: LinearModel) -> bool:
    """Set a stored basis; False when it belongs to a programme of another shape."""
    import highspy

    columns, rows = len(model.cost), len(model.row_lower)
    codes = unpack_basis(basis)
    if codes is None or len(codes[0]) != columns or len(codes[1]) != rows:
        return False
    kinds = [highspy.HighsBasisStatus(code) for code in range(5)]
    stored = highspy.HighsBasis()
    stored.col_status = [kinds[code] for code in codes[0]]
    stored.row_status = [kinds[code] for code in codes[1]]
    stored.valid = True
    return bool(highs.setBasis(stored) == highspy.HighsStatus.kOk)


def pack_basis(columns: bytes, rows: bytes) -> bytes:
    """Write a basis as bytes: number of columns (8 bytes, little endian), then one byte a column and row."""
    return len(columns).to_bytes(8, "little") + columns + rows


def unpack_basis(basis: bytes) -> tuple[bytes, bytes] | None:
    """Read what `pack_basis` wrote; None when the bytes are no basis."""
    if len(basis) < 8:
        return None
    size = int.from_bytes(basis[:8], "little")
    columns, rows = basis[8 : 8 + size], basis[8 + size :]
    valid = len(columns) == size and all(code < 5 for code in set(columns) | set(rows))
    return (columns, rows) if valid else None


def _answer(highs: "highspy.Highs", *, whole: bool) -> Solution:
    import highspy

    ends = {
        highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
        highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
        highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
        highspy.HighsModelStatus.kUnboundedOrInfeasible: Status.UNBOUNDED,
    }
    status = ends.get(highs.getModelStatus(), Status.FAILED)
    if whole and highs.getModelStatus() == highspy.HighsModelStatus.kSolutionLimit and highs.getSolution().value_valid:
        status = Status.OPTIMAL
    if status is not Status.OPTIMAL:
        return _empty(status)
    solution, found = highs.getSolution(), highs.getBasis()
    basis = None
    if not whole and found.valid:
        basis = pack_basis(bytes(int(s) for s in found.col_status), bytes(int(s) for s in found.row_status))
    return Solution(
        status=status,
        values=_array(solution.col_value),
        duals=_array(solution.row_dual),
        reduced_costs=_array(solution.col_dual),
        objective=float(highs.getObjectiveValue()),
        basis=basis,
        gap=_gap_left(highs) if whole else 0.0,
    )


def _gap_left(highs: "highspy.Highs") -> float:
    """Give the gap the search left open; below HiGHS's own tolerance it is proven."""
    gap = float(highs.getInfo().mip_gap)
    return gap if gap > PROVEN else 0.0


def _array(values: object) -> Rates:
    return np.array(values, dtype=np.float64)


def _empty(status: Status) -> Solution:
    return Solution(
        status=status, values=_EMPTY, duals=_EMPTY, reduced_costs=_EMPTY, objective=float("nan"), basis=None
    )


def _nothing_to_decide(model: LinearModel) -> Solution:
    """Answer a programme without columns: optimal when 0 lies within every row."""
    fits = bool(np.all(model.row_lower <= 0) and np.all(model.row_upper >= 0))
    if not fits:
        return _empty(Status.INFEASIBLE)
    zeros = np.zeros(len(model.row_lower))
    return Solution(status=Status.OPTIMAL, values=_EMPTY, duals=zeros, reduced_costs=_EMPTY, objective=0.0, basis=None)
