"""The cells one change works on: which they are, what total is asked for, and by which weights it is shared.

The weights of a spread (F5) are the cells' own values, then the measure's base, then what the registry
says, each with last year's mix behind it, and equal shares over the living at the end; a change may
name its own. A measure without a base (firm production) keeps the mix its entry had when it was logged,
because what it is spread by is solved from it later. Only open buckets move: of a factor or a lock that
began in the past the open part counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from trivet.core.entries import Change, Effect, Operation
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.issues import Issue, Place, Severity
from trivet.core.measures import Kind, MeasureSpec, Registry
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.quantities import QUANTITY, to_count, to_decimal
from trivet.core.scope import Members, able, alive, rows_of
from trivet.core.seasons import YEAR_BUCKETS
from trivet.core.units import Units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """Where an edited measure stands while its entries are folded; the arrays are written in place.

    Attributes:
        spec: the measure.
        values: (series, buckets) counts, or rates of a rate measure.
        locked, present: (series, buckets).
        members: dimension -> member of each series.
    """

    spec: MeasureSpec
    members: Members
    values: Counts | Rates
    locked: Flags
    present: Flags


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """What a change makes of its cells: (rows, buckets of the span), and what has to be said about it."""

    rows: Counts
    span: slice
    values: Counts | Rates
    locked: Flags
    present: Flags
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """One change on one block: everything needed to work it out.

    Attributes:
        through: the summed measure that was typed; None when the edited measure itself was.
        alive: (rows, buckets of the span) cells that may receive anything.
        factor: base units in one of the unit that was typed, where all cells have the same.
        mix: flattened block of the weights the log recorded, for a measure without a base; else None.
    """

    change: Change
    state: State
    panel: Panel
    model: Model
    units: Units | None
    through: MeasureSpec | None
    rows: Counts
    span: slice
    alive: Flags
    factor: Decimal = Decimal(1)
    mix: Counts | None = None

    @property
    def place(self) -> Place:
        """Where the change is."""
        change = self.change
        return Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """The cells of one total, flattened.

    Attributes:
        at: place of each in the flattened block.
        own: counts now.
        locked: keeps its value.
        takes: alive and, for ADD and SCALE, present.
        step: counts each moves by.
        shown: counts of the typed measure now.
        worth: units of the typed measure in one unit of the edited one; 0 = none known (no price).
    """

    at: Counts
    own: Counts
    locked: Flags
    takes: Flags
    step: Counts
    shown: Counts
    worth: Rates


def recorded_mix(desk: Desk, recorded: Effect | None) -> Counts | None:
    """Give the block as it stood after the entry was logged; None when its cells lie elsewhere now."""
    spec = desk.state.spec
    if recorded is None or spec.base is not None or spec.quantum is None:
        return None
    opened = recorded.columns >= desk.span.start
    rows = np.searchsorted(desk.rows, recorded.rows[opened])
    columns = recorded.columns[opened] - desk.span.start
    inside = (rows < len(desk.rows)) & (columns < desk.alive.shape[1])
    if not inside.all() or not np.array_equal(desk.rows[rows], recorded.rows[opened]):
        return None
    mix = desk.state.values[desk.rows, desk.span].astype(np.int64)
    mix[rows, columns] = recorded.after[opened]
    return mix.ravel()


def measure_moved(change: Change, registry: Registry) -> tuple[MeasureSpec, MeasureSpec | None] | Issue:
    """Give the edited measure a change moves and, when another was typed, the summed one it goes through."""
    try:
        spec = registry[change.measure]
    except NotFound as error:
        return refused(Place(measure=change.measure), "unknown-measure", str(error), "Correct the name.")
    if spec.kind is Kind.EDITED:
        return spec, None
    for name in spec.inverse:
        moved = registry.measures.get(name)
        if spec.editable and moved is not None and moved.kind is Kind.EDITED and moved.grain == spec.grain:
            return moved, spec
    editable = ", ".join(m.id for m in registry.of_grain(spec.grain) if m.editable) or "none"
    return refused(
        Place(measure=spec.id),
        "not-editable",
        f"{spec.id} can't be changed: it is {spec.kind}.",
        f"Change one of these instead: {editable}.",
    )


def open_desk(change: Change, state: State, panel: Panel, model: Model, units: Units | None) -> Desk | Issue:
    """Find the cells a change speaks of, or say why there are none."""
    place = Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last)
    try:
        rows = rows_of(panel, model, change.scope, state.members)
        span = model.buckets.span(change.first, change.last)
    except (NotFound, InvalidInput) as error:
        return refused(place, "nowhere", str(error), "Correct the scope or the buckets.")
    if not len(rows):
        where = " and ".join(str(node) for node in change.scope) or "everything"
        return refused(
            place, "empty-scope", f"nothing in {panel.grain} lies in {where}.", "Choose a combination that exists."
        )
    can = able(panel, model, state.spec.id, rows)
    if not can.any():
        said = f"no series here can have any of {state.spec.id}: {state.spec.about}"
        return refused(
            place,
            "no-way",
            said,
            "Choose a place that a routing, a source or a lane leads to, or name it in its table.",
        )
    buckets = model.buckets
    if span.start < buckets.first_open:
        closed, opens = buckets.label(span.start), buckets.label(buckets.first_open)
        whole = (
            change.amount is not None and change.operation is not Operation.SCALE
        ) or not span.stop > buckets.first_open
        if whole:
            return refused(
                place, "closed", f"{closed} is closed: it holds actuals.", f"Change buckets from {opens} on."
            )
        span = slice(buckets.first_open, span.stop)
    typed = model.registry[change.measure]
    return Desk(
        change=change,
        state=state,
        panel=panel,
        model=model,
        units=units,
        through=None if typed.id == state.spec.id else typed,
        rows=rows,
        span=span,
        alive=alive(model, state.members, rows, span) & can[:, None],
    )


def refused(place: Place, code: str, message: str, advice: str) -> Issue:
    """Say why a change is refused."""
    return Issue(code=f"change.{code}", severity=Severity.REFUSED, place=place, message=message, advice=advice)


def target_of(desk: Desk, now: int, kept: int = 0, step: int = 1) -> int:
    """Give the total a change asks for, in counts of the typed measure.

    SET to what is shown, in the decimals typed, changes nothing. SCALE moves the free part in whole steps.
    """
    amount = desk.change.amount or Decimal(0)
    quantum = (desk.through or desk.state.spec).quantum or QUANTITY
    if desk.change.operation is Operation.ADD:
        return now + to_count(amount * desk.factor, quantum)
    if desk.change.operation is Operation.SCALE:
        if amount == 1:
            return now
        free = (now * amount - kept) / step
        return kept + int(free.to_integral_value(ROUND_HALF_UP)) * step
    exponent = amount.as_tuple().exponent
    decimals = Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else quantum
    same = (to_decimal(now, quantum) / desk.factor).quantize(decimals, ROUND_HALF_UP) == amount
    return now if same else to_count(amount * desk.factor, quantum)


def weights_of(desk: Desk, cells: Cells) -> Iterator[Counts | Rates]:
    """Give the weights F5 falls back on, in order, that have any value among the free cells."""
    free = cells.takes & ~cells.locked
    spec = desk.state.spec
    if desk.mix is not None and np.any(desk.mix[cells.at][free]):
        yield np.maximum(desk.mix[cells.at], 0)
    asked = (desk.change.spread_by,) if desk.change.spread_by else ()
    names = dict.fromkeys(name for name in (*asked, spec.id, spec.base, *spec.spread_by) if name)
    for name in names:
        for candidate in _mixes(desk, name, cells):
            weights = np.maximum(candidate.ravel()[cells.at], 0)
            if np.any(weights[free]):
                yield weights


def _mixes(desk: Desk, name: MeasureId, cells: Cells) -> Iterator[Counts | Rates]:
    """Give a measure's values in the block, then its last year's ones."""
    if name == desk.state.spec.id:
        own = np.zeros(desk.alive.size, dtype=np.int64)
        own[cells.at] = cells.own
        yield own
        return
    panel = desk.panel
    if not panel.has(name):
        return
    array = panel.rates[name] if name in panel.rates else panel.counts[name]
    values = np.where(panel.mask(name)[desk.rows], array[desk.rows], 0)
    yield values[:, desk.span]
    season, opens = YEAR_BUCKETS[panel.buckets.calendar], panel.buckets.first_open
    columns = np.arange(desk.span.start, desk.span.stop)
    columns = columns - season * np.maximum(-(-(columns - opens + 1) // season), 1)
    yield np.where(columns >= 0, values[:, np.maximum(columns, 0)], 0)


def one_step(steps: Counts) -> int | Counts:
    """Give one step where all cells have the same, which spreads faster."""
    return int(steps[0]) if np.all(steps == steps[0]) else steps
