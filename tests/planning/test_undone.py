"""The doctor holds every undo against what it took back (V12)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np

from trivet.core.entries import Change, Effect, Logged, Operation
from trivet.core.ids import ActorId, Digest, MeasureId, ScenarioId, Seq
from trivet.core.records import Stamp
from trivet.planning.undone import check_undo

CONSENSUS = MeasureId("consensus_demand")
STAMP = Stamp(actor=ActorId("ann"), at=datetime(2026, 11, 2, tzinfo=UTC), source="test", group="g")
MONTH = date(2027, 3, 1)
SET = Change(measure=CONSENSUS, operation=Operation.SET, amount=Decimal(7), first=MONTH, last=MONTH)


def logged(seq: int, before: tuple[int, ...], after: tuple[int, ...], withdraws: int | None = None) -> Logged:
    cells = np.arange(len(before), dtype=np.int64)
    effect = Effect(measure=CONSENSUS, rows=cells, columns=cells, before=np.array(before), after=np.array(after))
    entry = SET if withdraws is None else replace(SET, operation=Operation.WITHDRAW, withdraws=Seq(withdraws))
    return Logged(
        scenario=ScenarioId("main"), seq=Seq(seq), base=Digest("a"), entry=entry, stamp=STAMP, effects=(effect,)
    )


def test_an_undo_that_restores_every_cell_passes() -> None:
    found = check_undo([logged(1, (5, 0), (7, 1)), logged(2, (7, 1), (5, 0), withdraws=1)])
    assert (found.passed, found.checked, found.words) == (True, 1, "undo restores what nobody touched since")


def test_an_undo_that_forgets_a_cell_or_moves_another_is_named() -> None:
    forgot = check_undo([logged(1, (5, 0), (7, 1)), logged(2, (7,), (5,), withdraws=1)])
    assert (forgot.failed, str(forgot.places[0])) == (1, "change 2")
    other = check_undo([logged(1, (5,), (7,)), logged(2, (7, 3), (5, 4), withdraws=1)])
    assert not other.passed
    assert "change 2" in other.message


def test_an_undo_after_other_changes_or_on_another_plan_is_not_held() -> None:
    between = check_undo([logged(1, (5,), (7,)), logged(2, (7,), (9,)), logged(3, (9,), (9,), withdraws=1)])
    assert (between.passed, between.checked) == (True, 0)
    elsewhere = [logged(1, (5,), (7,)), replace(logged(2, (7,), (6,), withdraws=1), base=Digest("b"))]
    assert check_undo(elsewhere).checked == 0
