"""Every number of the example company that somebody chose, in one place.

The truth model is `level x growth x season x item share x market share x events x noise`; the
figures are those of the specification of Velmora Cycles (a bicycle maker with 62 finished items),
re-centred once so that a sound forecast of 2027 lands on the demand named here. `RECENTRED` says
by how much each family's level was moved for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

SEED: Final = 20261101
FIRST: Final = date(2022, 11, 1)
"""First month of history."""
CLOSED: Final = 48
"""Months of history: Nov 2022 to Oct 2026."""
MONTHS: Final = 62
"""Months the truth model is evaluated for: history and expectations to Dec 2027."""
HORIZON_END: Final = 84
"""Months of the horizon and history together: calendars and expense reach to October 2029."""
YEAR_2027: Final = slice(50, 62)
STOCK_MONTHS: Final = 24
"""Months for which counted stock and production are on file."""

SEASONS: Final[Mapping[str, tuple[float, ...]]] = {
    "B": (0.62, 0.80, 1.25, 1.55, 1.55, 1.35, 1.10, 0.90, 0.85, 0.70, 0.60, 0.73),
    "K": (0.55, 0.65, 1.05, 1.30, 1.30, 1.15, 0.95, 0.80, 0.80, 0.85, 1.05, 1.55),
    "R": (0.60, 0.85, 1.30, 1.50, 1.45, 1.25, 1.10, 0.95, 0.90, 0.80, 0.65, 0.65),
    "H": (0.80, 0.90, 1.15, 1.30, 1.30, 1.15, 1.05, 0.95, 0.90, 0.80, 0.75, 0.95),
    "A": (0.85, 0.90, 1.05, 1.15, 1.20, 1.15, 1.10, 1.00, 0.95, 0.85, 0.85, 0.95),
    "flat": (1.0,) * 12,
}
"""Season factors January to December; each sums to 12 within rounding."""

WORKING_DAYS: Final = (21, 20, 22, 21, 19, 21, 21, 13, 22, 22, 21, 17)
"""January to December: August and Christmas shutdowns."""


RECENTRED: Final[Mapping[str, float]] = {
    "City": 0.997,
    "Trekking": 0.996,
    "E-bikes": 1.047,
    "Kids": 1.008,
    "Road": 1.047,
    "Cargo": 1.0,
    "Helmets": 1.006,
    "Accessories": 0.996,
}
"""Factor on a family's level so that the product's own forecast of 2027 meets `annual`."""

FAMILY_NOISE: Final = 0.06
"""CV of the monthly noise a whole family shares."""
NOISE_TAIL: Final = 2.0
"""Standard deviations at which noise is cut off."""
INTERMITTENT_CHANCE: Final = 0.3
"""Chance that an intermittent item is ordered in a market in a month."""
INTERMITTENT_NOISE: Final = 0.6
"""CV of the size of an intermittent order."""
DRIFT: Final = 0.01
"""Share points a year that Central loses to West (bikes) or Nordics (gear)."""
ONLINE_DRIFT: Final = 0.005
"""Share points a year that the online channel gains."""


PHASE_OUT: Final = ("EB-110", "EB-120")
"""E-City 1: runs out until its last sale in August 2027."""
LAUNCHED: Final = ("EB-130", "EB-140")
"""E-City 2."""
PHASE_OUT_STOCK: Final[Mapping[str, int]] = {"EB-110": 490, "EB-120": 390}
"""What was counted of E-City 1: 880, of which 310 will be left."""
PHASE_OUT_COST: Final = 1_190.0
OPENING_SKEW: Final[Mapping[str, float]] = {
    "EB-210": 0.5,
    "EB-220": 0.5,
    "EB-310": 1.6,
    "EB-320": 1.6,
    "EB-410": 1.5,
    "EB-510": 1.8,
    "AC-210": 2.2,
    "AC-230": 1.8,
    "KD-220": 0.8,
}
"""Opening stock against the item's share of demand: E-Trek holds about 12 days."""
AMERICAS_COVER: Final = 2.0
"""Stock for the Americas against its share of demand: it lies five weeks away."""
LINE_FULL: Final = 1.03
"""Load the plants really ran at their fullest."""
RUN_OUT_FROM: Final = date(2025, 1, 1)
"""From here E-City 1 loses share ..."""
RUN_OUT_TO: Final = 0.272
"""... to this part of its old share in October 2026."""


BATTERY_CUT: Final = (date(2027, 1, 1), date(2027, 3, 1), 930)
"""After the fire at the supplier's plant, announced 20 Oct 2026."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A line or cell with its crew."""

    code: str
    name: str
    location: str
    overtime: float
    crew_cost: float
    heads: int


LINES: Final = 1.0
HOURS_PER_DAY: Final = 15.0
EFFICIENCY: Final = 0.90
RESOURCES: Final = (
    Resource(code="N-A1", name="North assembly 1", location="N", overtime=0.10, crew_cost=520, heads=26),
    Resource(code="N-A2", name="North assembly 2", location="N", overtime=0.08, crew_cost=560, heads=28),
    Resource(code="N-C1", name="North cargo cell", location="N", overtime=0.0, crew_cost=300, heads=14),
    Resource(code="S-B1", name="South bike line", location="S", overtime=0.10, crew_cost=430, heads=24),
    Resource(code="S-M1", name="South moulding", location="S", overtime=0.10, crew_cost=180, heads=9),
    Resource(code="S-P1", name="South packing", location="S", overtime=0.10, crew_cost=120, heads=7),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Hours a unit of a family takes on a resource, the quota made this way, cost above standard."""

    family: str
    resource: str
    hours: float
    share: float
    extra_cost: float


ROUTINGS: Final = (
    Routing(family="City", resource="N-A1", hours=0.050, share=0.6, extra_cost=0),
    Routing(family="City", resource="S-B1", hours=0.052, share=0.4, extra_cost=6),
    Routing(family="Trekking", resource="N-A1", hours=0.0625, share=1, extra_cost=0),
    Routing(family="E-bikes", resource="N-A2", hours=0.125, share=1, extra_cost=0),
    Routing(family="Kids", resource="S-B1", hours=0.036, share=1, extra_cost=0),
    Routing(family="Road", resource="S-B1", hours=0.10, share=1, extra_cost=0),
    Routing(family="Cargo", resource="N-C1", hours=1.0, share=1, extra_cost=0),
    Routing(family="Helmets", resource="S-M1", hours=0.0105, share=1, extra_cost=0),
    Routing(family="Accessories", resource="S-P1", hours=0.0033, share=1, extra_cost=0),
)
RESOURCE_CHANGES: Final = (("S-P1", "2028-01", None, 1.2, None, None, None),)
"""A second packing table from 2028: resource, first, last, lines, hours a day, efficiency, overtime."""
LANES: Final = (("N", "S", 3, 12.0), ("S", "N", 3, 12.0), ("N", "A", 35, 60.0), ("S", "A", 35, 60.0))
"""Origin, destination, days, freight of a bicycle; other families by their FREIGHT factor."""
DIRECT: Final = ("Cargo",)
"""Families that go from the plant to the customer, who owns the bike when it leaves: no days on the lane."""
FREIGHT: Final[Mapping[str, float]] = {
    "City": 1.0,
    "Trekking": 1.0,
    "E-bikes": 1.2,
    "Kids": 0.5,
    "Road": 1.0,
    "Cargo": 2.5,
    "Helmets": 0.02,
    "Accessories": 0.006,
}
RELEASED: Final = ("HM-110", "AC-110", "KD-112")
"""Items with released production orders for November 2026."""
OPEN_PURCHASES: Final = (
    ("PU-8801", "FRM-AL", "FRAMOSA", "N", "2026-11", 2_000, 62.0, "EUR"),
    ("PU-8802", "MOT-M2", "DRIVEWERK", "N", "2026-11", 900, 335.0, "EUR"),
    ("PU-8803", "MOT-M2", "DRIVEWERK", "N", "2026-12", 900, 335.0, "EUR"),
    ("PU-8804", "BAT-500", "VOLTEC", "N", "2026-11", 2_300, 310.0, "USD"),
    ("PU-8805", "BAT-500", "VOLTEC", "N", "2026-12", 2_250, 310.0, "USD"),
)
"""Packs on order for November and December lie within Voltec's lead time: centred so that 1,000 to 1,300 e-bikes
are short."""
PALLET: Final[Mapping[str, int]] = {"Bikes": 12, "Electric": 6, "Gear": 240}
SUBSTITUTE_PRICE: Final = -0.12
SUPPLIERS: Final = (
    ("VOLTEC", "Voltec Cells", "USD", "KR"),
    ("AMPERA", "Ampera Packs (not yet qualified)", "EUR", "PL"),
    ("DRIVEWERK", "Drivewerk", "EUR", "DE"),
    ("FRAMOSA", "Framosa", "EUR", "PT"),
    ("CYCLOFAB", "Cyclofab assembly", "EUR", "CZ"),
)
SUBCONTRACT_CAP: Final = 400
SUBCONTRACT_COST: Final = 34.0
STORAGE: Final = (15_500, 2_500, 2.10)
"""Bikes the own warehouse holds, bikes that can be put outside, cost of one of these a month."""
CARGO_BACKLOG: Final = 760
CARGO_WEEKS: Final = (12.0, 5.0)
"""Longest backlog the policy allows and weeks to build."""
CARGO_FIRST_WEEKS: Final = 7.0
"""Backlog in November 2022, from where it grew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A promotion: who, when, how much; the months after it hang on the event `after`.

    `payback` names the month of the first dip; dips are changes of that month and the next.
    """

    code: str
    name: str
    family: str
    month: date
    price_change: float
    volume_share: float
    lift: float
    cost: float
    status: str
    channel: str = ""
    payback: date | None = None
    dips: tuple[float, float] = (0.0, 0.0)
    mechanic: str = ""


def _kids(year: int, status: str) -> Event:
    return Event(
        code=f"KIDS-NOV-{year}",
        name=f"Kids November {year}",
        family="Kids",
        month=date(year, 11, 1),
        price_change=-0.15,
        volume_share=0.60,
        lift=0.45,
        cost=18_000,
        status=status,
        payback=date(year + 1, 1, 1),
        dips=(-0.12, -0.06),
        mechanic="15 % off at 60 % of dealers, leaflet",
    )


EVENTS: Final = (
    _kids(2023, "done"),
    Event(
        code="TREK-SEP-2024",
        name="Trekking clear-out 2024",
        family="Trekking",
        month=date(2024, 9, 1),
        price_change=-0.12,
        volume_share=0.5,
        lift=0.40,
        cost=12_000,
        status="done",
        payback=date(2024, 10, 1),
        dips=(-0.08, 0.0),
        mechanic="end-of-season price",
    ),
    _kids(2024, "done"),
    Event(
        code="EB-APR-2025",
        name="E-bike spring bonus",
        family="E-bikes",
        month=date(2025, 4, 1),
        price_change=-0.05,
        volume_share=0.5,
        lift=0.20,
        cost=0,
        status="cancelled",
        mechanic="cancelled: line full",
    ),
    Event(
        code="ACC-MAY-2025",
        name="Accessory bundle",
        family="Accessories",
        month=date(2025, 5, 1),
        price_change=-0.10,
        volume_share=1.0,
        lift=0.25,
        cost=6_000,
        status="done",
        channel="online",
        mechanic="three for two",
    ),
    Event(
        code="CITY-SEP-2025",
        name="City clear-out 2025",
        family="City",
        month=date(2025, 9, 1),
        price_change=-0.12,
        volume_share=0.5,
        lift=0.36,
        cost=12_000,
        status="done",
        payback=date(2025, 10, 1),
        dips=(-0.07, 0.0),
        mechanic="end-of-season price",
    ),
    _kids(2025, "done"),
    _kids(2026, "running"),
    _kids(2027, "planned"),
)

STOCK_OUT: Final = ("Trekking", date(2025, 6, 1), 0.30)
"""Orders 30 % above shipments in that month; 40 % of the rest left a month later, 60 % was lost."""
STOCK_OUT_LATE: Final = 0.40
ONE_OFF: Final = ("HM-110", "Central-dealers", date(2024, 1, 1), 1_800)
"""One order of a police force, never to come again."""
IN_HAND: Final = (0.35, 0.15)
"""Part of what the truth expects of this month and the next that is ordered already, when the cycle begins."""
PARTIAL: Final = ("Nordics", date(2026, 10, 1), 0.60)
"""Nordics reported 60 % of October only: the file was cut on the 19th."""
RETURNS: Final[Mapping[str, float]] = {"Helmets": 0.06, "Kids": 0.015, "City": 0.01}
"""Share of what was shipped online that came back a month later."""
ON_TIME: Final = (0.955, 0.99)
"""Lowest and highest share of a month's orders that left in the month asked for; the rest a month later."""
TENDERS: Final = ((5, 90), (17, 110), (22, 70), (29, 120), (34, 80), (41, 130), (45, 60))
"""Month index and size of past cargo fleet tenders, known to sales beforehand."""

LAUNCH_MONTH: Final = date(2027, 3, 1)
LAUNCH_BUDGET: Final = date(2027, 2, 1)
LAUNCH_FIRST_YEAR: Final = (2_520, 1_680)
LAUNCH_FILL: Final = (270, 180)
LAUNCH_RAMP: Final = (0.35, 0.6, 0.85, 1.0)
LAUNCH_PRICE: Final = 1_990.0
LAUNCH_COST: Final = 1_310.0
LAUNCH_MIX: Final = 0.10
"""Part of the E-bikes of the budget that is E-City 2: the family's mean cost includes it."""
LAUNCH_TAKES: Final = (("E-bikes", 0.35), ("City", 0.10))
LAUNCH_PLANNED: Final = ((date(2026, 9, 1), date(2027, 1, 1)), (date(2026, 10, 1), date(2027, 2, 1)))
"""Cycles before the first date planned the launch in the second; from October 2026 on March 2027."""

PRICE_RISE: Final = (("E-bikes", "Road"), date(2027, 2, 1), 4.0, -1.3, 0.08)
PRICE_LEVEL: Final[Mapping[int, float]] = {2022: 0.93, 2023: 0.945, 2024: 0.965, 2025: 0.985, 2026: 1.0}
DISCOUNT, REBATE = 0.24, 0.04
"""Parts of the list price that dealers and the online shops get on the invoice, and back at the end of the year."""
COST_LEVEL: Final[Mapping[int, float]] = {2022: 0.94, 2023: 0.95, 2024: 0.965, 2025: 0.985, 2026: 1.0}
RATE_FORECAST_FROM: Final = date(2026, 10, 1)
USD_FAMILIES: Final = ("E-bikes", "Cargo")
FRAME_FAMILIES: Final = ("City", "Trekking", "Kids")
FRAME_FROM: Final = date(2027, 1, 1)
LABOUR_PART: Final = 0.22
"""Part of every standard cost that is wages, not bought."""
USD_COST: Final = 0.14
"""Part of the cost of E-bikes and Cargo that is paid in USD."""
FRAME_PART: Final = 0.25
"""Part of the cost of City, Trekking and Kids that is the frame ..."""
FRAME_RISE: Final = 0.10
"""... and its rise from January 2027: 2.5 % of the cost of the bike."""
RATE_BUDGET: Final = 0.92
RATE_FORECAST: Final = 0.88
RATES_ACTUAL: Final[Mapping[int, float]] = {2022: 0.955, 2023: 0.925, 2024: 0.923, 2025: 0.905, 2026: 0.892}
"""Mean EUR for one USD of a calendar year; months move around it."""
UNPRICED: Final = ("AC-180", date(2028, 2, 1))
"""No price from this month on."""

BUDGET_2027: Final[Mapping[str, tuple[int, int]]] = {
    "City": (33_601, 14_110_000),
    "Trekking": (26_900, 16_410_000),
    "E-bikes": (24_131, 45_350_000),
    "Kids": (40_595, 7_630_000),
    "Road": (8_861, 13_330_000),
    "Cargo": (3_240, 12_640_000),
    "Helmets": (182_000, 6_920_000),
    "Accessories": (605_000, 7_860_000),
}
"""Units and revenue of the approved plan 2027; revenue is moved within its rounding to the total."""
BUDGET_REVENUE: Final = 124_240_000
BUDGET_MARGIN: Final = 44_760_000
BUDGET_2026_OPTIMISM: Final = 0.02
OPERATING_EXPENSE: Final[Mapping[str, int]] = {
    "selling": 13_600_000,
    "administration": 9_800_000,
    "development": 5_000_000,
}
"""A year; 28.4 m together."""
CAPEX: Final = 3_200_000
NET_DEBT: Final = 1_000_000
CASH: Final = 1_500_000
EXPENSE_GROWTH: Final = 1.025
LEDGER_WOBBLE: Final = 0.0005
"""Largest part by which a ledger month differs from the shipments."""
CREDIT_LINE: Final = 6_000_000
TERMS: Final = (("DEALERS", "customer", 55), ("ONLINE", "customer", 5), ("SUPPLIERS", "supplier", 60))

SALES_BIAS_AMERICAS: Final = 0.09
MARKETING_LAUNCH_BIAS: Final = 0.20
KIDS_QUARTER_END: Final = 0.15
PLANNED_2027: Final[Mapping[str, float]] = {
    "City": 33_643,
    "Trekking": 25_200,
    "E-bikes": 23_855,
    "Kids": 40_595,
    "Road": 8_861,
    "Cargo": 3_345,
    "Helmets": 182_000,
    "Accessories": 605_000,
}
"""Demand of 2027 with the events that are decided: the plan the people have in mind."""
MARKETING_VIEWS: Final = (
    ("City", "dealers", 1.0),
    ("City", "online", 3.0),
    ("Kids", "dealers", 0.0),
    ("Kids", "online", 2.0),
    ("Road", "dealers", 2.0),
    ("Helmets", "online", 4.0),
)
"""Marketing's percent on the statistics, by family and channel."""
RULES: Final = (
    (None, None, "statistical", None, None, 0.85),
    (None, None, "sales", None, None, 0.15),
    ("Cargo", None, "statistical", None, None, 0.0),
    ("Cargo", None, "sales", None, None, 1.0),
    ("Kids", None, "statistical", None, None, 1.0),
    ("Accessories", None, "statistical", None, None, 1.0),
)
"""Family, region, stream, first and last lag, weight."""
YOUNG: Final = 18
"""Months marketing calls an item new."""
TREKKING_CUT: Final = (0.015, 6)
"""The consensus for Trekking was lowered by 1.5 % in each of the last six cycles."""
LATE_REGION: Final = ("West", (date(2026, 3, 1), date(2026, 8, 1)))
CYCLES: Final = 12
"""Published cycles Nov 2025 to Oct 2026."""
PUBLISHED_LAGS: Final = 15
SCORED_LAGS: Final = 7
STREAM_LAGS: Final = (1, 2, 3)
FAMILY_ERROR: Final = (0.035, 0.008)
"""Error of a published family forecast: at lag 0, and what each lag adds (CV)."""
ITEM_ERROR: Final = (0.12, 0.010)
"""The same for one item in one market."""
CARGO_STATISTICS_WORSE: Final = 0.06
"""Added CV of the statistical forecast of Cargo: it does not know tenders."""
ACCESSORY_SALES_WORSE: Final = 0.09
ATTAINMENT: Final = (0.965, 0.03)
"""Mean and CV of actual over planned production."""


def month_of(day: date) -> int:
    """Give the index of a month on the truth model's axis (Nov 2022 = 0)."""
    return (day.year - FIRST.year) * 12 + day.month - FIRST.month


def day_of(index: int) -> date:
    """Give the first day of a month of the truth model's axis."""
    months = FIRST.year * 12 + FIRST.month - 1 + index
    return date(months // 12, months % 12 + 1, 1)


def working_days(index: int) -> int:
    """Give the working days of a month of the axis."""
    return WORKING_DAYS[day_of(index).month - 1]


def capacity_hours(index: int) -> float:
    """Give the regular hours of one line in a month."""
    return LINES * HOURS_PER_DAY * EFFICIENCY * working_days(index)
