"""Reading CSV files as text: encoding, delimiter, header row and junk, found and said, never assumed.

Letters are never replaced by '?': a file is UTF-8 (with or without byte order mark) or its encoding
is detected and a decoded sample shown. The header is the line with most known column names; rows keep
the line they stand on. A file that can't be understood is refused with what to say in the mapping.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import polars as pl
from charset_normalizer import from_bytes

from trivet.connect.header import Header, Hints, find_header
from trivet.connect.raw import ROW, RawTable
from trivet.core.issues import Issue, Place, Severity
from trivet.core.report import Choice, Reject

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 32_767
"""Characters: a spreadsheet's cell holds no more; hexadecimal pictures are longer, codes and names never."""
_CHUNK = 50_000
LOOKED_AT = 60
_CODE_PAGES = ["cp1250", "cp1251", "cp1253", "cp1254", "mac_roman", "cp850"]
_INSIDE_WORD = re.compile(r"[^\W\d_][¡¢¤¥¦§¨©ª¬¯±²³¶¹º¼½¾][^\W\d_]")
_MOST_FOREIGN = 0.4
"""Part of the letters outside ASCII a Western text may have."""
_PLACEHOLDERS = frozenset({"column", "colunm", "null", "none", "nan", "n/a", "#n/a"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextFile:
    """A file read as text, the rows that could not be cut, and reasons to refuse it."""

    raw: RawTable
    rejects: tuple[Reject, ...] = ()
    issues: tuple[Issue, ...] = ()
    delimiter: str = ","


def read_text(path: Path, hints: Hints) -> TextFile:
    """Read a CSV file as text. Wrong files give REFUSED issues, never an exception."""
    encoding, why = (hints.encoding, "the mapping says so") if hints.encoding else find_encoding(path)
    choices = [Choice(about="encoding", value=encoding, reason=why)]
    try:
        with path.open(encoding=encoding, newline="") as stream:
            start = list(islice(stream, LOOKED_AT))
        delimiter, why = (hints.delimiter, "the mapping says so") if hints.delimiter else find_delimiter(start)
        choices.append(Choice(about="delimiter", value={"\t": "TAB"}.get(delimiter, delimiter), reason=why))
        with path.open(encoding=encoding, newline="") as stream:
            return collect(path.name, cut_records(stream, delimiter), hints, choices, delimiter)
    except UnicodeDecodeError as error:
        message = f"byte {error.start} of a line is no {encoding} text"
        advice = 'Say encoding = "cp1252" (or what it is) for this file in mapping.toml.'
        return refuse(path.name, "import.encoding", message, advice)
    except LookupError:
        message = f"encoding '{encoding}' is not known, expected e.g. utf-8 or cp1252"
        return refuse(path.name, "import.encoding", message, "Correct it in mapping.toml.", value=encoding)


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
    """Name the code page of a file that is no UTF-8: looks at the lines with bytes above 127.

    cp1252 unless it makes signs stand inside words or most letters foreign; then the best statistical fit
    (charset-normalizer alone takes short Spanish for Polish).
    """
    with path.open("rb") as stream:
        telling = b"".join(line for line in stream if not line.isascii())[:200_000]
    western = telling.decode("cp1252", errors="replace")
    letters = [sign for sign in western if sign.isalpha()]
    foreign = sum(not sign.isascii() for sign in letters)
    if "\ufffd" not in western and not _INSIDE_WORD.search(western) and foreign <= _MOST_FOREIGN * len(letters):
        return "cp1252", "not UTF-8; read as cp1252 its letters make words: look at the sample"
    best = from_bytes(telling, cp_isolation=_CODE_PAGES).best()
    found = best.encoding if best else "cp1252"
    return found, f"not UTF-8 and not cp1252; the bytes fit {found} best: look at the sample"


def find_delimiter(lines: Sequence[str]) -> tuple[str, str]:
    """Find the sign that cuts most lines into the same number of cells, and say how it was found."""
    csv.field_size_limit(2**31 - 1)  # here only cells are counted; cut_records sets the limit that refuses
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


def refuse(
    file: str, code: str, message: str, advice: str, *, row: int | None = None, value: str | None = None
) -> TextFile:
    """Give a file that is refused for one reason."""
    place = Place(source=file, row=row, value=value)
    issue = Issue(code=code, severity=Severity.REFUSED, message=f"{message}.", advice=advice, place=place)
    return TextFile(raw=RawTable(file=file, frame=pl.DataFrame(schema={ROW: pl.Int64})), issues=(issue,))


class LongCellError(Exception):
    """A cell is longer than any code, name or number."""

    def __init__(self, line: int) -> None:
        """Keep the line."""
        super().__init__(line)
        self.line = line


Record = tuple[int, Sequence[str]]
"""A line of the file and its cells."""


def cut_records(stream: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Give each record with the line it begins on; LongCellError for a cell that is too long."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(stream, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise LongCellError(line) from error


def collect(file: str, records: Iterator[Record], hints: Hints, choices: list[Choice], delimiter: str) -> TextFile:
    """Find the header among the first records and turn the rows below it into a frame of text."""
    try:
        start = list(islice(records, LOOKED_AT))
        if hints.transposed:
            start, records = _turned([*start, *islice(records, 10_000)]), iter(())
            choices.append(Choice(about="layout", value="turned", reason="the mapping says transposed"))
        header = find_header(start, hints)
        if not isinstance(header, Header):
            return refuse(file, header.code, header.message, header.advice, row=header.row, value=header.value)
        choices.append(Choice(about="header row", value=str(header.row), reason=header.reason))
        rows = chain((record for record in start if record[0] > header.row), records)
        return _gather(file, header.names, rows, choices, delimiter)
    except LongCellError as error:
        message = f"a cell has more than {LONGEST_CELL:,} characters, expected codes, names and numbers"
        advice = "Take that column out of the file: a picture or document in a cell can't be planned with."
        return refuse(file, "import.long-cell", message, advice, row=error.line)


def _turned(records: Sequence[Record]) -> list[Record]:
    """Turn a table that lies on its side; its columns become lines 1, 2, 3."""
    width = max((len(cells) for _, cells in records), default=0)
    padded = [[*cells, *[""] * (width - len(cells))] for _, cells in records]
    return [(line, list(cells)) for line, cells in enumerate(zip(*padded, strict=True), start=1)]


def _gather(
    file: str, names: Sequence[str], records: Iterable[Record], choices: Sequence[Choice], delimiter: str
) -> TextFile:
    """Turn records into a frame, chunk by chunk; rows that can't be cut become rejects, blank ones are counted."""
    blank = 0
    frames: list[pl.DataFrame] = []
    rejects: list[Reject] = []
    good: list[Record] = []
    for line, cells in records:
        if not any(cell and not cell.isspace() for cell in cells):
            blank += 1
            continue
        fitted = _fit(cells, len(names))
        if fitted is None or _is_placeholder(cells):
            rejects.append(_broken(line, cells, len(names), delimiter))
            continue
        good.append((line, fitted))
        if len(good) == _CHUNK:
            frames.append(_frame(names, good))
            good = []
    frame = pl.concat([*frames, _frame(names, good)])
    raw = RawTable(
        file=file, frame=frame, blank=blank, choices=tuple(choices), sample=_sample(frame), delimiter=delimiter
    )
    return TextFile(raw=raw, rejects=tuple(rejects), delimiter=delimiter)


def _fit(cells: Sequence[str], width: int) -> Sequence[str] | None:
    """Give the cells of a row in the header's width; None when it has others."""
    if len(cells) == width:
        return cells
    return cells[:width] if len(cells) > width and not any(cells[width:]) else None


def _is_placeholder(cells: Sequence[str]) -> bool:
    return cells[0].isalpha() and {cell.strip().lower() for cell in cells if cell} <= _PLACEHOLDERS


def _broken(line: int, cells: Sequence[str], width: int, delimiter: str) -> Reject:
    text = join_cells(cells, delimiter)
    if len(cells) == width:
        reason, advice = "the row holds placeholders, expected values", "Delete the row."
    else:
        reason = f"the row has {len(cells)} cells, expected {width} as in the header"
        advice = "Put quotes round cells that hold the delimiter, and give every row all its cells."
    return Reject(row=line, column="", value="", text=text, reason=reason, advice=advice)


def join_cells(cells: Sequence[str | None], delimiter: str) -> str:
    """Write a row as it stands in its file: cells with the delimiter in them stand in quotes."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow([cell or "" for cell in cells])
    return line.getvalue()


def _frame(names: Sequence[str], rows: Sequence[Record]) -> pl.DataFrame:
    columns = list(zip(*(cells for _, cells in rows), strict=True)) if rows else [()] * len(names)
    texts = {
        name: pl.Series(name, column, dtype=pl.String) for name, column in zip(names, columns, strict=True) if name
    }
    frame = pl.DataFrame({ROW: pl.Series([line for line, _ in rows], dtype=pl.Int64), **texts})
    return frame.with_columns(empty_to_null(name) for name in texts)


def empty_to_null(name: str) -> pl.Expr:
    """Make empty cells and cells of blanks null."""
    return pl.when(pl.col(name).str.contains(r"\S")).then(pl.col(name)).alias(name)


def _sample(frame: pl.DataFrame) -> tuple[str, ...]:
    """Give up to five different cells with letters outside ASCII."""
    found: list[str] = []
    for name in frame.columns:
        if frame.schema[name] == pl.String and len(found) < 5:
            odd = frame[name].drop_nulls().filter(frame[name].drop_nulls().str.contains(r"[^\x00-\x7F]"))
            found += odd.unique(maintain_order=True).head(5).to_list()
    return tuple(found[:5])
