"""Workbooks, read in a child process with a limit of memory and time: macros never run, a bomb kills nothing.

Before anything is opened the sheets are scanned as a stream: a workbook with a cell in A1 and one in
XFD1048576 stands for 17 thousand million cells and is refused.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import polars as pl

from trivet.connect.header import Hints
from trivet.connect.texts import Record, TextFile, collect, refuse
from trivet.core.report import Choice

MOST_CELLS = 40_000_000
"""Cells of the rectangle round all filled cells of a sheet."""
LARGEST_UNZIPPED = 2 * 1024**3
"""Bytes of all parts of the workbook, unzipped."""
MEMORY = 3 * 1024**3
"""Bytes of address space the child may take."""
SECONDS = 300
"""Time the child may take."""
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


@dataclass(slots=True)
class _Extent:
    """How far the filled cells of a sheet reach."""

    rows: int = 0
    columns: int = 0
    cell: str = ""
    problems: list[str] = field(default_factory=list)

    def see(self, name: str, attributes: dict[str, str]) -> None:
        """Take note of one element of the sheet."""
        cut = _CELL.fullmatch(attributes.get("r", "")) if name == "c" else None
        if not cut:
            return
        column = 0
        for letter in cut[1]:
            column = column * 26 + ord(letter) - 64
        if int(cut[2]) > self.rows or column > self.columns:
            self.rows, self.columns = max(self.rows, int(cut[2])), max(self.columns, column)
            self.cell = attributes["r"]


def read_workbook(path: Path, hints: Hints, sheet: str | None) -> TextFile:
    """Read one sheet of a workbook as text; refused when it is too large or no workbook."""
    try:
        extent = _scan(path)
    except (zipfile.BadZipFile, expat.ExpatError, EOFError) as error:
        return refuse(path.name, "import.workbook", f"is no workbook that can be read: {error}", _AGAIN)
    if extent.problems:
        return refuse(path.name, "import.workbook-too-large", extent.problems[0], _SMALLER, value=extent.cell or None)
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / "sheet.arrow"
        failure = _run_child(path, sheet, target)
        if failure:
            return refuse(path.name, "import.workbook", failure, _AGAIN)
        frame = pl.read_ipc(target)
    choices = [Choice(about="format", value="workbook", reason=f"{frame.height} rows of sheet {sheet or 'number 1'}")]
    return collect(path.name, _records(frame), hints, choices, ",")


_AGAIN = "Save it again as .xlsx in your spreadsheet, or as CSV."
_SMALLER = "Delete what stands far below or right of the table, save it again, or save the sheet as CSV."


def _scan(path: Path) -> _Extent:
    """Find how far the sheets reach without building them."""
    extent = _Extent()
    with zipfile.ZipFile(path) as book:
        unzipped = sum(part.file_size for part in book.infolist())
        if unzipped > LARGEST_UNZIPPED:
            extent.problems.append(f"has {unzipped / 1024**3:.1f} GB unzipped, expected at most 2 GB")
            return extent
        for part in book.infolist():
            if not _SHEET.fullmatch(part.filename):
                continue
            parser = expat.ParserCreate()
            own = _Extent()
            parser.StartElementHandler = own.see
            with book.open(part) as stream:
                parser.ParseFile(stream)
            if own.rows * own.columns > MOST_CELLS:
                own.problems.append(
                    f"a cell in {own.cell} makes a table of {own.rows:,} rows and {own.columns:,} columns, "
                    f"expected at most {MOST_CELLS:,} cells"
                )
                return own
    return extent


def _run_child(path: Path, sheet: str | None, target: Path) -> str | None:
    """Read the sheet in a child process; None when it went well, else what happened."""
    command = [sys.executable, "-m", "trivet.connect.workbook_child", str(path), sheet or "", str(target), str(MEMORY)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        return f"took longer than {SECONDS} s to read"
    if done.returncode == 0:
        return None
    said = done.stderr.strip().splitlines()
    return f"can't be read: {said[-1][:200] if said else f'the reader ended with {done.returncode}'}"


def _records(frame: pl.DataFrame) -> Iterator[Record]:
    for line, cells in enumerate(frame.iter_rows(), start=1):
        yield line, ["" if cell is None else str(cell) for cell in cells]
