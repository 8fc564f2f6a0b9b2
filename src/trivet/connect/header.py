"""Where a table begins: the header row below titles and notes, or why none can be found.

The header is the line with most of the names the table (or its mapping) knows. A table on its side,
a doubled name or no header at all is refused with what to do; a grand-total column is left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trivet.connect.codes import match_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a mapping says about a file; None = found out.

    Attributes:
        expected: column names that may stand in the header, to find it.
        encoding: e.g. `cp1252`.
        delimiter: `,` `;` tab or `|`.
        header_row: line of the header (1 = the first).
        names: names of the columns of a file without a header.
        transposed: whether the table lies on its side: a row a column.
    """

    expected: frozenset[str] = frozenset()
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    names: tuple[str, ...] = ()
    transposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Names of the columns, the line they stand on (0 = none), and how it was found."""

    names: tuple[str, ...]
    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoHeader:
    """Why the header can't be used."""

    code: str
    message: str
    advice: str
    row: int | None = None
    value: str | None = None


_SUFFIXED = re.compile(r"(.+)\.\d+")


def find_header(start: Sequence[tuple[int, Sequence[str]]], hints: Hints) -> Header | NoHeader:
    """Find the header among the first records (line, cells)."""
    header = _named(start, hints) or _best(start, hints)
    return _check(header) if isinstance(header, Header) else header


def _named(start: Sequence[tuple[int, Sequence[str]]], hints: Hints) -> Header | None:
    if hints.names:
        return Header(names=hints.names, row=0, reason="the mapping names the columns")
    if hints.header_row is not None:
        cells = next((cells for line, cells in start if line == hints.header_row), ())
        return Header(names=_stripped(cells), row=hints.header_row, reason="the mapping says so")
    return None


def _stripped(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in cells)


def _best(start: Sequence[tuple[int, Sequence[str]]], hints: Hints) -> Header | NoHeader:
    wanted = {match_key(name) for name in hints.expected}
    score, line, cells = 0, 0, tuple[str, ...]()
    for at, found in start:
        known = len({match_key(cell) for cell in found} & wanted)
        if known > score:
            score, line, cells = known, at, _stripped(found)
    downwards = len({match_key(found[0]) for _, found in start if found} & wanted)
    if downwards > max(score, 1):
        return NoHeader(
            code="import.transposed",
            message=f"the table lies on its side: {downwards} column names stand below each other in the first column",
            advice="Turn it in the file, or say transposed = true for this file in mapping.toml.",
            row=start[0][0],
            value=start[0][1][0],
        )
    if score == 0:
        first = " | ".join(cell[:20] for cell in start[0][1][:6]) if start else ""
        return NoHeader(
            code="import.no-header",
            message=f"no line has one of the column names {', '.join(sorted(hints.expected)[:8])}",
            advice="Write the column names in the first line, or give names = [...] for this file in mapping.toml.",
            row=start[0][0] if start else None,
            value=first,
        )
    above = sum(1 for at, found in start if at < line and any(cell.strip() for cell in found))
    junk = f"; {above} lines above it passed over" if above else ""
    return Header(names=cells, row=line, reason=f"{score} of its {len(cells)} names are known{junk}")


def _check(header: Header) -> Header | NoHeader:
    seen = {match_key(name) for name in header.names}
    named = [name for name in header.names if name]
    doubled = [name for name in named if sum(match_key(name) == match_key(other) for other in named) > 1]
    suffixed = [name for name in named if (cut := _SUFFIXED.fullmatch(name)) and match_key(cut[1]) in seen]
    if not (doubled or suffixed):
        return header
    twice = (doubled or suffixed)[0]
    return NoHeader(
        code="import.double-header",
        message=f"column '{twice}' stands twice in the header",
        advice="Rename or delete one of the two columns.",
        row=header.row,
        value=twice,
    )
