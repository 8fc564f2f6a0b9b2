"""Many independent linear programmes at once: batches of them to the executor, each solved as `highs` solves one.

A programme goes to a worker as its arrays and the basis to start from, its answer comes back the same way. Every
programme is solved on its own, so that an answer depends neither on the batch it went in nor on how many workers
there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.linear import Indices, LinearModel, Solution, Status
from trivet.core.ports import Executor
from trivet.engines.highs import HighsSolver

FEW: Final = 100_000
"""Columns in all below which starting workers costs more than they save."""
BATCH: Final = 50_000
"""Columns of a batch, about: a second of work."""
Begun = tuple[LinearModel, bytes | None]
"""A programme and the basis to start from."""
_STATUSES: Final = tuple(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyHighs:
    """HiGHS for one programme, and for many at once through an executor.

    Attributes:
        executor: where batches are solved.
        highs: solves each of them.
        few: columns in all below which everything is solved here.
        batch: columns of a batch.
    """

    executor: Executor
    highs: HighsSolver = field(default_factory=HighsSolver)
    few: int = FEW
    batch: int = BATCH

    @property
    def name(self) -> str:
        """Name and version, as the recipe says it."""
        return self.highs.name

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        """Solve one programme, warm from `basis` when it fits."""
        return self.highs.solve(model, basis)

    def solve_each(self, models: Sequence[LinearModel], bases: Sequence[bytes | None]) -> Sequence[Solution]:
        """Solve programmes without whole numbers, each warm where its basis fits; answers in order."""
        both = list(zip(models, bases, strict=True))
        if sum(len(model.cost) for model in models) < self.few:
            return [self.highs.solve(model, basis) for model, basis in both]
        batches = _batches(both, self.batch)
        answers = self.executor.map_batches(solve_batch, [pack_models(batch) for batch in batches])
        return [answer for body in answers for answer in unpack_solutions(body)]


def solve_batch(body: bytes) -> bytes:
    """Solve the programmes of a batch, in a worker."""
    highs = HighsSolver()
    return pack_solutions([highs.solve(model, basis) for model, basis in unpack_models(body)])


def pack_models(models: Sequence[Begun]) -> bytes:
    """Write programmes and their bases as bytes: how many, the sizes of each, then one after the other."""
    sizes = [(len(m.cost), len(m.row_lower), len(m.value), len(basis or b"")) for m, basis in models]
    parts = [np.int64(len(models)).tobytes(), np.array(sizes, dtype=np.int64).tobytes()]
    for m, basis in models:
        parts += [_bytes(numbers) for numbers in (m.cost, m.lower, m.upper, m.row_lower, m.row_upper, m.value)]
        parts += [np.ascontiguousarray(numbers, dtype=np.int32).tobytes() for numbers in (m.starts, m.index)]
        parts.append(basis or b"")
    return b"".join(parts)


def unpack_models(body: bytes) -> list[Begun]:
    """Read what `pack_models` wrote."""
    reader = _Reader(body)
    sizes = reader.whole(4 * int(reader.whole(1)[0])).reshape(-1, 4)
    models: list[Begun] = []
    for columns, rows, entries, stood in sizes.tolist():
        cost, lower, upper = (reader.rates(columns) for _ in range(3))
        row_lower, row_upper, value = reader.rates(rows), reader.rates(rows), reader.rates(entries)
        starts, index = reader.indices(columns + 1), reader.indices(entries)
        model = LinearModel(
            cost=cost,
            lower=lower,
            upper=upper,
            row_lower=row_lower,
            row_upper=row_upper,
            starts=starts,
            index=index,
            value=value,
        )
        models.append((model, reader.plain(stood) or None))
    return models


def pack_solutions(solutions: Sequence[Solution]) -> bytes:
    """Write answers as bytes, like `pack_models`."""
    sizes = [(_STATUSES.index(s.status), len(s.values), len(s.duals), len(s.basis or b"")) for s in solutions]
    parts = [np.int64(len(solutions)).tobytes(), np.array(sizes, dtype=np.int64).tobytes()]
    for s in solutions:
        parts += [_bytes(numbers) for numbers in (np.array([s.objective]), s.values, s.reduced_costs, s.duals)]
        parts.append(s.basis or b"")
    return b"".join(parts)


def unpack_solutions(body: bytes) -> list[Solution]:
    """Read what `pack_solutions` wrote."""
    reader = _Reader(body)
    sizes = reader.whole(4 * int(reader.whole(1)[0])).reshape(-1, 4)
    solutions = []
    for status, columns, rows, stood in sizes.tolist():
        objective, values = float(reader.rates(1)[0]), reader.rates(columns)
        reduced, duals = reader.rates(columns), reader.rates(rows)
        solutions.append(
            Solution(
                status=_STATUSES[status],
                values=values,
                duals=duals,
                reduced_costs=reduced,
                objective=objective,
                basis=reader.plain(stood) or None,
            )
        )
    return solutions


class _Reader:
    """Reads arrays one after the other."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at = body, 0

    def rates(self, count: int) -> Rates:
        """Read float64 numbers."""
        return np.frombuffer(self.body, dtype=np.float64, count=count, offset=self._step(8 * count))

    def whole(self, count: int) -> Counts:
        """Read int64 numbers."""
        return np.frombuffer(self.body, dtype=np.int64, count=count, offset=self._step(8 * count))

    def indices(self, count: int) -> Indices:
        """Read int32 numbers."""
        return np.frombuffer(self.body, dtype=np.int32, count=count, offset=self._step(4 * count))

    def plain(self, size: int) -> bytes:
        """Read bytes."""
        at = self._step(size)
        return self.body[at : at + size]

    def _step(self, size: int) -> int:
        at = self.at
        self.at += size
        return at


def _bytes(numbers: Rates) -> bytes:
    return np.ascontiguousarray(numbers, dtype=np.float64).tobytes()


def _batches(models: Sequence[Begun], columns: int) -> list[list[Begun]]:
    """Cut programmes into batches of about so many columns, in order."""
    batches: list[list[Begun]] = []
    room = 0
    for model, basis in models:
        if room <= 0:
            batches.append([])
            room = columns
        batches[-1].append((model, basis))
        room -= len(model.cost)
    return batches
