"""The published laws of spreading with locks: ../shared/cases/spread/spread.json, every case."""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from trivet.core.company import Company
from trivet.core.dimensions import Dimension, Hierarchy
from trivet.core.entries import Change, Entry, Operation
from trivet.core.fold import entries_under, fold
from trivet.core.formula import recompute
from trivet.core.ids import Digest, GrainName, MeasureId, MemberId, Seq
from trivet.core.issues import Issue, Node, Scope, Severity
from trivet.core.measures import parse_measures
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Model
from trivet.core.spread import spread

NOW = date(2026, 11, 1)
CORE = Path(__file__).parents[2] / "src" / "trivet" / "core"
UNIT, CENT = 1000, 10_000
SPREAD = {
    "even-over-time",
    "proportional",
    "one-locked",
    "two-locked",
    "empty-splits-evenly",
    "one-base-takes-all-when-others-zero",
    "zero-parent",
    "locks-exceed-parent",
    "all-locked-and-different",
    "all-locked-and-equal",
}
MONEY = {"value-edit-moves-quantity", "value-edit-mixed-prices"}

Case = Mapping[str, Any]


@pytest.fixture
def cases(shared: Path) -> Mapping[str, Case]:
    text = (shared / "cases" / "spread" / "spread.json").read_text(encoding="utf-8")
    return {case["id"]: case for case in json.loads(text)["cases"]}


def _world(case: Case) -> tuple[Panel, Model]:
    """One family, an item a child, one market, one open bucket."""
    count = len(case["base"])
    ids = [f"CH-{i + 1}" for i in range(count)]
    company = Company(name="Case", currency="EUR", first_bucket=NOW, cycle=NOW, horizon=1)
    members = pl.DataFrame({"item": ids, "family": ["Parent"] * count})
    item = Dimension(
        name="item",
        members=members,
        hierarchies=(Hierarchy(name="standard", levels=("family", "item")),),
        digest=Digest(""),
    )
    registry = parse_measures((CORE / "measures.toml").read_text(encoding="utf-8"))
    model = Model(company=company, registry=registry, dimensions={"item": item}, buckets=company.buckets())
    prices = case.get("prices", [case.get("price", 1)] * count)
    panel = Panel(
        grain=GrainName("demand"), keys=make_keys({"item": ids, "market": ["ALL"] * count}), buckets=model.buckets
    )
    values = np.array(case["base"], dtype=np.int64)[:, None] * UNIT
    panel = panel.with_counts({"consensus_base": values})
    return panel.with_rates({"price": np.array(prices, dtype=np.float64)[:, None]}), model


def _scope(level: str, member: str) -> Scope:
    return (Node(dimension="item", level=level, member=MemberId(member)),)


def _set(measure: str, amount: int, scope: Scope, operation: Operation = Operation.SET) -> Change:
    return Change(
        measure=MeasureId(measure),
        operation=operation,
        amount=Decimal(amount) if operation is Operation.SET else None,
        scope=scope,
        first=NOW,
        last=NOW,
    )


def _entries(case: Case) -> list[tuple[Seq, Entry]]:
    locks = [
        _set("consensus_demand", 0, _scope("item", f"CH-{i + 1}"), Operation.LOCK)
        for i, locked in enumerate(case["locked"])
        if locked
    ]
    measure, amount = ("revenue", case["set_money"]) if "set_money" in case else ("consensus_demand", case["set"])
    return [(Seq(i), entry) for i, entry in enumerate([*locks, _set(measure, amount, _scope("family", "Parent"))])]


def _same_as_expected(case: Case, values: list[int], issues: tuple[Issue, ...]) -> None:
    if isinstance(case["expected"], list):
        assert values == case["expected"], case["id"]
        assert not [i for i in issues if i.severity is Severity.REFUSED], case["id"]
        return
    assert values == case["base"], case["id"]
    assert [i.severity for i in issues] == [Severity.REFUSED], case["id"]
    named = set(re.findall(r"CH-\d", issues[0].message))
    assert named == {f"CH-{i + 1}" for i, locked in enumerate(case["locked"]) if locked}, case["id"]
    assert str(sum(v for v, locked in zip(case["base"], case["locked"], strict=True) if locked)) in issues[0].message


def test_every_published_case_is_known(cases: Mapping[str, Case]) -> None:
    assert set(cases) == SPREAD | MONEY | {"clear-parent"}


@pytest.mark.parametrize("name", sorted(SPREAD))
def test_spread_meets_the_published_case(name: str, cases: Mapping[str, Case]) -> None:
    case = cases[name]
    base = np.array(case["base"], dtype=np.int64)
    names = [f"CH-{i + 1}" for i in range(len(base))]
    result = spread(
        case["set"] * UNIT, base * UNIT, current=base * UNIT, locked=np.array(case["locked"]), step=UNIT, names=names
    )
    if isinstance(result, Issue):
        _same_as_expected(case, case["base"], (result,))
    else:
        _same_as_expected(case, (result // UNIT).tolist(), ())


@pytest.mark.parametrize("name", sorted(SPREAD | MONEY))
def test_fold_meets_the_published_case(name: str, cases: Mapping[str, Case]) -> None:
    case = cases[name]
    panel, model = _world(case)
    folded, issues = fold(panel, _entries(case), model)
    _same_as_expected(case, (folded.count("consensus_demand")[:, 0] // UNIT).tolist(), issues)


def test_money_of_mixed_prices_is_recomputed_and_its_rounding_said(cases: Mapping[str, Case]) -> None:
    case = cases["value-edit-mixed-prices"]
    panel, model = _world(case)
    folded, issues = fold(panel, _entries(case), model)
    shown = recompute(folded, model.registry)
    assert int(shown.count("revenue").sum()) == 1510 * CENT
    assert [(issue.code, issue.severity) for issue in issues] == [("change.rounded", Severity.NOTE)]
    assert "1510" in issues[0].message
    assert "1500" in issues[0].message
    assert "make 10 of rounding" in issues[0].message


def test_clearing_the_parent_returns_every_child(cases: Mapping[str, Case]) -> None:
    case = cases["clear-parent"]
    panel, model = _world(case)
    entries: list[tuple[Seq, Entry]] = [
        (Seq(1), _set("consensus_demand", 99, _scope("item", "CH-1"))),
        (Seq(2), _set("consensus_demand", 500, _scope("family", "Parent"))),
    ]
    changed, _ = fold(panel, entries, model)
    assert (changed.count("consensus_demand")[:, 0] // UNIT).sum() == 500
    under = entries_under(entries, panel, model, _scope("family", "Parent"), first=NOW, last=NOW)
    assert under == (1, 2)
    takes_back: list[tuple[Seq, Entry]] = [
        (
            Seq(3 + i),
            Change(
                measure=MeasureId("consensus_demand"), operation=Operation.WITHDRAW, first=NOW, last=NOW, withdraws=seq
            ),
        )
        for i, seq in enumerate(under)
    ]
    cleared, issues = fold(panel, [*entries, *takes_back], model)
    assert not issues
    assert (cleared.count("consensus_demand")[:, 0] // UNIT).tolist() == case["base"]
