"""Rejected rows as files that can be mended and loaded again: line, reason, advice and the row itself."""

from pathlib import Path

import polars as pl

from trivet.connect.csv_out import write_csv
from trivet.core.report import ImportReport


def write_rejects(report: ImportReport, folder: Path) -> tuple[Path, ...]:
    """Write the rejected rows of each file to `rejects_FILE-TABLE.csv` with line, reason and advice.

    Gives the files written; none for files without rejects. Existing reject files are replaced.
    """
    written: list[Path] = []
    for table in report.tables:
        if table.rejects:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"rejects_{table.file}-{table.table}.csv"
            names = ("row", "column", "value", "reason", "advice", "text")
            frame = pl.DataFrame({name: [getattr(found, name) for found in table.rejects] for name in names})
            write_csv(frame, path)
            written.append(path)
    return tuple(written)
