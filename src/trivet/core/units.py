"""Units of measure (D6): what one pallet, case or equivalent unit of an item holds in its base unit.

Quantities are stored in the base unit of each item. A view or an amount typed in another unit is
converted by the item's own row of `unit_conversions`, else its family's, else the row for every item;
chains are followed through base units. Items of different base units are never added: money or an equivalent
unit (a conversion every one of them has) is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

import numpy as np
import polars as pl

from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import Rates
from trivet.core.measures import MeasureSpec, Unit


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
    """Read the tables `unit_conversions` and `items` (columns item, unit, family; item, unit, family, per_unit).

    An item's own row goes before its family's, and that before the row for every item.
    """
    families = dict(items.select("item", "family").iter_rows()) if "family" in items.columns else {}
    wide = conversions if "family" in conversions.columns else conversions.with_columns(pl.lit("").alias("family"))
    per_unit: dict[tuple[str, str], float] = {}
    of_families: dict[tuple[str, str], float] = {}
    for item, family, unit, factor in wide.select("item", "family", "unit", "per_unit").iter_rows():
        if family and not item:
            of_families[family, unit.casefold()] = float(factor)
        else:
            per_unit[item or "", unit.casefold()] = float(factor)
    for (family, unit), factor in of_families.items():
        for item in (item for item, own in families.items() if own == family):
            per_unit.setdefault((item, unit), factor)
    return Units(base=base_units(items), per_unit=per_unit)


def check_unit(spec: MeasureSpec, unit: str | None, conversions: pl.DataFrame, items: pl.DataFrame) -> None:
    """Refuse a unit that a measure cannot be shown in, in words.

    Raises:
        InvalidInput: the measure counts no quantity of items.
        NotFound: no item has the unit; the nearest is offered.
    """
    if unit is None:
        return
    if spec.unit is not Unit.QUANTITY:
        raise InvalidInput(
            f"{spec.id} is {spec.unit}, no quantity of items, and can't be shown in '{unit}'. Leave the unit out."
        )
    units = sorted({*base_units(items).values(), *conversions["unit"].to_list()})
    if unit.casefold() not in {known.casefold() for known in units}:
        near = get_close_matches(unit.casefold(), [known.casefold() for known in units], n=1)
        maybe = next((f" Maybe '{known}'?" for known in units if near and known.casefold() == near[0]), "")
        raise NotFound(
            f"no item has the unit '{unit}'; known are {', '.join(units)}.{maybe} Others: a row in unit_conversions."
        )


def base_units(items: pl.DataFrame) -> Mapping[str, str]:
    """Give the base unit of each item; EA where none is given."""
    if "unit" not in items.columns:
        return dict.fromkeys(items["item"].to_list(), "EA")
    return {item: unit or "EA" for item, unit in items.select("item", "unit").iter_rows()}
