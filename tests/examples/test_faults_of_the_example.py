"""The history faults of Velmora Cycles: each is found on import or in the plan's history, with place and amount."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from trivet.connect.folder import read_folder
from trivet.core.health import Fault, Health
from trivet.core.issues import Issue
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.returned import find_returns
from trivet.examples import velmora
from trivet.finance.valuation import price_and_cost
from trivet.planning.health import check_health
from trivet.planning.inputs import build_inputs
from trivet.workspace.registries import measure_registry, table_specs


@dataclass(frozen=True, kw_only=True)
class Found:
    issues: Sequence[Issue]
    health: Health

    def of(self, code: str, member: str) -> Issue:
        (one,) = [i for i in self.issues if i.code == code and member in {str(node.member) for node in i.place.scope}]
        return one


@pytest.fixture(scope="module")
def found() -> Found:
    load = read_folder(velmora(), table_specs())
    inputs, orphans = build_inputs(load.company, load.tables, table_specs(), measure_registry())
    panel, history = demand_panel(inputs)
    panel, corrected = correct_history(inputs, panel)
    panel, money = price_and_cost(inputs, panel)
    issues = [*load.report.issues, *orphans, *history, *corrected, *money, *find_returns(inputs, panel)]
    return Found(issues=issues, health=check_health(inputs, load.report))


def test_stock_out_of_trekking_is_found_with_what_was_not_shipped(found: Found) -> None:
    one = found.of("demand.stock-out", "Trekking")
    assert one.place.first == date(2025, 6, 1)
    numbers = [int(part.replace(",", "")) for part in re.findall(r"([\d,]+) (?:units ordered|shipped)", one.message)]
    ordered, shipped = numbers
    assert 1.25 < ordered / shipped < 1.35
    assert one.at_stake is not None
    assert one.at_stake > 100_000


def test_one_off_helmets_are_corrected_with_their_reason(found: Found) -> None:
    one = found.of("demand.one-off-corrected", "HM-110")
    assert one.place.first == date(2024, 1, 1)
    moved = re.search(r"corrected by -([\d,]+)", one.message)
    assert moved is not None
    assert 1500 < int(moved[1].replace(",", "")) < 2100
    assert "(one-off)" in one.message
    assert one.at_stake is not None


def test_helmets_that_come_back_online_are_told(found: Found) -> None:
    one = found.of("demand.returns", "Helmets")
    assert "online" in {str(node.member) for node in one.place.scope}
    share = float(one.message.split("(")[1].split("%")[0])
    assert 5.0 < share < 7.0


def test_revenue_on_unmapped_parents_is_found_with_its_amount(found: Found) -> None:
    (one,) = [finding for finding in found.health.findings if finding.fault is Fault.PARENT]
    total = sum((trust.revenue for trust in found.health.families), Decimal(0))
    assert one.members == ("SP-901", "SP-902")
    assert one.at_stake is not None
    assert Decimal("0.003") < one.at_stake / total < Decimal("0.005")
    assert any(issue.code == "data.no-family" for issue in found.issues)


def test_item_without_price_is_found_from_its_bucket_on(found: Found) -> None:
    one = found.of("finance.no-price", "AC-180")
    assert one.place.first == date(2028, 2, 1)
    (finding,) = [finding for finding in found.health.findings if finding.fault is Fault.PRICE]
    assert (finding.members, finding.blocking, finding.role) == (("AC-180",), False, "sales")


def test_partial_october_of_the_nordics_is_found_and_blocks(found: Found) -> None:
    places = {str(node.member) for i in found.issues if i.code == "demand.partial-bucket" for node in i.place.scope}
    assert places == {"Nordics-dealers", "Nordics-online"}
    (finding,) = [finding for finding in found.health.findings if finding.fault is Fault.BREAK]
    assert finding.blocking
    assert (finding.owner, finding.due) == ("dario", date(2026, 11, 4))
    assert "2026-10-01" in finding.message
