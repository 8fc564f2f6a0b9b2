"""What people think and what could be done: streams, rules, promotions, launches, levers, risks, people.

The streams have a known worth: Americas sales sees 9 % too much, marketing 20 % on launches, Kids sales
pushes quarter ends, cargo sales knows the tenders, finance repeats the budget by quarters.
"""

import numpy as np

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p
from trivet.examples.generator import people
from trivet.examples.generator.demand import Demand, Floats, columns_of, rows_of, stream
from trivet.examples.generator.ledger import budget_2027
from trivet.examples.generator.tables import Table, Value, label, month, table

OPEN = range(p.CLOSED, p.MONTHS)


def opinion_tables(demand: Demand) -> list[Table]:
    """Give streams, their rules, events, launches, levers and what belongs to the meeting."""
    streams = [*_sales(demand), *_marketing(), *_finance()]
    header = "stream item family market region channel bucket quantity value percent"
    return [
        table("streams", header, streams),
        table("consensus_rules", "family region stream first_lag last_lag weight", p.RULES),
        _promotions(),
        *_launches(),
        *people.meeting_tables(),
    ]


def sales_factor(family: str, region: str, index: int) -> float:
    """Give the known bias of a sales opinion."""
    factor = 1 + p.SALES_BIAS_AMERICAS if region == "Americas" else 1.0
    if family == "Kids":
        quarter_end = p.day_of(index).month % 3 == 0
        factor *= 1 + p.KIDS_QUARTER_END if quarter_end else 1 - p.KIDS_QUARTER_END / 2
    return factor


def planned(demand: Demand) -> Floats:
    """Give the expectation with all that is decided for 2027 (price rise, launch, frames): (item, market, month)."""
    result = demand.expected.copy()
    for family, units in p.PLANNED_2027.items():
        rows = rows_of(family)
        result[rows, :, p.YEAR_2027] *= units / float(demand.expected[rows, :, p.YEAR_2027].sum())
    return result


def _sales(demand: Demand) -> list[tuple[Value, ...]]:
    expected = planned(demand)
    rows: list[tuple[Value, ...]] = []
    for family in c.FAMILIES:
        random = stream(f"sales opinion {family.code}")
        for region in c.REGIONS:
            cells = np.ix_(rows_of(family.code), columns_of(region=region.code), list(OPEN))
            units = expected[cells].sum(axis=(0, 1))
            for t, amount in zip(OPEN, units, strict=True):
                seen = float(amount) * sales_factor(family.code, region.code, t) * float(random.normal(1, 0.03))
                if family.category == "Gear":
                    value = round(seen * family.price, -2)
                    rows.append(("sales", None, family.code, None, region.code, None, label(t), None, value, None))
                else:
                    rows.append(
                        ("sales", None, family.code, None, region.code, None, label(t), round(seen), None, None)
                    )
    return rows


def _marketing() -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for family, channel, percent in p.MARKETING_VIEWS:
        rows += [("marketing", None, family, None, None, channel, label(t), None, None, percent) for t in OPEN[:8]]
    begin = p.month_of(p.LAUNCH_MONTH)
    for code in p.LAUNCHED:
        for t in range(begin, begin + 6):
            percent = p.MARKETING_LAUNCH_BIAS * 100
            rows.append(("marketing", code, None, None, None, None, label(t), None, None, percent))
    return rows


def _finance() -> list[tuple[Value, ...]]:
    """Give the finance stream: the budget of a quarter, a third of it in each month."""
    rows: list[tuple[Value, ...]] = []
    for family, (units, _, _) in budget_2027().items():
        season = np.array(p.SEASONS[c.FAMILY[family].season]).reshape(4, 3).sum(axis=1)
        for t in range(12):
            quantity = round(units * float(season[t // 3] / season.sum()) / 3)
            rows.append(("finance", None, family, None, None, None, label(50 + t), quantity, None, None))
    return rows


def _promotions() -> Table:
    rows: list[tuple[Value, ...]] = []
    for e in p.EVENTS:
        dips = _dips_after(e)
        rows.append(
            (
                e.code,
                e.name,
                None,
                e.family,
                None,
                e.channel or None,
                month(e.month),
                None,
                e.mechanic,
                e.price_change,
                e.volume_share,
                e.lift,
                *dips,
                e.cost,
                e.status,
            )
        )
        if e.payback is not None and dips == (None, None):
            status = "planned" if p.month_of(e.payback) >= p.CLOSED else e.status
            rows.append(
                (
                    f"{e.code}-AFTER",
                    f"{e.name}: bought early",
                    None,
                    e.family,
                    None,
                    e.channel or None,
                    month(e.payback),
                    None,
                    "demand taken from the months after",
                    None,
                    1.0,
                    e.dips[0],
                    e.dips[1],
                    None,
                    0.0,
                    status,
                )
            )
    header = "promotion name item family region channel first last mechanic"
    return table("promotions", f"{header} price_change volume_share lift dip_1 dip_2 cost status", rows)


def _dips_after(event: p.Event) -> tuple[float | None, float | None]:
    """Give the dips where they follow the event at once; a later pay-back is an event of its own."""
    if event.payback is not None and p.month_of(event.payback) == p.month_of(event.month) + 1:
        return event.dips[0] or None, event.dips[1] or None
    return None, None


def _launches() -> list[Table]:
    ramp = " ".join(f"{part:g}" for part in p.LAUNCH_RAMP)
    launches: list[tuple[Value, ...]] = []
    for code, units, fill in zip(p.LAUNCHED, p.LAUNCH_FIRST_YEAR, p.LAUNCH_FILL, strict=True):
        launches.append(
            (
                code,
                month(p.LAUNCH_MONTH),
                units,
                fill,
                ramp,
                "EB-210",
                "industrialisation",
                True,
                0.8,
                month(p.LAUNCH_BUDGET),
            )
        )
    victims = [(code, None, family, share) for code in p.LAUNCHED for family, share in p.LAUNCH_TAKES]
    header = "item launch first_year pipeline_fill ramp like_item stage in_plan probability budget_launch"
    return [
        table("launches", header, launches),
        table("launch_victims", "item victim family share", victims),
    ]
