"""What hides in files: formulas that come back in rejects and exports, a second import, a unit that changed."""

from pathlib import Path

import polars as pl
import pytest

import trivet
from tests.connect.folders import ITEMS, ORDERS, load, report, write_folder
from trivet.connect.csv_out import write_csv
from trivet.connect.rejects import write_rejects

FORMULAS = ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", '=HYPERLINK("http://x";"y")']


@pytest.mark.parametrize("formula", FORMULAS)
def test_formula_in_a_rejected_row_is_text_in_the_reject_file(tmp_path: Path, formula: str) -> None:
    cell = '"' + formula.replace('"', '""') + '"'
    loaded = load(tmp_path / "f", {"orders.csv": ORDERS + f"{cell},DE,2026-09,5,10\n"})
    (reject,) = report(loaded, "orders").rejects
    assert reject.row == 46
    assert formula.strip() in reject.value or reject.value == formula
    (path,) = write_rejects(loaded.report, tmp_path / "rejects")
    cells = pl.read_csv(path, infer_schema=False).row(0)
    assert not [cell for cell in cells if cell and cell.lstrip("\t\r ")[0] in "=@" and not cell.startswith("'")]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formula_as_a_code_or_name_is_escaped_on_export_and_comes_back(tmp_path: Path, formula: str) -> None:
    write_csv(pl.DataFrame({"item": ["A"], "name": [formula]}), tmp_path / "items.csv")
    assert (tmp_path / "items.csv").read_text().splitlines()[1].split(",", 1)[1].lstrip('"')[0] == "'"
    loaded = load(
        tmp_path / "f",
        {"items.csv": (tmp_path / "items.csv").read_bytes(), "orders.csv": "item,bucket,quantity\nA,2026-09,1\n"},
    )
    assert loaded.tables["items"]["name"].to_list() == [formula.strip()] or loaded.tables["items"][
        "name"
    ].to_list() == [formula]


def test_second_import_of_the_same_files_changes_nothing_also_of_wide_and_cancelled_ones(tmp_path: Path) -> None:
    lines = "order,item,ordered,quantity,value\nA,BK-09,2026-09-01,8,16\nB,BK-09,2026-09-01,-8,-16\n"
    files = {
        "shipments.csv": "item,market,2026-08,2026-09\nBK-09,DE,5,6\n",
        "order_lines.csv": lines,
        "items.csv": ITEMS,
    }
    folder = write_folder(tmp_path / "f", files)
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    first, second = (trivet.import_folder(workspace, folder) for _ in range(2))
    assert first.snapshot == second.snapshot
    assert (first.unchanged, second.unchanged) == (False, True)
    assert first.report == second.report
    workspace.store.close()


def test_unit_that_changed_between_imports_is_asked_about_by_the_import(tmp_path: Path) -> None:
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    trivet.import_folder(workspace, write_folder(tmp_path / "f"))
    changed = ITEMS.replace("family\n", "family,unit\n").replace("City\n", "City,DOZ\n", 1)
    answer = trivet.import_folder(workspace, write_folder(tmp_path / "f", {"items.csv": changed}))
    (asked,) = [issue for issue in answer.issues if issue.code == "import.unit-changed"]
    assert "item 'BK-09' was in EA at the last import and is in DOZ now" in asked.message
    workspace.store.close()
