"""The commands for currencies, the split set by hand and previews, on a company that sells in two currencies."""

import json
import shutil
import sys
from pathlib import Path

import pytest

import trivet
from trivet.cli.main import run
from trivet.core.errors import InvalidInput, NotFound
from trivet.examples import bikes
from trivet.usecases.show_plan import View
from trivet.workspace.workspace import Workspace

RATES = "type,currency,first,rate\nactual,USD,2020-01,0.8\nforecast,USD,2020-01,0.9\nbudget,USD,2020-01,1.0\n"


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny company with a market that is invoiced in dollars."""
    folder = tmp_path_factory.mktemp("abroad")
    shutil.copytree(bikes(), folder / "files")
    markets = "market,name,region,channel,currency\nHOME,Home,Home,dealers,\nEXPORT,Abroad,Export,dealers,USD\n"
    (folder / "files" / "markets.csv").write_text(markets, "utf-8")
    (folder / "files" / "exchange_rates.csv").write_text(RATES, "utf-8")
    trivet.create_workspace(str(folder / "home"), actor="ada")
    workspace = trivet.open_workspace(str(folder / "home"), actor="ada")
    trivet.import_folder(workspace, folder / "files")
    trivet.make_plan(workspace)
    workspace.store.close()
    return folder / "home"


@pytest.fixture
def workspace(abroad: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(abroad, tmp_path / "home")
    return trivet.open_workspace(str(tmp_path / "home"), actor="ada")


def told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["trivet", "-w", workspace.settings.workspace, "--actor", "ada", *words])
    with pytest.raises(SystemExit) as ended:
        run()
    shown = capsys.readouterr()
    assert ended.value.code in (0, None), shown.err
    return shown.out


def test_money_is_shown_in_any_currency_and_at_other_rates(workspace: Workspace) -> None:
    euros = trivet.show_numbers(workspace, "constrained_revenue", View(by="market"))
    dollars = trivet.show_numbers(workspace, "constrained_revenue", View(by="market", currency="USD"))
    assert dollars.unit == "USD"
    for one, other in zip(euros.rows, dollars.rows, strict=True):
        for euro, dollar in zip(one.values, other.values, strict=True):
            assert float(dollar or 0) == pytest.approx(float(euro or 0) / 0.9, rel=1e-6)
    at_budget = trivet.show_numbers(workspace, "constrained_revenue", View(by="market", rate="budget"))
    assert at_budget.rate == "budget"
    for plan, shown, effect in zip(euros.rows, at_budget.rows, at_budget.effects, strict=True):
        assert [a - b for a, b in zip(plan.values, shown.values, strict=True)] == list(effect.values)  # type: ignore[operator]
    assert {row.member for row in at_budget.effects if any(row.values)} == {"EXPORT"}


def test_local_currency_names_the_currency_of_each_row(workspace: Workspace) -> None:
    answer = trivet.show_numbers(workspace, "constrained_revenue", View(by="family", currency="local"))
    assert answer.unit == "local currency"
    assert {row.currency for row in answer.rows} == {"EUR", "USD"}
    assert len({(row.member, row.currency) for row in answer.rows}) == len(answer.rows)


def test_wrong_currencies_and_rates_are_told(workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="rate is 'spot'; expected budget, actual, forecast, plan"):
        trivet.show_numbers(workspace, "revenue", View(rate="spot"))
    with pytest.raises(NotFound, match="no plan rate of GBP; it has USD"):
        trivet.show_numbers(workspace, "revenue", View(currency="GBP"))
    with pytest.raises(InvalidInput, match="has no currency"):
        trivet.show_numbers(workspace, "orders", View(currency="USD"))


def test_compare_tells_what_exchange_rates_did(workspace: Workspace, tmp_path: Path) -> None:
    before = workspace.version("main").id
    folder = tmp_path / "files"
    shutil.copytree(bikes(), folder)
    markets = "market,name,region,channel,currency\nHOME,Home,Home,dealers,\nEXPORT,Abroad,Export,dealers,USD\n"
    (folder / "markets.csv").write_text(markets, "utf-8")
    (folder / "exchange_rates.csv").write_text(RATES.replace("0.9", "0.99"), "utf-8")
    trivet.import_folder(workspace, folder)
    trivet.make_plan(workspace)
    found = trivet.compare_scenarios(
        workspace, before, "main", measures=("revenue", "consensus_demand"), level="market"
    )
    assert found.differences
    for row in found.differences:
        assert row.measure == "revenue"
        assert row.member == "EXPORT"
        assert row.exchange == row.change > 0


def test_commands_print_currencies_effects_and_previews(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = told(
        workspace, monkeypatch, capsys, "show", "revenue", "--by", "market", "--rate", "budget", "--period", "year"
    )
    assert "EUR at budget rates" in out
    assert "Exchange effect, EUR: at plan rates less at budget rates" in out
    out = told(workspace, monkeypatch, capsys, "show", "price", "--by", "market", "--currency", "local")
    assert "EXPORT USD" in out
    answer = json.loads(told(workspace, monkeypatch, capsys, "show", "revenue", "--currency", "USD", "--json"))
    assert (answer["unit"], answer["rate"], answer["effects"], answer["format"]) == ("USD", "plan", [], "0")
    words = (
        "change",
        "consensus_demand",
        "=0",
        "--from",
        "2027-03",
        "--weights",
        "mix",
        "--preview",
        "--reason",
        "dropped",
    )
    out = told(workspace, monkeypatch, capsys, *words)
    assert "would be 0: item" in out
    assert "largest change: item" in out
    assert "Preview of main: nothing was recorded." in out
    assert trivet.list_changes(workspace).lines == ()


def test_a_split_is_set_and_shown_by_command(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parents = workspace.planned("main")[2].model.dimensions["item"].parents("family")
    item, family = sorted(parents.items())[0]
    (tmp_path / "mix.csv").write_text(f"family,item,first,share\n{family},{item},2027-03,1\n", "utf-8")
    words = ("mix", "--set", str(tmp_path / "mix.csv"), "--reason", "one model only")
    assert "Recorded in main." in told(workspace, monkeypatch, capsys, *words)
    trivet.make_plan(workspace)
    out = told(workspace, monkeypatch, capsys, "mix", family)
    assert "Set by hand" in out
    assert f"{item}: " in out
    assert "100.00" in out
    for wrong, error in ((("mix",), InvalidInput), (("mix", "--set", "nowhere.csv"), NotFound)):
        monkeypatch.setattr(sys, "argv", ["trivet", "-w", workspace.settings.workspace, *wrong])
        with pytest.raises(SystemExit) as ended:
            run()
        assert ended.value.code == 2, error
