"""A linear programme as numbers, and what a solver answers: the words of `core.ports.Solver`."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from trivet.core.ids import Flags, Rates

Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """How far whole numbers are searched for: a budget that does not depend on the machine's speed.

    Attributes:
        nodes: most branch-and-bound nodes.
        gap: part of the objective within which an answer is good enough; 0 = the best one.
        start: an answer to begin with, one value a column; None = none is known.
    """

    nodes: int
    gap: float = 0.0
    start: Rates | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearModel:
    """Minimise cost @ x with row_lower <= A x <= row_upper and lower <= x <= upper.

    A is column-wise sparse: column j holds rows `index[starts[j]:starts[j + 1]]`.
    Bounds use +-inf. `integer` marks whole-number columns (None = none); `search` is the budget to find them
    (None = the solver's own).
    """

    cost: Rates
    lower: Rates
    upper: Rates
    row_lower: Rates
    row_upper: Rates
    starts: Indices
    index: Indices
    value: Rates
    integer: Flags | None = None
    search: Search | None = None


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """What a solver answers.

    Attributes:
        status: anything but OPTIMAL leaves the arrays empty.
        values: one per column, duals one per row, reduced_costs one per column.
        objective: value of the objective.
        basis: bytes to start a later solve of the same shape from; None for MIPs.
        gap: how far the objective may be from the best one, as a part of it; 0 = proven best.
    """

    status: Status
    values: Rates
    duals: Rates
    reduced_costs: Rates
    objective: float
    basis: bytes | None
    gap: float = 0.0
