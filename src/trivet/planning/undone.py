"""Undo restores: where nothing else was changed in between, every cell has the bits it had before (V12)."""

from collections.abc import Mapping, Sequence

from trivet.core.checks import Check
from trivet.core.entries import Change, Logged
from trivet.core.ids import MeasureId
from trivet.core.issues import Place

Cells = Mapping[tuple[MeasureId, int, int], int]


def check_undo(entries: Sequence[Logged]) -> Check:
    """Hold every withdrawal against what the entry it takes back had moved.

    Args:
        entries: a log, in order. Held are pairs made on the same plan with no change between them: a change of a
            family may share out otherwise what an item, taken back, leaves free.
    """
    known = {logged.seq: place for place, logged in enumerate(entries)}
    checked, places = 0, []
    for at, undo in enumerate(entries):
        before = known.get(undo.entry.withdraws) if undo.entry.withdraws is not None else None
        if before is None or entries[before].base != undo.base:
            continue
        if any(isinstance(logged.entry, Change) for logged in entries[before + 1 : at]):
            continue
        checked += 1
        if {**_cells(entries[before], after=True), **_cells(undo, after=True)} != _standing(entries[before], undo):
            places.append(Place(source=f"change {undo.seq}"))
    named = ", ".join(str(place) for place in places[:3])
    return Check(
        name="V12 undo restores what nobody touched since",
        passed=not places,
        checked=checked,
        failed=len(places),
        message=f"not restored: {named}. Report it; the log holds every value of before and after." if places else "",
        places=tuple(places[:10]),
    )


def _standing(taken: Logged, undo: Logged) -> Cells:
    """Give what the cells of both must hold after the undo: what they held before the entry it took back."""
    return {**_cells(undo, after=False), **_cells(taken, after=False)}


def _cells(logged: Logged, *, after: bool) -> Cells:
    return {
        (effect.measure, row, column): value
        for effect in logged.effects
        for row, column, value in zip(
            effect.rows.tolist(),
            effect.columns.tolist(),
            (effect.after if after else effect.before).tolist(),
            strict=True,
        )
    }
