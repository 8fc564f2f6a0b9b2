"""Twelve earlier cycles: what was published from November 2025 to October 2026 for the months ahead.

Each plan saw the truth model's expectation with an error that shrinks as the month comes nearer, plus the
habits of its authors: Trekking was lowered by 1.5 % in each of the last six cycles, E-City 2 slipped from
January to February to March, Americas sales saw 9 % too much, cargo sales knew the tenders, West was
late twice. The seasonal naive forecast is what it must be: the orders of a year before.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from trivet.examples.generator import catalogue as c
from trivet.examples.generator import parameters as p
from trivet.examples.generator.demand import CODES, FAMILY_OF, MARKETS, Demand, Floats, columns_of, rows_of, stream
from trivet.examples.generator.opinions import planned, sales_factor
from trivet.examples.generator.supply import SITES, Supply
from trivet.examples.generator.tables import label

SOLD = [i for i, family in enumerate(FAMILY_OF) if family]
FIRST_CYCLE = p.CLOSED - p.CYCLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One measure of one cycle: values of shape (sold item, market or site, bucket) from the bucket `first` on."""

    cycle: int
    measure: str
    first: int
    values: Floats


def published_frame(demand: Demand, supply: Supply) -> pl.DataFrame:
    """Give the table of published plans: zeros are left out, units with one decimal."""
    blocks = [block for cycle in range(FIRST_CYCLE, p.CLOSED) for block in _blocks(cycle, demand, supply)]
    return pl.concat([_frame(block) for block in blocks]).sort(
        "cycle", "measure", "item", "market", "location", "bucket"
    )


def _blocks(cycle: int, demand: Demand, supply: Supply) -> Iterator[Block]:
    stop = min(cycle + p.PUBLISHED_LAGS, p.MONTHS)
    seen = _seen(cycle, planned(demand))[SOLD][:, :, cycle:stop]
    consensus = seen * _errors(cycle, "consensus", seen.shape, 1.0) * _trekking(cycle, seen.shape)
    yield Block(cycle=cycle, measure="consensus_demand", first=cycle, values=consensus)
    near = seen[:, :, : p.SCORED_LAGS]
    statistics = near * _errors(cycle, "statistics", near.shape, 1.15) * _blind_to_tenders(cycle, near.shape)
    yield Block(cycle=cycle, measure="baseline_demand", first=cycle, values=statistics)
    year_ago = demand.wanted[SOLD][:, :, cycle - 12 : cycle - 12 + p.SCORED_LAGS].astype(np.float64)
    yield Block(cycle=cycle, measure="seasonal_naive", first=cycle, values=year_ago)
    first, last = p.STREAM_LAGS[0], p.STREAM_LAGS[-1]
    scored = seen[:, :, first : last + 1]
    for measure, factor in (
        ("sales_demand", _sales(cycle, demand, scored.shape)),
        ("marketing_demand", _marketing(cycle, scored.shape)),
    ):
        yield Block(cycle=cycle, measure=measure, first=cycle + first, values=scored * factor)
    budgeted = _by_quarters(planned(demand))[SOLD][:, :, cycle + first : cycle + last + 1]
    yield Block(cycle=cycle, measure="finance_demand", first=cycle + first, values=budgeted)
    yield Block(cycle=cycle, measure="production", first=cycle, values=_production(cycle, supply))


def _seen(cycle: int, expected: Floats) -> Floats:
    """Give the expectation as a cycle knew it: E-City 2 at the date then planned."""
    result = expected.copy()
    moved = next((planned for before, planned in p.LAUNCH_PLANNED if p.day_of(cycle) < before), None)
    if moved is not None:
        rows = [CODES.index(code) for code in p.LAUNCHED]
        months = p.month_of(p.LAUNCH_MONTH) - p.month_of(moved)
        result[rows, :, :-months] = expected[rows, :, months:]
    return result


def _errors(cycle: int, author: str, shape: tuple[int, ...], size: float) -> Floats:
    """Errors of one author about the months from `cycle` on; the same mistake shrinks as the month comes nearer.

    One part is shared by a family, one belongs to an item and market.
    """
    lags = np.arange(shape[2])
    months = slice(cycle, cycle + shape[2])
    shared = {code: stream(f"{author} about {code}").standard_normal(p.MONTHS)[months] for code in c.FAMILY}
    family = np.array([shared[FAMILY_OF[i]] for i in SOLD])[:, None, :]
    own = stream(f"{author} about items").standard_normal((shape[0], shape[1], p.MONTHS))[:, :, months]
    start, step = p.FAMILY_ERROR
    own_start, own_step = p.ITEM_ERROR
    factor = 1 + size * (family * (start + step * lags) + own * (own_start + own_step * lags))
    return np.asarray(np.clip(factor, 0.2, None), dtype=np.float64)


def _trekking(cycle: int, shape: tuple[int, ...]) -> Floats:
    """Give the optimism about Trekking that was cut away in steps; the last published plan has none left."""
    cut, steps = p.TREKKING_CUT
    to_come = min(p.CLOSED - 1 - cycle, steps)
    factor = np.ones(shape)
    rows = [n for n, i in enumerate(SOLD) if FAMILY_OF[i] == "Trekking"]
    factor[rows] = (1 - cut) ** -to_come
    return factor


def _blind_to_tenders(cycle: int, shape: tuple[int, ...]) -> Floats:
    """Give the further error of the statistics of Cargo."""
    factor = np.ones(shape)
    rows = [n for n, i in enumerate(SOLD) if FAMILY_OF[i] == "Cargo"]
    noise = stream(f"cargo statistics {cycle}").standard_normal(shape[2])
    factor[rows] = np.clip(1 + p.CARGO_STATISTICS_WORSE * noise, 0.5, None)
    return factor


def _sales(cycle: int, demand: Demand, shape: tuple[int, ...]) -> Floats:
    """Give what sales made of the expectation: biases, tenders known, accessories guessed, West late twice."""
    first = cycle + p.STREAM_LAGS[0]
    factor = _errors(first, "sales", shape, 0.9)
    for n, i in enumerate(SOLD):
        for region in c.REGIONS:
            columns = columns_of(region=region.code)
            for lag in range(shape[2]):
                factor[n, columns, lag] *= sales_factor(FAMILY_OF[i], region.code, first + lag)
    _know_tenders(factor, demand, first)
    guesses = stream(f"accessory sales {cycle}").standard_normal(shape[2])
    rows = [n for n, i in enumerate(SOLD) if FAMILY_OF[i] == "Accessories"]
    factor[rows] *= np.clip(1 + p.ACCESSORY_SALES_WORSE * guesses, 0.5, None)
    late, cycles = p.LATE_REGION
    if p.day_of(cycle) in cycles:
        factor[:, columns_of(region=late)] = 0.0
    return factor


def _know_tenders(factor: Floats, demand: Demand, first: int) -> None:
    """Let cargo sales see the tenders of the months ahead: they talk with the cities."""
    cargo = rows_of("Cargo")
    for month, size in p.TENDERS:
        lag = month - first
        if 0 <= lag < factor.shape[2]:
            expected = float(demand.expected[cargo, :, month].sum())
            factor[[SOLD.index(i) for i in cargo], :, lag] *= 1 + size / expected


def _marketing(cycle: int, shape: tuple[int, ...]) -> Floats:
    """Give what marketing made of it: a little more everywhere, 20 % on young items."""
    factor = 1.01 * _errors(cycle + p.STREAM_LAGS[0], "marketing", shape, 1.2)
    for n, i in enumerate(SOLD):
        first = c.ITEMS[i].first
        if first is not None and cycle - p.month_of(first) < p.YOUNG:
            factor[n] *= 1 + p.MARKETING_LAUNCH_BIAS
    return factor


def _by_quarters(expected: Floats) -> Floats:
    """Give the budget as finance repeats it: a third of the quarter's total in each of its months."""
    result = expected.copy()
    for month in range(2, p.MONTHS - 2, 3):  # months 2, 5, ... are January, April, ...: quarters begin there
        result[:, :, month : month + 3] = expected[:, :, month : month + 3].mean(axis=2, keepdims=True)
    launched = [CODES.index(code) for code in p.LAUNCHED]
    result[launched] = expected[launched]
    return np.asarray(result * (1 + p.BUDGET_2026_OPTIMISM), dtype=np.float64)


def _production(cycle: int, supply: Supply) -> Floats:
    """Give the production plan of the cycle's own and next two months: what was made over the attainment."""
    stop = min(cycle + 3, p.CLOSED)
    made = supply.production[SOLD][:, :, cycle:stop].astype(np.float64)
    mean, spread = p.ATTAINMENT
    attained = stream(f"attainment {cycle}").normal(mean, spread, made.shape)
    return np.asarray(made / np.clip(attained, 0.8, 1.1), dtype=np.float64)


def _frame(block: Block) -> pl.DataFrame:
    tenths = np.rint(block.values * 10).astype(np.int64)
    row, column, lag = np.nonzero(tenths)
    places = SITES if block.measure == "production" else MARKETS
    items: npt.NDArray[np.object_] = np.array([CODES[i] for i in SOLD], dtype=object)
    names = pl.Series(np.array(places, dtype=object)[column], dtype=pl.String)
    nothing = pl.Series([""] * len(row), dtype=pl.String)
    supply = block.measure == "production"
    labels = np.array([label(block.first + t) for t in range(block.values.shape[2])], dtype=object)
    return pl.DataFrame(
        {
            "cycle": pl.Series([label(block.cycle)] * len(row), dtype=pl.String),
            "measure": pl.Series([block.measure] * len(row), dtype=pl.String),
            "item": pl.Series(items[row], dtype=pl.String),
            "market": nothing if supply else names,
            "location": names if supply else nothing,
            "bucket": pl.Series(labels[lag], dtype=pl.String),
            "quantity": tenths[row, column, lag] / 10,
        }
    )
