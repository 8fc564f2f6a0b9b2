"""What people say, turned into changes: amounts (`+5%`, `-300`, `1.2k`), nodes (`family=City`), buckets (`2027-Q1`).

The same words work on the command line, in a CSV of changes and in Python.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Final
from unicodedata import normalize

import polars as pl

from trivet.core.buckets import Buckets, Period
from trivet.core.dimensions import Dimension, Hierarchy
from trivet.core.entries import Change, Operation
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import MeasureId, MemberId, Seq
from trivet.core.issues import Node, Scope
from trivet.core.measures import MeasureSpec
from trivet.core.plan import Model

COLUMNS: Final = (
    "measure", "amount", "where", "from", "to", "reason", "unit", "weights", "reason_code", "assumption", "expires",
)  # fmt: skip
"""Columns of a CSV of changes; `where` holds nodes separated by semicolons."""

MIX: Final = "consensus_base"
"""Measure whose values are the mix of a family: split by hand where it is set, else by forecast and streams."""
_TIMES: Final = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A change in people's words.

    Attributes:
        measure: name of the measure.
        amount: `12000`, `+300`, `-300`, `+5%`, `x1.05`, `1.2k`, `lock` or `unlock`.
        where: nodes as `level=member`.
        first: first bucket (2027-03, 2027-W05, 2027-Q1, FY2027); None = all open buckets.
        last: last bucket; None = the first.
        reason: why.
        unit: unit of measure of the amount.
        weights: what its cells share by (F5): `mix` (the split before anybody's change: set by hand, else the
            forecast's) or a measure, e.g. demand_history; None = their own values.
        place: where it was said, for messages: `changes.csv row 14`.
        reason_code: kind of reason, of the company's list, e.g. promotion.
        assumption: what it rests on: a code of the table assumptions.
        expires: cycle from which it no longer counts, e.g. 2027-03.
    """

    measure: str
    amount: str
    where: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    reason: str | None = None
    unit: str | None = None
    place: str = ""
    weights: str | None = None
    reason_code: str | None = None
    assumption: str | None = None
    expires: str | None = None


def to_change(said: Said, model: Model) -> Change:
    """Turn words into a change.

    Raises:
        InvalidInput: the amount or bucket cannot be read.
        NotFound: a measure, level or member is not known; the nearest is offered.
    """
    try:
        operation, amount = parse_amount(said.amount)
        spec = model.registry[said.measure]
        dimensions = {name: model.dimensions[name] for name in _dimensions(model, spec.grain)}
        span = parse_span(said.first, said.last, model.buckets)
        return Change(
            measure=MeasureId(spec.id),
            operation=operation,
            amount=amount,
            unit=said.unit or None,
            scope=parse_scope(said.where, dimensions),
            first=model.buckets.edges[span.start],
            last=model.buckets.edges[span.stop - 1],
            spread_by=_weights(said.weights, spec, model),
            reason=said.reason or None,
            expires=_expiry(said.expires, model.buckets),
            reason_code=said.reason_code or None,
            assumption=said.assumption or None,
        )
    except (InvalidInput, NotFound) as error:
        if not said.place:
            raise
        raise type(error)(f"{said.place}: {error.message}") from error


def _expiry(text: str | None, buckets: Buckets) -> date | None:
    """Give the first day of the cycle from which a change no longer counts: after the current one."""
    if not text or not text.strip():
        return None
    if buckets.edges[-1] <= (_day(text) or buckets.edges[0]):
        raise InvalidInput(
            f"expires '{text}' lies behind the end of the plan, {buckets.edges[-1]:%Y-%m-%d}: leave it out."
        )
    day: date = buckets.edges[_bucket(text, buckets).start]
    if day <= buckets.current:
        raise InvalidInput(
            f"expires '{text}' is not after the current cycle ({buckets.current:%Y-%m-%d}): it would never count. "
            "Say the first cycle it no longer counts in, e.g. the one after next."
        )
    return day


def _weights(text: str | None, spec: MeasureSpec, model: Model) -> MeasureId | None:
    """Give the measure whose values are the weights of a spread; `mix` is the consensus before anybody's change."""
    if not text:
        return None
    chosen = model.registry[MIX if text == "mix" else text]
    if chosen.grain == spec.grain:
        return chosen.id
    known = ", ".join(other.id for other in model.registry.of_grain(spec.grain) if other.quantum is not None)
    raise InvalidInput(f"weights '{text}' are numbers of {chosen.grain}, {spec.id} is of {spec.grain}; choose {known}.")


def _dimensions(model: Model, grain: str) -> tuple[str, ...]:
    names = model.registry.grains[next(g for g in model.registry.grains if g == grain)]
    return tuple(name for name in names if name in model.dimensions)


def parse_amount(text: str) -> tuple[Operation, Decimal | None]:
    """Read an amount as Excel hands write it.

    >>> parse_amount("+5%")
    (<Operation.SCALE: 'scale'>, Decimal('1.05'))
    >>> parse_amount("=1.2k")
    (<Operation.SET: 'set'>, Decimal('1200.0'))
    >>> parse_amount("-300")
    (<Operation.ADD: 'add'>, Decimal('-300'))
    """
    plain = text.strip().lower().replace(" ", "").replace(",", "")
    if plain in ("lock", "unlock"):
        return Operation(plain), None
    found = re.fullmatch(r"(=|x|[+-]?)(\d+(?:\.\d+)?)([km]?)(%?)", plain)
    if not found:
        raise InvalidInput(
            f"amount '{text}' can't be read; write 12000, +300, -300, +5%, x1.05, 1.2k, lock or unlock "
            "(a dot for decimals)."
        )
    sign, digits, times, percent = found.groups()
    try:
        number = Decimal(digits) * _TIMES[times]
    except InvalidOperation as error:  # pragma: no cover - the pattern only lets digits through
        raise InvalidInput(f"amount '{text}' is no number") from error
    if percent:
        if sign not in ("+", "-"):
            raise InvalidInput(f"amount '{text}': say +{digits}% or -{digits}%.")
        return Operation.SCALE, 1 + (number if sign == "+" else -number) / 100
    if sign == "x":
        return Operation.SCALE, number
    if sign in ("+", "-"):
        return Operation.ADD, number if sign == "+" else -number
    return Operation.SET, number


def parse_scope(where: Sequence[str], dimensions: Mapping[str, Dimension]) -> Scope:
    """Read nodes written as `level=member`, or `hierarchy=member/member` from its top; the name tells the dimension."""
    nodes: list[Node] = []
    for text in where:
        level, equals, member = (part.strip() for part in text.partition("="))
        if not equals or not member:
            raise InvalidInput(f"'{text}' is no place; write level=member, e.g. family=City.")
        owner = next((d for d in dimensions.values() if level in d.levels), None)
        if owner is None and (way := _hierarchy(level, dimensions)) is not None:
            nodes += parse_scope(_along(way, member), dimensions)
            continue
        if owner is None:
            known = sorted({name for d in dimensions.values() for name in d.levels})
            near = get_close_matches(level, known, n=1)
            maybe = f" Maybe '{near[0]}'?" if near else ""
            raise NotFound(f"level '{level}' is not known here; known are {', '.join(known)}.{maybe}")
        node = Node(dimension=owner.name, level=level, member=MemberId(_as_written(member, owner, level)))
        owner.check(node)
        nodes.append(owner.today(node))
    return tuple(nodes)


def _hierarchy(name: str, dimensions: Mapping[str, Dimension]) -> Hierarchy | None:
    return next((way for d in dimensions.values() for way in d.hierarchies if way.name == name), None)


def _along(way: Hierarchy, path: str) -> list[str]:
    """Give a path down a hierarchy as nodes: `North/Swift` is owner=North and brand=Swift."""
    members = [part.strip() for part in path.split("/")]
    if len(members) > len(way.levels):
        raise InvalidInput(
            f"{way.name} has the levels {', '.join(way.levels)}; '{path}' names {len(members)}. Leave some out."
        )
    return [f"{level}={member}" for level, member in zip(way.levels, members, strict=False)]


def _as_written(member: str, owner: Dimension, level: str) -> str:
    """Give a member as the master writes it: codes match whatever their case."""
    wanted = normalize("NFC", member).casefold()
    known = owner.members[level].cast(pl.String).drop_nulls().unique().to_list()
    return member if member in known else next((name for name in known if name.casefold() == wanted), member)


def parse_span(first: str | None, last: str | None, buckets: Buckets) -> slice:
    """Read a run of buckets: from the first of `first` to the last of `last`; None = all open ones."""
    if first is None and last is None:
        return buckets.horizon
    one = _bucket(first or last or "", buckets)
    two = _bucket(last or first or "", buckets)
    if two.stop <= one.start:
        raise InvalidInput(f"'{last}' lies before '{first}': swap --from and --to.")
    return slice(one.start, two.stop)


def _bucket(text: str, buckets: Buckets) -> slice:
    wanted = text.strip().upper()
    for period in (Period.BUCKET, Period.QUARTER, Period.YEAR):
        for name, span in buckets.group(period):
            if wanted in (name.upper(), name.upper().removeprefix("FY")):
                return span
    day = _day(text)
    if day is None:
        raise InvalidInput(f"'{text}' is no bucket; write 2027-03, 2027-03-15, 2027-W12, 2027-Q1 or FY2027.")
    index = buckets.index(day)
    return slice(index, index + 1)


def _day(text: str) -> date | None:
    week = re.fullmatch(r"(\d{4})-W(\d{1,2})", text.strip().upper())
    try:
        if week:
            return date.fromisocalendar(int(week[1]), int(week[2]), 1) + timedelta(days=3)
        return date.fromisoformat(text.strip() if len(text.strip()) > len("2027-03") else f"{text.strip()}-01")
    except ValueError:
        return None


def said_in_file(name: str, text: str) -> tuple[Said, ...]:
    """Read a CSV of changes with the columns of `COLUMNS` (measure and amount are needed).

    Raises InvalidInput naming file, row and column.
    """
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    unknown = [column for column in rows.fieldnames or () if column not in COLUMNS]
    if unknown or "measure" not in (rows.fieldnames or ()) or "amount" not in (rows.fieldnames or ()):
        raise InvalidInput(
            f"{name} row 1: columns are {', '.join(rows.fieldnames or ()) or 'missing'}; expected measure, amount and "
            f"any of {', '.join(COLUMNS[2:])}."
        )
    return tuple(
        Said(
            measure=(row["measure"] or "").strip(),
            amount=(row["amount"] or "").strip(),
            where=tuple(part for part in (row.get("where") or "").split(";") if part.strip()),
            first=row.get("from") or None,
            last=row.get("to") or None,
            reason=row.get("reason") or None,
            unit=row.get("unit") or None,
            weights=row.get("weights") or None,
            reason_code=(row.get("reason_code") or "").strip() or None,
            assumption=(row.get("assumption") or "").strip() or None,
            expires=row.get("expires") or None,
            place=f"{name} row {number}",
        )
        for number, row in enumerate(rows, start=2)
    )


def parse_moment(text: str) -> Seq | datetime:
    """Read a moment of the log: a sequence number, a day (its end), or an instant; UTC unless it names its zone.

    Raises InvalidInput when it is none.

    >>> parse_moment("12"), parse_moment("2026-11-03T08:30").isoformat()
    (12, '2026-11-03T08:30:00+00:00')
    """
    plain = text.strip()
    if plain.isdecimal():
        return Seq(int(plain))
    try:
        if len(plain) == len("2026-11-03"):
            return datetime.combine(date.fromisoformat(plain), time.max, UTC)
        found = datetime.fromisoformat(plain)
    except ValueError as error:
        raise InvalidInput(
            f"'{text}' is no moment; write a number of trivet log, a day like 2026-11-03, or 2026-11-03T08:30."
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
