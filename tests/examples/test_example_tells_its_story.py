"""What Velmora's files alone must tell: seasons, growth, events, capacity that binds, opinions of known worth.

What the plan must tell (gap, shortage, backlog) is asserted once a plan is made of it.
"""

import csv
from collections import defaultdict
from functools import cache

import numpy as np
import polars as pl
import pytest

from trivet.examples import velmora
from trivet.examples.generator import catalogue, parameters
from trivet.examples.generator.demand import event_factors, make_demand, rows_of
from trivet.examples.generator.opinions import planned

MONTHS = [f"{2022 + (10 + t) // 12}-{(10 + t) % 12 + 1:02d}" for t in range(62)]
YEAR_2027 = slice(50, 62)


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (velmora() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def items() -> dict[str, str]:
    return {row["item"]: row["family"] for row in rows("items")}


@cache
def wanted(family: str, region: str = "") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Orders and bookings of a family by closed month."""
    sums: dict[str, float] = defaultdict(float)
    for row in (*rows("orders"), *rows("bookings")):
        if items()[row["item"]] == family and row["market"].startswith(region):
            sums[row["bucket"]] += float(row["quantity"])
    return np.array([sums[month] for month in MONTHS[:48]])


@cache
def published() -> pl.DataFrame:
    """Published plans with lag, family, region and what really was ordered."""
    number = {month: at for at, month in enumerate(MONTHS)}
    plans = pl.read_parquet(velmora() / "published.parquet").with_columns(
        pl.col("item").replace_strict(items()).alias("family"),
        pl.col("market").str.split("-").list.first().alias("region"),
        (pl.col("bucket").replace_strict(number) - pl.col("cycle").replace_strict(number)).alias("lag"),
    )
    actual = pl.DataFrame(
        [(r["item"], r["market"], r["bucket"], float(r["quantity"])) for r in (*rows("orders"), *rows("bookings"))],
        schema=["item", "market", "bucket", "actual"],
        orient="row",
    )
    return plans.join(actual, on=["item", "market", "bucket"], how="left").with_columns(pl.col("actual").fill_null(0.0))


def scored(measure: str, lag: int) -> pl.DataFrame:
    """One measure at one lag in the complete closed months (the partial October is never scored)."""
    return published().filter((pl.col("measure") == measure) & (pl.col("lag") == lag) & (pl.col("bucket") < "2026-10"))


def family_error(measure: str, family: str, lag: int = 1) -> float:
    part = scored(measure, lag).filter(pl.col("family") == family)
    sums = part.group_by("bucket").agg(pl.col("quantity").sum(), pl.col("actual").sum())
    return error_of(sums)


def error_of(part: pl.DataFrame) -> float:
    """Weighted mean absolute percentage error."""
    return float((part["quantity"] - part["actual"]).abs().sum()) / float(part["actual"].sum())


STEADY = ["City", "Trekking", "E-bikes", "Kids", "Road", "Helmets", "Accessories"]


@pytest.mark.parametrize("family", STEADY)
def test_season_is_recovered_from_the_orders(family: str) -> None:
    truth = catalogue.FAMILY[family]
    factor = event_factors()[rows_of(family)[0], 0, :48]
    clean = (wanted(family) / factor)[2:38].reshape(3, 12)
    found = (clean / clean.mean(axis=1, keepdims=True)).mean(axis=0)
    assert found == pytest.approx(parameters.SEASONS[truth.season], rel=0.12)


@pytest.mark.parametrize("family", [*STEADY, "Cargo"])
def test_growth_is_recovered_from_the_orders(family: str) -> None:
    units = wanted(family)
    clean = (units / event_factors()[rows_of(family)[0], 0, :48]).reshape(4, 12).sum(axis=1)
    assert (clean[3] / clean[0]) ** (1 / 3) - 1 == pytest.approx(catalogue.FAMILY[family].growth, abs=0.02)


@pytest.mark.parametrize("family", STEADY)
def test_central_loses_share_year_by_year(family: str) -> None:
    central, all_ = wanted(family, "Central"), wanted(family)
    first, last = central[:12].sum() / all_[:12].sum(), central[-13:-1].sum() / all_[-13:-1].sum()
    assert 0.01 < first - last < 0.06


@pytest.mark.parametrize("family", STEADY)
def test_americas_sells_its_share(family: str) -> None:
    share = wanted(family, "Americas").sum() / wanted(family).sum()
    assert share == pytest.approx(catalogue.FAMILY[family].americas, abs=0.015)


@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_november_promotion_lifts_kids_and_january_pays_back(year: int) -> None:
    level = make_demand().base[rows_of("Kids")].sum(axis=(0, 1))
    november = MONTHS.index(f"{year}-11")
    ratio = wanted("Kids") / level[:48]
    assert ratio[november] == pytest.approx(1 + 0.45 * 0.6, abs=0.16)
    assert ratio[november + 2] < 1.0


def test_events_are_three_learnt_one_running_one_cancelled() -> None:
    states = {row["promotion"]: row["status"] for row in rows("promotions")}
    assert [states[f"KIDS-NOV-{year}"] for year in range(2023, 2028)] == [*["done"] * 3, "running", "planned"]
    assert states["EB-APR-2025"] == "cancelled"
    assert {"TREK-SEP-2024", "CITY-SEP-2025", "ACC-MAY-2025"} <= set(states)


def test_trekking_orders_stood_30_percent_above_shipments_in_the_stock_out() -> None:
    shipped = sum(
        float(row["quantity"])
        for row in rows("shipments")
        if row["bucket"] == "2025-06" and items()[row["item"]] == "Trekking"
    )
    assert wanted("Trekking")[MONTHS.index("2025-06")] / shipped == pytest.approx(1.30, abs=0.01)
    counted = [r for r in rows("stock_history") if r["bucket"] == "2025-06" and items()[r["item"]] == "Trekking"]
    assert counted
    assert {row["quantity"] for row in counted} == {"0"}


def test_one_helmet_order_stands_out_once() -> None:
    own = {
        row["bucket"]: float(row["quantity"])
        for row in rows("orders")
        if row["item"] == "HM-110" and row["market"] == "Central-dealers"
    }
    other = [own[f"{year}-01"] for year in (2023, 2025, 2026)]
    assert own["2024-01"] - np.mean(other) == pytest.approx(1_800, abs=400)


def test_nordics_reported_october_in_part() -> None:
    own, rest = wanted("Helmets", "Nordics"), wanted("Helmets", "Central")
    assert own[47] / own[35] < 0.8 < rest[47] / rest[35]


def test_launches_of_the_past_begin_when_they_did() -> None:
    first: dict[str, str] = {}
    for row in rows("orders"):
        first[row["item"]] = min(first.get(row["item"], "9999"), row["bucket"])
    assert (first["RG-230"], first["KD-220"]) == ("2025-03", "2024-09")
    assert {"EB-130", "EB-140"}.isdisjoint(first)


def test_helmets_come_back_at_six_percent_online() -> None:
    shipped = sum(
        float(r["quantity"])
        for r in rows("shipments")
        if r["item"].startswith("HM-") and r["market"].endswith("online")
    )
    back = sum(float(row["quantity"]) for row in rows("returns") if row["item"].startswith("HM-"))
    assert back / shipped == pytest.approx(0.06, abs=0.005)
    assert all(row["market"].endswith("-online") for row in rows("returns"))


def need(resource: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Percent of a line's regular hours that the demand planned for 2027 asks for, month by month."""
    demand = planned(make_demand())
    hours = np.zeros(12)
    codes = [item.code for item in catalogue.ITEMS]
    for row in rows("routings"):
        if row["resource"] == resource:
            units = demand[codes.index(row["item"]), :, YEAR_2027].sum(axis=0)
            hours += units * float(row["hours_per_unit"]) * float(row["share"])
    line = next(row for row in rows("resources") if row["resource"] == resource)
    daily = float(line["lines"]) * float(line["hours_per_day"]) * float(line["efficiency"])
    days = {row["bucket"]: float(row["working_days"]) for row in rows("calendars")}
    return np.asarray(100 * hours / np.array([daily * days[month] for month in MONTHS[YEAR_2027]]), dtype=np.float64)


@pytest.mark.parametrize(
    ("resource", "first", "expected"),
    [
        ("N-A1", 3, (118, 130, 102, 83, 110)),
        ("N-A2", 2, (111, 132, 150, 120)),
        ("S-B1", 3, (126, 138)),
    ],
)
def test_line_is_asked_for_more_than_it_has(resource: str, first: int, expected: tuple[int, ...]) -> None:
    found = need(resource)[first : first + len(expected)]
    assert found == pytest.approx(expected, abs=5)


def test_cargo_cell_makes_less_than_is_booked() -> None:
    days = {row["bucket"]: float(row["working_days"]) for row in rows("calendars")}
    cell = next(row for row in rows("resources") if row["resource"] == "N-C1")
    most = sum(days[m] for m in MONTHS[YEAR_2027]) * float(cell["hours_per_day"]) * float(cell["efficiency"])
    booked = planned(make_demand())[rows_of("Cargo"), :, YEAR_2027].sum()
    assert most / 12 == pytest.approx(268, abs=5)
    assert booked > most
    open_orders = sum(float(row["quantity"]) for row in rows("order_backlog"))
    assert open_orders / (most / 52) == pytest.approx(12, abs=0.5)


def test_batteries_are_capped_at_930_from_january_to_march() -> None:
    (cut,) = rows("supplier_caps")
    assert (cut["item"], cut["first"], cut["last"], cut["cap"]) == ("BAT-500", "2027-01", "2027-03", "930")
    source = next(row for row in rows("supply_sources") if row["item"] == "BAT-500")
    assert source["cap"] == "2450"
    users = {items()[row["parent"]] for row in rows("bill_of_materials") if row["component"] == "BAT-500"}
    assert users == {"E-bikes", "Cargo"}


def test_e_city_1_holds_more_than_it_will_sell() -> None:
    opening = {
        row["item"]: 0.0 for row in rows("stock_history") if row["item"] in {*parameters.PHASE_OUT, "MOT-C1", "EB-210"}
    }
    for row in rows("stock_history"):
        if row["bucket"] == "2026-10" and row["item"] in opening:
            opening[row["item"]] += float(row["quantity"])
    demand = planned(make_demand())
    codes = [item.code for item in catalogue.ITEMS]
    old = [codes.index(code) for code in parameters.PHASE_OUT]
    coming = demand[old, :, 48:58].sum()
    assert demand[old, :, 58:].sum() == 0
    stock = opening["EB-110"] + opening["EB-120"]
    assert stock == 880
    assert stock - coming > 200
    assert opening["MOT-C1"] * 310 == 93_000
    costs = {r["item"]: 0.0 for r in rows("costs") if r["item"] in parameters.PHASE_OUT}
    for row in rows("costs"):
        if row["item"] in costs and row["first"] == "2026-01":
            costs[row["item"]] += float(row["cost"]) * (0.92 if row["currency"] == "USD" else 1.0)
    assert list(costs.values()) == pytest.approx([1_190, 1_190], abs=0.01)
    trek = demand[codes.index("EB-210"), :, 48].sum() / 30
    assert opening["EB-210"] / trek == pytest.approx(18, abs=7)


def test_weaker_dollar_costs_a_million_of_revenue() -> None:
    rates = {row["type"]: float(row["rate"]) for row in rows("exchange_rates") if row["first"] <= "2026-10"}
    assert (rates["budget"], rates["forecast"]) == (0.92, 0.88)
    sold = {code: revenue * catalogue.FAMILY[code].americas for code, (_, revenue) in parameters.BUDGET_2027.items()}
    assert sum(sold.values()) * (0.88 / 0.92 - 1) == pytest.approx(-990_000, abs=20_000)
    bought = sum(parameters.BUDGET_2027[code][0] * catalogue.FAMILY[code].cost * 0.14 for code in ("E-bikes", "Cargo"))
    saved = bought * (1 - 0.88 / 0.92)
    assert sum(sold.values()) * (0.88 / 0.92 - 1) + saved == pytest.approx(-760_000, abs=20_000)


def test_frames_raise_the_cost_of_three_families_by_two_and_a_half_percent() -> None:
    base: dict[str, float] = defaultdict(float)
    rise: dict[str, float] = defaultdict(float)
    for row in rows("costs"):
        if row["component"] == "frames" and row["first"] == "2027-01":
            rise[row["item"]] += float(row["cost"])
        elif row["first"] == "2026-01" and items()[row["item"]] in {"City", "Trekking", "Kids"}:
            base[row["item"]] += float(row["cost"])
            rise[row["item"]] -= float(row["cost"]) if row["component"] == "frames" else 0.0
    assert {items()[item] for item in rise} == {"City", "Trekking", "Kids"}
    assert [rise[item] / base[item] for item in sorted(rise)] == pytest.approx([0.025] * len(rise), abs=1e-4)


def test_trekking_was_lowered_in_each_of_the_last_six_cycles() -> None:
    ahead = published().filter(
        (pl.col("measure") == "consensus_demand")
        & (pl.col("family") == "Trekking")
        & pl.col("bucket").is_in(["2026-12", "2027-01", "2027-02", "2027-03"])
        & (pl.col("cycle") >= "2026-04")
    )
    totals = ahead.group_by("cycle").agg(pl.col("quantity").sum()).sort("cycle")["quantity"].to_numpy()
    steps = totals[1:] / totals[:-1] - 1
    assert len(steps) == 6
    assert steps == pytest.approx([-0.015] * 6, abs=0.006)


def test_launch_slipped_twice() -> None:
    first = (
        published()
        .filter(pl.col("item") == "EB-130")
        .group_by("cycle")
        .agg(pl.col("bucket").min())
        .sort("cycle")
        .tail(3)["bucket"]
        .to_list()
    )
    assert first == ["2027-01", "2027-02", "2027-03"]
    assert {row["launch"] for row in rows("launches")} == {"2027-03"}
    assert {row["budget_launch"] for row in rows("launches")} == {"2027-02"}
    assert sum(int(row["first_year"]) for row in rows("launches")) == 4_200


def test_seasonal_naive_is_what_was_ordered_a_year_before() -> None:
    before = {(row["item"], row["market"], row["bucket"]): float(row["quantity"]) for row in rows("orders")}
    naive = published().filter((pl.col("measure") == "seasonal_naive") & (pl.col("cycle") == "2026-04"))
    for item, market, bucket, quantity in naive.select("item", "market", "bucket", "quantity").head(300).iter_rows():
        if items()[item] != "Cargo":
            assert before[item, market, f"{int(bucket[:4]) - 1}{bucket[4:]}"] == quantity


@pytest.mark.parametrize(("measure", "lag", "most"), [("consensus_demand", 1, 0.28), ("consensus_demand", 3, 0.28)])
def test_item_accuracy_is_near_its_target(measure: str, lag: int, most: float) -> None:
    part = scored(measure, lag)
    assert 0.10 < error_of(part) <= most


def test_earlier_plans_were_worse_further_ahead() -> None:
    assert error_of(scored("consensus_demand", 0)) < error_of(scored("consensus_demand", 6))


def test_americas_sales_sees_too_much() -> None:
    bias = {}
    for measure in ("sales_demand", "consensus_demand"):
        part = scored(measure, 1).filter(pl.col("region") == "Americas")
        bias[measure] = float(part["quantity"].sum()) / float(part["actual"].sum()) - 1
    assert bias["sales_demand"] - bias["consensus_demand"] > 0.04


def test_cargo_sales_beats_statistics_and_accessory_sales_does_not() -> None:
    cargo = family_error("baseline_demand", "Cargo") - family_error("sales_demand", "Cargo")
    accessories = family_error("sales_demand", "Accessories") - family_error("baseline_demand", "Accessories")
    assert cargo == pytest.approx(0.04, abs=0.02)
    assert accessories == pytest.approx(0.03, abs=0.02)


def test_kids_sales_pushes_quarter_ends() -> None:
    part = scored("sales_demand", 1).filter(pl.col("family") == "Kids")
    ratio = (
        part.with_columns((pl.col("bucket").str.slice(5, 2).cast(pl.Int64) % 3 == 0).alias("last"))
        .group_by("last")
        .agg((pl.col("quantity").sum() / pl.col("actual").sum()).alias("ratio"))
        .sort("last")["ratio"]
        .to_list()
    )
    assert ratio[1] - ratio[0] > 0.12


def test_west_was_late_in_two_cycles() -> None:
    west = published().filter((pl.col("measure") == "sales_demand") & (pl.col("region") == "West"))
    cycles = set(published()["cycle"].unique().to_list())
    assert cycles - set(west["cycle"].unique().to_list()) == {"2026-03", "2026-08"}


def test_production_attained_most_of_its_plan() -> None:
    made: dict[tuple[str, str, str], float] = {
        (row["item"], row["location"], row["bucket"]): float(row["quantity"]) for row in rows("production")
    }
    plan = published().filter((pl.col("measure") == "production") & (pl.col("lag") == 1))
    done = sum(made[key] for key in plan.select("item", "location", "bucket").iter_rows())
    assert done / float(plan["quantity"].sum()) == pytest.approx(0.965, abs=0.015)


def test_meeting_tables_are_filled() -> None:
    assert len(rows("people")) == 8
    assert len(rows("assumptions")) == 6
    assert [row["assumption"] for row in rows("assumptions") if row["status"] == "broken"] == ["A6"]
    assert len(rows("risks")) == 6
    assert {row["lever"] for row in rows("levers")} >= {"second-source", "cargo-shift", "freight", "frames"}
    assert len({row["cycle"] for row in published().select("cycle").unique().to_dicts()}) == 12
