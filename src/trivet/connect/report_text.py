"""The import report as text a person reads: sums first, then what was decided, rejected and found."""

from collections.abc import Sequence

from trivet.core.issues import Issue, Severity
from trivet.core.report import ImportReport, Sums, TableReport


def describe_report(report: ImportReport) -> str:
    """Write the report as Markdown: one line a file with its sums, then choices, rejects and issues."""
    lines = [
        "| file | table | | read | loaded | merged | rejected | left out | blank |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [line for table in report.tables for line in _lines(table)]
    lines += ["", "read = loaded + merged + rejected: " + ("every file ties" if report.ties else _loose(report.tables))]
    for table in report.tables:
        lines += _details(table)
    for severity, title in ((Severity.REFUSED, "Refused"), (Severity.WARNING, "Look at"), (Severity.NOTE, "Notes")):
        found = [issue for issue in report.issues if issue.severity is severity]
        lines += ["", f"## {title} ({len(found)})", *(f"- {_said(issue)}" for issue in found)] if found else []
    return "\n".join(lines) + "\n"


def _lines(table: TableReport) -> list[str]:
    parts = (table.read, table.loaded, table.merged, table.rejected, table.left_out)
    rows = " | ".join(f"{part.rows:,}" for part in parts)
    lines = [f"| {table.file} | {table.table} | rows | {rows} | {table.blank:,} |"]
    if any(part.quantity for part in parts):
        lines.append("| | | quantity | " + " | ".join(f"{part.quantity.normalize():,f}" for part in parts) + " | |")
    if any(part.money for part in parts):
        lines.append("| | | money | " + " | ".join(f"{part.money:,.4f}" for part in parts) + " | |")
    return lines


def _loose(tables: Sequence[TableReport]) -> str:
    return "NOT in " + ", ".join(table.file for table in tables if not table.ties)


def _details(table: TableReport) -> list[str]:
    lines = ["", f"## {table.file} → {table.table}"]
    lines += [f"- {choice.about}: {choice.value} ({choice.reason})" for choice in table.choices]
    lines += [f"- sample of decoded text: {'; '.join(table.sample)}"] if table.sample else []
    lines += [f"- {_sums(sums)} went to {name}" for name, sums in table.routed]
    lines += [f"- row {found.row}: {found.reason}. {found.advice}" for found in table.rejects[:10]]
    further = len(table.rejects) - 10
    return [*lines, f"- and {further:,} more rejected rows, all in the reject file"] if further > 0 else lines


def _sums(sums: Sums) -> str:
    return f"{sums.rows:,} rows, quantity {sums.quantity.normalize():,f}, money {sums.money:,.2f}"


def _said(issue: Issue) -> str:
    stake = f" At stake: {issue.at_stake:,.2f}." if issue.at_stake is not None else ""
    return f"{issue}{stake}"
