"""Effects: the cells an entry moved, kept in the log for audit, for catching up and for live views.

They are a checked cache: the fold of the log is the truth, and `doctor` compares the two. Counts are
in quanta of the measure; a rate is held as its billionths.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from trivet.core.entries import Effect
from trivet.core.ids import Counts, Rates
from trivet.core.measures import Kind, Registry
from trivet.core.panel import Panel
from trivet.core.quantities import round_rate

PER_RATE: Final = 1e9
"""Billionths in one."""


def encode(values: Counts | Rates) -> Counts:
    """Give counts as they are and rates as billionths."""
    whole = values if values.dtype == np.int64 else np.rint(values * PER_RATE)
    return whole.astype(np.int64)


def decode_rates(counts: Counts) -> Rates:
    """Give the rates that billionths stand for."""
    return round_rate(counts / PER_RATE)


def effects_between(before: Panel, after: Panel, registry: Registry) -> tuple[Effect, ...]:
    """Give the cells of edited measures that differ between two panels with the same keys."""
    if before.shape != after.shape:
        raise ValueError(f"panels of {before.shape} and {after.shape} can't be compared")
    found = []
    for spec in registry.of_grain(before.grain):
        if spec.kind is not Kind.EDITED:
            continue
        one, other = (
            encode(p.count(spec.id) if spec.quantum is not None else p.rate(spec.id)) for p in (before, after)
        )
        at = np.nonzero((one != other) | (before.mask(spec.id) != after.mask(spec.id)))
        if len(at[0]):
            rows, columns = (part.astype(np.int64) for part in at)
            found.append(Effect(measure=spec.id, rows=rows, columns=columns, before=one[at], after=other[at]))
    return tuple(found)


def apply_effects(panel: Panel, effects: Iterable[Effect]) -> Panel:
    """Write effects into a panel that holds their measures: the cells get their `after`, and are present."""
    for effect in effects:
        name, at = effect.measure, (effect.rows, effect.columns)
        masks = {}
        if name in panel.present:
            mask = panel.mask(name).copy()
            mask[at] = True
            masks = {str(name): mask}
        if name in panel.rates:
            rates = panel.rate(name).copy()
            rates[at] = decode_rates(effect.after)
            panel = panel.with_rates({name: rates}, masks)
        else:
            counts = panel.count(name).copy()
            counts[at] = effect.after
            panel = panel.with_counts({name: counts}, masks)
    return panel
