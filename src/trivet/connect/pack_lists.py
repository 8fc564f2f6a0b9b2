"""The pages that make a pack checkable: capacity, gaps, issues, certificate, assumptions and risks."""

from collections.abc import Sequence
from decimal import Decimal

from xlsxwriter.utility import xl_rowcol_to_cell

from trivet.connect.certificate import Certificate
from trivet.connect.pack_book import Book, Cell, Page, columns_of
from trivet.connect.pack_charts import HATCHED, LIMIT, WISH, add_series, column_chart, line_chart, place
from trivet.connect.pack_family import head, write_row
from trivet.connect.pack_figures import Column, Figures, Row, page_columns
from trivet.connect.pack_making import people_message, people_rows
from trivet.connect.pack_told import PricedRelief, advice_told, by_weight, kind_told, place_told, told
from trivet.core.issues import Severity
from trivet.core.measures import QUANTUM, Unit
from trivet.core.pairs import GapCell
from trivet.core.quantities import MONEY
from trivet.core.summary import PlanSummary

_HOURS = QUANTUM[Unit.HOURS] or Decimal("0.001")
_CHARTS = 4


def write_capacity(book: Book, figures: Figures, summary: PlanSummary) -> None:
    """Write load against capacity of every resource, utilisation by formula, worst first, with charts."""
    worst = [overload.resource for overload in summary.overloads]
    message = f"{worst[0]} is the tightest of {len(worst)} overloaded resources" if worst else "Every resource has room"
    page = book.page("Capacity", f"Capacity: {message[0].lower() if not worst else message[0]}{message[1:]}", "hours")
    columns = tuple(c for c in page_columns(figures.buckets, years=False) if c.kind in ("plan", "group"))
    page.widths((0, 0, 34), (1, 1, 7), (2, 1 + len(columns), 9))
    page.sheet.freeze_panes(4, 2)
    page.sheet.fit_to_pages(1, 1)
    names = figures.load.keys["resource"].to_list()
    if not names:
        page.say("There is no table resources: capacity does not limit the plan.")
        return
    head(page, columns)
    at = {name: _resource(page, figures, columns, index) for index, name in enumerate(names)}
    _people(page, figures, columns)
    months = sum(column.kind == "plan" for column in columns)
    page.row += 1
    for number, name in enumerate([*worst, *(n for n in names if n not in worst)][:_CHARTS]):
        _chart(page, at[name], name, months, number)


def _resource(page: Page, figures: Figures, columns: tuple[Column, ...], index: int) -> dict[str, int]:
    load, name = figures.load, figures.load.keys["resource"][index]
    at: dict[str, int] = {}
    known = figures.is_open
    for label, measure in (
        ("capacity without overtime", "capacity_hours"),
        ("need without limits", "required_hours"),
        ("planned load", "load_hours"),
        ("  of it overtime", "overtime_hours"),
    ):
        row = Row(label=label, unit="h", style="hours", counts=load.count(measure)[index], quantum=_HOURS, known=known)
        at[measure] = write_row(page, row, columns, f"{name}: {label}", "h")
    for label, measure in (("need", "required_hours"), ("planned", "load_hours")):
        page.put(page.row, 0, f"{name}: {label} of capacity", "strong")
        page.put(page.row, 1, "%", "sub")
        for offset, column in enumerate(columns):
            above, below = (xl_rowcol_to_cell(at[m], 2 + offset) for m in (measure, "capacity_hours"))
            hours = int(load.count("capacity_hours")[index, column.buckets].sum())
            value = int(load.count(measure)[index, column.buckets].sum()) / hours if hours else None
            page.formula((page.row, 2 + offset), f'=IF({below}=0,"",{above}/{below})', value, "percent")
        red = {"type": "cell", "criteria": ">", "value": 1.0005, "format": page.book.formats["bad"]}
        page.sheet.conditional_format(page.row, 2, page.row, 1 + len(columns), red)
        page.row += 1
    page.row += 1
    return at


def _people(page: Page, figures: Figures, columns: tuple[Column, ...]) -> None:
    """Write the people of each resource: heads, who joins, who leaves, temporary hours."""
    staff = people_rows(figures)
    if not staff:
        return
    page.section(f"People: {people_message(figures)}", 2 + len(columns))
    for name, label, row in staff:
        unit = "h" if label.endswith(", h") else "heads"
        write_row(page, row, columns, f"{name}: {label.removesuffix(', h')}", unit)


def _chart(page: Page, at: dict[str, int], name: str, months: int, number: int) -> None:
    last = 1 + months
    bars, lines = column_chart(page), line_chart(page)
    add_series(bars, page, "planned load", (3, at["load_hours"], 2, last), HATCHED)
    add_series(lines, page, "capacity", (3, at["capacity_hours"], 2, last), LIMIT)
    add_series(lines, page, "need without limits", (3, at["required_hours"], 2, last), WISH)
    bars.combine(lines)
    place(
        bars,
        page,
        (page.row + 15 * (number // 2), 9 * (number % 2)),
        f"{name}: load against capacity",
        "hours",
        zero=True,
    )


def write_gaps(book: Book, summary: PlanSummary) -> None:
    """Write the reconciliation matrix: every gap with number, cause, owner and tolerance, those to act on first."""
    cells = gap_lines(summary)
    beyond = sum(cell.beyond for cell in cells)
    page = book.page("Gaps", f"Gaps: {beyond} of {len(cells)} are beyond tolerance", book.imprint.currency)
    page.widths((0, 0, 30), (1, 1, 14), (2, 2, 10), (3, 6, 12), (7, 8, 13), (9, 10, 70))
    rows: list[list[Cell]] = [
        [
            cell.pair.value,
            cell.member or "Company",
            cell.period,
            cell.units,
            cell.amount,
            None if cell.share is None else cell.share / 100,
            cell.tolerance / 100,
            cell.owner,
            cell.person,
            ("act: " if cell.beyond else "inside tolerance: ") + cell.cause,
            cell.advice if cell.beyond else None,
        ]
        for cell in cells
    ]
    heads = columns_of(
        "gap text | family strong | when text | units change | amount change | % change_percent | "
        "tolerance percent | role text | who answers text | what the numbers say text | what to do text"
    )
    page.table(heads, rows, "There is nothing to compare: no stream, no budget, no earlier plan, and no stock counted.")


def gap_lines(summary: PlanSummary) -> tuple[GapCell, ...]:
    """Give the cells of the matrix, those outside their tolerance first, then by money; none where none was drawn."""
    return () if summary.matrix is None else summary.matrix.ranked


def write_issues(book: Book, figures: Figures, reliefs: Sequence[PricedRelief] = ()) -> None:
    """Write every issue of the plan with its place, advice and what is at stake; notes come last."""
    issues = by_weight(figures.plan.issues)
    notes = sum(issue.severity is Severity.NOTE for issue in issues)
    title = f"Issues: {len(issues) - notes} to look at and {notes} notes, the largest amount first"
    page = book.page("Issues", title, book.imprint.currency)
    page.widths((0, 0, 10), (1, 1, 26), (2, 2, 13), (3, 3, 44), (4, 5, 70))
    rows: list[list[Cell]] = [
        [
            issue.severity.value,
            kind_told(issue.code),
            issue.at_stake,
            place_told(issue, figures),
            told(issue.message, figures.buckets),
            advice_told(issue, figures, reliefs),
        ]
        for issue in issues
    ]
    heads = columns_of("severity strong | kind text | at stake money | where wrap | what was found wrap | way out wrap")
    page.table(heads, rows, "No issue was found.")


def write_certificate(book: Book, certificate: Certificate) -> None:
    """Write the tie-out certificate check by check."""
    title = "Certificate: everything ties" if certificate.passed else "Certificate: THE PLAN DOES NOT TIE"
    page = book.page("Certificate", title, "computed by SQL on the published files, not by the planning code")
    page.widths((0, 0, 56), (1, 1, 12), (2, 3, 12), (4, 4, 14), (5, 5, 14), (6, 6, 80))
    page.say(certificate.line, "good" if certificate.passed else "strong")
    rows: list[list[Cell]] = [
        [
            check.name,
            check_verdict(check.passed, check.waived_by, check.checked),
            check.checked,
            check.failed,
            check.amount,
            check.unit,
            "; ".join(check.places) if not check.waived_by else f"waived by {check.waived_by}: {check.waived_why}",
        ]
        for check in certificate.checks
    ]
    heads = columns_of(
        "must be equal text | verdict strong | places units | differ units | difference exact | unit text | where wrap"
    )
    page.table(heads, rows, "Nothing was checked.")


def check_verdict(passed: bool, waived: str | None, checked: int) -> str:
    """Say in a word how a check came out."""
    if waived:
        return "waived"
    if not checked:
        return "nothing to check"
    return "ties" if passed else "FAILS"


def write_assumptions(book: Book, figures: Figures) -> None:
    """Write what the plan takes for granted and what may happen, where the company says so."""
    assumptions, risks = (figures.inputs.table(name) for name in ("assumptions", "risks"))
    if assumptions.is_empty() and risks.is_empty():
        return
    page = book.page(
        "Assumptions and risks", "What the plan takes for granted, and what may happen", book.imprint.currency
    )
    page.widths((0, 0, 14), (1, 1, 60), (2, 9, 13), (10, 10, 50))
    page.section("Assumptions", 9)
    rows: list[list[Cell]] = [
        [row[name] for name in ("assumption", "statement", "owner", "metric", "value", "low", "high", "status")]
        for row in assumptions.sort("assumption").iter_rows(named=True)
    ]
    heads = columns_of(
        "code strong | statement wrap | owner text | metric text | value exact | low exact | high exact | status text"
    )
    page.table(heads, rows, "No assumption is registered (table assumptions).")
    page.section("Risks and opportunities", 9)
    _risks(page, [dict(row) for row in risks.sort("risk").iter_rows(named=True)])


def _risks(page: Page, risks: list[dict[str, object]]) -> None:
    """Write the register with expected amounts by formula (F14)."""
    heads = columns_of(
        "code strong | statement wrap | kind text | probability percent | revenue change | "
        "margin change | expected margin change | in the plan text | owner text | text | "
        "what is done wrap"
    )
    rows: list[list[Cell]] = []
    for risk in risks:
        money = [int(v) * MONEY if isinstance(v, int) else None for v in (risk["revenue"], risk["margin"])]
        texts: list[Cell] = [str(risk["risk"]), str(risk["statement"]), str(risk["kind"])]
        chance = risk["probability"] if isinstance(risk["probability"], float) else None
        inside = None if risk["in_plan"] is None else bool(risk["in_plan"])
        rows.append(
            [*texts, chance, *money, None, inside, str(risk["owner"] or ""), None, str(risk["mitigation"] or "")]
        )
    first, last = page.table(heads, rows, "No risk is registered (table risks).")
    for offset, row in enumerate(range(first, last + 1)):
        likely, margin = rows[offset][3], rows[offset][5]
        if isinstance(likely, float) and isinstance(margin, Decimal):
            cells = [xl_rowcol_to_cell(row, column) for column in (3, 5)]
            value = likely * float(margin)
            page.formula((row, 6), f"={cells[0]}*{cells[1]}", value, "change")
