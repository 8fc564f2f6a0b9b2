from decimal import Decimal

import numpy as np

from tests.connect.tied import tied
from trivet.core.summary import FiscalLine, GapKind, percent
from trivet.planning.summary import _cover


def company(year: int) -> FiscalLine:
    return next(line for line in tied().summary.lines if line.year == year)


def test_summary_names_the_plan_and_its_years() -> None:
    summary = tied().summary
    assert (summary.company, summary.currency, summary.cycle) == ("Tiny", "EUR", "2026-11")
    assert summary.digest == tied().plan.digest()
    assert [line.year for line in summary.lines] == [2026, 2027]
    assert all(line.family is None for line in summary.lines)


def test_families_add_up_to_the_company_but_for_supply_variances() -> None:
    for year in (2026, 2027):
        families = [line for line in tied().summary.families if line.year == year]
        assert sum(line.revenue for line in families) == company(year).revenue
        apart = sum(line.margin for line in families) - company(year).margin
        variance = tied().plan.panel("company").count("supply_variance")[0]
        columns = slice(12, 24) if year == 2026 else slice(24, 36)
        assert apart == Decimal(int(variance[columns].sum())) / 10_000


def test_bridge_of_the_company_ends_at_its_outlook() -> None:
    bridge = next(b for b in tied().summary.bridges if b.family is None and b.year == 2027)
    assert bridge.bars[0].revenue == company(2027).budget_revenue
    assert bridge.bars[-1].revenue == company(2027).revenue
    assert bridge.bars[-1].margin == company(2027).margin


def test_service_is_on_time_and_served_is_not_lost() -> None:
    summary = tied().summary
    assert summary.service is not None
    assert summary.served is not None
    assert 0 < summary.service <= summary.served <= 100


def test_what_binds_is_named() -> None:
    summary = tied().summary
    assert [overload.resource for overload in summary.overloads] == ["L1"]
    assert summary.overloads[0].buckets == summary.overloaded
    assert [(s.item, s.families) for s in summary.shortages] == [("PACK", ("Cargo",))]
    assert [(b.family, b.policy) for b in summary.backlogs] == [("Cargo", Decimal(6))]


def test_gaps_issues_and_ties_are_counted() -> None:
    summary = tied().summary
    assert {gap.kind for gap in summary.gaps} <= set(GapKind)
    assert summary.refused + summary.warnings + summary.notes == len(tied().plan.issues)
    assert all(tie.passed for tie in summary.ties)


def test_cover_counts_whole_buckets_then_the_part_and_none_beyond_the_end() -> None:
    coming = np.array([99, 100, 200], dtype=np.int64)
    days = np.array([31, 30, 31], dtype=np.int64)
    assert _cover(200, coming, days, 0) == Decimal("45.5")
    assert _cover(0, coming, days, 0) == Decimal("0.0")
    assert _cover(300, coming, days, 0) == Decimal("61.0")
    assert _cover(301, coming, days, 0) is None


def test_percent_of_nothing_is_unknown() -> None:
    assert percent(Decimal(1), Decimal(0)) is None
    assert percent(None, Decimal(5)) is None
    assert percent(Decimal(1), Decimal(3)) == Decimal("33.33")
