"""From text to typed columns, one column at a time: what each cell means, and what can't be read.

Works over the distinct texts of a column, so a million lines cost what their different values cost.
A cell that can't be read becomes a fault (what was expected, advice) and rejects its row; a column
that can be read in two ways is refused as a whole, with both readings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from trivet.connect.codes import TOTAL_WORDS, match_key, nearest, tidy
from trivet.connect.csv_out import unescape_text
from trivet.connect.days import DayOrder, is_serial, read_day, weigh_order
from trivet.connect.numbers import Decimals, read_number, weigh
from trivet.connect.raw import line_of
from trivet.core.buckets import Calendar, four_four_five_edges, month_edges, week_edges
from trivet.core.company import Company
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import LARGEST, MONEY, QUANTITY, to_count
from trivet.core.report import Choice
from trivet.core.tables import STORED, ColumnSpec, ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a cell can't be read: what was expected instead, and the way out."""

    expected: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read the cells of one file.

    Attributes:
        file: name of the file, for messages.
        company: calendar and first bucket.
        decimals: decimal sign the mapping names; None = decided by the values.
        day_order: order of day and month the mapping names; None = decided by the values.
        semicolons: whether the file is cut by semicolons, as spreadsheets of decimal-comma countries do.
        strip_point_zero: whether `.0` at the end of codes is taken off (a rule of the mapping).
    """

    file: str
    company: Company
    decimals: Decimals | None = None
    day_order: DayOrder | None = None
    semicolons: bool = False
    strip_point_zero: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """A typed column.

    Attributes:
        values: typed as `core.tables.STORED`; null where empty or at fault.
        faults: text of a cell -> why it can't be read.
        choices: what was decided for the column.
        issues: reasons to refuse the column, or notes about it.
    """

    values: pl.Series
    faults: Mapping[str, Fault]
    choices: tuple[Choice, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """A column about which something has to be decided or asked."""

    column: ColumnSpec
    file: str
    texts: pl.Series
    lines: pl.Series

    def line(self, text: str) -> int:
        """Give the line on which a text stands first."""
        return line_of(int(self.lines.filter(self.texts == text)[0]))

    def refuse(self, code: str, value: str, message: str, advice: str) -> Issue:
        """Refuse the column because of one value."""
        place = Place(source=self.file, row=self.line(value), column=self.column.name, value=value)
        return Issue(code=code, severity=Severity.REFUSED, place=place, message=message, advice=advice)


_Value = str | bool | int | float | date
_Read = Callable[[str], _Value | Fault]


def read_column(texts: pl.Series, column: ColumnSpec, reading: Reading, lines: pl.Series) -> Cells:
    """Read one column of text (empty cells null) as its specification says.

    Values, `texts` and `lines` (of the file) have the same length. Faults name each text that can't be read.
    """
    asked = _Asked(column=column, file=reading.file, texts=texts, lines=lines)
    uniques = sorted(texts.drop_nulls().unique().to_list())
    if column.type in (ColumnType.QUANTITY, ColumnType.MONEY, ColumnType.RATE, ColumnType.SHARE, ColumnType.WHOLE):
        decimals, choices, issues = _decide_decimals(uniques, asked, reading)
        read = _number_reader(column, decimals)
    elif column.type in (ColumnType.DAY, ColumnType.BUCKET):
        order, choices, issues = _decide_order(uniques, asked, reading)
        read = _day_reader(column, order, reading.company)
    else:
        choices, issues = (), ()
        read = _text_reader(column, reading)
    values, faults = _read_all(uniques, read)
    typed = (
        texts.replace_strict(list(values), list(values.values()), default=None, return_dtype=STORED[column.type])
        if values
        else pl.Series(texts.name, [None] * len(texts), dtype=STORED[column.type])
    )
    return Cells(values=typed.alias(column.name), faults=faults, choices=choices, issues=issues)


def _read_all(uniques: Sequence[str], read: _Read) -> tuple[dict[str, _Value], dict[str, Fault]]:
    values: dict[str, _Value] = {}
    faults: dict[str, Fault] = {}
    for text in uniques:
        found = read(text)
        if isinstance(found, Fault):
            faults[text] = found
        else:
            values[text] = found
    return values, faults


def _decide_decimals(
    uniques: Sequence[str], asked: _Asked, reading: Reading
) -> tuple[Decimals, tuple[Choice, ...], tuple[Issue, ...]]:
    """Decide the decimal sign of a column from what its values prove; refuse what can be read twice."""
    if reading.decimals:
        return reading.decimals, (_decimal_choice(asked, reading.decimals, "the mapping says so"),), ()
    proof = weigh(uniques)
    if proof.point and proof.comma:
        return Decimals.POINT, (), (_two_signs(asked, proof.point[0], proof.comma[0]),)
    if proof.point or proof.comma:
        sign, value = (Decimals.POINT, proof.point[0]) if proof.point else (Decimals.COMMA, proof.comma[0])
        return sign, (_decimal_choice(asked, sign, f"'{value}' proves it"),), ()
    undecided = [text for text in proof.open if "," in text or reading.semicolons]
    if undecided:
        return Decimals.POINT, (), (_read_twice(asked, undecided),)
    reason = "no value decides; the file is not cut by semicolons, so a point is the decimal"
    return Decimals.POINT, (_decimal_choice(asked, Decimals.POINT, reason),) if proof.open else (), ()


def _decimal_choice(asked: _Asked, decimals: Decimals, reason: str) -> Choice:
    return Choice(about=f"decimal sign of {asked.column.name}", value=decimals.value, reason=reason)


def _two_signs(asked: _Asked, point: str, comma: str) -> Issue:
    return asked.refuse(
        "import.decimal-contradiction",
        comma,
        f"'{point}' (row {asked.line(point)}) has a decimal point and '{comma}' (row {asked.line(comma)}) a decimal "
        "comma; expected one sign in the column.",
        'Mend the file, or say decimal = "." or "," for it in mapping.toml.',
    )


def _read_twice(asked: _Asked, undecided: Sequence[str]) -> Issue:
    first = min(undecided, key=asked.line)
    both = " or ".join(f"{value:f}" for sign in Decimals if (value := read_number(first, sign)) is not None)
    return asked.refuse(
        "import.decimal-ambiguous",
        first,
        f"'{first}' can be read as {both}, and no value of the column decides ({len(undecided)} like it).",
        'Say decimal = "." or decimal = "," for this file in mapping.toml.',
    )


def _number_reader(column: ColumnSpec, decimals: Decimals) -> _Read:
    shape = {
        ColumnType.QUANTITY: lambda number: _count(number, QUANTITY),
        ColumnType.MONEY: lambda number: _count(number, MONEY),
        ColumnType.RATE: _rate,
        ColumnType.SHARE: _rate,
        ColumnType.WHOLE: _whole,
    }[column.type]
    share = column.type is ColumnType.SHARE
    wanted = f"a number with decimal '{decimals.value}', e.g. {'1234.5' if decimals is Decimals.POINT else '1234,5'}"

    def read(text: str) -> _Value | Fault:
        percent = share and text.rstrip().endswith("%")
        number = read_number(text.rstrip().rstrip("%") if percent else text, decimals)
        if number is None or not number.is_finite():
            return Fault(expected=wanted, advice="Put a number there, or leave the cell empty if it is not known.")
        return shape(number / 100 if percent else number)

    return read


def _count(number: Decimal, quantum: Decimal) -> _Value | Fault:
    count = to_count(number, quantum)
    if abs(count) >= LARGEST:
        return Fault(
            expected=f"less than {LARGEST * quantum:,.0f}", advice="Check the unit, or a missing decimal sign."
        )
    return count


def _rate(number: Decimal) -> _Value | Fault:
    return round(float(number), 9)


def _whole(number: Decimal) -> _Value | Fault:
    if number != number.to_integral_value() or abs(number) >= LARGEST:
        return Fault(expected="a whole number, e.g. 12", advice="Round it in the file.")
    return int(number)


def _decide_order(
    uniques: Sequence[str], asked: _Asked, reading: Reading
) -> tuple[DayOrder, tuple[Choice, ...], tuple[Issue, ...]]:
    """Decide the order of day and month from impossible values; refuse contradiction and open columns."""
    proof = weigh_order(uniques)
    if not (proof.day_first or proof.month_first or proof.open):
        serials = [text for text in uniques if is_serial(text)]
        return DayOrder.DAY_FIRST, (_serial_choice(asked, serials[0]),) if serials else (), ()
    if reading.day_order:
        return reading.day_order, (_order_choice(asked, reading.day_order, "the mapping says so"),), ()
    if proof.day_first and proof.month_first:
        return DayOrder.DAY_FIRST, (), (_two_orders(asked, proof.day_first[0], proof.month_first[0]),)
    if proof.day_first or proof.month_first:
        order = DayOrder.DAY_FIRST if proof.day_first else DayOrder.MONTH_FIRST
        value = (proof.day_first or proof.month_first)[0]
        return order, (_order_choice(asked, order, f"'{value}' proves it"),), ()
    return DayOrder.DAY_FIRST, (), (_open_order(asked, proof.open[0]),)


def _serial_choice(asked: _Asked, serial: str) -> Choice:
    reason = f"'{serial}' is a day number, 1 being 1900-01-01"
    return Choice(about=f"dates of {asked.column.name}", value="Excel serial", reason=reason)


def _order_choice(asked: _Asked, order: DayOrder, reason: str) -> Choice:
    return Choice(about=f"dates of {asked.column.name}", value=order.value, reason=reason)


def _two_orders(asked: _Asked, day_first: str, month_first: str) -> Issue:
    return asked.refuse(
        "import.date-contradiction",
        month_first,
        f"'{day_first}' (row {asked.line(day_first)}) has the day first and '{month_first}' "
        f"(row {asked.line(month_first)}) the month first; expected one order.",
        'Mend the file, or cut it into two sources with dates = "dmy" and "mdy" in mapping.toml.',
    )


def _open_order(asked: _Asked, text: str) -> Issue:
    day, month = read_day(text, DayOrder.DAY_FIRST), read_day(text, DayOrder.MONTH_FIRST)
    return asked.refuse(
        "import.date-ambiguous",
        text,
        f"'{text}' can be read as {day} or {month}, and no value of the column decides.",
        'Say dates = "dmy" or dates = "mdy" for this file in mapping.toml.',
    )


def _day_reader(column: ColumnSpec, order: DayOrder, company: Company) -> _Read:
    wanted = (
        "a bucket like 2026-11 or a day like 2026-11-30"
        if column.type is ColumnType.BUCKET
        else "a day like 2026-11-30"
    )

    def read(text: str) -> _Value | Fault:
        day = read_day(text, order)
        if day is None:
            return Fault(expected=f"{wanted}, 1950 to 2149", advice="Correct the date.")
        return bucket_start(day, company) if column.type is ColumnType.BUCKET else day

    return read


def bucket_start(day: date, company: Company) -> date:
    """Give the first day of the bucket a day lies in, on the company's calendar and beyond its axis."""
    if company.calendar is Calendar.WEEKS:
        return week_edges(day, 1)[0]
    if company.calendar is Calendar.FOUR_FOUR_FIVE:
        return four_four_five_edges(day, 1, company.fiscal_start)[0]
    return month_edges(day, 1)[0]


_TRUE = {"true", "yes", "y", "1", "wahr", "ja", "oui", "si", "x"}
_FALSE = {"false", "no", "n", "0", "falsch", "nein", "non"}


def _text_reader(column: ColumnSpec, reading: Reading) -> _Read:
    def flag(text: str) -> _Value | Fault:
        word = match_key(text)
        if word in _TRUE | _FALSE:
            return word in _TRUE
        return Fault(expected="true or false", advice="Write true or false.")

    def choice(text: str) -> _Value | Fault:
        chosen = {match_key(name): name for name in column.choices}.get(match_key(text))
        if chosen:
            return chosen
        near = nearest(text, column.choices)
        maybe = f"Maybe '{near}'? " if near else ""
        return Fault(expected=f"one of {', '.join(column.choices)}", advice=f"{maybe}Write one of them.")

    def code(text: str) -> _Value | Fault:
        kept = tidy(unescape_text(text))
        if column.key and match_key(kept) in TOTAL_WORDS:
            return Fault(
                expected=f"a code of one {column.name}, not a row of sums",
                advice="Take the row of sums out of the file: loading it would count everything twice.",
            )
        return kept.removesuffix(".0") if reading.strip_point_zero else kept

    kinds: Mapping[ColumnType, _Read] = {ColumnType.FLAG: flag, ColumnType.CHOICE: choice, ColumnType.CODE: code}
    return kinds.get(column.type, unescape_text)
