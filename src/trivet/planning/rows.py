"""Rows: let logged effects speak of the rows and buckets of another plan than the one they were made on.

Effects name cells by number. Another plan may have other series or other buckets, so the same cell has another
number there: it is found by its keys and its first day. A cell that is there no longer gets a number beyond the
panel; the fold then keeps the total that was recorded instead of its cells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from trivet.core.entries import Effect, Logged
from trivet.core.ids import Counts, Digest, GrainName
from trivet.core.measures import Registry
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.renames import by_todays_codes

Axes = Callable[[Digest], Mapping[GrainName, Panel] | None]
"""Gives the keys and buckets (numbers are not read) of the plan of a digest; None when it is not known."""


def on_rows_of(
    entries: Sequence[Logged], base: Digest, panels: Mapping[GrainName, Panel], axes: Axes, registry: Registry
) -> tuple[Logged, ...]:
    """Give entries with their effects in the rows and buckets of a plan.

    Args:
        entries: a log.
        base: digest of the plan; entries made on it are left as they are.
        panels: its panels, by grain.
        axes: looks up the plan another entry was made on; effects on one that is not known are left out.
        registry: tells the grain of a measure.
    """
    return tuple(
        logged
        if logged.base == base or not logged.effects
        else replace(logged, base=base, effects=_moved(logged, panels, axes(logged.base), registry))
        for logged in entries
    )


def in_rows_of(entries: Sequence[Logged], panel: Panel, axes: Axes | None, model: Model) -> tuple[Logged, ...]:
    """Give entries as the fold of one panel reads them: effects on its measures in its rows and buckets.

    Args:
        entries: a log.
        panel: numbers of a plan in the making.
        axes: looks up the plan an entry was made on; None = all were made on these very rows.
        model: tells the grain of a measure, and which codes are called otherwise since.
    """
    if axes is None:
        return tuple(entries)
    return tuple(_in_rows(logged, panel, axes, model) if logged.effects else logged for logged in entries)


def _in_rows(logged: Logged, panel: Panel, axes: Axes, model: Model) -> Logged:
    own = tuple(effect for effect in logged.effects if model.registry[effect.measure].grain == panel.grain)
    if not own:
        return logged
    old = axes(logged.base)
    known = None if old is None else {panel.grain: by_todays_codes(old[panel.grain], model.dimensions)}
    here = {panel.grain: panel}
    return replace(logged, effects=_moved(replace(logged, effects=own), here, known, model.registry))


def _moved(
    logged: Logged, panels: Mapping[GrainName, Panel], old: Mapping[GrainName, Panel] | None, registry: Registry
) -> tuple[Effect, ...]:
    if old is None:
        return ()
    found = []
    for effect in logged.effects:
        grain = registry[effect.measure].grain
        rows, columns = cell_numbers(effect, old[grain], panels[grain])
        rows = np.where(rows < 0, panels[grain].rows, rows)
        found.append(replace(effect, rows=rows, columns=columns))
    return tuple(found)


def cell_numbers(effect: Effect, old: Panel, new: Panel) -> tuple[Counts, Counts]:
    """Give row and column of an effect's cells in another panel.

    Rows that are gone are -1; columns before its first bucket are -1, columns after its last one their number.
    """
    rows = new.find(old.keys)[effect.rows] if not old.keys.equals(new.keys) else effect.rows
    if old.buckets.edges == new.buckets.edges:
        return rows, effect.columns
    starts = np.array(old.buckets.starts, dtype="datetime64[D]")[effect.columns]
    own = np.array(new.buckets.starts, dtype="datetime64[D]")
    at = np.searchsorted(own, starts)
    inside = at < len(own)
    same = np.zeros(len(at), dtype=np.bool_)
    same[inside] = own[at[inside]] == starts[inside]
    columns = np.where(same, at, np.where(starts < own[0], -1, len(own)))
    return rows, columns.astype(np.int64)
