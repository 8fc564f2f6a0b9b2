"""The mapping file: which file feeds which table, for folders that don't have our names.

TOML, one [[source]] a file and table, read by `parse_mapping`; documented in docs/mapping.md. Every
rule that changes what is loaded (a filter, duplicates added, a currency declared) stands there in
words and is shown in the import report.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trivet.connect.cancelled import WITHIN
from trivet.connect.days import DayOrder
from trivet.connect.numbers import Decimals
from trivet.core.errors import InvalidInput


class Duplicates(StrEnum):
    """What to do with rows of one key and different values."""

    ADD = "add"
    LAST = "last"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Another file of the folder, whose columns are added by equal values of the column `on`."""

    file: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file feeding one table.

    Attributes:
        file: name of the file in the folder.
        table: table of the company folder it feeds.
        columns: our column -> column of the file, or a template like "{territory}-{channel}"; empty
            = the columns have our names.
        constants: our column -> text put in every row.
        rules: our column -> rules of which the first that holds gives the text, e.g.
            kind = [["code starts 'C'", "return"], ["", "sale"]].
        products: our column -> columns or numbers multiplied exactly, e.g. value = ["qty", "price"].
        join: another file of the folder whose columns are added by equal values of a column.
        where: rows taken up, e.g. `scenario == 'Budget'`; others are counted as left out.
        distinct: keep one row of each key (a master derived from transactions).
        duplicates: what to do with rows of one key and different values; None = ask.
        decimal: decimal sign; None = found out.
        dates: order of day and month; None = found out.
        encoding: text encoding; None = found out.
        delimiter: sign between cells; None = found out.
        header_row: line of the header; None = found out.
        names: column names of a file without header.
        sheet: sheet of a workbook; None = the first.
        sheets: amount -> sheet that holds it in columns headed by buckets, e.g. quantity = "Units".
        wide: amount the columns headed by buckets hold, e.g. `revenue`; "" = there are none; None = found out.
        transposed: whether the table lies on its side.
        strip_point_zero: whether '.0' at the end of codes is taken off.
        cancelled_within: days after an order line within which its exact reversal is a cancellation; -1 = never.
        currency: currency the money of the file is in, whatever its codes say.
        reason: why, shown in the report.
    """

    file: str
    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    products: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    join: Join | None = None
    where: str | None = None
    distinct: bool = False
    duplicates: Duplicates | None = None
    decimal: Decimals | None = None
    dates: DayOrder | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    names: tuple[str, ...] = ()
    sheet: str | None = None
    sheets: Mapping[str, str] = field(default_factory=dict)
    wide: str | None = None
    transposed: bool = False
    strip_point_zero: bool = False
    cancelled_within: int = WITHIN
    currency: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapping file: text of a company.toml (None = the folder has one) and the sources."""

    company_text: str | None
    sources: tuple[Source, ...]


_TEXTS = (
    "file",
    "table",
    "where",
    "duplicates",
    "decimal",
    "dates",
    "encoding",
    "delimiter",
    "sheet",
    "currency",
    "wide",
)
_KINDS: Mapping[str, type] = {
    **dict.fromkeys((*_TEXTS, "reason"), str),
    **dict.fromkeys(("columns", "constants", "rules", "products", "join", "sheets"), dict),
    **dict.fromkeys(("distinct", "transposed", "strip_point_zero"), bool),
    **dict.fromkeys(("header_row", "cancelled_within"), int),
    "names": list,
}


def parse_mapping(text: str) -> Mapped:
    """Read the text of a mapping file.

    Raises InvalidInput naming the source, the key, its value and what was expected.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"mapping.toml is not valid TOML: {error}. Put text in quotes.") from error
    for part in raw:
        if part not in {"source", "company"}:
            raise InvalidInput(f"mapping.toml: unknown part '{part}'; expected [company] and [[source]]")
    sources = tuple(_source(number, given) for number, given in enumerate(raw.get("source", []), start=1))
    company = raw.get("company")
    if company is not None and not isinstance(company.get("text"), str):
        raise InvalidInput('mapping.toml [company]: write text = """...""" with the lines of company.toml')
    return Mapped(company_text=company["text"] if company else None, sources=sources)


def _source(number: int, given: Mapping[str, Any]) -> Source:
    where = f"mapping.toml source {number} ({given.get('file', 'no file')})"
    for key, value in given.items():
        if key not in _KINDS:
            raise InvalidInput(f"{where}: unknown key '{key}'; known are {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise InvalidInput(f"{where}: {key} is {value!r}; expected {_KINDS[key].__name__}")
    for key in ("file", "table"):
        if key not in given:
            raise InvalidInput(f'{where}: {key} is missing; write {key} = "..."')
    if "currency" in given and not given.get("reason"):
        raise InvalidInput(f'{where}: currency = "{given["currency"]}" needs a reason = "..." that the report can show')
    typed = dict(given)
    typed["names"] = tuple(str(name) for name in given.get("names", ()))
    typed["columns"] = {ours: str(theirs) for ours, theirs in given.get("columns", {}).items()}
    typed["constants"] = {ours: str(text) for ours, text in given.get("constants", {}).items()}
    typed["products"] = {ours: tuple(map(str, factors)) for ours, factors in given.get("products", {}).items()}
    typed["rules"] = {ours: _rules(where, ours, rules) for ours, rules in given.get("rules", {}).items()}
    if "join" in given:
        typed["join"] = _join(where, given["join"])
    for key, kind in (("duplicates", Duplicates), ("decimal", Decimals), ("dates", DayOrder)):
        if key in given:
            typed[key] = _word(where, key, given[key], kind)
    return Source(**typed)


def _rules(where: str, ours: str, given: Any) -> tuple[tuple[str, str], ...]:
    pairs = isinstance(given, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in given)
    if not pairs:
        raise InvalidInput(f'{where}: rules.{ours} is {given!r}; expected [["condition", "text"], ["", "otherwise"]]')
    return tuple((str(rule), str(text)) for rule, text in given)


def _join(where: str, given: Mapping[str, Any]) -> Join:
    if set(given) != {"file", "on"}:
        raise InvalidInput(f'{where}: join is {dict(given)!r}; expected {{ file = "...", on = "column" }}')
    return Join(file=str(given["file"]), on=str(given["on"]))


def _word(where: str, key: str, value: str, kind: type[StrEnum]) -> StrEnum:
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(f'"{name.value}"' for name in kind)
        raise InvalidInput(f'{where}: {key} is "{value}"; expected one of {known}') from error
