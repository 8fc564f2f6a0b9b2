"""The same company in months, 4-4-5 and weeks: every calendar is imported, planned and tied out."""

from datetime import date, timedelta
from pathlib import Path

import pytest

import trivet


def company_folder(folder: Path, calendar: str, cycle: date, horizon: int) -> Path:
    """Write a company of one item whose daily pace is 10, sold in whole weeks."""
    folder.mkdir()
    (folder / "company.toml").write_text(
        f'[company]\nname = "Paced"\ncurrency = "EUR"\n[time]\ncalendar = "{calendar}"\nfirst_bucket = 2024-01-01\n'
        f"cycle = {cycle.isoformat()}\nhorizon = {horizon}\n",
        "utf-8",
    )
    (folder / "items.csv").write_text("item,family\nA,F\n", "utf-8")
    day, rows = date(2024, 1, 1), ["item,market,bucket,quantity,value"]
    end = cycle - timedelta(days=cycle.weekday())
    sold: dict[str, int] = {}
    while day < end:
        name = day.isoformat() if calendar != "months" else f"{day:%Y-%m}"
        sold[name] = sold.get(name, 0) + 70
        day += timedelta(weeks=1)
    rows += [f"A,ALL,{name},{units},{units * 20}" for name, units in sold.items()]
    (folder / "shipments.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "prices.csv").write_text("item,first,price\nA,2024-01-01,20\n", "utf-8")
    (folder / "costs.csv").write_text("item,component,first,cost\nA,standard,2024-01-01,12\n", "utf-8")
    return folder


@pytest.mark.parametrize(
    ("calendar", "cycle", "horizon", "period"),
    [
        ("months", date(2026, 1, 1), 12, "2026-03"),
        ("weeks", date(2026, 1, 5), 26, "2026-W10"),
        ("4-4-5", date(2026, 1, 5), 12, "FY2026-Q1"),
    ],
)
def test_every_calendar_goes_from_files_to_a_plan_that_ties(
    tmp_path: Path, calendar: str, cycle: date, horizon: int, period: str
) -> None:
    folder = company_folder(tmp_path / "paced", calendar, cycle, horizon)
    trivet.create_workspace(str(tmp_path / "home"))
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    refused = trivet.import_folder(workspace, folder)
    if calendar == "4-4-5":  # weekly rows: parts of a bucket are asked about, never taken for the same row twice
        assert [issue.code for issue in refused.report.refused] == ["import.several-days"]
    mapping = tmp_path / "mapping.toml"
    sources = [
        f'[[source]]\nfile = "{name}.csv"\ntable = "{name}"\n' for name in ("items", "shipments", "prices", "costs")
    ]
    mapping.write_text("\n".join(sources).replace('"shipments"\n', '"shipments"\nduplicates = "add"\n'), "utf-8")
    imported = trivet.import_folder(workspace, folder, mapping=mapping)
    assert imported.snapshot, imported.issues
    trivet.make_plan(workspace)
    certificate = trivet.check_plan(workspace).certificate
    assert certificate.passed, [check for check in certificate.checks if not check.passed]
    shown = trivet.show_numbers(workspace, "consensus_demand", trivet.View(by="item", first=period, period="quarter"))
    (row,) = shown.rows
    assert row.values[0]
    quarter = 13 * 70
    assert abs(float(row.values[0]) - quarter) <= 0.15 * quarter
    trivet.submit_plan(workspace)
    trivet.approve_plan(trivet.open_workspace(str(tmp_path / "home"), actor="eva"))
    trivet.publish_plan(workspace, background=True)
    handed = trivet.push_down(workspace, tmp_path / "erp")
    assert handed.passed, [check.message for check in handed.ties if not check.passed]
    assert handed.weeks == {"months": 53, "weeks": 26, "4-4-5": 53}[calendar]
