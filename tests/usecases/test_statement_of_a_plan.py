"""The statement through the store: lines, parts, what stands beside them, who sees what."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from tests.planned import Open
from tests.usecases.scoped import PEOPLE
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.profit import PROFIT, SUBTOTALS, Line
from trivet.examples import bikes
from trivet.planning.statements import COMPANY, TOTAL, StatementRow
from trivet.usecases.show_plan import show_issues
from trivet.usecases.show_statement import StatementAnswer
from trivet.workspace.workspace import Workspace

PRICES = """item,first,price,list_price,discount,rebate
C1,2024-11,400,500,0.15,0.05
C2,2024-11,,625,0.2,
K1,2024-11,150,,,
"""
EXPENSE = [f"rent,{version},{year}-{month:02d},1000" for version, year, months in (
    ("actual", 2026, range(1, 11)), ("plan", 2026, (11, 12)), ("plan", 2027, range(1, 13)),
    ("budget", 2026, range(1, 13)), ("budget", 2027, range(1, 13)),
) for month in months]  # fmt: skip
TABLES = {
    "prices.csv": PRICES,
    "operating_expense.csv": "account,version,bucket,amount\n" + "\n".join(EXPENSE) + "\n",
    "payment_terms.csv": "terms,side,days\nT30,customer,30\nS60,supplier,60\n",
    "balance.csv": "line,amount\ncash,5000\nreceivables,40000\npayables,20000\n",
    "ledger.csv": "account,bucket,amount\n4000,2026-09,60000\n4010,2026-09,1000\n4000,2026-10,1\n9,2026-10,5\n",
    "ledger_map.csv": "account,line\n4000,revenue\n4010,revenue\n9,stock\n",
    "people.csv": PEOPLE,
}
PARTED = (
    Line.WANTED,
    Line.GROSS,
    Line.DISCOUNTS,
    Line.NET,
    Line.COGS,
    Line.GROSS_MARGIN,
    Line.STOCK,
    Line.RECEIVABLES,
    Line.PAYABLES,
    Line.CASH,
)
"""Lines that every family has a part of."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published plan of a company that gives list prices, expense, terms and a ledger; then a change of the plan."""
    root = tmp_path_factory.mktemp("statement")
    shutil.copytree(bikes(), root / "bikes")
    for name, text in TABLES.items():
        (root / "bikes" / name).write_text(text, "utf-8")
    trivet.create_workspace(str(root / "home"), actor="ada")
    ada, eva = (trivet.open_workspace(str(root / "home"), actor=name) for name in ("ada", "eva"))
    assert trivet.import_folder(ada, root / "bikes").snapshot
    trivet.make_plan(ada)
    trivet.submit_plan(ada)
    trivet.approve_plan(eva)
    assert trivet.publish_plan(ada, background=True).published
    said = trivet.Said(
        measure="consensus_demand", amount="+5", where=("item=C1", "market=HOME"), first="2027-02", reason="x"
    )
    assert trivet.record_changes(ada, [said]).recorded
    trivet.make_plan(ada)
    for workspace in (ada, eva):
        workspace.store.close()
    return root / "home"


@pytest.fixture
def as_(kept: Path) -> Open:
    return lambda actor: trivet.open_workspace(str(kept), actor=actor)


def lines(rows: tuple[StatementRow, ...], member: str = TOTAL) -> dict[Line, StatementRow]:
    return {row.line: row for row in rows if row.member == member}


def values(answer: StatementAnswer, line: Line, member: str = TOTAL) -> list[Decimal]:
    return [value or Decimal(0) for value in lines(answer.rows, member)[line].values]


def test_lines_stand_in_order_and_add_up_to_ebitda(as_: Open) -> None:
    answer = trivet.show_statement(as_("ada"), span=("2026-11", "2027-12"))
    found = lines(answer.rows)
    assert list(found) == [line for line in Line if line in found]
    assert set(Line) == set(found)
    for at in range(len(answer.periods)):
        amount = {line: row.values[at] or Decimal(0) for line, row in found.items()}
        assert amount[Line.GROSS] - amount[Line.DISCOUNTS] == amount[Line.NET]
        for line, count in SUBTOTALS.items():
            assert amount[line] == sum(amount[part] * sign for part, sign in PROFIT[:count])


def test_discounts_are_the_parts_of_the_price_list(as_: Open) -> None:
    answer = trivet.show_statement(as_("ada"), where=("item=C1",), period="year", span=("FY2026", "FY2027"))
    for gross, less in zip(values(answer, Line.GROSS), values(answer, Line.DISCOUNTS), strict=True):
        assert gross > 0
        assert less == gross / 5
    kids = trivet.show_statement(as_("ada"), where=("item=K1",), period="year", span=("FY2026", "FY2027"))
    assert values(kids, Line.DISCOUNTS) == [0, 0]
    assert any("finance.no-list-price" in issue.code for issue in show_issues(as_("ada")).issues)


@pytest.mark.parametrize("by", ["family", "item", "region"])
def test_parts_of_a_line_add_up_to_it(as_: Open, by: str) -> None:
    answer = trivet.show_statement(as_("ada"), by=by, period="quarter")
    members = list(dict.fromkeys(row.member for row in answer.rows))
    assert members[0] == TOTAL
    assert members[-1] == COMPANY
    for line in [one for one in PARTED if by != "region" or one is not Line.STOCK]:
        for at in range(len(answer.periods)):
            parts = [row.values[at] for row in answer.rows if row.line == line and row.member != TOTAL]
            total = lines(answer.rows)[line].values[at]
            assert (total or Decimal(0)) == sum((part or Decimal(0) for part in parts), Decimal(0)), (line, at)


def test_cash_of_a_family_is_its_margin_less_what_it_ties_up(as_: Open) -> None:
    answer = trivet.show_statement(as_("ada"), by="family", span=("2026-12", "2027-12"))
    assert any("net cash of a family is what it brings in" in note for note in answer.notes)
    members = [name for name in dict.fromkeys(row.member for row in answer.rows) if name not in (TOTAL, COMPANY)]
    for name in members:
        margin, stock, owed, owing, cash = (
            values(answer, line, name)
            for line in (Line.GROSS_MARGIN, Line.STOCK, Line.RECEIVABLES, Line.PAYABLES, Line.CASH)
        )
        assert any(cash)
        for t in range(1, len(cash)):
            tied = stock[t] - stock[t - 1] + owed[t] - owed[t - 1] - owing[t] + owing[t - 1]
            assert abs(cash[t] - cash[t - 1] - (margin[t] - tied)) < Decimal("0.01"), (name, t)


def test_year_stands_beside_budget_last_cycle_and_last_year(as_: Open) -> None:
    answer = trivet.show_statement(as_("ada"), by="family")
    summary = trivet.show_plan(as_("ada")).summary
    found = lines(answer.outlook)
    assert answer.years == ("FY2026", "FY2027")
    for at, year in enumerate(summary.lines):
        net, margin = found[Line.NET], found[Line.GROSS_MARGIN]
        assert (net.values[at], net.budget[at], net.last_year[at]) == (
            year.revenue,
            year.budget_revenue,
            year.last_revenue,
        )
        assert (margin.values[at], margin.budget[at]) == (year.margin, year.budget_margin)
        assert found[Line.EXPENSE].values[at] == found[Line.EXPENSE].budget[at] == 12000
    for family in summary.families:
        own = lines(answer.outlook, family.family or "")[Line.NET]
        at = answer.years.index(f"FY{family.year}")
        assert (own.values[at], own.budget[at]) == (family.revenue, family.budget_revenue)
    assert answer.last_cycle == "main-1"
    before = trivet.show_statement(as_("ada"), plan="main-1")
    assert found[Line.NET].last_cycle == lines(before.outlook)[Line.NET].values
    assert found[Line.NET].last_cycle[1] != found[Line.NET].values[1]
    assert before.last_cycle == ""


def test_ebitda_is_told_only_where_the_expense_is(as_: Open) -> None:
    found = lines(trivet.show_statement(as_("ada"), period="year").rows)
    assert found[Line.EBITDA].values[:2] == (None, None)
    assert found[Line.EBITDA].values[2] is not None
    assert found[Line.CONTRIBUTION].last_year == (None,) * len(found[Line.CONTRIBUTION].values)


def test_difference_to_the_ledger_is_the_last_line_and_said(as_: Open) -> None:
    answer = trivet.show_statement(as_("ada"), period="month", span=("2026-09", "2026-10"))
    september, october = answer.ledger
    assert (september.bucket, september.accounts, september.ledger) == ("2026-09", ("4000", "4010"), Decimal(61000))
    for tie, net in zip((september, october), values(answer, Line.NET), strict=True):
        assert tie.plan == net
        assert tie.difference == tie.ledger - net == tie.unexplained
        assert not tie.rounding
        assert "NOT EXPLAINED" in tie.said


def test_scope_and_role_leave_out_what_is_not_theirs(as_: Open) -> None:
    city = trivet.show_statement(as_("ada"), where=("family=City",))
    assert Line.VARIANCES not in lines(city.rows)
    assert not city.ledger
    assert any("leave --where out" in note for note in city.notes)
    sales = trivet.show_statement(as_("sal"), by="family")
    assert {row.line for row in sales.rows} == {Line.WANTED, Line.GROSS, Line.DISCOUNTS, Line.NET}
    assert any("not shown to your role" in note for note in sales.notes)
    assert lines(sales.outlook)[Line.NET].values == lines(trivet.show_statement(as_("ada")).outlook)[Line.NET].values
    home = trivet.show_statement(as_("sofia"), by="region")
    assert {row.member for row in home.rows} == {TOTAL, "Home"}
    assert home.part
    kids = trivet.show_statement(as_("kim"))
    assert Line.GROSS_MARGIN in lines(kids.rows)
    assert Line.EBITDA not in lines(kids.rows)


def test_company_without_list_prices_has_no_such_lines(open_as: Open) -> None:
    workspace: Workspace = open_as("ada")
    answer = trivet.show_statement(workspace)
    assert not {Line.GROSS, Line.DISCOUNTS, Line.EBITDA, Line.CASH} & set(lines(answer.rows))
    assert (
        len([note for note in answer.notes if "left out" in note or "ends at" in note or "need the tables" in note])
        == 3
    )
    assert not any(row.values != (None,) * len(row.values) for row in trivet.show_numbers(workspace, "discounts").rows)


def test_wrong_words_are_told(as_: Open) -> None:
    with pytest.raises(InvalidInput, match="expected month, quarter or year"):
        trivet.show_statement(as_("ada"), period="week")
    with pytest.raises(NotFound, match="level 'resource' is not one of items or markets"):
        trivet.show_statement(as_("ada"), by="resource")
