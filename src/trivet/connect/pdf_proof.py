"""The pages that make the pack checkable: gaps, issues, assumptions and risks, the certificate."""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from trivet.connect.certificate import Certificate
from trivet.connect.pack_figures import Figures
from trivet.connect.pack_lists import check_verdict, gap_lines
from trivet.connect.pack_told import PricedRelief, advice_told, by_weight, kind_told, place_told, told
from trivet.connect.pdf_paper import Cell, Paper, Table, gap, section, shown
from trivet.connect.pdf_words import number, signed
from trivet.core.issues import Severity
from trivet.core.pairs import RULES, GapCell
from trivet.core.quantities import MONEY
from trivet.core.summary import PlanSummary

_GAPS = 30
"""Gaps listed; the matrix and the workbook have every one."""
_MOST = 120
"""Issues printed; the rest is in the workbook and on the screen."""


def put_proof(
    paper: Paper,
    figures: Figures,
    summary: PlanSummary,
    certificate: Certificate,
    *,
    reliefs: Sequence[PricedRelief] = (),
) -> None:
    """Add gaps, issues, assumptions and risks, and the certificate."""
    _put_gaps(paper, summary)
    _put_issues(paper, figures, reliefs)
    _put_risks(paper, figures)
    _put_certificate(paper, certificate)


def _put_gaps(paper: Paper, summary: PlanSummary) -> None:
    cells = gap_lines(summary)
    if not cells or summary.matrix is None:
        paper.leave_out("Gaps", "there is nothing to compare the plan with")
        return
    beyond = [cell for cell in cells if cell.beyond]
    title = f"Gaps: {len(beyond)} of {len(cells)} are beyond tolerance"
    body = [_beyond(beyond[:_GAPS]).text()] if beyond else ["#" + shown(("s", "Every gap lies inside its tolerance."))]
    if len(beyond) > _GAPS:
        body.append("#" + shown(("s", f"{len(beyond) - _GAPS} more: see the matrix and the workbook.")))
    for period in dict.fromkeys(cell.period for cell in summary.matrix.cells):
        body += [gap(), section(f"Matrix {period}", "u = units, bold = beyond tolerance"), _matrix(summary, period)]
    paper.page("Gaps", title, summary.currency, body=body, cells=f"trivet gaps --plan {paper.imprint.version}")


def _beyond(cells: Sequence[GapCell]) -> Table:
    """List gaps somebody has to act on."""
    lines: list[Sequence[Cell]] = [
        [
            cell.pair.value, ("b", cell.member or "Company"), cell.period,
            "–" if cell.units is None else ("sign", signed(cell.units)),
            "–" if cell.amount is None else ("sign", signed(cell.amount)),
            "–" if cell.share is None else ("sign", f"{signed(cell.share, 1)} %"), f"{number(cell.tolerance, 1)} %",
            f"{cell.owner}: {cell.person}" if cell.person else cell.owner, cell.cause,
        ]
        for cell in cells
    ]  # fmt: skip
    heads = ["gap", "family", "when", "units", "money", "%", "tolerance", "who answers", "what the numbers say"]
    widths = "112pt, 60pt, 40pt, 42pt, 62pt, 40pt, 44pt, 82pt, 1fr"
    return Table(heads=heads, lines=lines, widths=widths, left=frozenset({0, 1, 2, 7, 8}))


def _matrix(summary: PlanSummary, period: str) -> str:
    """Draw the matrix of one period: money where it is known, else units."""
    own = [cell for cell in summary.matrix.cells if cell.period == period] if summary.matrix else []
    cells = {(cell.member, cell.pair): cell for cell in own}
    pairs = list(dict.fromkeys(cell.pair for cell in own))
    lines: list[Sequence[Cell]] = [
        [("b", member or "Company"), *(_number(cells.get((member, pair))) for pair in pairs)]
        for member in sorted({cell.member for cell in own})
    ]
    heads = ["", *(RULES[pair].heading for pair in pairs)]
    widths = ", ".join(["78pt", *(["1fr"] * len(pairs))])
    return Table(heads=heads, lines=lines, widths=widths, left=frozenset({0})).text()


def _number(cell: GapCell | None) -> Cell:
    if cell is None:
        return "–"
    text = f"{signed(cell.units)} u" if cell.amount is None else signed(cell.amount)
    return ("b", text) if cell.beyond else text


def _put_issues(paper: Paper, figures: Figures, reliefs: Sequence[PricedRelief]) -> None:
    issues = by_weight(figures.plan.issues)
    if not issues:
        paper.leave_out("Issues", "planning found none")
        return
    lines: list[Sequence[Cell]] = [
        [
            ("b", issue.severity.value), kind_told(issue.code), number(issue.at_stake), place_told(issue, figures),
            told(issue.message, figures.buckets), advice_told(issue, figures, reliefs),
        ]
        for issue in issues[:_MOST]
    ]  # fmt: skip
    known = sum((issue.at_stake for issue in issues if issue.at_stake is not None), Decimal(0))
    heads = ["", "kind", f"{paper.imprint.currency} at stake", "where", "what was found", "way out"]
    rules = frozenset(range(1, len(lines)))
    table = Table(
        heads=heads,
        lines=lines,
        widths="38pt, 92pt, 60pt, 106pt, 1.3fr, 1fr",
        left=frozenset({0, 1, 3, 4, 5}),
        rules=rules,
        size=6.8,
    )
    more = "" if len(issues) <= _MOST else f"; the {_MOST} largest are here, all in the workbook"
    notes = sum(issue.severity is Severity.NOTE for issue in issues)
    title = f"Issues: {len(issues) - notes} to look at and {notes} notes, the largest amount first{more}"
    unit = f"{paper.imprint.currency}; {number(known)} named in all, some of it more than once"
    paper.page("Issues", title, unit, body=[table.text()], cells=f"trivet show --issues --plan {paper.imprint.version}")


def _put_risks(paper: Paper, figures: Figures) -> None:
    assumptions, risks = (figures.inputs.table(name) for name in ("assumptions", "risks"))
    if assumptions.is_empty() and risks.is_empty():
        paper.leave_out("Assumptions and risks", "none is registered (tables assumptions, risks)")
        return
    body = [*(_assumptions(assumptions) if assumptions.height else []), *(_risks(paper, risks) if risks.height else [])]
    title = "What the plan takes for granted, and what may happen"
    paper.page("Assumptions and risks", title, paper.imprint.currency, body=body)


def _assumptions(table: pl.DataFrame) -> list[str]:
    lines: list[Sequence[Cell]] = []
    for row in table.sort("assumption").iter_rows(named=True):
        texts: list[Cell] = [
            ("b", row["assumption"]),
            row["statement"] or "",
            row["owner"] or "–",
            row["metric"] or "–",
        ]
        lines.append([*texts, *(_plain(row[name]) for name in ("value", "low", "high")), row["status"] or "–"])
    heads = ["", "what is taken for granted", "owner", "measured by", "value", "low", "high", "status"]
    widths = "30pt, 1fr, 60pt, 120pt, 50pt, 50pt, 50pt, 60pt"
    written = Table(heads=heads, lines=lines, widths=widths, left=frozenset({0, 1, 2, 3, 7}))
    return [section(f"{len(lines)} assumptions"), written.text(), gap(5)]


def _risks(paper: Paper, table: pl.DataFrame) -> list[str]:
    lines = [_risk(row) for row in table.sort("risk").iter_rows(named=True)]
    heads = ["", "what may happen", "kind", "probability", "revenue", "margin", "expected margin"]
    heads += ["in the plan", "owner", "what is done"]
    widths = "24pt, 1.1fr, 54pt, 50pt, 60pt, 60pt, 66pt, 50pt, 46pt, 1fr"
    written = Table(heads=heads, lines=lines, widths=widths, left=frozenset({0, 1, 2, 7, 8, 9}))
    unit = f"{paper.imprint.currency}; expected = probability times margin"
    return [section(f"{len(lines)} risks and opportunities", unit), written.text()]


def _plain(value: object) -> str:
    return f"{value:,g}".replace("-", "−") if isinstance(value, (int, float)) else "–"


def _risk(row: dict[str, object]) -> list[Cell]:
    revenue, margin = (int(v) * MONEY if isinstance(v := row[n], int) else None for n in ("revenue", "margin"))
    chance = row["probability"] if isinstance(row["probability"], float) else None
    likely = None if chance is None or margin is None else Decimal(str(chance)) * margin
    signs: list[Cell] = [("sign", signed(value)) if value is not None else "–" for value in (revenue, margin, likely)]
    inside = "–" if row["in_plan"] is None else "yes" if row["in_plan"] else "no"
    texts: list[Cell] = [("b", str(row["risk"])), str(row["statement"] or ""), str(row["kind"] or "–")]
    return [
        *texts,
        "–" if chance is None else f"{chance * 100:.0f} %",
        *signs,
        inside,
        str(row["owner"] or "–"),
        str(row["mitigation"] or "–"),
    ]


def _put_certificate(paper: Paper, certificate: Certificate) -> None:
    lines: list[Sequence[Cell]] = []
    for check in certificate.checks:
        verdict = check_verdict(check.passed, check.waived_by, check.checked)
        look = "worse" if verdict == "FAILS" else "better" if verdict == "ties" else "s"
        where = f"waived by {check.waived_by}: {check.waived_why}" if check.waived_by else "; ".join(check.places)
        lines.append(
            [
                check.name,
                (look, verdict),
                number(check.checked),
                number(check.failed),
                number(check.amount, 3 if check.failed else 0),
                check.unit,
                where,
            ]
        )
    heads = ["must be equal", "", "places", "differ", "difference", "unit", "where they differ"]
    table = Table(
        heads=heads,
        lines=lines,
        widths="1.2fr, 74pt, 54pt, 40pt, 60pt, 86pt, 1fr",
        left=frozenset({0, 1, 5, 6}),
        size=6.8,
    )
    title = "Certificate: everything ties" if certificate.passed else "Certificate: THE PLAN DOES NOT TIE"
    unit = "computed by SQL on the published files, not by the planning code"
    body = [section(certificate.line, ""), table.text()]
    paper.page("Certificate", title, unit, body=body, cells=f"trivet check --plan {paper.imprint.version}")
