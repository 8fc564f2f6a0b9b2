"""Units of measure."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from trivet.core.errors import NotFound
from trivet.core.units import Units, base_units, read_units


@pytest.fixture
def units() -> Units:
    conversions = pl.DataFrame(
        {"item": ["BK", "", ""], "unit": ["PALLET", "pallet", "BOX"], "per_unit": [24.0, 10.0, 6.0]}
    )
    return read_units(conversions, pl.DataFrame({"item": ["BK", "OIL"], "unit": ["EA", "L"]}))


def test_own_conversion_comes_before_the_one_for_every_item(units: Units) -> None:
    assert units.factor("BK", "Pallet") == 24.0
    assert units.factor("OIL", "Pallet") == 10.0
    assert units.factor("BK", "ea") == 1.0


def test_chain_through_the_base_unit(units: Units) -> None:
    assert units.convert(Decimal("1.5"), "BK", "PALLET", "BOX") == Decimal(6)


def test_unknown_unit_names_what_the_item_has(units: Units) -> None:
    assert units.factor("OIL", "EA") is None
    with pytest.raises(NotFound, match=r"item 'OIL' has no unit 'EA'; it has L, box, pallet\."):
        units.convert(Decimal(1), "OIL", "EA", "L")


def test_factors_are_not_a_number_where_unknown(units: Units) -> None:
    assert np.array_equal(units.factors(["BK", "OIL"], "EA"), [1.0, np.nan], equal_nan=True)


def test_items_without_a_unit_count_pieces() -> None:
    assert base_units(pl.DataFrame({"item": ["A"]})) == {"A": "EA"}
    assert base_units(pl.DataFrame({"item": ["A", "B"], "unit": [None, "KG"]})) == {"A": "EA", "B": "KG"}
