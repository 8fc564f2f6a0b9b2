"""Charts of the review pack in one notation: actual solid, plan hatched, budget outlined, limits as lines."""

from typing import Any, Final

from trivet.connect.pack_book import ACTUAL, BAD, GREY, INK, LIGHT, Page

BLUE: Final = "#2563EB"
SOLID: Final[dict[str, Any]] = {"fill": {"color": ACTUAL}, "border": {"none": True}}
HATCHED: Final[dict[str, Any]] = {
    "pattern": {"pattern": "wide_upward_diagonal", "fg_color": ACTUAL, "bg_color": "white"},
    "border": {"color": ACTUAL},
}
OUTLINED: Final[dict[str, Any]] = {"fill": {"none": True}, "border": {"color": INK, "width": 1}}
PALE: Final[dict[str, Any]] = {"fill": {"color": LIGHT}, "border": {"none": True}}
LEVEL: Final[dict[str, Any]] = {"line": {"color": BLUE, "width": 1.75}}
WISH: Final[dict[str, Any]] = {"line": {"color": INK, "width": 1.25, "dash_type": "dash"}}
LIMIT: Final[dict[str, Any]] = {"line": {"color": BAD, "width": 1.5}}


def column_chart(page: Page, *, stacked: bool = False) -> Any:
    """Start a chart of columns."""
    kind = {"type": "column", "subtype": "stacked"} if stacked else {"type": "column"}
    return page.book.workbook.add_chart(kind)


def line_chart(page: Page) -> Any:
    """Start a chart of lines, to be laid over columns."""
    return page.book.workbook.add_chart({"type": "line"})


def add_series(chart: Any, page: Page, name: str, cells: tuple[int, int, int, int], look: dict[str, Any]) -> None:
    """Add a row of cells (row of labels, row of values, first and last column) to a chart."""
    labels, row, first, last = cells
    series = {"name": name, "categories": [page.name, labels, first, labels, last], "gap": 40}
    chart.add_series({**series, "values": [page.name, row, first, row, last], **look})


def place(
    chart: Any,
    page: Page,
    at: tuple[int, int],
    title: str,
    unit: str,
    size: tuple[int, int] = (620, 270),
    *,
    zero: bool = False,
) -> None:
    """Give a chart its title (the message), unit, place on the page and size (width, height in pixels).

    `zero`: nothing is negative, so that columns begin at 0 and are as long as what they say.
    """
    chart.set_title(
        {
            "name": f"{title} ({unit})",
            "name_font": {"size": 10, "color": INK},
            "overlay": False,
            "layout": {"x": 0.02, "y": 0.02},
        }
    )
    font = {"size": 8, "color": GREY}
    chart.set_x_axis({"num_font": {**font, "rotation": -45}, "line": {"color": GREY}, "label_position": "low"})
    chart.set_y_axis(
        {
            "num_font": font,
            "major_gridlines": {"visible": True, "line": {"color": LIGHT, "width": 0.5}},
            "line": {"none": True},
            "num_format": "#,##0",
            **({"min": 0} if zero else {}),
        }
    )
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": size[0], "height": size[1]})
    chart.set_chartarea({"border": {"none": True}})
    chart.show_blanks_as("gap")
    page.sheet.insert_chart(at[0], at[1], chart, {"object_position": 1})
