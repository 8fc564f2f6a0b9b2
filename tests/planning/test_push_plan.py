"""The push-down of small companies: every bucket's weeks are the plan, in its steps and lots, and nothing runs out."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from tests.planning.pushed import Pushed, push
from tests.supply.supply_company import Case, Row, Rows, crew, line, stock
from tests.supply.test_random_companies import company
from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts

FLOWS = ("production", "purchases", "transfers_in", "transfers_out")


def check_exact(pushed: Pushed) -> None:
    """Raise when a bucket's weeks are not the plan, or a week's stock does not follow."""
    supply, sites, spans = pushed.plan.panel("supply"), pushed.schedule.sites, pushed.schedule.parts.spans
    horizon, ends = supply.buckets.horizon, [span[-1] for span in spans]

    def by_bucket(name: str) -> Counts:
        return np.stack([sites[name][:, list(span)].sum(axis=1) for span in spans], axis=1)

    for name in FLOWS:
        assert (by_bucket(name) == supply.count(name)[:, horizon]).all(), name
    carried = sites["shipments_carried"][:, ends]
    plan = np.cumsum(supply.count("site_shipments")[:, horizon], axis=1)
    assert (np.cumsum(by_bucket("shipments"), axis=1) + carried == plan).all()
    left = carried + sites["used_carried"][:, ends]
    assert (sites["stock"][:, ends] - left == supply.count("projected_stock")[:, horizon]).all()
    moved = np.sum([sites[name] for name in FLOWS[:3]], axis=0)
    moved = moved - np.sum([sites[name] for name in ("transfers_out", "used", "shipments")], axis=0)
    assert (np.diff(sites["stock"], axis=1) == moved[:, 1:]).all()
    assert all((sites[name] % 1000 == 0).all() for name in ("demand", "shipments", "used"))
    sound = (supply.count("projected_stock")[:, supply.buckets.first_open - 1 :] >= 0).all(axis=1)
    assert sites["stock"][sound].min(initial=0) >= 0
    bought = pushed.table("purchase_plan").group_by("item").agg(pl.col("quantity").sum()).sort("item")
    for item, quantity in bought.iter_rows():
        mine = supply.keys["item"].to_numpy() == item
        goods = (by_bucket("purchases") - by_bucket("on_order"))[mine].sum()
        material = pushed.plan.panel("material")
        parts = material.count("material_purchases")[material.keys["item"].to_numpy() == item][:, horizon].sum()
        assert quantity == goods + parts, item


@pytest.mark.parametrize("seed", range(6))
def test_random_companies_are_handed_over_exactly(seed: int) -> None:
    pushed = push(company(seed))
    check_exact(pushed)
    if seed % 3 == 1:  # lots
        check_lots(pushed)


def check_lots(pushed: Pushed) -> None:
    routings = pushed.inputs.table("routings")
    rows = {pair: i for i, pair in enumerate(pushed.plan.panel("supply").keys.iter_rows())}
    supply = pushed.plan.panel("supply")
    checked = 0
    for item, place, minimum, multiple in routings.select("item", "location", "minimum", "multiple").iter_rows():
        row = rows[(item, place)]
        planned = supply.count("production")[row, supply.buckets.horizon]
        for lots, total in (
            (pushed.schedule.sites["production"][row, list(span)], planned[t])
            for t, span in enumerate(pushed.schedule.parts.spans)
        ):
            if multiple and total % multiple == 0:
                assert (lots % multiple == 0).all()
            if minimum and total >= minimum:
                assert (lots[lots > 0] >= minimum).all()
                checked += 1
    assert checked


def test_a_split_week_is_one_row_of_the_schedule_and_two_of_its_parts() -> None:
    pushed = push(Case(tables={"routings": [line(hours=0.0)]}, demand={("P", "M"): [100.0] * 6}))
    weeks, parts = pushed.table("master_schedule"), pushed.table("master_schedule_parts")
    split = weeks.filter(pl.col("week") == "2026-W14")  # Monday 30 March to Sunday 5 April
    assert split.select("week_start", "first_day", "last_day").rows() == [
        (date(2026, 3, 30), date(2026, 3, 30), date(2026, 4, 5))
    ]
    both = parts.filter(pl.col("week") == "2026-W14")
    assert both["bucket"].to_list() == ["2026-03", "2026-04"]
    assert split["production"].to_list() == [both["production"].sum()]
    assert split["stock"][0] == both["stock"][1]
    assert pushed.buckets("production", "P", "N") == pushed.planned("production", "P", "N")


def test_shutdown_weeks_make_nothing_and_a_bucket_of_them_is_shared_by_days() -> None:
    shut: Rows = [{"calendar": "", "first": date(2026, 4, 6), "last": date(2026, 4, 19)}]
    tables: dict[str, Rows] = {"routings": [line(hours=0.0)], "closures": shut, "calendars": []}
    pushed = push(Case(tables=tables, demand={("P", "M"): [90.0] * 6}))
    weeks = pushed.table("master_schedule").filter(pl.col("week").is_in(["2026-W15", "2026-W16"]))
    assert weeks.select("production", "shipments").sum().row(0) == (0, 0)
    check_exact(pushed)
    tables["closures"] = [{"calendar": "", "first": date(2026, 4, 1), "last": date(2026, 4, 30)}]
    check_exact(push(Case(tables=tables, demand={("P", "M"): [90.0] * 6})))


def test_an_item_gets_nothing_before_its_first_and_after_its_last_sale() -> None:
    items: Rows = [{"item": "P", "family": "F", "first_sale": date(2026, 3, 16), "last_sale": date(2026, 8, 9)}]
    pushed = push(Case(tables={"items": items, "routings": [line(hours=0.0)]}, demand={("P", "M"): [60.0] * 6}))
    weeks = pushed.table("master_schedule")
    dead = weeks.filter((pl.col("last_day") < date(2026, 3, 16)) | (pl.col("first_day") > date(2026, 8, 9)))
    assert dead.height
    assert dead.select("demand", "shipments").sum().row(0) == (0, 0)
    assert weeks.filter(pl.col("first_day") > date(2026, 8, 9))["production"].sum() == 0
    assert weeks["demand"].sum() == 360_000


def test_production_fixed_by_hand_stays_in_its_bucket() -> None:
    tables: dict[str, Rows] = {"routings": [line(minimum=30, multiple=10)], "resources": [crew("R", "N", 40)]}
    pushed = push(Case(tables=tables, demand={("P", "M"): [40.0] * 6}, firm={("P", "N"): [75, 0, 100, -1, -1, -1]}))
    assert pushed.buckets("production", "P", "N")[:3] == [75, 0, 100]
    check_exact(pushed)


def test_demand_below_one_step_is_carried_and_said() -> None:
    pushed = push(Case(tables={"routings": [line(hours=0.0)]}, demand={("P", "M"): [10.4] * 6}))
    assert pushed.buckets("demand", "P", "N") == [10, 10, 11, 10, 11, 10]
    assert pushed.weeks("demand_carried", "P", "N")[-1] == pytest.approx(0.4)
    assert "demand goes in whole steps: 1 series carry less than one step each, 0.4 units" in pushed.down.notes[0]


def test_parts_follow_the_weeks_of_what_they_go_into() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "X", "kind": "material"}],
        "routings": [line(hours=0.0, minimum=40, multiple=40), line("Q", hours=0.0)],
        "bill_of_materials": [{"parent": "P", "component": "Q", "quantity": 2}],
    }
    pushed = push(Case(tables=tables, demand={("P", "M"): [40.0] * 6}))
    made, used = pushed.weeks("production", "P", "N"), pushed.weeks("used", "Q", "N")
    assert used == [2 * units for units in made]
    check_exact(pushed)


def test_transfers_leave_their_lead_time_before_they_arrive() -> None:
    tables: dict[str, Rows] = {
        "locations": [{"location": "N", "kind": "plant"}, {"location": "Z", "kind": "dc"}],
        "markets": [{"market": "M", "location": "Z"}],
        "routings": [line(hours=0.0)],
        "lanes": [{"item": "", "origin": "N", "destination": "Z", "lead_time_days": 35}],
        "stock_history": [stock("P", "Z", 50)],
    }
    pushed = push(Case(tables=tables, demand={("P", "M"): [40.0] * 6}))
    moves = pushed.table("transfers")
    assert moves.height
    days = (moves["arrival_date"] - moves["ship_date"]).dt.total_days()
    assert (days + moves["short_days"] >= 35).all()
    late = moves.filter(pl.col("short_days") > 0)
    assert any(f"{late.height} of {moves.height} transfers" in note for note in pushed.down.notes) is bool(late.height)
    assert moves.filter(pl.col("arrival_bucket") == "")["ship_bucket"].unique().to_list() in ([], ["2026-08"])
    check_exact(pushed)


def test_purchases_name_supplier_price_lot_and_the_day_to_order() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "policy": "bought"}],
        "suppliers": [{"supplier": "V", "currency": "USD"}],
        "supply_sources": [
            {
                "item": "P",
                "supplier": "V",
                "location": "N",
                "lead_time_days": 45,
                "price": 2.5,
                "minimum": 20,
                "multiple": 10,
            }
        ],
        "open_purchases": [
            {"order": "4711", "item": "P", "supplier": "V", "location": "N", "due": "2026-03", "quantity": 30}
        ],
    }
    pushed = push(Case(tables=tables, demand={("P", "M"): [25.0] * 6}))
    orders = pushed.table("purchase_plan")
    assert set(orders["supplier"]) == {"V"}
    assert set(orders["currency"]) == {"USD"}
    assert (orders["quantity"] % 10_000 == 0).all()
    assert (orders["quantity"] >= 20_000).all()
    assert orders["amount"].to_list() == [quantity * 25 for quantity in orders["quantity"]]
    assert ((orders["receipt_date"] - orders["order_date"]).dt.total_days() >= 45).all()
    assert set(orders["order_date"].dt.weekday()) <= {1, 2, 3, 4, 5}
    assert pushed.table("open_orders").select("order", "counted_in", "quantity").rows() == [("4711", "2026-03", 30_000)]
    assert sum(pushed.weeks("on_order", "P", "N")) == 30
    late = orders.filter(pl.col("late_days") > 0)
    assert all((date(2026, 3, 1) - day).days > 0 for day in late["order_date"])
    check_exact(pushed)


def test_two_suppliers_share_what_a_place_buys_the_cheaper_one_up_to_its_cap() -> None:
    source: Row = {"item": "P", "location": "N", "lead_time_days": 0}
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F", "policy": "bought"}],
        "supply_sources": [
            {**source, "supplier": "DEAR", "extra_cost": 3},
            {**source, "supplier": "CHEAP", "cap": 15},
        ],
    }
    pushed = push(Case(tables=tables, demand={("P", "M"): [25.0] * 6}))
    bought = pushed.table("purchase_plan").group_by("bucket", "supplier").agg(pl.col("quantity").sum())
    cheap = bought.filter(pl.col("supplier") == "CHEAP")["quantity"]
    assert cheap.max() == 15_000
    assert bought["quantity"].sum() == sum(round(1000 * v) for v in pushed.planned("purchases", "P", "N"))


def test_weeks_asked_for_are_completed_to_the_end_of_their_bucket() -> None:
    case = Case(tables={"routings": [line(hours=0.0)]})
    assert [push(case, weeks).down.buckets[1] for weeks in (1, 5, 6, 10, 400)] == [
        "2026-03", "2026-03", "2026-04", "2026-05", "2026-08",
    ]  # fmt: skip
    few = push(case, 6)
    assert few.down.last == date(2026, 4, 30)
    assert few.table("master_schedule_parts")["bucket"].unique().sort().to_list() == ["2026-03", "2026-04"]
    assert few.table("finance")["period"].n_unique() == 6
    with pytest.raises(InvalidInput, match="--weeks is 0; expected 1 or more"):
        push(case, 0)


def test_accounts_of_one_line_share_it_as_they_did_to_the_last_count() -> None:
    tables: dict[str, Rows] = {
        "routings": [line(hours=0.0)],
        "ledger": [
            {"account": "4000", "bucket": "2026-02", "amount": 2},
            {"account": "4010", "bucket": "2026-02", "amount": 1},
        ],
        "ledger_map": [{"account": "4000", "line": "revenue"}, {"account": "4010", "line": "revenue"}],
    }
    pushed = push(Case(tables=tables, demand={("P", "M"): [10.001] * 6}))
    revenue = pushed.table("finance").filter(pl.col("line") == "revenue")
    demand = pushed.plan.panel("demand")
    planned = demand.count("constrained_revenue")[:, demand.buckets.horizon].sum(axis=0)
    assert (
        revenue.group_by("period", maintain_order=True).agg(pl.col("amount").sum()).sort("period")["amount"].to_list()
        == planned.tolist()
    )
    shares = [revenue.filter(pl.col("account") == account)["amount"].sum() for account in ("4000", "4010")]
    assert Decimal(shares[0]) / Decimal(shares[1]) == pytest.approx(Decimal(2), rel=Decimal("0.0001"))
    assert revenue.select("fiscal_year", "fiscal_quarter", "fiscal_month").row(0) == (2026, 1, 3)
    assert any("accounts 4000, 4010 share" in note for note in pushed.down.notes)


def test_the_mix_says_what_was_set_by_hand_beside_what_is_planned() -> None:
    tables: dict[str, Rows] = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}],
        "routings": [line(hours=0.0), line("Q", hours=0.0)],
        "mix": [
            {"family": "F", "item": "P", "first": "2026-05", "share": 0.7},
            {"family": "F", "item": "Q", "first": "2026-05", "share": 0.3},
        ],
    }
    pushed = push(Case(tables=tables, demand={("P", "M"): [70.0] * 6, ("Q", "M"): [30.0] * 6}))
    mix = pushed.table("mix").filter(pl.col("item") == "P")
    assert mix["share"].to_list() == [7000] * 6
    assert mix["by_hand"].to_list() == [None, None, 7000, 7000, 7000, 7000]


def test_what_is_kept_nowhere_is_said() -> None:
    items: Rows = [{"item": "P", "family": "F"}, {"item": "FEE", "family": "F", "kind": "non-stock"}]
    case = Case(
        tables={"items": items, "routings": [line(hours=0.0)]}, demand={("P", "M"): [10.0] * 6, ("FEE", "M"): [5.0] * 6}
    )
    pushed = push(case)
    assert "FEE" not in pushed.table("master_schedule")["item"].to_list()
    assert any("1 series with demand (30 units) are kept nowhere" in note for note in pushed.down.notes)
