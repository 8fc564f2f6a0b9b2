"""A user's way with real files: AdventureWorks by a mapping, from its extract to a published plan."""

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trivet.examples import __file__ as examples

MAPPING = Path(examples).parent / "mappings" / "adventureworks.toml"
Trivet = Callable[..., Any]

pytestmark = pytest.mark.accept  # minutes: imports, plans, prices, publishes and hands over the real extract


@pytest.fixture(scope="module")
def trivet(tmp_path_factory: pytest.TempPathFactory) -> Trivet:
    """Run a command as a user does and give its JSON answer; refusals (1) are answers too, wrong calls (2) are not."""
    home = tmp_path_factory.mktemp("adventureworks")

    def run(*words: str, actor: str = "ada") -> Any:
        start = [str(Path(sys.executable).with_name("trivet")), "-w", str(home / "workspace"), "--actor", actor]
        told = subprocess.run(
            [*start, *words, "--json"], cwd=home, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert told.returncode in (0, 1), told.stderr
        assert "Traceback" not in told.stderr, told.stderr
        return json.loads(told.stdout)

    return run


@pytest.fixture(scope="module")
def imported(trivet: Trivet, shared: Path) -> Any:
    trivet("create")
    return trivet("import", str(shared / "data" / "adventureworks"), "--mapping", str(MAPPING))


@pytest.fixture(scope="module")
def planned(trivet: Trivet, imported: Any) -> Any:
    assert imported["snapshot"]
    return trivet("plan")


@pytest.fixture(scope="module")
def facts(shared: Path) -> Any:
    return json.loads((shared / "data" / "adventureworks" / "facts.json").read_text("utf-8"), parse_float=Decimal)


def total(answer: Any) -> Decimal:
    return sum((Decimal(cell) for row in answer["rows"] for cell in row["values"] if cell is not None), Decimal(0))


def test_import_ties_and_reproduces_revenue_and_units_to_the_last_decimal(
    imported: Any, facts: Any, figure: Callable[[str, object], None]
) -> None:
    assert all(
        Decimal(t["read"][part]) == sum(Decimal(t[kind][part]) for kind in ("loaded", "merged", "rejected"))
        for t in imported["report"]["tables"]
        for part in ("rows", "quantity", "money")
    )
    shipments = next(t for t in imported["report"]["tables"] if t["table"] == "shipments")
    figure("AdventureWorks revenue to 2013-05", shipments["loaded"]["money"])
    figure("AdventureWorks units to 2013-05", shipments["loaded"]["quantity"])
    assert Decimal(shipments["loaded"]["money"]) == facts["revenue"]
    assert Decimal(shipments["loaded"]["quantity"]) == facts["units"]


def test_history_of_the_plan_is_revenue_by_category_and_year(trivet: Trivet, planned: Any, facts: Any) -> None:
    assert planned["digest"]
    shown = trivet("show", "shipped_revenue", "--period", "year", "--from", "2010-12", "--to", "2013-05")
    found = {
        period.removeprefix("FY"): {row["member"]: Decimal(row["values"][column] or 0) for row in shown["rows"]}
        for column, period in enumerate(shown["periods"])
    }
    for year, categories in facts["revenue_by_year_category"].items():
        assert {name: value for name, value in found[year].items() if value} == categories
    units = trivet("show", "shipments", "--period", "year", "--from", "2010-12", "--to", "2013-05")
    assert total(units) == facts["units"]


def test_plan_is_published_packed_and_refuses_later_change(
    trivet: Trivet, planned: Any, figure: Callable[[str, object], None]
) -> None:
    checked = trivet("check")
    assert all(check["failed"] == 0 for check in checked["certificate"]["checks"])
    trivet("submit")
    trivet("approve", actor="eva")
    published = trivet("publish")
    assert published["published"]
    assert published["digest"] == planned["digest"]
    pack = trivet("export", "--to", "pack")["files"]
    assert {Path(name).suffix for name in pack} == {".xlsx", ".pdf"}
    handed = trivet("pushdown", "--to", "erp")
    assert handed["passed"]
    assert all(tie["failed"] == 0 for tie in handed["ties"])
    figure("AdventureWorks push-down places tied out", f"{sum(tie['checked'] for tie in handed['ties']):,}")
    assert "published" in trivet("submit", "--back")["message"]
    healthy = trivet("doctor", "--again")
    assert healthy["healthy"]
    figure("AdventureWorks plan digest", published["digest"][:16])
    figure("AdventureWorks places tied out", f"{sum(check['checked'] for check in checked['certificate']['checks']):,}")
