"""Opinions as entries in one log: set, add, scale, lock, unlock, withdraw over a scope and bucket range.

Intent is the truth, effect is a checked cache: the head is the fold of the base and all live entries.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trivet.core.ids import Counts, Digest, MeasureId, ScenarioId, Seq
from trivet.core.issues import Scope
from trivet.core.records import Stamp


class Operation(StrEnum):
    """What a change does to the total of its cells."""

    SET = "set"
    ADD = "add"
    SCALE = "scale"
    LOCK = "lock"
    UNLOCK = "unlock"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An adjustment of an editable measure.

    Attributes:
        measure: what is changed; a summed measure moves its inverse (revenue moves quantity).
        operation: SET the total, ADD to it, SCALE it by a factor, LOCK or UNLOCK the cells, or
            WITHDRAW an earlier entry.
        amount: in units of the measure (SET, ADD) or a factor (SCALE); None otherwise.
        unit: unit of measure of the amount; None = base unit / plan currency.
        scope: nodes; what lies in all of them. Empty = everything.
        first, last: any day of the first and last bucket.
        spread_by: measure whose values are the weights; None = the registry's order.
        reason: why.
        expires: first cycle day from which the entry no longer counts.
        withdraws: sequence number taken back by WITHDRAW.
        reason_code: kind of reason, of the company's list.
        assumption: what it rests on: a code of the table `assumptions`.
    """

    measure: MeasureId
    operation: Operation
    amount: Decimal | None = None
    unit: str | None = None
    scope: Scope = ()
    first: date
    last: date
    spread_by: MeasureId | None = None
    reason: str | None = None
    expires: date | None = None
    withdraws: Seq | None = None
    reason_code: str | None = None
    assumption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """Puts (or, with `after` None, takes back) one row of a master table: a promotion, launch, price, lane.

    Attributes:
        table: table of the company folder.
        key: its key columns and their values, as text.
        after: column -> new text value; None = the row is withdrawn.
        reason: why.
        withdraws: sequence number taken back, for an undo.
    """

    table: str
    key: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...] | None
    reason: str | None = None
    withdraws: Seq | None = None


Entry = Change | RecordChange


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect:
    """What a change did: cells (rows[i], columns[i]) went from before[i] to after[i], in quanta."""

    measure: MeasureId
    rows: Counts
    columns: Counts
    before: Counts
    after: Counts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logged:
    """An entry in the log of a scenario."""

    scenario: ScenarioId
    seq: Seq
    base: Digest
    entry: Entry
    stamp: Stamp
    effects: tuple[Effect, ...]
