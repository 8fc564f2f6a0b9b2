"""What an import shows on the screen: what was guessed of a file, what was passed over, and how to see the rest."""

from io import StringIO

from rich.console import Console

from trivet.cli.files import show_import
from trivet.core.issues import Issue, Severity
from trivet.core.report import Choice, ImportReport, Sums, TableReport
from trivet.usecases.import_folder import ImportAnswer


def screen(*tables: TableReport, issues: tuple[Issue, ...] = (), named: str = "in") -> str:
    paper = StringIO()
    answer = ImportAnswer(
        snapshot=None, unchanged=False, report=ImportReport(tables=tables, issues=issues), issues=issues, rejects=None
    )
    show_import(answer, Console(file=paper, width=160), named=named)
    return paper.getvalue()


def read(*choices: tuple[str, str, str], blank: int = 0, sample: tuple[str, ...] = ()) -> TableReport:
    told = tuple(Choice(about=about, value=value, reason=reason) for about, value, reason in choices)
    one = Sums(rows=1)
    return TableReport(file="a.csv", table="orders", read=one, loaded=one, choices=told, blank=blank, sample=sample)


def test_what_was_guessed_is_shown_once_a_file_with_its_reason() -> None:
    table = read(
        ("encoding", "cp1252", "byte 0xE4"),
        ("header row", "4", "3 of its names are known"),
        ("dates of bucket", "dmy", "row 5 has 18/01/2015"),
        ("decimal sign of value", ",", "row 7 has 1,5"),
        blank=60268,
        sample=("Gr\u00fcn",),
    )
    shown = screen(table, table)
    assert shown.count("a.csv: header row 4 (3 of its names are known)") == 1
    assert "a.csv: encoding cp1252 (byte 0xE4)" in shown
    assert "a.csv: dates of bucket dmy (row 5 has 18/01/2015)" in shown
    assert "a.csv: decimal sign of value , (row 7 has 1,5)" in shown
    assert "a.csv: 60,268 blank rows passed over" in shown
    assert "a.csv: reads like Gr\u00fcn" in shown


def test_a_file_as_usual_gets_no_line() -> None:
    usual = read(
        ("encoding", "utf-8", "valid"),
        ("delimiter", ",", "cuts"),
        ("header row", "1", "known"),
        ("decimal sign of value", ".", "proved"),
    )
    assert "a.csv:" not in screen(usual)


def test_the_rest_is_listed_by_the_command_that_was_given() -> None:
    notes = tuple(
        Issue(code=f"import.n{n}", severity=Severity.NOTE, message=f"number {n}.", advice="Look.") for n in range(14)
    )
    assert "2 more: trivet import in --mapping m.toml --json" in screen(
        read(), issues=notes, named="in --mapping m.toml"
    )
