import random
from decimal import Decimal
from fractions import Fraction

from tests.finance.tiny import FIRST_OPEN, flat, make_inputs, month, panel
from trivet.core.formula import recompute
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_count
from trivet.core.summary import Bar, Bridge
from trivet.finance.bridge import Line, draw_bars, draw_bridges
from trivet.finance.outlook import fiscal_outlook
from trivet.finance.statement import budget_panel
from trivet.finance.valuation import price_and_cost


def money(amount: float) -> int:
    return to_count(Decimal(str(amount)), MONEY)


def units(amount: int) -> int:
    return amount * int(1 / QUANTITY)


def hand_case() -> list[Line]:
    """A 100 to 120 units, 10 to 11, cost 6; B 50 to 40, 20 dollars, rate 1.00 to .95, cost 15 to 16."""
    return [
        Line(
            units0=units(100),
            revenue0=money(1000),
            cost0=money(600),
            units1=units(120),
            revenue1=money(1320),
            cost1=money(720),
        ),
        Line(
            units0=units(50),
            revenue0=money(1000),
            cost0=money(750),
            units1=units(40),
            revenue1=money(760),
            cost1=money(640),
            exchange_revenue=money(-40),
        ),
    ]


def test_hand_case_gives_the_published_bars() -> None:
    bars = draw_bars(hand_case())
    cents = {bar: (round(a / 100), round(b / 100)) for bar, (a, b) in bars.items()}
    assert cents[Bar.PRICE] == (12000, 12000)
    assert cents[Bar.EXCHANGE] == (-4000, -4000)
    assert cents[Bar.VOLUME] == (13333, 4333)
    assert cents[Bar.MIX] == (-13333, -1333)
    assert cents[Bar.COST] == (0, -4000)
    assert sum(a for a, _ in bars.values()) == money(80)
    assert sum(b for _, b in bars.values()) == money(70)


def random_line(dice: random.Random) -> Line:
    line = Line(
        units0=dice.choice([0, dice.randint(1, 10**8)]),
        revenue0=dice.randint(0, 10**12),
        cost0=dice.randint(0, 10**12),
        units1=dice.choice([0, dice.randint(1, 10**8)]),
        revenue1=dice.randint(0, 10**12),
        cost1=dice.randint(0, 10**12),
        exchange_revenue=dice.randint(-(10**10), 10**10),
        exchange_cost=dice.randint(-(10**9), 10**9),
    )
    return (
        line if dice.random() > 0.1 else Line(units0=7, revenue0=3, cost0=2, units1=0, revenue1=0, cost1=0, ended=True)
    )


def test_thousand_random_bridges_add_up_to_the_quantum() -> None:
    dice = random.Random(20261122)  # noqa: S311 - a seeded test
    for _ in range(1000):
        lines = [random_line(dice) for _ in range(dice.randint(0, 12))]
        bars = draw_bars(lines)
        revenue = sum(x.revenue1 - x.revenue0 for x in lines)
        cost = sum(x.cost1 - x.cost0 for x in lines)
        assert sum(a for a, _ in bars.values()) == revenue
        assert sum(b for _, b in bars.values()) == revenue - cost


def test_volume_and_mix_follow_their_definitions_within_a_quantum() -> None:
    dice = random.Random(7)  # noqa: S311 - a seeded test
    for _ in range(100):
        lines = [
            Line(
                units0=dice.randint(1, 10**6),
                revenue0=dice.randint(0, 10**10),
                cost0=dice.randint(0, 10**10),
                units1=dice.randint(0, 10**6),
                revenue1=dice.randint(0, 10**10),
                cost1=0,
            )
            for _ in range(5)
        ]
        bars = draw_bars(lines)
        mean = Fraction(sum(x.revenue0 for x in lines), sum(x.units0 for x in lines))
        moved = sum(x.units1 for x in lines) - sum(x.units0 for x in lines)
        priced = sum(Fraction(x.units1 * x.revenue0, x.units0) for x in lines)
        assert abs(bars[Bar.VOLUME][0] - moved * mean) <= 1
        assert abs(bars[Bar.MIX][0] - (priced - sum(x.units1 for x in lines) * mean)) <= 1


def test_line_without_budget_is_new_and_money_without_units_is_not_explained() -> None:
    new = Line(units0=0, revenue0=0, cost0=0, units1=5, revenue1=50, cost1=20)
    loose = Line(units0=0, revenue0=100, cost0=40, units1=5, revenue1=90, cost1=50)
    gone = Line(units0=9, revenue0=90, cost0=60, units1=0, revenue1=0, cost1=0, ended=True)
    bars = draw_bars([new, loose, gone])
    assert bars[Bar.NEW] == (50, 30)
    assert bars[Bar.UNEXPLAINED] == (-10, -20)
    assert bars[Bar.ENDED] == (-90, -30)


ITEMS = [{"item": "A", "family": "F"}, {"item": "B", "family": "G"}, {"item": "C", "family": "H"}]
MARKETS = [{"market": "DE", "region": "Central"}, {"market": "US", "region": "Americas", "currency": "USD"}]


def plan() -> tuple[PlanInputs, Panel, Panel, Panel]:
    rates = [
        {"type": kind, "currency": "USD", "first": month(-30), "rate": rate}
        for kind, rate in (("budget", 0.92), ("forecast", 0.88), ("actual", 0.9))
    ]
    budget = [
        {"family": "F", "region": region, "bucket": month(2 + m), "quantity": 10, "revenue": 1000 + m, "margin": 300}
        for m in range(12)
        for region in ("Central", "Americas")
    ]
    budget += [{"family": "OLD", "bucket": month(3), "quantity": 1, "revenue": 10, "margin": 4}]
    budget += [{"family": "G", "bucket": month(3), "revenue": 10, "margin": 4}]
    budget += [{"family": "F", "region": "Central", "bucket": month(1), "quantity": 3, "revenue": 300, "margin": 90}]
    budget += [  # a bridge needs a budget of the whole year
        {"family": "F", "region": "Central", "bucket": month(m), "quantity": 0, "revenue": 0, "margin": 0}
        for m in range(-10, 1)
    ]
    inputs = make_inputs(
        items=ITEMS,
        markets=MARKETS,
        exchange_rates=rates,
        budget=budget,
        prices=[{"item": i, "first": month(-30), "price": 100.0} for i in "ABC"],
        costs=[{"item": i, "first": month(-30), "cost": 60.0, "currency": c} for i, c in (("A", "USD"), ("B", "EUR"))],
    )
    keys = {"item": ["A", "A", "B", "C"], "market": ["DE", "US", "DE", "US"]}
    demand = panel(
        inputs,
        "demand",
        keys,
        constrained_demand={("A", "DE"): flat(12, FIRST_OPEN), ("A", "US"): flat(8, FIRST_OPEN), ("C", "US"): {30: 5}},
        shipments={("A", "US"): flat(4, 0, FIRST_OPEN)},
        shipped_revenue={("A", "US"): flat(360, 0, FIRST_OPEN)},
    )
    demand, _ = price_and_cost(inputs, demand)
    demand = recompute(demand, inputs.model.registry)
    company = panel(inputs, "company", {}, supply_variance={(): {FIRST_OPEN + 3: 17.5}})
    return inputs, demand, budget_panel(inputs)[0], company


def bar(bridge: Bridge, which: Bar) -> tuple[float, float]:
    return next((float(b.revenue), float(b.margin)) for b in bridge.bars if b.bar is which)


def test_bridges_of_a_plan_run_from_its_budget_to_its_outlook() -> None:
    inputs, demand, budget, company = plan()
    bridges = draw_bridges(inputs, demand, budget, company)
    lines = {(x.family, x.year): x for x in fiscal_outlook(inputs.model, demand, budget, company)}
    assert [b.family for b in bridges] == [None, "F", "G", "H", "OLD"] * 2
    for bridge in bridges:
        first, *middle, last = bridge.bars
        assert first.revenue + sum(b.revenue for b in middle) == last.revenue
        assert first.margin + sum(b.margin for b in middle) == last.margin
        line = lines.get((bridge.family, bridge.year))
        if line is not None:
            assert last.revenue == line.revenue
            assert last.margin == line.margin
            assert first.revenue == (line.budget_revenue or 0)


def test_exchange_bar_is_what_the_dollar_moves_in_revenue_less_its_hedge_in_cost() -> None:
    inputs, demand, budget, company = plan()
    bridge = next(b for b in draw_bridges(inputs, demand, budget, company) if b.family == "F" and b.year == 2027)
    revenue, margin = bar(bridge, Bar.EXCHANGE)
    assert round(revenue, 2) == round(12 * 8 * 100 * (0.88 - 0.92), 2)
    assert round(margin - revenue, 2) == round(12 * 20 * 60 * (0.92 - 0.88), 2)


def test_closed_buckets_split_the_dollar_at_the_actual_rate() -> None:
    inputs, demand, budget, company = plan()
    bridge = next(b for b in draw_bridges(inputs, demand, budget, company) if b.family == "F" and b.year == 2026)
    # Americas has no budget in 2026, so all of it is new; Central had 3 in December
    assert bar(bridge, Bar.NEW)[0] == 10 * 360 + 2 * 8 * 88 + 12 * 100
    assert bar(bridge, Bar.OUTLOOK)[0] == 10 * 360 + 2 * 8 * 88 + 24 * 100


def test_family_only_in_the_budget_has_ended_and_one_without_budget_is_new() -> None:
    inputs, demand, budget, company = plan()
    bridges = {b.family: b for b in draw_bridges(inputs, demand, budget, company) if b.year == 2027}
    assert bar(bridges["OLD"], Bar.ENDED) == (-10.0, -4.0)
    assert bar(bridges["H"], Bar.NEW)[0] == 440.0
    assert bar(bridges["G"], Bar.UNEXPLAINED) == (-10.0, -4.0)
    assert bar(bridges[None], Bar.VARIANCE) == (0.0, -17.5)


def test_no_budget_gives_no_bridge() -> None:
    inputs, demand, _, company = plan()
    empty, _ = budget_panel(make_inputs(items=ITEMS))
    assert draw_bridges(inputs, demand, empty, company) == ()
