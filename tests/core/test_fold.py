"""The fold of a log over its base: set, add, scale, lock, unlock, withdraw, and what no longer fits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import polars as pl
import pytest

from tests.core.planlet import ITEMS, REGISTRY, base, change, log, logged, model, node, panel, row
from trivet.core.buckets import Calendar
from trivet.core.effects import apply_effects, effects_between
from trivet.core.entries import Change, Effect, Entry, Logged, RecordChange
from trivet.core.fold import effects_of, effects_under, entries_under, fold, fold_with_locks
from trivet.core.formula import recompute
from trivet.core.ids import Counts, GrainName, MeasureId, Seq
from trivet.core.issues import Issue, Node, Severity
from trivet.core.live import Given
from trivet.core.measures import Registry, parse_measures
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import Model
from trivet.core.units import Units

DECEMBER, JANUARY, MARCH = date(2026, 12, 1), date(2027, 1, 1), date(2027, 3, 1)
CITY, KIDS, EUROPE = node("family", "City"), node("family", "Kids"), node("region", "Europe")
BIKES = ITEMS.filter(pl.col("unit") == "EA")
DEMAND = MeasureId("consensus_demand")


def world(values: Counts | None = None, given: Model | None = None) -> tuple[Panel, Model]:
    known = given or model()
    prices = np.full((15, len(known.buckets)), 10.0)
    prices[3:6] = 20.0
    made = panel(known, {"consensus_base": base(known) if values is None else values})
    return made.with_rates({"price": prices}, {"price": prices > 0}), known


def column(known: Model, day: date = DECEMBER) -> int:
    return known.buckets.index(day)


def folded(made: Panel, known: Model, *entries: Entry, **more: object) -> Counts:
    result, issues = fold(made, log(*entries), known, **more)  # type: ignore[arg-type]
    assert not [issue for issue in issues if issue.severity is Severity.REFUSED], issues
    return result.count("consensus_demand")


def refusals(made: Panel, known: Model, *entries: Entry) -> Sequence[Issue]:
    before = fold(made, log(*entries[:-1]), known)[0]
    after, issues = fold(made, log(*entries), known)
    assert np.array_equal(before.count("consensus_demand"), after.count("consensus_demand"))
    assert issues
    return issues


def rows(made: Panel, *items: str, markets: Sequence[str] = ("DE", "FR", "US")) -> list[int]:
    return [row(made, item, market) for item in items for market in markets]


def test_base_stands_where_nobody_changed_anything() -> None:
    made, known = world()
    assert np.array_equal(folded(made, known), made.count("consensus_base"))


def test_actuals_of_a_base_stay_out_of_the_open_plan() -> None:
    made, known = world(np.ones((15, 36), dtype=np.int64))
    assert not folded(made, known)[:, known.buckets.closed].any()


def test_set_gives_the_total_to_the_family_and_leaves_others_alone() -> None:
    made, known = world()
    values = folded(made, known, change("set", "300", CITY, EUROPE))
    inside = rows(made, "BK-1", "BK-2", markets=("DE", "FR"))
    at = column(known)
    assert values[inside, at].sum() == 300_000
    assert np.all(values[inside, at] % 1000 == 0)
    others = np.ones(values.shape, dtype=np.bool_)
    others[inside, at] = False
    assert np.array_equal(values[others], made.count("consensus_base")[others])


def test_set_over_a_range_is_the_total_of_the_range_at_its_mix() -> None:
    made, known = world()
    values = folded(made, known, change("set", "900", CITY, first=DECEMBER, last=MARCH))
    inside, span = rows(made, "BK-1", "BK-2"), slice(column(known), column(known, MARCH) + 1)
    before, after = made.count("consensus_base")[inside, span], values[inside, span]
    assert after.sum() == 900_000
    assert np.abs(after - before * (900_000 / before.sum())).max() < 1000


def test_ended_and_unborn_items_take_no_part() -> None:
    made, known = world()
    december = folded(made, known, change("set", "600", KIDS))
    february = folded(made, known, change("set", "600", KIDS, first=date(2027, 2, 1)))
    assert december[rows(made, "BK-3"), column(known)].sum() == 600_000
    assert not december[rows(made, "BK-4"), column(known)].any()
    assert february[rows(made, "BK-4"), column(known, date(2027, 2, 1))].sum() == 600_000
    assert not february[rows(made, "BK-3"), column(known, date(2027, 2, 1))].any()


def test_nobody_alive_is_refused() -> None:
    made, known = world()
    (issue,) = refusals(made, known, change("set", "600", KIDS, first=JANUARY))
    assert issue.code == "change.no-cell"
    assert issue.advice == "Choose buckets between first and last sale."
    assert (issue.place.first, issue.place.scope) == (JANUARY, (KIDS,))


def test_item_is_alive_in_the_month_of_its_first_sale() -> None:
    made, known = world()
    values = folded(made, known, change("set", "600", node("item", "BK-4"), first=date(2027, 2, 1)))
    assert values[rows(made, "BK-4"), column(known, date(2027, 2, 1))].sum() == 600_000


def test_add_adds_to_what_is_there_and_fractions_stay_exact() -> None:
    made, known = world()
    at, inside = column(known), rows(made, "BK-1", "BK-2")
    values = folded(made, known, change("add", "-10.5", CITY))
    assert values[inside, at].sum() == made.count("consensus_base")[inside, at].sum() - 10_500


def test_scale_moves_in_whole_steps() -> None:
    made, known = world()
    at, inside = column(known), rows(made, "BK-1", "BK-2")
    before = int(made.count("consensus_base")[inside, at].sum())
    values = folded(made, known, change("scale", "1.05", CITY))
    assert abs(values[inside, at].sum() - before * 1.05) <= 500
    assert np.all(values[inside, at] % 1000 == 0)
    assert np.array_equal(folded(made, known, change("scale", "1.00", CITY)), made.count("consensus_base"))


def test_scale_moves_litres_and_pieces_each_by_itself() -> None:
    made, known = world()
    at = column(known)
    values = folded(made, known, change("scale", "1.5"))
    litres = rows(made, "OIL")
    assert abs(values[litres, at].sum() - made.count("consensus_base")[litres, at].sum() * 1.5) <= 250
    assert np.all(values[litres, at] % 500 == 0)


def test_shown_value_changes_nothing_in_the_decimals_typed() -> None:
    made, known = world()
    total = Decimal(int(made.count("consensus_base")[rows(made, "BK-1", "BK-2"), column(known)].sum())) / 1000
    for typed in (total, round(total, 1), round(total, 0)):
        values = folded(made, known, change("set", str(typed), CITY))
        assert np.array_equal(values, made.count("consensus_base")), typed


def test_zero_and_back_restores_the_mix() -> None:
    made, known = world()
    inside, at = rows(made, "BK-1", "BK-2"), column(known)
    total = Decimal(int(made.count("consensus_base")[inside, at].sum())) / 1000
    back = folded(made, known, change("set", "0", CITY), change("set", str(total), CITY))
    assert np.array_equal(back, made.count("consensus_base"))
    other = folded(made, known, change("set", "0", CITY), change("set", "1000", CITY))
    straight = folded(made, known, change("set", "1000", CITY))
    assert np.array_equal(other, straight)


def test_locked_item_keeps_its_value_when_its_family_grows() -> None:
    made, known = world()
    at, held = column(known), rows(made, "BK-1")
    result = fold_with_locks(made, log(change("lock", None, node("item", "BK-1")), change("set", "900", CITY)), known)
    values = result.panel.count("consensus_demand")
    assert np.array_equal(values[held, at], made.count("consensus_base")[held, at])
    assert values[rows(made, "BK-1", "BK-2"), at].sum() == 900_000
    assert result.locks[DEMAND][held, at].all()
    assert result.locks[DEMAND].sum() == 3


def test_total_below_the_locks_is_refused_naming_entry_author_and_locks() -> None:
    made, known = world()
    entries = [logged(1, change("set", "60", CITY)), logged(2, change("lock", None, CITY), actor="bo")]
    entries.append(logged(7, change("set", "59", CITY, EUROPE), actor="cy"))
    result, issues = fold(made, entries, known)
    assert [issue.code for issue in issues] == ["spread.all-locked"]
    assert issues[0].message.startswith("entry 7 of cy does not fit: the total is ")
    assert "item BK-1 market DE 2026-12" in issues[0].message
    assert result.count("consensus_demand")[rows(made, "BK-1", "BK-2"), column(known)].sum() == 60_000


def test_unlock_frees_the_cells() -> None:
    made, known = world()
    values = folded(made, known, change("lock", None, CITY), change("unlock", None, CITY), change("set", "5", CITY))
    assert values[rows(made, "BK-1", "BK-2"), column(known)].sum() == 5000


def test_lock_with_an_amount_sets_and_locks() -> None:
    made, known = world()
    result = fold_with_locks(made, log(change("lock", "77", CITY), change("set", "500", EUROPE, CITY)), known)
    values = result.panel.count("consensus_demand")
    assert values[rows(made, "BK-1", "BK-2"), column(known)].sum() == 77_000
    assert [issue.code for issue in result.issues] == ["spread.all-locked"]


def test_recorded_lock_keeps_its_cells_when_the_base_moves() -> None:
    made, known = world()
    lock = change("lock", None, CITY)
    effects = effects_of(lock, fold(made, [], known)[0], known)
    assert all(isinstance(effect, Effect) for effect in effects)
    moved = made.with_counts({"consensus_base": base(known, seed=99)})
    result, issues = fold(moved, [logged(1, lock, effects)], known)  # type: ignore[arg-type]
    inside, at = rows(made, "BK-1", "BK-2"), column(known)
    assert not issues
    assert np.array_equal(result.count("consensus_demand")[inside, at], made.count("consensus_base")[inside, at])
    assert np.array_equal(result.count("consensus_demand")[:, at + 1 :], moved.count("consensus_base")[:, at + 1 :])


def test_recorded_lock_keeps_its_total_when_series_were_born() -> None:
    made, known = world()
    lock = change("lock", None, CITY)
    (effect,) = effects_of(lock, fold(made, [], known)[0], known)
    assert isinstance(effect, Effect)
    for rows_kept in (effect.rows[1:], effect.rows[1:] + 100):
        some = Effect(
            measure=effect.measure,
            rows=rows_kept,
            columns=effect.columns[1:],
            before=effect.before[1:],
            after=effect.after[1:],
        )
        result, issues = fold(made, [logged(1, lock, (some,))], known)
        total = result.count("consensus_demand")[rows(made, "BK-1", "BK-2"), column(known)].sum()
        assert total == some.after.sum()
        assert [(issue.code, issue.severity) for issue in issues] == [("change.lock-moved", Severity.WARNING)]
        assert "entry 1 of ann holds: the series under the lock are not those of then" in issues[0].message


def test_lock_of_cells_that_are_gone_is_refused() -> None:
    made, known = world()
    nowhere = np.array([0], dtype=np.int64)
    old = Effect(measure=DEMAND, rows=nowhere, columns=nowhere + 24, before=nowhere + 5, after=nowhere + 5)
    for gone in (change("lock", None, node("item", "BK-9")), change("lock", None, KIDS, first=JANUARY)):
        _, issues = fold(made, [logged(1, gone, (old,))], known)
        assert [issue.severity for issue in issues] == [Severity.REFUSED]


def test_withdrawn_entry_and_withdrawn_withdrawal() -> None:
    made, known = world()
    set_ = change("set", "300", CITY)
    take_back = change("withdraw", withdraws=Seq(1))
    assert np.array_equal(folded(made, known, set_, take_back), made.count("consensus_base"))
    again = change("withdraw", withdraws=Seq(2))
    assert np.array_equal(folded(made, known, set_, take_back, again), folded(made, known, set_))


def test_withdrawal_of_what_does_not_stand_before_it_is_said() -> None:
    made, known = world()
    _, issues = fold(made, log(change("withdraw", withdraws=Seq(9)), change("withdraw", withdraws=Seq(2))), known)
    assert [issue.code for issue in issues] == ["entry.withdraws-unknown"] * 2
    assert "entry 1 takes back entry 9" in issues[0].message


def test_order_of_the_rows_does_not_matter_order_of_the_numbers_does() -> None:
    made, known = world()
    entries = log(change("set", "300", CITY), change("add", "50", CITY), change("scale", "2", CITY))
    one, _ = fold(made, entries, known)
    other, _ = fold(made, reversed(entries), known)
    assert one.digest() == other.digest()
    assert one.count("consensus_demand")[rows(made, "BK-1", "BK-2"), column(known)].sum() == 700_000


def test_entry_without_a_number_comes_last() -> None:
    made, known = world()
    entries: list[Given] = [change("scale", "2", CITY), (Seq(4), change("set", "300", CITY))]
    values = fold(made, entries, known)[0].count("consensus_demand")
    assert values[rows(made, "BK-1", "BK-2"), column(known)].sum() == 600_000


def test_expired_entry_no_longer_counts() -> None:
    made, known = world()
    for day, total in ((date(2026, 11, 1), 0), (date(2026, 12, 1), 300_000)):
        values = folded(made, known, change("set", "300", CITY, expires=day))
        changed = values - made.count("consensus_base")
        assert bool(changed.any()) is (total > 0)


def test_base_that_moves_keeps_set_totals_add_amounts_and_factors() -> None:
    made, known = world()
    entries = log(change("set", "300", CITY), change("add", "40", CITY, first=JANUARY))
    moved = made.with_counts({"consensus_base": base(known, seed=12)})
    values, inside = fold(moved, entries, known)[0].count("consensus_demand"), rows(made, "BK-1", "BK-2")
    assert values[inside, column(known)].sum() == 300_000
    january = column(known, JANUARY)
    assert values[inside, january].sum() == moved.count("consensus_base")[inside, january].sum() + 40_000


def test_buckets_that_closed_are_history() -> None:
    made, known = world()
    past = change("set", "300", CITY, first=date(2026, 9, 1), last=date(2026, 10, 1))
    assert np.array_equal(folded(made, known, past), made.count("consensus_base"))


def test_half_closed_total_no_longer_fits_but_a_factor_holds_for_the_rest() -> None:
    made, known = world()
    started = {"first": date(2026, 9, 1), "last": DECEMBER}
    (issue,) = refusals(made, known, change("set", "300", CITY, **started))  # type: ignore[arg-type]
    assert issue.code == "change.closed"
    assert "2026-09 is closed" in issue.message
    assert "from 2026-11 on" in issue.advice
    values = folded(made, known, change("scale", "2", CITY, **started))  # type: ignore[arg-type]
    inside = rows(made, "BK-1", "BK-2")
    span = slice(known.buckets.first_open, column(known) + 1)
    assert abs(values[inside, span].sum() - 2 * made.count("consensus_base")[inside, span].sum()) <= 500


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        (change("set", "5", node("item", "BK-11")), "change.nowhere", "item 'BK-11' is not known"),
        (change("set", "5", node("location", "MAIN")), "change.nowhere", "demand have no location; they have item"),
        (change("set", "5", CITY, last=date(2040, 1, 1)), "change.nowhere", "2040-01-01 is outside the plan"),
        (change("set", "5", CITY, KIDS), "change.empty-scope", "nothing in demand lies in family City and family Kids"),
        (change("set", None, CITY), "change.no-amount", "set has no amount"),
        (change("set", "-5", CITY), "spread.below-zero", "the total -5 is below 0"),
        (change("add", "-5000", CITY), "spread.below-zero", "is below 0"),
        (change("set", "9999999999999", CITY), "spread.too-large", "too large"),
        (change("set", "5", EUROPE), "change.mixed-units", "count in different units (EA, L)"),
        (
            change("set", "5", CITY, unit="PALLET"),
            "change.no-conversion",
            "item 'BK-1' has no unit 'PALLET'; it has EA",
        ),
        (change("set", "5", CITY, measure="price"), "change.not-editable", "price can't be changed: it is given"),
        (change("set", "5", CITY, measure="gross_margin"), "change.not-editable", "it is summed"),
        (change("set", "5", CITY, measure="demnad"), "change.unknown-measure", "measure 'demnad' is not known"),
        (change("set", "5", CITY, measure="revenue", unit="USD"), "change.other-currency", "is in USD"),
        (change("set", "-5", CITY, measure="revenue"), "change.below-zero", "the total -5 is below 0"),
        (change("set", "9" * 15, CITY, measure="revenue"), "change.too-large", "too large"),
        (change("lock", None, KIDS, first=JANUARY), "change.nothing-to-lock", "no cell here is alive"),
    ],
)
def test_change_that_cannot_be_made_is_refused(wrong: Change, code: str, says: str) -> None:
    made, known = world()
    (issue,) = refusals(made, known, wrong)
    assert issue.code == code
    assert says in issue.message
    assert issue.advice
    head = fold(made, [], known)[0]
    (told,) = effects_of(wrong, head, known)
    assert isinstance(told, Issue)
    assert told.code == code


def test_entries_of_other_grains_and_tables_are_passed_over() -> None:
    made, known = world()
    other = change("set", "5", measure="firm_production")
    record = RecordChange(table="items", key=(("item", "BK-1"),), after=None)
    assert np.array_equal(folded(made, known, other, record), made.count("consensus_base"))
    unknown = change("set", "5", measure="demnad")
    supply = panel(known, {}, grain="supply")
    assert not fold(supply, log(unknown), known)[1]


def test_amount_in_another_unit_is_converted_item_by_item() -> None:
    made, known = world()
    units = Units(base=dict.fromkeys(ITEMS["item"].to_list(), "EA"), per_unit={("BK-1", "box"): 2.0, ("", "box"): 4.0})
    at = column(known)
    alone = folded(made, known, change("set", "50", node("item", "BK-2"), unit="BOX"), units=units)
    assert alone[rows(made, "BK-2"), at].sum() == 200_000
    mixed, issues = fold(made, log(change("set", "100", CITY, unit="BOX")), known, units)
    values = mixed.count("consensus_demand")
    boxes = values[rows(made, "BK-1"), at].sum() / 2 + values[rows(made, "BK-2"), at].sum() / 4
    assert abs(boxes - 100_000) <= 500
    assert bool(issues) is bool(boxes != 100_000)
    same = folded(made, known, change("set", "300", CITY, unit="ea"))
    assert np.array_equal(same, folded(made, known, change("set", "300", CITY)))


def test_revenue_scales_quantities_at_their_prices() -> None:
    made, known = world()
    at, inside = column(known), rows(made, "BK-1", "BK-2")
    shown = int(recompute(fold(made, [], known)[0], REGISTRY).count("revenue")[inside, at].sum())
    result, issues = fold(made, log(change("scale", "2", CITY, measure="revenue")), known)
    after = int(recompute(result, REGISTRY).count("revenue")[inside, at].sum())
    assert abs(after - 2 * shown) <= 20 * 10_000
    assert all(issue.severity is Severity.NOTE for issue in issues)
    unchanged = folded(made, known, change("set", str(round(Decimal(shown) / 10_000)), CITY, measure="revenue"))
    assert np.array_equal(unchanged, made.count("consensus_base"))
    in_euro, _ = fold(made, log(change("set", "5000", CITY, measure="revenue", unit="EUR")), known)
    assert int(recompute(in_euro, REGISTRY).count("revenue")[inside, at].sum()) == pytest.approx(5000e4, abs=20e4)


def test_revenue_where_nothing_is_sold_yet_takes_the_fallback_mix() -> None:
    made, known = world()
    made = made.with_counts({"consensus_base": np.zeros(made.shape, dtype=np.int64)})
    weights = np.zeros(made.shape, dtype=np.int64)
    weights[rows(made, "BK-1", markets=("DE",)), :] = 3
    weights[rows(made, "BK-2", markets=("DE",)), :] = 1
    made = made.with_counts({"baseline_demand": weights})
    values = folded(made, known, change("set", "5000", CITY, measure="revenue"))
    assert values[rows(made, "BK-1", "BK-2"), column(known)].tolist() == [300_000, 0, 0, 100_000, 0, 0]
    equal = folded(
        made.with_counts({"baseline_demand": weights * 0}), known, change("set", "9000", CITY, measure="revenue")
    )
    assert set(equal[rows(made, "BK-1", "BK-2"), column(known)].tolist()) == {100_000}


def test_revenue_leaves_quantities_without_a_price_alone() -> None:
    made, known = world()
    prices = made.rate("price").copy()
    prices[rows(made, "BK-2")] = 0.0
    made = made.with_rates({"price": prices}, {"price": prices > 0})
    values = folded(made, known, change("scale", "3", CITY, measure="revenue"))
    at, free = column(known), rows(made, "BK-2")
    assert np.array_equal(values[free, at], made.count("consensus_base")[free, at])
    (issue,) = refusals(made, known, change("set", "5", node("item", "BK-2"), measure="revenue"))
    assert issue.code == "change.no-price"


def test_revenue_below_what_is_locked_is_refused() -> None:
    made, known = world()
    lock = change("lock", None, node("item", "BK-1"))
    issues = refusals(made, known, lock, change("set", "1", CITY, measure="revenue"))
    assert issues[0].code == "change.locks-exceed-total"
    assert "item BK-1 market DE 2026-12" in issues[0].message
    every = refusals(made, known, change("lock", None), change("set", "1", CITY, measure="revenue"))
    assert "and 1 more" in every[0].message


def test_locked_revenue_locks_the_quantities() -> None:
    made, known = world()
    result = fold_with_locks(made, log(change("lock", None, CITY, measure="revenue")), known)
    assert result.locks[DEMAND].sum() == 6


def test_last_years_mix_is_the_last_but_one_fallback() -> None:
    made, known = world()
    history = np.zeros(made.shape, dtype=np.int64)
    history[rows(made, "BK-1", markets=("FR",)), known.buckets.index(date(2025, 12, 1))] = 7
    made = made.with_counts({"consensus_base": np.zeros(made.shape, dtype=np.int64), "demand_history": history})
    values = folded(made, known, change("set", "60", CITY))
    assert values[row(made, "BK-1", "FR"), column(known)] == 60_000
    later = folded(made, known, change("set", "60", CITY, first=JANUARY))
    assert later[rows(made, "BK-1", "BK-2"), column(known, JANUARY)].tolist() == [10_000] * 6


def test_person_may_choose_the_weights() -> None:
    made, known = world()
    naive = np.zeros(made.shape, dtype=np.int64)
    naive[rows(made, "BK-2", markets=("US",))] = 9
    made = made.with_counts({"seasonal_naive": naive})
    values = folded(made, known, change("set", "60", CITY, spread_by=MeasureId("seasonal_naive")))
    assert values[row(made, "BK-2", "US"), column(known)] == 60_000
    by_price = folded(made, known, change("set", "900", CITY, spread_by=MeasureId("price")))
    assert by_price[rows(made, "BK-1", "BK-2"), column(known)].tolist() == [100_000] * 3 + [200_000] * 3


def test_firm_production_is_absent_until_somebody_sets_it() -> None:
    known = model(items=BIKES)
    made = panel(known, {"production": np.full((8, 36), 3000, dtype=np.int64)}, grain="supply")
    empty, _ = fold(made, [], known)
    assert not empty.mask("firm_production").any()
    set_ = change("set", "90", node("item", "BK-4"), first=JANUARY, measure="firm_production")
    result, issues = fold(made, log(set_), known)
    assert not issues  # a launch may be built ahead of its first sale
    assert result.mask("firm_production").sum() == 2
    assert result.count("firm_production")[result.mask("firm_production")].tolist() == [45_000, 45_000]
    for word, amount in (("add", "5"), ("scale", "2"), ("lock", None)):
        wrong = change(word, amount, CITY, measure="firm_production")
        (issue,) = fold(made, log(wrong), known)[1]
        assert issue.code in ("change.no-cell", "change.nothing-to-lock")
    more, _ = fold(made, log(set_, change("add", "10", first=JANUARY, measure="firm_production")), known)
    assert more.count("firm_production").sum() == 100_000
    assert more.mask("firm_production").sum() == 2


def test_effects_of_firm_production_make_the_cells_present() -> None:
    known = model(items=BIKES)
    made = panel(known, {}, grain="supply")
    zero = change("set", "0", CITY, measure="firm_production")
    effects = effects_of(zero, made, known)
    head, _ = fold(made, [], known)
    same = effects_of(zero, head, known)
    assert [len(e.rows) for e in (*effects, *same) if isinstance(e, Effect)] == [4, 4]
    moved = apply_effects(head, [e for e in same if isinstance(e, Effect)])
    assert np.array_equal(moved.mask("firm_production"), fold(made, log(zero), known)[0].mask("firm_production"))


def test_effects_are_the_cells_the_fold_moves() -> None:
    made, known = world()
    before = [(Seq(1), change("lock", None, node("item", "BK-1"))), (Seq(2), change("add", "9", KIDS))]
    head, _ = fold(made, before, known)
    new = change("set", "700", CITY)
    effects = effects_of(new, head, known, before)
    after, _ = fold(made, [*before, (Seq(3), new)], known)
    (expected,) = effects_between(head, after, REGISTRY)
    (effect,) = effects
    assert isinstance(effect, Effect)
    for name in ("rows", "columns", "before", "after"):
        assert np.array_equal(getattr(effect, name), getattr(expected, name))
    assert np.array_equal(apply_effects(head, (effect,)).count("consensus_demand"), after.count("consensus_demand"))


def test_effects_of_a_withdrawal_fold_again() -> None:
    made, known = world()
    entries = log(change("set", "700", CITY), change("add", "9", CITY))
    head, _ = fold(made, entries, known)
    (effect,) = effects_of(change("withdraw", withdraws=Seq(2)), head, known, entries)
    assert isinstance(effect, Effect)
    assert effect.after.sum() - effect.before.sum() == -9000
    (issue,) = effects_of(change("withdraw", withdraws=Seq(5)), head, known, entries)
    assert isinstance(issue, Issue)
    assert issue.code == "change.withdraws-unknown"


def test_change_of_closed_buckets_has_no_effect_but_a_refusal() -> None:
    made, known = world()
    head, _ = fold(made, [], known)
    (issue,) = effects_of(change("scale", "2", CITY, first=date(2026, 10, 1), last=DECEMBER), head, known)
    assert isinstance(issue, Issue)
    assert issue.code == "change.closed"
    assert "from 2026-11 on" in issue.advice


def test_change_without_effect_has_none() -> None:
    made, known = world()
    head, _ = fold(made, [], known)
    assert effects_of(change("scale", "1", CITY), head, known) == ()
    (unknown,) = effects_under(change("set", "1", measure="nothing"), head, known, {})
    assert isinstance(unknown, Issue)
    with pytest.raises(ValueError, match="can't be compared"):
        effects_between(head, panel(known, {}, grain="supply"), REGISTRY)


def test_clear_names_the_changes_wholly_under_a_node() -> None:
    made, known = world()
    entries = log(
        change("set", "5", CITY),
        change("set", "5", node("item", "BK-1"), node("market", "DE")),
        change("set", "5", EUROPE, CITY, first=DECEMBER, last=MARCH),
        change("set", "5"),
        change("set", "5", node("item", "GONE")),
        change("set", "5", CITY, measure="revenue"),
        change("set", "5", measure="firm_production"),
    )
    under = entries_under(entries, made, known, (CITY,), first=DECEMBER, last=DECEMBER)
    assert under == (1, 2, 6)


def test_firm_production_keeps_the_mix_it_was_logged_with() -> None:
    known = model(items=BIKES)
    planned = np.zeros((8, 36), dtype=np.int64)
    planned[:4] = np.array([7, 5, 3, 1])[:, None] * 1000
    before = panel(known, {}, grain="supply")  # what make_plan folds over: nothing is solved yet
    shown = before.with_counts({"production": planned})
    one = change("set", "160", CITY, measure="firm_production")
    more = change("add", "16", CITY, measure="firm_production")
    head, _ = fold(shown, [], known)
    log_: list[Logged] = []
    for seq, entry in enumerate((one, more), start=1):
        effects = effects_of(entry, head, known, log_)
        log_.append(logged(seq, entry, tuple(e for e in effects if isinstance(e, Effect))))
        head = apply_effects(head, log_[-1].effects)
    assert head.count("firm_production")[:4, column(known)].tolist() == [77_000, 55_000, 33_000, 11_000]
    again, issues = fold(before, log_, known)
    assert not issues
    assert np.array_equal(again.count("firm_production"), head.count("firm_production"))
    assert np.array_equal(again.mask("firm_production"), head.mask("firm_production"))
    moved = replace(log_[0].effects[0], rows=log_[0].effects[0].rows + 2)
    elsewhere, _ = fold(before, [logged(1, one, (moved,))], known)
    assert elsewhere.count("firm_production")[:4, column(known)].tolist() == [40_000] * 4


RATES = """
[grains]
demand = ["item", "market"]
[measures.list_price]
grain = "demand"
kind = "given"
unit = "rate"
missing = "absent"
about = ""
[measures.planned_price]
grain = "demand"
kind = "edited"
base = "list_price"
unit = "rate"
missing = "absent"
editable = true
about = ""
[measures.open_orders]
grain = "demand"
kind = "edited"
unit = "quantity"
over_time = "last"
editable = true
about = ""
[measures.planned_cost]
grain = "demand"
kind = "edited"
unit = "rate"
editable = true
about = ""
"""


def _rates() -> tuple[Panel, Model, Registry]:
    registry = parse_measures(RATES)
    known = model(registry=registry)
    prices = np.round(np.random.default_rng(6).random((15, 36)) * 90, 9)
    present = np.ones(prices.shape, dtype=np.bool_)
    present[0] = False
    return panel(known, {}).with_rates({"list_price": prices}, {"list_price": present}), known, registry


def price_after(*entries: Entry) -> tuple[Panel, Panel, Sequence[Issue]]:
    made, known, _ = _rates()
    result, issues = fold(made, log(*entries), known)
    return made, result, issues


def test_rates_are_copied_or_scaled_never_divided() -> None:
    made, result, _ = price_after(change("set", "12.5", CITY, measure="planned_price"))
    at, inside = column(model()), rows(made, "BK-1", "BK-2")
    assert set(result.rate("planned_price")[inside, at].tolist()) == {12.5}
    assert result.mask("planned_price")[inside, at].all()
    made, result, _ = price_after(
        change("lock", None, node("item", "BK-2"), measure="planned_price"),
        change("scale", "1.1", CITY, measure="planned_price"),
        change("add", "1", CITY, measure="planned_price"),
    )
    before, after = made.rate("list_price")[inside, at], result.rate("planned_price")[inside, at]
    assert after[0] == 0.0  # absent: there is nothing to scale
    assert np.allclose(after[1:3], before[1:3] * 1.1 + 1, atol=2e-9)
    assert np.array_equal(after[3:], before[3:])


def test_effects_of_rates_are_billionths_and_locks_of_rates_hold() -> None:
    made, known, registry = _rates()
    head, _ = fold(made, [], known)
    (effect,) = effects_of(change("set", "12.5", CITY, measure="planned_price"), head, known)
    assert isinstance(effect, Effect)
    assert set(effect.after.tolist()) == {12_500_000_000}
    moved = apply_effects(head, (effect,))
    again, _ = fold(made, log(change("set", "12.5", CITY, measure="planned_price")), known)
    assert np.array_equal(moved.rate("planned_price"), again.rate("planned_price"))
    (between,) = effects_between(head, again, registry)
    assert np.array_equal(between.after, effect.after)
    lock = change("lock", None, node("item", "BK-2"), measure="planned_price")
    (kept,) = effects_of(lock, head, known)
    assert isinstance(kept, Effect)
    other = made.with_rates({"list_price": made.rate("list_price") + 1})
    held, _ = fold(other, [logged(1, lock, (kept,))], known)
    inside, at = rows(made, "BK-2"), column(known)
    assert np.array_equal(held.rate("planned_price")[inside, at], made.rate("list_price")[inside, at])
    fewer = Effect(
        measure=kept.measure, rows=kept.rows[1:], columns=kept.columns[1:], before=kept.before[1:], after=kept.after[1:]
    )
    total, issues = fold(other, [logged(1, lock, (fewer,))], known)
    assert np.array_equal(total.rate("planned_price")[inside, at], other.rate("list_price")[inside, at])
    assert not issues


def test_rate_without_base_starts_at_zero() -> None:
    made, known, _ = _rates()
    result, _ = fold(made, log(change("add", "2", CITY, measure="planned_cost")), known)
    assert set(result.rate("planned_cost")[rows(made, "BK-1"), column(known)].tolist()) == {2.0}


def test_what_is_no_sum_over_time_takes_the_amount_in_every_bucket() -> None:
    made, known, _ = _rates()
    result, issues = fold(
        made, log(change("set", "60", CITY, first=DECEMBER, last=MARCH, measure="open_orders")), known
    )
    assert not issues
    inside = rows(made, "BK-1", "BK-2")
    totals = result.count("open_orders")[inside].sum(axis=0)
    assert totals[column(known) : column(known, MARCH) + 1].tolist() == [60_000] * 4


def test_grain_without_items_is_alive_everywhere_and_counts_in_cents() -> None:
    expense = '[measures.planned_expense]\ngrain = "company"\nkind = "edited"\nunit = "money"\neditable = true\n'
    known = model(registry=parse_measures(f'[grains]\ncompany = []\n{expense}about = ""\n'))
    alone = Panel(grain=GrainName("company"), keys=make_keys({}), buckets=known.buckets)
    year = change("set", "1000", first=JANUARY, last=date(2027, 3, 1), measure="planned_expense")
    result, issues = fold(alone, log(year), known)
    assert not issues
    assert result.count("planned_expense")[0, 24:27].tolist() == [3_333_400, 3_333_300, 3_333_300]
    (issue,) = fold(alone, log(replace(year, scope=(CITY,))), known)[1]
    assert "the numbers of company have no item; they have no dimension" in issue.message


def test_items_without_step_or_unit_count_whole_pieces() -> None:
    known = model(items=BIKES.drop("unit", "step"))
    made = panel(known, {"consensus_base": base(known)[:12]})
    values = folded(made, known, change("set", "100.5", CITY))
    assert sorted(values[rows(made, "BK-1", "BK-2"), column(known)] % 1000)[:-1] == [0] * 5


def test_quarter_of_a_family_with_a_lock_an_ended_an_unborn_item_and_boxes_is_met_to_the_piece() -> None:
    one_family = BIKES.with_columns(
        family=pl.lit("All"), first_sale=pl.Series([None, None, None, date(2027, 3, 10)], dtype=pl.Date)
    )
    known = model(Calendar.FOUR_FOUR_FIVE, items=one_family)
    made = panel(known, {"consensus_base": base(known)[:12]})
    units = Units(base=dict.fromkeys(one_family["item"].to_list(), "EA"), per_unit={("", "box"): 6.0})
    first, last = date(2027, 1, 15), date(2027, 3, 15)
    lock = change("lock", None, node("item", "BK-1"), first=first, last=last)
    boxes = change("set", "300", node("family", "All"), unit="BOX", first=first, last=last)
    result, issues = fold(made, log(lock, boxes), known, units)
    assert not issues
    values, held = result.count("consensus_demand"), rows(made, "BK-1")
    span = known.buckets.span(first, last)
    assert values[:, span].sum() == 300 * 6 * 1000
    assert np.array_equal(values[held, span], made.count("consensus_base")[held, span])
    assert not values[rows(made, "BK-3"), span].any()
    assert not values[rows(made, "BK-4"), span][:, :2].any()
    assert values[rows(made, "BK-4"), span][:, 2].all()
    again, _ = fold(made, log(lock, boxes, replace(boxes, amount=Decimal("300.0"))), known, units)
    assert again.digest() == result.digest()
    total = Decimal(int(made.count("consensus_base")[:, span].sum())) / 6000
    shown = replace(boxes, amount=total.quantize(Decimal("0.1"), ROUND_HALF_UP))
    assert fold(made, log(shown), known, units)[0].digest() == fold(made, [], known)[0].digest()
    back, _ = fold(made, log(boxes, replace(boxes, amount=Decimal(0)), boxes), known, units)
    assert back.count("consensus_demand")[:, span].sum() == 300 * 6 * 1000


def test_four_four_five_quarter_is_set_exactly() -> None:
    known = model(Calendar.FOUR_FOUR_FIVE)
    made, _ = world(base(known), known)
    quarter = slice(known.buckets.index(date(2027, 1, 15)), known.buckets.index(date(2027, 3, 15)) + 1)
    values = folded(made, known, change("set", "1300", CITY, first=date(2027, 1, 15), last=date(2027, 3, 15)))
    assert values[rows(made, "BK-1", "BK-2"), quarter].sum() == 1_300_000
    assert quarter.stop - quarter.start == 3


def test_scope_of_nothing_means_everything() -> None:
    known = model(items=BIKES)
    made = panel(known, {"consensus_base": base(known)[:12]})
    values = folded(made, known, change("set", "100"))
    assert values[:, column(known)].sum() == 100_000
    (issue,) = refusals(made, known, change("set", "5", Node(dimension="item", level="size", member=KIDS.member)))
    assert "item has no level 'size'" in issue.message
