"""What Velmora Cycles sells and buys: families, items, spares without a family, key materials, regions.

The season names are keys of `parameters.SEASONS`; item shares are scaled to 1 inside their family.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family: demand, money, where it is made, what is counted at the opening.

    Attributes:
        code: family code.
        category: level above.
        season: key of SEASONS.
        annual: demand of 2027 before events, units.
        growth: a year, e.g. -0.01.
        price: average net price, EUR.
        cost: average standard cost at 2026 prices, EUR.
        americas: share sold in the Americas, in USD.
        tilt: Central, West, Nordics shares of what is not sold in the Americas, in 2027.
        online: share of the online channel in 2027.
        opening: units counted on 31 Oct 2026.
        days: stock target in days of coming demand.
        noise: low and high CV of the noise of one item in one market.
    """

    code: str
    category: str
    season: str
    annual: float
    growth: float
    price: float
    cost: float
    americas: float
    tilt: tuple[float, float, float]
    online: float
    opening: int
    days: float
    noise: tuple[float, float] = (0.15, 0.25)


FAMILIES: Final = (
    Family(
        code="City",
        category="Bikes",
        season="B",
        annual=34_000,
        growth=-0.01,
        price=420,
        cost=285,
        americas=0.06,
        tilt=(0.52, 0.36, 0.12),
        online=0.12,
        opening=3_050,
        days=35,
    ),
    Family(
        code="Trekking",
        category="Bikes",
        season="B",
        annual=25_200,
        growth=-0.02,
        price=610,
        cost=405,
        americas=0.10,
        tilt=(0.56, 0.30, 0.14),
        online=0.10,
        opening=2_300,
        days=35,
    ),
    Family(
        code="E-bikes",
        category="Electric",
        season="B",
        annual=22_600,
        growth=0.07,
        price=1_790,
        cost=1_215,
        americas=0.22,
        tilt=(0.54, 0.32, 0.14),
        online=0.11,
        opening=2_100,
        days=30,
    ),
    Family(
        code="Kids",
        category="Bikes",
        season="K",
        annual=40_000,
        growth=0.01,
        price=190,
        cost=128,
        americas=0.05,
        tilt=(0.50, 0.37, 0.13),
        online=0.18,
        opening=5_200,
        days=35,
    ),
    Family(
        code="Road",
        category="Bikes",
        season="R",
        annual=9_300,
        growth=0.05,
        price=1_450,
        cost=930,
        americas=0.30,
        tilt=(0.46, 0.42, 0.12),
        online=0.15,
        opening=900,
        days=40,
    ),
    Family(
        code="Cargo",
        category="Electric",
        season="flat",
        annual=3_420,
        growth=0.05,
        price=3_900,
        cost=2_690,
        americas=0.25,
        tilt=(0.50, 0.26, 0.24),
        online=0.08,
        opening=0,
        days=0,
    ),
    Family(
        code="Helmets",
        category="Gear",
        season="H",
        annual=182_000,
        growth=0.02,
        price=38,
        cost=20,
        americas=0.20,
        tilt=(0.52, 0.33, 0.15),
        online=0.30,
        opening=17_500,
        days=35,
    ),
    Family(
        code="Accessories",
        category="Gear",
        season="A",
        annual=605_000,
        growth=0.02,
        price=13,
        cost=6.4,
        americas=0.20,
        tilt=(0.51, 0.34, 0.15),
        online=0.30,
        opening=62_000,
        days=40,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One finished item.

    Attributes:
        code: item code.
        name: what people call it.
        family: family code.
        share: of the family's demand while everything sells (0 for one not yet launched).
        price: factor on the family's price before normalising.
        segment: attribute.
        size: attribute (wheel or size).
        first: first month of sale; None = always.
        last: last day of sale; None = open.
        intermittent: ordered now and then.
    """

    code: str
    name: str
    family: str
    share: float
    price: float
    segment: str
    size: str
    first: date | None = None
    last: date | None = None
    intermittent: bool = False


def _city(code: str, name: str, share: float, price: float, size: str) -> Item:
    return Item(code=code, name=name, family="City", share=share, price=price, segment="urban", size=size)


def _trekking(code: str, name: str, share: float, price: float, size: str) -> Item:
    return Item(code=code, name=name, family="Trekking", share=share, price=price, segment="touring", size=size)


ITEMS: Final = (
    _city("CT-110", "Avenue 3 step-through", 28, 0.90, '28"'),
    _city("CT-120", "Avenue 7 step-through", 20, 1.00, '28"'),
    _city("CT-130", "Avenue 7 diamond", 15, 1.00, '28"'),
    _city("CT-210", "Canal classic", 12, 0.95, '28"'),
    _city("CT-220", "Canal comfort", 9, 1.10, '26"'),
    _city("CT-310", "Metro belt", 7, 1.45, '28"'),
    _city("CT-410", "Fold 20", 5, 1.20, '20"'),
    _city("CT-420", "Fold 20 light", 4, 1.50, '20"'),
    _trekking("TR-110", "Ridge 24 men", 28, 0.90, '28"'),
    _trekking("TR-120", "Ridge 24 women", 20, 0.90, '28"'),
    _trekking("TR-210", "Ridge 27 disc", 15, 1.05, '28"'),
    _trekking("TR-220", "Ridge 30 disc", 12, 1.20, '28"'),
    _trekking("TR-310", "Horizon cross", 9, 1.00, '28"'),
    _trekking("TR-320", "Horizon cross lady", 7, 1.00, '28"'),
    _trekking("TR-410", "Traverse tour", 5, 1.50, '29"'),
    Item(code="EB-210", name="E-Trek 500", family="E-bikes", share=28, price=0.95, segment="trekking", size='28"'),
    Item(code="EB-220", name="E-Trek 625", family="E-bikes", share=20, price=1.08, segment="trekking", size='28"'),
    Item(code="EB-310", name="E-Cross 500", family="E-bikes", share=15, price=1.00, segment="cross", size='29"'),
    Item(code="EB-320", name="E-Cross 625", family="E-bikes", share=12, price=1.15, segment="cross", size='29"'),
    Item(code="EB-410", name="E-Comfort low", family="E-bikes", share=9, price=0.98, segment="comfort", size='26"'),
    Item(code="EB-510", name="E-Mountain 625", family="E-bikes", share=7, price=1.35, segment="mountain", size='29"'),
    Item(
        code="EB-110",
        name="E-City 1 step-through",
        family="E-bikes",
        share=5,
        price=0.92,
        segment="city",
        size='28"',
        last=date(2027, 8, 31),
    ),
    Item(
        code="EB-120",
        name="E-City 1 diamond",
        family="E-bikes",
        share=4,
        price=0.92,
        segment="city",
        size='28"',
        last=date(2027, 8, 31),
    ),
    Item(
        code="EB-130",
        name="E-City 2 step-through",
        family="E-bikes",
        share=0,
        price=1.0,
        segment="city",
        size='28"',
        first=date(2027, 3, 1),
    ),
    Item(
        code="EB-140",
        name="E-City 2 diamond",
        family="E-bikes",
        share=0,
        price=1.0,
        segment="city",
        size='28"',
        first=date(2027, 3, 1),
    ),
    Item(code="KD-112", name="Puck 12", family="Kids", share=28, price=0.70, segment="first bike", size='12"'),
    Item(code="KD-116", name="Puck 16", family="Kids", share=22, price=0.85, segment="first bike", size='16"'),
    Item(code="KD-120", name="Sprint 20", family="Kids", share=19, price=1.10, segment="school", size='20"'),
    Item(code="KD-124", name="Sprint 24", family="Kids", share=14, price=1.30, segment="school", size='24"'),
    Item(
        code="KD-220",
        name="K-Air 20",
        family="Kids",
        share=10,
        price=1.45,
        segment="light",
        size='20"',
        first=date(2024, 9, 1),
    ),
    Item(
        code="KD-010", name="Wobble balance bike", family="Kids", share=7, price=0.50, segment="first bike", size='10"'
    ),
    Item(code="RG-110", name="Road R5", family="Road", share=28, price=0.75, segment="road", size="54"),
    Item(code="RG-120", name="Road R7", family="Road", share=20, price=1.00, segment="road", size="54"),
    Item(code="RG-210", name="Gravel G1", family="Road", share=15, price=0.90, segment="gravel", size="54"),
    Item(code="RG-220", name="Gravel G2", family="Road", share=12, price=1.10, segment="gravel", size="54"),
    Item(
        code="RG-230",
        name="Gravel G3",
        family="Road",
        share=11,
        price=1.40,
        segment="gravel",
        size="54",
        first=date(2025, 3, 1),
    ),
    Item(code="RG-310", name="Road Aero", family="Road", share=8, price=1.75, segment="road", size="56"),
    Item(code="RG-320", name="Cyclocross X", family="Road", share=6, price=1.15, segment="gravel", size="54"),
    Item(code="CG-110", name="Cargo Long", family="Cargo", share=40, price=0.95, segment="family", size='26"'),
    Item(code="CG-120", name="Cargo Long Plus", family="Cargo", share=28, price=1.05, segment="family", size='26"'),
    Item(code="CG-210", name="Cargo Trike", family="Cargo", share=18, price=1.10, segment="family", size='20"'),
    Item(code="CG-310", name="Cargo Fleet", family="Cargo", share=14, price=0.95, segment="fleet", size='24"'),
    Item(code="HM-110", name="Shell urban M", family="Helmets", share=28, price=0.90, segment="urban", size="M"),
    Item(code="HM-120", name="Shell urban L", family="Helmets", share=20, price=0.90, segment="urban", size="L"),
    Item(code="HM-210", name="Shell kids S", family="Helmets", share=15, price=0.75, segment="kids", size="S"),
    Item(code="HM-220", name="Shell kids M", family="Helmets", share=12, price=0.75, segment="kids", size="M"),
    Item(code="HM-310", name="Vent road M", family="Helmets", share=9, price=1.60, segment="road", size="M"),
    Item(code="HM-320", name="Vent road L", family="Helmets", share=7, price=1.60, segment="road", size="L"),
    Item(code="HM-410", name="Signal lighted M", family="Helmets", share=5, price=1.50, segment="urban", size="M"),
    Item(code="HM-420", name="Signal lighted L", family="Helmets", share=4, price=1.50, segment="urban", size="L"),
    Item(code="AC-110", name="Bell brass", family="Accessories", share=25, price=0.55, segment="fittings", size="one"),
    Item(code="AC-120", name="Light set USB", family="Accessories", share=19, price=1.60, segment="lights", size="one"),
    Item(
        code="AC-130", name="Mudguard set", family="Accessories", share=14, price=0.95, segment="fittings", size='28"'
    ),
    Item(code="AC-140", name="Bottle cage", family="Accessories", share=12, price=0.50, segment="fittings", size="one"),
    Item(code="AC-150", name="Lock chain 90", family="Accessories", share=9, price=2.00, segment="locks", size="90 cm"),
    Item(code="AC-160", name="Pump mini", family="Accessories", share=7, price=0.90, segment="tools", size="one"),
    Item(code="AC-170", name="Saddle bag", family="Accessories", share=5, price=1.10, segment="bags", size="one"),
    Item(code="AC-180", name="Phone mount", family="Accessories", share=4, price=1.20, segment="fittings", size="one"),
    Item(
        code="AC-210",
        name="Child seat adapter",
        family="Accessories",
        share=1.5,
        price=1.8,
        segment="family",
        size="one",
        intermittent=True,
    ),
    Item(
        code="AC-220",
        name="Cargo rain cover",
        family="Accessories",
        share=1.3,
        price=2.4,
        segment="family",
        size="one",
        intermittent=True,
    ),
    Item(
        code="AC-230",
        name="Trailer hitch",
        family="Accessories",
        share=1.2,
        price=2.2,
        segment="family",
        size="one",
        intermittent=True,
    ),
    Item(
        code="AC-240",
        name="Tool case workshop",
        family="Accessories",
        share=1.0,
        price=3.0,
        segment="tools",
        size="one",
        intermittent=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """A code sold without a family: the unmapped parents of the history."""

    code: str
    name: str
    monthly: float
    price: float
    cost: float


SPARES: Final = (
    Spare(code="SP-901", name="Wheel set 28 spare", monthly=210, price=118, cost=71),
    Spare(code="SP-902", name="Seat post kit", monthly=420, price=34, cost=19),
)
SPARES_LAST_SALE: Final = date(2026, 10, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A key material: what it is, where it comes from, what is in stock at the opening."""

    code: str
    name: str
    supplier: str
    price: float
    currency: str
    lead_time_days: int
    opening: int
    cap: int | None = None


MATERIALS: Final = (
    Material(
        code="BAT-500",
        name="Battery pack 500 Wh",
        supplier="VOLTEC",
        price=310,
        currency="USD",
        lead_time_days=60,
        opening=200,
        cap=2_450,
    ),
    Material(
        code="MOT-C1",
        name="Motor E-City 1",
        supplier="DRIVEWERK",
        price=310,
        currency="EUR",
        lead_time_days=45,
        opening=300,
    ),
    Material(
        code="MOT-M2",
        name="Motor M2",
        supplier="DRIVEWERK",
        price=335,
        currency="EUR",
        lead_time_days=45,
        opening=2_600,
    ),
    Material(
        code="FRM-AL",
        name="Frame aluminium",
        supplier="FRAMOSA",
        price=62,
        currency="EUR",
        lead_time_days=30,
        opening=9_000,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A sales region and the location that serves it."""

    code: str
    location: str
    currency: str


REGIONS: Final = (
    Region(code="Central", location="N", currency="EUR"),
    Region(code="West", location="S", currency="EUR"),
    Region(code="Nordics", location="N", currency="EUR"),
    Region(code="Americas", location="A", currency="USD"),
)
CHANNELS: Final = ("dealers", "online")

FAMILY: Final[Mapping[str, Family]] = {family.code: family for family in FAMILIES}
