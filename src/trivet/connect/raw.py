"""A file as text: every cell as it stands, with the line it stands on, before anything is understood.

Keys stay text ('0101' keeps its zero), numbers are not numbers yet; what the columns mean is decided
by `connect.cells` with the table's specification in hand.
"""

from dataclasses import dataclass

import polars as pl

from trivet.core.report import Choice

ROW = "__row__"
"""Column of a raw frame with the line in the file (1 = the first line)."""
CELL = 1 << 32
"""In a file turned from wide to long a row is its line plus the number of its column times this."""
WRITTEN = "__written__"
"""Column of typed rows: the bucket as the file writes it; two days of one month are two rows, never one twice."""
SOURCE = "__source__"
"""Column of typed rows with the number of the file that feeds the table."""


def line_of(row: int) -> int:
    """Give the line in the file of a row (several rows of a file turned from wide to long share one)."""
    return row % CELL


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawTable:
    """A file as text.

    Attributes:
        file: name of the file.
        frame: one String column a column of the file (empty cells null), and ROW as Int64.
        blank: rows without any value, already taken out of the frame.
        choices: what was decided while reading.
        sample: cells with letters outside ASCII.
        delimiter: sign between cells of the file.
    """

    file: str
    frame: pl.DataFrame
    blank: int = 0
    choices: tuple[Choice, ...] = ()
    sample: tuple[str, ...] = ()
    delimiter: str = ","

    @property
    def columns(self) -> list[str]:
        """Names of the columns of the file."""
        return [name for name in self.frame.columns if name != ROW]
