"""The paper of the pack as PDF: A4 landscape pages in one look, written for typst and set by it.

Each page says what it shows (its title is the message), in which unit, and at its foot which company, cycle,
version and digest, and the command that shows the same cells. Nothing here decides a number. The same pages give
the same bytes: the file's date is the first day of the cycle and the font comes with the package (Inter, OFL).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from trivet.connect.pack_book import BAD, GOOD, GREY, INK, Imprint
from trivet.connect.pdf_words import typeset
from trivet.core.errors import Unavailable

Cell = str | tuple[str, str]
"""A cell: text, or (look, text): b strong, s grey, c small, sign coloured by its sign, better, worse."""

WIDTH: Final = 785.0
"""Points between the margins of a page."""

LEFT_OUT: Final = "// what was left out"
"""Where a page tells what was left out, and why: known when all pages are written."""

_LOOK: Final = f"""
#let ink = rgb("{INK}")
#let grey = rgb("{GREY}")
#let bad = rgb("{BAD}")
#let good = rgb("{GOOD}")
#let hair = 0.35pt + rgb("#C9CDD3")
#let b(t) = text(weight: 600, t)
#let s(t) = text(fill: grey, t)
#let c(t) = text(size: 6.6pt, t)
#let worse(t) = text(fill: bad, weight: 600, t)
#let better(t) = text(fill: good, weight: 600, t)
#let sign(t) = text(fill: if t.starts-with("−") {{ bad }} else if t.starts-with("+") {{ good }} else {{ ink }}, t)
#set text(font: "Inter", size: 7.4pt, fill: ink, lang: "en", hyphenate: false)
#set par(leading: 0.42em, spacing: 0.6em)
#set table(stroke: none)
#let section(t, u) = block(above: 0pt, below: 4pt, width: 100%, stroke: (top: 0.8pt + ink), inset: (top: 3.5pt))[
  #text(size: 8.6pt, weight: 600, t) #if u != "" [#h(3pt) #text(size: 6.8pt, fill: grey, u)]]
"""
_PAGE: Final = """
#page(
  header: stack(spacing: 5pt, text(size: 14pt, weight: 600, {title}), text(size: 8pt, fill: grey, {under})),
)[
#place(hide(heading(level: 1, outlined: true, bookmarked: true, {name})))
{body}
{source}
]
"""


def quoted(text: str) -> str:
    r"""Write a text as typst reads it, with nothing in it meaning anything.

    >>> quoted('5" "#x')
    '"5\\" \\"#x"'
    """
    plain = "".join(max(sign, " ") for sign in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shown(cell: Cell) -> str:
    """Write a cell in its look."""
    if isinstance(cell, str):
        return quoted(typeset(cell))
    look, text = cell
    return f"{look}({quoted(typeset(text))})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: `heads` of its columns, `lines` of cells.

    Attributes:
        widths: typst widths of the columns, e.g. `80pt, 1fr`, or `(24pt,) * 5` written out.
        left: columns set flush left; all others are numbers, flush right.
        shade: columns (first, stop) on grey: what is actual.
        rules: lines above which a hairline is drawn.
        strong: lines in bold.
        size: of the print, in points.
        pitch: room above and below the print of a line.
    """

    heads: Sequence[str]
    lines: Sequence[Sequence[Cell]]
    widths: str
    left: frozenset[int] = frozenset({0})
    shade: tuple[int, int] | None = None
    rules: frozenset[int] = frozenset()
    strong: frozenset[int] = frozenset()
    size: float = 7.0
    pitch: float = 1.9

    def text(self) -> str:
        """Write it for typst; the heads are repeated on each page it goes over."""
        aligned = ", ".join("left" if i in self.left else "right" for i in range(len(self.heads)))
        first, stop = self.shade or (0, 0)
        inset = f"inset: (x: 1.5pt, y: {self.pitch}pt)"
        parts = [
            f'#[#set text(size: {self.size}pt, number-width: "tabular")',
            f"#table({inset}, columns: ({self.widths},), align: ({aligned},),",
            f'fill: (x, y) => if x >= {first} and x < {stop} {{ rgb("#F3F4F6") }},',
            f"table.header({', '.join(self._cells([('b', head) for head in self.heads]))}),",
            "table.hline(stroke: 0.6pt + ink),",
        ]
        for index, cells in enumerate(self.lines):
            rule = "table.hline(stroke: hair)," if index in self.rules and index else ""
            written = self._cells(cells)
            if index in self.strong:
                written = [f"b({cell})" for cell in written]
            parts.append(rule + ", ".join(written) + ",")
        return "\n".join([*parts, ")]"])

    def _cells(self, cells: Sequence[Cell]) -> list[str]:
        """Write cells; words that follow numbers stand off from them."""
        after = [i in self.left and i > 0 and i - 1 not in self.left for i in range(len(cells))]
        return [f"pad(left: 7pt, {shown(cell)})" if after[i] else shown(cell) for i, cell in enumerate(cells)]


def bucket_widths(kinds: Sequence[str]) -> str:
    """Give the widths of columns of buckets by kind: years need most room, groups a little more than buckets."""
    return ", ".join({"year": "1.22fr", "group": "1.1fr"}.get(kind, "1fr") for kind in kinds)


def section(title: str, unit: str = "") -> str:
    """Write a heading over a table or chart: its message and unit."""
    return f"#section({quoted(typeset(title))}, {quoted(typeset(unit))})"


def picture(svg: str, width: float, said: str) -> str:
    """Place a drawing; `said` is read out to who can't see it."""
    return f'#image(bytes({quoted(svg)}), format: "svg", width: {width:.1f}pt, alt: {quoted(said)})'


def bullets(lines: Sequence[Cell], size: float = 7.2) -> str:
    """Write lines of words, each with a dash."""
    written = "\n".join(f"[{'#' + shown(line)}]," for line in lines)
    return f"#[#set text(size: {size}pt)\n#list(marker: [–], indent: 0pt, body-indent: 3pt, spacing: 3.2pt, {written})]"


def beside(*parts: tuple[str, Sequence[str]], gutter: float = 14) -> str:
    """Set blocks beside each other: (width, blocks from the top down)."""
    widths = ", ".join(width for width, _ in parts)
    bodies = ",\n".join("[" + "\n".join(blocks) + "]" for _, blocks in parts)
    return f"#grid(columns: ({widths},), column-gutter: {gutter}pt,\n{bodies})"


def gap(points: float = 6) -> str:
    """Leave room."""
    return f"#v({points}pt)"


@dataclass(slots=True, kw_only=True)
class Paper:
    """A pack being written: pages in order, and what was left out with its reason."""

    imprint: Imprint
    day: date
    pages: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def page(self, name: str, title: str, unit: str, *, body: Sequence[str], cells: str = "") -> None:
        """Add a page: `title` is its message, `unit` of its numbers, `cells` the command that shows the same."""
        mark = self.imprint
        under = f"{name} · {mark.company} · cycle {mark.cycle} · {unit}"
        source = f"#v(3pt)\n#text(size: 6.5pt, fill: grey, {quoted('Cells: ' + cells)})" if cells else ""
        filled = _PAGE.replace("{title}", quoted(typeset(title))).replace("{under}", quoted(under))
        filled = filled.replace("{name}", quoted(name)).replace("{source}", source)
        self.pages.append(filled.replace("{body}", "\n".join(body)))

    def leave_out(self, name: str, why: str) -> None:
        """Say in the contents that a page is not there, and why."""
        self.left_out.append((name, why))

    def show(self, measure: str, where: str = "") -> str:
        """Give the command that shows the cells of a measure in this version."""
        return f"trivet show {measure}{' ' + where if where else ''} --plan {self.imprint.version}"

    def text(self) -> str:
        """Write all pages for typst."""
        mark, day = self.imprint, self.day
        foot = f"{mark.company} · cycle {mark.cycle} · version {mark.version} · digest {mark.digest[:16]}"
        title = quoted(f"{mark.company} {mark.cycle}: review pack of version {mark.version}")
        absent = [f"Not here: {name}: {why}." for name, why in self.left_out]
        pages = [page.replace(LEFT_OUT, bullets(absent, 6.8) if absent else "") for page in self.pages]
        return "\n".join(
            [
                f"#set document(title: {title}, date: datetime(year: {day.year}, month: {day.month}, day: {day.day}),"
                f' author: "Trivet", description: {quoted("digest " + mark.digest)})',
                _LOOK,
                '#set page(paper: "a4", flipped: true, margin: (x: 10mm, top: 19mm, bottom: 11mm),'
                " header-ascent: 9pt, footer-descent: 6pt,"
                f" footer: text(size: 6.8pt, fill: grey)[#{quoted(foot)} #h(1fr)"
                ' #context counter(page).display("1 of 1", both: true)])',
                *pages,
            ]
        )

    def set_pages(self, form: str = "pdf", ppi: float | None = None) -> list[bytes]:
        """Set the pages: one PDF, or a picture of each page (`png`).

        Raises Unavailable when typst refuses them: a fault of ours, told with its words.
        """
        import fontpkg_inter  # noqa: PLC0415 - the letters, for a pack only
        import typst  # noqa: PLC0415 - 80 MB, and only a pack needs it

        fonts = str(fontpkg_inter.ROOT / "files")
        moment = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        source: bytes = self.text().encode()
        compiler = typst.Compiler(source, font_paths=typst.Fonts(include_system_fonts=False, font_paths=[fonts]))
        try:
            made = compiler.compile(format="png" if form == "png" else "pdf", ppi=ppi, timestamp=moment, pdf_tags=False)
        except RuntimeError as error:
            raise Unavailable(f"the PDF of {self.imprint.version} can't be set: {error}. Report it.") from error
        return list(made) if isinstance(made, list) else [made or b""]
