"""Exact numbers: decimals outside, int64 counts of a quantum inside.

A quantum is what is stored (quantity 0.001 of the base unit, money 0.0001 of the plan currency);
a step is what a person, lot or order may use (1 each, 0.5 kg). Quanta never leave the process.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates

QUANTITY: Final = Decimal("0.001")
MONEY: Final = Decimal("0.0001")
LARGEST: Final = 2**53
"""Above this a float64 no longer holds every whole number: refused, never rounded."""


def to_count(amount: Decimal, quantum: Decimal) -> int:
    """Turn a decimal amount into a whole number of quanta, half up.

    >>> to_count(Decimal("12.5"), QUANTITY)
    12500
    """
    return int((amount / quantum).to_integral_value(rounding=ROUND_HALF_UP))


def to_decimal(count: int, quantum: Decimal) -> Decimal:
    """Turn a whole number of quanta into the decimal amount people see.

    >>> to_decimal(12500, QUANTITY)
    Decimal('12.500')
    """
    return Decimal(int(count)) * quantum


def round_to_counts(amounts: Rates, quantum: Decimal) -> Counts:
    """Round float amounts (any shape, in units) to counts of `quantum`, half to even.

    Used once at an engine's adapter and for quantity times rate.
    Raises ValueError for a NaN, an infinity or a value beyond 2**53 quanta.
    """
    per_unit = float(1 / quantum)
    scaled = np.rint(np.asarray(amounts, dtype=np.float64) * per_unit)
    if not np.all(np.isfinite(scaled)) or np.any(np.abs(scaled) >= LARGEST):
        raise ValueError("not a number or too large to be exact")
    return scaled.astype(np.int64)


def to_amounts(counts: Counts, quantum: Decimal) -> Rates:
    """Give counts (any shape) as float64 amounts in units; for engines and charts, not for sums."""
    return counts.astype(np.float64) * float(quantum)


def round_rate(rates: Rates) -> Rates:
    """Round prices, rates and shares to 1e-9, as they are stored."""
    return np.asarray(np.round(np.asarray(rates, dtype=np.float64), 9), dtype=np.float64)


def times_rate(counts: Counts, rates: Rates, quantum: Decimal, result: Decimal) -> Counts:
    """Multiply counts of `quantum` by a rate per unit and give counts of `result`.

    `revenue = units x price`: shape of `counts`; never int64 times int64.
    """
    return round_to_counts(to_amounts(counts, quantum) * rates, result)
