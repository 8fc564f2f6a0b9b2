"""What customers wanted: the truth model of orders and bookings, item x market x month.

`expected = level x season x item share x market share x events`; `orders = expected x noise`, rounded
by chance so that small cells stay unbiased. Months 0-47 are history (Nov 2022 to Oct 2026), 48-61 are
expectations to December 2027 that only the earlier published plans may look at. E-City 2 is not in the
truth of the history; its expectation follows its ramp.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p

Floats = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int64]

CODES = tuple(item.code for item in c.ITEMS) + tuple(spare.code for spare in c.SPARES)
"""Sold codes in the order of the arrays: finished items, then the spares without a family."""
MARKETS = tuple(f"{region.code}-{channel}" for region in c.REGIONS for channel in c.CHANNELS)
FAMILY_OF = tuple(item.family for item in c.ITEMS) + ("",) * len(c.SPARES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The truth.

    Attributes:
        base: expectation without promotions, shape (item, market, month), units.
        expected: expectation with promotions.
        wanted: what was ordered or booked, whole units, closed months only.
        in_hand: what is ordered already of the first open months, whole units, shape (item, market, open month).
    """

    base: Floats
    expected: Floats
    wanted: Wholes
    in_hand: Wholes


def stream(topic: str) -> np.random.Generator:
    """Give the random stream of one topic: topics do not disturb each other."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([p.SEED, zlib.crc32(topic.encode())])))


def rows_of(family: str) -> list[int]:
    """Give the positions of a family's items on the item axis."""
    return [i for i, code in enumerate(FAMILY_OF) if code == family]


def columns_of(*, region: str = "", channel: str = "") -> list[int]:
    """Give the positions of the markets of a region and a channel; empty = all."""
    return [
        j
        for j, market in enumerate(MARKETS)
        if (not region or market.startswith(f"{region}-")) and (not channel or market.endswith(f"-{channel}"))
    ]


def make_demand() -> Demand:
    """Run the truth model: expectations to Dec 2027 and orders to Oct 2026."""
    base = np.zeros((len(CODES), len(MARKETS), p.MONTHS))
    for family in c.FAMILIES:
        rows = rows_of(family.code)
        level = family_level(family)
        base[rows] = level * item_shares(family)[:, None, :] * market_shares(family)[None, :, :]
    _add_launch(base)
    _add_spares(base)
    expected = base * event_factors()
    return Demand(base=base, expected=expected, wanted=_wanted(expected), in_hand=_in_hand(expected))


def family_level(family: c.Family) -> Floats:
    """Give the family's demand without events by month, shape (month,): level x growth x season."""
    months = np.arange(p.MONTHS)
    season = np.array([p.SEASONS[family.season][p.day_of(t).month - 1] for t in range(p.MONTHS)])
    trend = (1 + family.growth) ** ((months - 55.5) / 12)
    raw = season * trend
    return family.annual * p.RECENTRED[family.code] * raw / float(raw[p.YEAR_2027].sum())


def item_shares(family: c.Family) -> Floats:
    """Give each item's share of its family by month, shape (item, month), columns sum to 1."""
    items = [item for item in c.ITEMS if item.family == family.code]
    weights = np.array([[item.share * _life(item, t) for t in range(p.MONTHS)] for item in items])
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float64)


def _life(item: c.Item, month: int) -> float:
    """Part of its full share an item has in a month: launches of the past ramp up, E-City 1 runs out."""
    if item.code in p.PHASE_OUT:
        begin = p.month_of(p.RUN_OUT_FROM)
        done = min(max((month - begin) / (p.CLOSED - 1 - begin), 0.0), 1.0)
        over = item.last is not None and p.day_of(month) > item.last
        return 0.0 if over else 1.0 + done * (p.RUN_OUT_TO - 1.0)
    if item.first is None:
        return 1.0
    age = month - p.month_of(item.first)
    return 0.0 if age < 0 else p.LAUNCH_RAMP[min(age, len(p.LAUNCH_RAMP) - 1)]


def market_shares(family: c.Family) -> Floats:
    """Give each market's share of the family by month, shape (market, month), columns sum to 1.

    Central loses a point a year to West (bikes) or Nordics (gear); the online channel gains half a point.
    """
    years = (np.arange(p.MONTHS) - 55.5) / 12
    central, west, nordics = (share * (1 - family.americas) * np.ones(p.MONTHS) for share in family.tilt)
    central = central - p.DRIFT * years
    if family.category == "Gear":
        nordics = nordics + p.DRIFT * years
    else:
        west = west + p.DRIFT * years
    americas = np.full(p.MONTHS, family.americas)
    online = np.clip(family.online + p.ONLINE_DRIFT * years, 0.01, None)
    parts = [(region * (1 - online), region * online) for region in (central, west, nordics, americas)]
    return np.array([part for pair in parts for part in pair])


def _add_launch(base: Floats) -> None:
    """Put the expectation of E-City 2 into the open months (history has none of it)."""
    family = c.FAMILY["E-bikes"]
    season = p.SEASONS[family.season]
    shares = market_shares(family)
    begin = p.month_of(p.LAUNCH_MONTH)
    year = [season[p.day_of(begin + age).month - 1] * _ramp(age) for age in range(12)]
    for code, units, fill in zip(p.LAUNCHED, p.LAUNCH_FIRST_YEAR, p.LAUNCH_FILL, strict=True):
        row = CODES.index(code)
        base[row] = 0.0
        for month in range(begin, p.MONTHS):
            age = month - begin
            base[row, :, month] = shares[:, month] * (units * year[age] / sum(year) + (fill if age == 0 else 0))


def _ramp(age: int) -> float:
    return p.LAUNCH_RAMP[min(age, len(p.LAUNCH_RAMP) - 1)]


def _add_spares(base: Floats) -> None:
    """Put the two codes without a family into the history; they end with it."""
    shares = market_shares(c.FAMILY["Accessories"])[:, : p.CLOSED]
    for spare in c.SPARES:
        base[CODES.index(spare.code), :, : p.CLOSED] = spare.monthly * shares


def event_factors() -> Floats:
    """Give the factor of promotions and their pay-back on demand, shape (item, market, month)."""
    factors = np.ones((len(CODES), len(MARKETS), p.MONTHS))
    for event in p.EVENTS:
        if event.status == "cancelled":
            continue
        cells = np.ix_(rows_of(event.family), columns_of(channel=event.channel))
        lifts = {p.month_of(event.month): event.lift * event.volume_share}
        if event.payback is not None:
            first = p.month_of(event.payback)
            lifts |= {first: event.dips[0], first + 1: event.dips[1]}
        for month, lift in lifts.items():
            if month < p.MONTHS:
                block = factors[:, :, month]
                block[cells] *= 1 + lift
    return factors


def _wanted(expected: Floats) -> Wholes:
    """Draw the orders of the history: family noise x cell noise, one-offs, tenders, whole units."""
    drawn = expected[:, :, : p.CLOSED].copy()
    for family in c.FAMILIES:
        rows = rows_of(family.code)
        drawn[rows] *= _family_noise(family)
        drawn[rows] *= _cell_noise(family, len(rows))
    _make_intermittent(drawn, expected)
    spares = [i for i, code in enumerate(FAMILY_OF) if not code]
    drawn[spares] *= _lognormal(stream("spares"), 0.2, drawn[spares].shape)
    whole = np.floor(drawn + stream("rounding").random(drawn.shape)).astype(np.int64)
    _add_one_offs(whole)
    return _cut_partial(whole)


def _in_hand(expected: Floats) -> Wholes:
    """Draw the orders that are there for the first open months: a part of what is expected, whole units."""
    open_months = slice(p.CLOSED, p.CLOSED + len(p.IN_HAND))
    ordered = expected[:, :, open_months] * np.array(p.IN_HAND)
    whole = np.floor(ordered + stream("orders in hand").random(ordered.shape))
    return np.asarray(whole, dtype=np.int64)


def _family_noise(family: c.Family) -> Floats:
    """Noise a whole family shares: months wander, each twelve of them keep the level of their season."""
    factors = _lognormal(stream(f"family noise {family.code}"), p.FAMILY_NOISE, (p.CLOSED // 12, 12))
    level = family_level(family)[: p.CLOSED].reshape(-1, 12)
    mean = (factors * level).sum(axis=1, keepdims=True) / level.sum(axis=1, keepdims=True)
    return np.asarray((factors / mean).reshape(-1), dtype=np.float64)


def _cell_noise(family: c.Family, rows: int) -> Floats:
    """Noise of one item in one market: each cell has its own CV between the family's low and high."""
    random = stream(f"cell noise {family.code}")
    spread = random.uniform(*family.noise, size=(rows, len(MARKETS), 1))
    return _lognormal(random, spread, (rows, len(MARKETS), p.CLOSED))


def _lognormal(random: np.random.Generator, spread: float | Floats, shape: tuple[int, ...]) -> Floats:
    """Draw factors of mean 1 and the given coefficient of variation, without the far tails.

    What lies beyond NOISE_TAIL standard deviations would be a one-off, and those are placed on purpose.
    """
    sigma = np.sqrt(np.log1p(np.square(spread)))
    drawn = np.clip(random.standard_normal(shape), -p.NOISE_TAIL, p.NOISE_TAIL)
    return np.asarray(np.exp(drawn * sigma - sigma * sigma / 2), dtype=np.float64)


def _make_intermittent(drawn: Floats, expected: Floats) -> None:
    """Turn the intermittent items into rare, larger orders of the same mean."""
    for row, item in enumerate(c.ITEMS):
        if not item.intermittent:
            continue
        random = stream(f"intermittent {item.code}")
        shape = (len(MARKETS), p.CLOSED)
        ordered = random.random(shape) < p.INTERMITTENT_CHANCE
        size = _lognormal(random, p.INTERMITTENT_NOISE, shape) / p.INTERMITTENT_CHANCE
        drawn[row] = expected[row, :, : p.CLOSED] * ordered * size


def _add_one_offs(whole: Wholes) -> None:
    """Add the helmets of the police force and the cargo tenders of the past."""
    item, market, day, units = p.ONE_OFF
    whole[CODES.index(item), MARKETS.index(market), p.month_of(day)] += units
    places = ("Central-dealers", "Nordics-dealers", "West-dealers")
    for turn, (month, size) in enumerate(p.TENDERS):
        whole[CODES.index("CG-310"), MARKETS.index(places[turn % len(places)]), month] += size


def _cut_partial(whole: Wholes) -> Wholes:
    """Keep only the reported part of the month one region sent half of."""
    region, day, share = p.PARTIAL
    columns, month = columns_of(region=region), p.month_of(day)
    whole[:, columns, month] = np.floor(whole[:, columns, month] * share).astype(np.int64)
    return whole
