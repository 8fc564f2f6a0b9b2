"""Reading CSV files as text: encoding, delimiter, header row and junk, found and said, never assumed.

Letters are never replaced by '?': a file is UTF-8 (with or without byte order mark) or its encoding
is detected and a decoded sample shown. Rows keep the line they stand on.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from charset_normalizer import from_bytes

from trivet.connect.codes import match_key
from trivet.connect.raw import ROW, RawTable
from trivet.core.issues import Issue, Place, Severity
from trivet.core.report import Choice, Reject

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 100_000
"""Characters: no code, name or number is longer; hexadecimal pictures in a cell are."""
_CHUNK = 50_000
_LOOKED_AT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TextHints:
    """What a mapping says about a text file; None = found out.

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextFile:
    """A file read as text, the rows that could not be cut, and reasons to refuse it."""

    raw: RawTable
    rejects: tuple[Reject, ...] = ()
    issues: tuple[Issue, ...] = field(default=())
    delimiter: str = ","


def read_text(path: Path, hints: TextHints) -> TextFile:
    """Read a CSV file as text. Wrong files give REFUSED issues, never an exception."""
    encoding, why = (hints.encoding, "the mapping says so") if hints.encoding else find_encoding(path)
    choices = [Choice(about="encoding", value=encoding, reason=why)]
    try:
        return _read_decoded(path, encoding, hints, choices)
    except UnicodeDecodeError as error:
        return _refused(path, choices, "import.encoding", f"byte {error.start} is no {encoding} text",
                        'Say encoding = "cp1252" (or what it is) for this file in mapping.toml.')


def find_encoding(path: Path) -> tuple[str, str]:
    """Find the encoding of a text file and say how: byte order mark, valid UTF-8, or detection."""
    with path.open("rb") as stream:
        start = stream.read(4)
        if start.startswith(codecs.BOM_UTF8):
            return "utf-8-sig", "byte order mark"
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", "byte order mark"
        stream.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        while block := stream.read(1 << 22):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return _detect(path)
    return "utf-8", "every byte is valid UTF-8"


def _detect(path: Path) -> tuple[str, str]:
    """Name the code page of a file that is no UTF-8: looks at the lines with bytes above 127."""
    with path.open("rb") as stream:
        telling = b"".join(line for line in stream if not line.isascii())[:200_000]
    wanted = ["cp1252", "cp1250", "cp1251", "mac_roman", "cp850"]
    best = from_bytes(telling, cp_isolation=wanted).best()
    found = best.encoding if best else "cp1252"
    return found, f"not UTF-8; the bytes fit {found} best: look at the sample"


def _refused(path: Path, choices: Sequence[Choice], code: str, message: str, advice: str,
             row: int | None = None, value: str | None = None) -> TextFile:
    issue = Issue(code=code, severity=Severity.REFUSED, message=message, advice=advice,
                  place=Place(source=path.name, row=row, value=value))
    raw = RawTable(file=path.name, frame=pl.DataFrame(schema={ROW: pl.Int64}), choices=tuple(choices))
    return TextFile(raw=raw, issues=(issue,))


def _read_decoded(path: Path, encoding: str, hints: TextHints, choices: list[Choice]) -> TextFile:
    with path.open(encoding=encoding, newline="") as stream:
        start = [line for _, line in zip(range(_LOOKED_AT), stream, strict=False)]
    delimiter, why = (hints.delimiter, "the mapping says so") if hints.delimiter else find_delimiter(start)
    choices.append(Choice(about="delimiter", value={"\t": "TAB"}.get(delimiter, delimiter), reason=why))
    return _cut(path, encoding, delimiter, hints, choices)


def find_delimiter(lines: Sequence[str]) -> tuple[str, str]:
    """Find the sign that cuts most lines into the same number of cells, and say how it was found."""
    best, cells, share = ",", 1, 0.0
    for sign in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=sign) if any(cell.strip() for cell in row)]
        if not widths:
            continue
        common = max(sorted(set(widths)), key=lambda width: (widths.count(width), width))
        agreeing = widths.count(common) / len(widths)
        if common > 1 and (agreeing, common) > (share, cells):
            best, cells, share = sign, common, agreeing
    if cells == 1:
        return best, "one column: no sign cuts the lines"
    return best, f"cuts {share:.0%} of the first lines into {cells} cells"


def _cut(path: Path, encoding: str, delimiter: str, hints: TextHints, choices: list[Choice]) -> TextFile:
    """Cut the file into records, find the header, and hand the rows on."""
    with path.open(encoding=encoding, newline="") as stream:
        records = _records(stream, delimiter)
        try:
            start = [record for _, record in zip(range(_LOOKED_AT), records, strict=False)]
            header, at, why = _find_header(start, hints)
            if header is None:
                return _refused(path, choices, "import.no-header", why, _HEADER_ADVICE, value=_shown(start))
            choices.append(Choice(about="header row", value=str(at), reason=why))
            doubled = sorted({name for name in header if name and header.count(name) > 1})
            if doubled:
                return _refused(path, choices, "import.double-header", f"column '{doubled[0]}' stands twice",
                                "Rename or delete one of the two columns.", row=at, value=doubled[0])
            body = [record for record in start if record[0] > at]
            return _collect(path, header, _chain(body, records), choices, delimiter)
        except csv.Error as error:
            line = getattr(error, "line", None)
            return _refused(path, choices, "import.long-cell", str(error), _LONG_ADVICE, row=line)


_HEADER_ADVICE = "Write the column names in the first line, or give names = [...] for this file in mapping.toml."
_LONG_ADVICE = "Take that column out of the file: a picture or document in a cell can't be planned with."
_Record = tuple[int, list[str]]


def _chain(first: Sequence[_Record], rest: Iterator[_Record]) -> Iterator[_Record]:
    yield from first
    yield from rest


def _records(stream: Iterator[str], delimiter: str) -> Iterator[_Record]:
    """Give each record with the line it begins on; csv.Error for a cell that is too long."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(stream, delimiter=delimiter)
    line = 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def _find_header(start: Sequence[_Record], hints: TextHints) -> tuple[list[str] | None, int, str]:
    """Give header names, line and reason; None with the reason when there is no header."""
    if hints.names:
        return [name.strip() for name in hints.names], 0, "the mapping names the columns"
    if hints.header_row:
        cells = next((cells for line, cells in start if line == hints.header_row), [])
        return [cell.strip() for cell in cells], hints.header_row, "the mapping says so"
    wanted = {match_key(name) for name in hints.expected}
    scores = [(sum(match_key(cell) in wanted for cell in cells), -line) for line, cells in start]
    score, negative = max(scores, default=(0, 0))
    if score == 0:
        return None, 0, f"no line has one of the column names {', '.join(sorted(hints.expected)[:8])}"
    cells = next(cells for line, cells in start if line == -negative)
    above = [line for line, found in start if line < -negative and any(cell.strip() for cell in found)]
    why = f"{score} of {len(cells)} names are known" + (f"; {len(above)} junk lines above passed over" if above else "")
    return [cell.strip() for cell in cells], -negative, why


def _shown(start: Sequence[_Record]) -> str:
    return " | ".join(cell[:20] for cell in start[0][1][:6]) if start else ""


def _collect(path: Path, header: list[str], records: Iterator[_Record], choices: list[Choice], delimiter: str) -> TextFile:
    """Turn records into a frame of text, chunk by chunk; ragged rows become rejects, blank ones are counted."""
    width, blank = len(header), 0
    frames: list[pl.DataFrame] = []
    rejects: list[Reject] = []
    lines: list[int] = []
    rows: list[list[str]] = []
    for line, cells in records:
        if not any(cells) or not any(cell.strip() for cell in cells):
            blank += 1
            continue
        if len(cells) != width:
            cells = cells[:width] if not any(cells[width:]) and len(cells) > width else cells
            if len(cells) != width:
                rejects.append(_ragged(line, cells, width, delimiter))
                continue
        lines.append(line)
        rows.append(cells)
        if len(rows) == _CHUNK:
            frames.append(_frame(header, lines, rows))
            lines, rows = [], []
    frames.append(_frame(header, lines, rows))
    frame = pl.concat(frames)
    raw = RawTable(file=path.name, frame=frame, blank=blank, choices=tuple(choices), sample=_sample(frame))
    return TextFile(raw=raw, rejects=tuple(rejects), delimiter=delimiter)


def _ragged(line: int, cells: Sequence[str], width: int, delimiter: str) -> Reject:
    return Reject(
        row=line, column="", value="", text=delimiter.join(cells),
        reason=f"the row has {len(cells)} cells, expected {width} as in the header",
        advice="Put quotes round cells that hold the delimiter, and give every row all its cells.",
    )


def _frame(header: Sequence[str], lines: Sequence[int], rows: Sequence[Sequence[str]]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    named = {name: pl.Series(name, column, dtype=pl.String) for name, column in zip(header, columns, strict=True) if name}
    frame = pl.DataFrame({ROW: pl.Series(lines, dtype=pl.Int64), **named})
    text = [pl.when(pl.col(name).str.strip_chars() == "").then(None).otherwise(pl.col(name)).alias(name) for name in named]
    return frame.with_columns(text)


def _sample(frame: pl.DataFrame) -> tuple[str, ...]:
    """Give up to five different cells with letters outside ASCII."""
    found: list[str] = []
    for name in frame.columns:
        if frame.schema[name] == pl.String:
            odd = frame[name].drop_nulls().filter(frame[name].drop_nulls().str.contains(r"[^\x00-\x7F]"))
            found += odd.unique(maintain_order=True).head(5).to_list()
    return tuple(found[:5])
