"""Units of measure (D6): what one pallet, case or equivalent unit of an item holds in its base unit.

Quantities are stored in the base unit of each item. A view or an amount typed in another unit is
converted by the item's own row of `unit_conversions`, else by the row for every item; chains are
followed through base units. Items of different base units are never added: money or an equivalent
unit (a conversion every one of them has) is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl

from trivet.core.errors import NotFound
from trivet.core.ids import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """How the quantities of a company convert.

    Attributes:
        base: item -> its base unit.
        per_unit: (item, unit) -> base units in one of it; item "" = every item. Units in casefold.
    """

    base: Mapping[str, str]
    per_unit: Mapping[tuple[str, str], float]

    def factor(self, item: str, unit: str) -> float | None:
        """Give the base units of `item` in one `unit`; None when no conversion is known."""
        wanted = unit.casefold()
        if self.base.get(item, "").casefold() == wanted:
            return 1.0
        own = self.per_unit.get((item, wanted))
        return own if own is not None else self.per_unit.get(("", wanted))

    def factors(self, items: Sequence[str], unit: str) -> Rates:
        """Give the base units in one `unit` for each item; NaN where no conversion is known."""
        found = [self.factor(item, unit) for item in items]
        return np.array([np.nan if value is None else value for value in found], dtype=np.float64)

    def convert(self, amount: Decimal, item: str, source: str, target: str) -> Decimal:
        """Convert an amount of one item from one unit to another.

        Raises NotFound naming the item, the unit and the units it has.

        >>> units = Units(base={"BK": "EA"}, per_unit={("BK", "pallet"): 24.0, ("", "box"): 6.0})
        >>> units.convert(Decimal(2), "BK", "PALLET", "BOX")
        Decimal('8')
        """
        factors = []
        for unit in (source, target):
            factor = self.factor(item, unit)
            if factor is None:
                raise NotFound(
                    f"item '{item}' has no unit '{unit}'; it has {', '.join(self.known(item))}. "
                    "Add a row to unit_conversions."
                )
            factors.append(Decimal(repr(factor)))
        return (amount * factors[0] / factors[1]).normalize()

    def known(self, item: str) -> tuple[str, ...]:
        """Give the units an item can be shown in, its base unit first."""
        others = sorted({unit for owner, unit in self.per_unit if owner in ("", item)})
        return (self.base.get(item, ""), *others)


def read_units(conversions: pl.DataFrame, items: pl.DataFrame) -> Units:
    """Read the tables `unit_conversions` and `items` (columns item, unit; item, unit, per_unit)."""
    return Units(
        base=base_units(items),
        per_unit={
            (item or "", unit.casefold()): float(per_unit)
            for item, unit, per_unit in conversions.select("item", "unit", "per_unit").iter_rows()
        },
    )


def base_units(items: pl.DataFrame) -> Mapping[str, str]:
    """Give the base unit of each item; EA where none is given."""
    if "unit" not in items.columns:
        return dict.fromkeys(items["item"].to_list(), "EA")
    return {item: unit or "EA" for item, unit in items.select("item", "unit").iter_rows()}
