"""The paper of a review pack: one workbook, its formats, page set-up, tables and charts in one notation.

Actual solid and dark, plan hatched, budget outlined, variances with a sign in green and red. Every sheet
says which company, cycle and version it shows and in which unit (UI.md, IBCS-like).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Final

import xlsxwriter

Cell = str | int | float | Decimal | date | bool | None
"""What a cell may hold; None stays empty (empty is not zero)."""

INK: Final = "#1F2328"
GREY: Final = "#6B7280"
LIGHT: Final = "#D1D5DB"
BAD: Final = "#C8102E"
GOOD: Final = "#1A7F37"
ACTUAL: Final = "#4B5563"

STYLES: Final[dict[str, dict[str, object]]] = {
    "title": {"bold": True, "font_size": 14},
    "sub": {"font_color": GREY},
    "note": {"font_color": GREY, "italic": True, "text_wrap": True},
    "section": {"bold": True, "font_size": 11, "top": 1, "top_color": INK},
    "head": {"bold": True, "bottom": 1, "bottom_color": INK, "text_wrap": True, "valign": "bottom"},
    "head after": {
        "bold": True,
        "bottom": 1,
        "bottom_color": INK,
        "text_wrap": True,
        "valign": "bottom",
        "align": "left",
        "indent": 1,
    },
    "head_right": {"bold": True, "bottom": 1, "align": "right", "text_wrap": True, "valign": "bottom"},
    "head_actual": {"bold": True, "bottom": 1, "align": "right", "bg_color": "#F3F4F6"},
    "text": {},
    "text after": {"align": "left", "indent": 1},
    "wrap": {"text_wrap": True},
    "wrap after": {"text_wrap": True, "align": "left", "indent": 1},
    "strong": {"bold": True},
    "strong after": {"bold": True, "align": "left", "indent": 1},
    "right": {"align": "right"},
    "units": {"num_format": "#,##0"},
    "exact": {"num_format": "#,##0.###"},
    "money": {"num_format": "#,##0"},
    "million": {"num_format": "#,##0.00,,"},
    "thousand": {"num_format": "#,##0,"},
    "change_thousand": {"num_format": "+#,##0,;[Red]-#,##0,;[Black]0", "font_color": GOOD},
    "price": {"num_format": "#,##0.00"},
    "hours": {"num_format": "#,##0.0"},
    "percent": {"num_format": "0.0%"},
    "days": {"num_format": "#,##0.0"},
    "people": {"num_format": "#,##0.0"},
    "whole": {"num_format": "0"},
    "date": {"num_format": "yyyy-mm-dd"},
    "change": {"num_format": "+#,##0;[Red]-#,##0;[Black]0", "font_color": GOOD},
    "change_million": {"num_format": "+#,##0.00,,;[Red]-#,##0.00,,;[Black]0.00", "font_color": GOOD},
    "change_percent": {"num_format": "+0.0%;[Red]-0.0%;[Black]0.0%", "font_color": GOOD},
    "good": {"font_color": GOOD, "bold": True},
    "bad": {"font_color": BAD, "bold": True, "text_wrap": True},
}
_WORDS: Final = ("text", "wrap", "strong")
LINE: Final = 12.5
"""Height of a line of text, in points."""
_TOTAL: Final = {"bold": True, "top": 1, "top_color": INK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What every sheet says about itself."""

    company: str
    currency: str
    cycle: str
    version: str
    digest: str
    scale: tuple[int, str] = (1_000_000, "million")

    @property
    def money(self) -> str:
        """Unit of amounts in the style `million`, e.g. EUR million; small companies' are in thousand."""
        return f"{self.currency} {self.scale[1]}".strip()


class Book:
    """A workbook being written."""

    def __init__(self, path: Path, imprint: Imprint) -> None:
        """Open the file; `imprint` goes on every sheet."""
        options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
        self.workbook = xlsxwriter.Workbook(str(path), options)
        # A fixed date: the same plan gives the same bytes.
        self.workbook.set_properties(
            {
                "title": f"{imprint.company} {imprint.cycle}",
                "comments": f"Version {imprint.version}, digest {imprint.digest}",
                "created": datetime(2000, 1, 1),  # noqa: DTZ001 - Excel has no time zones
            }
        )
        self.workbook.set_calc_mode("auto")
        self.imprint = imprint
        base: dict[str, object] = {"font_name": "Inter", "font_size": 9, "font_color": INK, "valign": "vcenter"}
        styles = {name: _scaled(style, imprint.scale[0]) for name, style in STYLES.items()}
        self.formats = {name: self.workbook.add_format({**base, **style}) for name, style in styles.items()}
        for name, style in styles.items():
            self.formats[f"{name} total"] = self.workbook.add_format({**base, **style, **_TOTAL})
        self._names: set[str] = set()
        self.sheets: list[tuple[str, str]] = []

    def page(self, name: str, title: str, unit: str) -> "Page":
        """Start a sheet; `title` is its message, `unit` the unit of its numbers."""
        sheet_name = self._free(name)
        self.sheets.append((sheet_name, title))
        return Page(self, sheet_name, title, unit)

    def close(self) -> None:
        """Write the file."""
        self.workbook.close()

    def _free(self, name: str) -> str:
        """Give a sheet name Excel takes: no signs it refuses, at most 31 long, not used yet."""
        clean = re.sub(r"[\[\]:*?/\\']", " ", name).strip() or "Sheet"
        found, number = clean[:31], 1
        while found.casefold() in self._names:
            number += 1
            tail = f" {number}"
            found = clean[: 31 - len(tail)] + tail
        self._names.add(found.casefold())
        return found


class Page:
    """A sheet being written, from the top down: `row` is the next free one, `left` the column tables begin in."""

    def __init__(self, book: Book, name: str, title: str, unit: str) -> None:
        """Set the page up and write its head."""
        self.book, self.name, self.row, self.left = book, name, 3, 0
        self._widths: dict[int, float] = {}
        self.sheet = book.workbook.add_worksheet(name)
        mark = book.imprint
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(0, 3)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.set_footer(
            f"&L&8{_plain(mark.company)} cycle {mark.cycle} version {mark.version}&R&8&A, page &P of &N"
        )
        self.sheet.write_string(0, 0, title, book.formats["title"])
        line = f"{mark.company} · cycle {mark.cycle} · version {mark.version} · {unit} · digest {mark.digest[:12]}"
        self.sheet.write_string(1, 0, line, book.formats["sub"])

    def widths(self, *widths: tuple[int, int, float]) -> None:
        """Set column widths: (first, last, width)."""
        for first, last, width in widths:
            self.sheet.set_column(first, last, width)
            self._widths.update(dict.fromkeys(range(first, last + 1), width))

    def section(self, text: str, width: int = 8) -> None:
        """Write a heading over the next table."""
        for column in range(width):
            self.put(self.row, self.left + column, text if column == 0 else None, "section")
        self.row += 1

    def say(self, text: str, style: str = "note") -> None:
        """Write a line of words, e.g. why a table is empty."""
        self.sheet.write_string(self.row, self.left, text, self.book.formats["sub" if style == "note" else style])
        self.row += 2

    def put(self, row: int, column: int, value: Cell, style: str = "text") -> None:
        """Write one cell; None leaves it empty, in its format."""
        form = self.book.formats[style]
        if value is None:
            self.sheet.write_blank(row, column, None, form)
        elif isinstance(value, bool):
            self.sheet.write_string(row, column, "yes" if value else "no", form)
        elif isinstance(value, str):
            self.sheet.write_string(row, column, value, form)
        elif isinstance(value, date):
            day = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day, not a moment
            self.sheet.write_datetime(row, column, day, form)
        else:
            self.sheet.write_number(row, column, float(value), form)

    def formula(self, at: tuple[int, int], text: str, value: float | None, style: str) -> None:
        """Write a formula with the value it has now, so that viewers that do not compute show it."""
        self.sheet.write_formula(at[0], at[1], text, self.book.formats[style], "" if value is None else value)

    def table(self, heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]], empty: str) -> tuple[int, int]:
        """Write a table: heads are (name, style of the column); gives its first and last row (0-based).

        Without rows it says `empty` instead.
        """
        if not rows:
            self.say(empty)
            return self.row, self.row - 1
        styles = [style for _, style in heads]
        after = [" after" if i and s in _WORDS and styles[i - 1] not in _WORDS else "" for i, s in enumerate(styles)]
        for column, (name, style) in enumerate(heads):
            look = f"head{after[column]}" if style in _WORDS else "head_right"
            self.put(self.row, self.left + column, name, look)
        first = self.row + 1
        for offset, cells in enumerate(rows):
            for column, value in enumerate(cells):
                style = styles[column] if not isinstance(value, str) or styles[column] in _WORDS else "text"
                self.put(first + offset, self.left + column, value, style + (after[column] if style in _WORDS else ""))
            lines = max(self._lines(self.left + i, cells[i]) if s == "wrap" else 1 for i, s in enumerate(styles))
            if lines > 1:
                self.sheet.set_row(first + offset, LINE * lines)
        self.row = first + len(rows) + 1
        return first, first + len(rows) - 1

    def _lines(self, column: int, value: Cell) -> int:
        """Count the lines a wrapped text takes; viewers that do not fit rows by themselves need the height."""
        return ceil(len(str(value or "")) * 0.7 / self._widths.get(column, 8.43)) or 1


def columns_of(text: str) -> list[tuple[str, str]]:
    """Give the heads of a table from `name style | name style`.

    >>> columns_of("first year units | gate text")
    [('first year', 'units'), ('gate', 'text')]
    """
    parts = [part.strip().rpartition(" ") for part in text.split("|")]
    return [(name.strip(), style) for name, _, style in parts]


def _scaled(style: dict[str, object], worth: int) -> dict[str, object]:
    """Show amounts of the style `million` in what the company is shown in: a comma less is a thousand times more."""
    shown = str(style.get("num_format", ""))
    return {**style, "num_format": shown.replace(",,", "," * {1_000_000: 2, 1_000: 1, 1: 0}[worth])} if shown else style


def _plain(text: str) -> str:
    """Escape the sign that has a meaning in a footer."""
    return text.replace("&", "&&")
