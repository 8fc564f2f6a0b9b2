"""Quantities in another unit than they say: a case entered as one piece, grams as kilograms, a unit changed overnight.

A quantity that is 12, 24 or 1,000 times its usual (or that part of it, or as often as one of the item's own
conversions) while its money is what it always was, is most likely in another unit. It is asked about with the money at
stake, never mended: the plan would learn from it. Usual = the median of the item (with money: its price; without: its
quantities in that market, where these are steady).
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, QUANTITY, to_decimal

Tables = Mapping[str, pl.DataFrame]
FACTORS: Final = (12.0, 24.0, 1000.0)
"""How often a unit people slip into holds the other: a dozen, two dozen, kilo."""
_NEAR: Final = 0.03
"""How near a ratio must be to a factor."""
_LEAST: Final = 5
"""Rows an item needs for a usual price or quantity."""
_STEADY: Final = 3.0
"""Times the median between which every other quantity of a series without money must lie."""
_SMALL: Final = 0.001
"""Part of a table's money below which slips are a note: prices jump by such factors by chance as well."""
_HISTORIES: Final = {
    "orders": "bucket",
    "bookings": "bucket",
    "shipments": "bucket",
    "order_lines": "ordered",
    "production": "bucket",
    "stock_history": "bucket",
}


def find_unit_slips(tables: Tables) -> tuple[Issue, ...]:
    """Find rows of the histories whose quantity looks like another unit: one issue a table."""
    own = _own_factors(tables)
    issues = []
    for name, day in _HISTORIES.items():
        if name in tables and tables[name].height:
            rows = _sold(tables[name])
            found = _by_price(rows, own) if "value" in rows.columns and rows["value"].sum() else _by_quantity(rows, own)
            if found.height:
                issues.append(_said(name, day, found, rows))
    return tuple(issues)


def _own_factors(tables: Tables) -> pl.DataFrame:
    """List the factors of each item: what everybody slips into, and its own conversions (item, factor)."""
    items = tables["items"].select("item") if "items" in tables else pl.DataFrame(schema={"item": pl.String})
    common = items.join(pl.DataFrame({"factor": list(FACTORS)}), how="cross")
    conversions = tables.get("unit_conversions")
    if conversions is None or conversions.is_empty():
        return common
    named = conversions.select("item", pl.col("per_unit").alias("factor")).filter(pl.col("factor") >= 2)
    everyone = items.join(named.filter(pl.col("item") == "").select("factor"), how="cross")
    return pl.concat([common, named.filter(pl.col("item") != ""), everyone]).unique(maintain_order=True)


def _sold(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame.filter(pl.col("quantity") > 0)
    if "kind" in rows.columns:
        rows = rows.filter(pl.col("kind").fill_null("sale") == "sale")
    return rows


def _by_price(rows: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Find rows whose price is a factor away from the usual one of the item, and their quantity by as much."""
    priced = rows.filter(pl.col("value") > 0).with_columns(
        (pl.col("value") / pl.col("quantity")).alias("price"), pl.col("quantity").cast(pl.Float64).alias("units")
    )
    usual = priced.group_by("item", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("price").median().alias("usual"), pl.col("units").median().alias("usually")
    )
    joined = priced.join(usual.filter(pl.col("count") >= _LEAST), on="item", how="inner", maintain_order="left")
    joined = joined.with_columns((pl.col("usual") / pl.col("price")).alias("times"))
    off = _matched(joined.filter((pl.col("times") > 2) | (pl.col("times") < 1 / 2)), own)
    alike = (pl.col("units") / pl.col("usually") / pl.col("times")).is_between(1 / _STEADY, _STEADY)
    worth = (pl.col("units") * pl.col("usual") - pl.col("value")).abs().round(0).cast(pl.Int64)
    return off.filter(alike).with_columns(worth.alias("stake"))


def _by_quantity(rows: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Find quantities a factor away from the median of a series that is steady but for them."""
    place = [name for name in ("item", "market", "location") if name in rows.columns]
    units = rows.with_columns(pl.col("quantity").cast(pl.Float64).alias("units"))
    ratio = units.with_columns((pl.col("units") / pl.col("units").median().over(place)).alias("times"))
    inside = pl.col("times").is_between(1 / _STEADY, _STEADY)
    steady = ratio.with_columns(
        inside.sum().over(place).alias("count"), (~inside).sum().over(place).alias("outside")
    ).filter((pl.col("count") >= _LEAST) & (pl.col("outside") <= 2) & (pl.col("times") > _STEADY))
    return _matched(steady, own).with_columns(pl.lit(None, dtype=pl.Int64).alias("stake"))


def _matched(rows: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Keep rows whose `times` is one of their item's factors, or one part in it; each row once."""
    numbered = rows.with_row_index("_row")
    pairs = numbered.join(own, on="item", how="inner", maintain_order="left")
    near = [(pl.col("times") / pl.col("factor") - 1).abs(), (pl.col("times") * pl.col("factor") - 1).abs()]
    hit = pairs.filter(pl.min_horizontal(near) <= _NEAR)
    return hit.sort("_row", "factor").unique("_row", keep="first", maintain_order=True)


def _said(name: str, day: str, found: pl.DataFrame, rows: pl.DataFrame) -> Issue:
    first = found.sort("stake", "quantity", descending=True, nulls_last=True).row(0, named=True)
    times, factor = first["times"], first["factor"]
    what = f"{factor:,g} times its usual" if times > 1 else f"one part in {factor:,g} of its usual"
    amount = to_decimal(first["quantity"], QUANTITY).normalize()
    where = f"item '{first['item']}'" + (f", market '{first['market']}'" if first.get("market") else "")
    stakes = found["stake"].drop_nulls()
    small = bool(len(stakes)) and int(stakes.sum()) < _SMALL * int(rows["value"].sum())
    money = "its money is what it always was; " if "price" in found.columns else ""
    return Issue(
        code="import.unit-slip",
        severity=Severity.NOTE if small else Severity.WARNING,
        place=Place(source=name, column="quantity", value=f"{amount:f}", first=first[day]),
        message=f"{found.height} quantities look like another unit. The largest: {where} has {amount:,f}, {what}; "
        f"{money}expected the item's base unit.",
        advice="If it is in cases or kilograms, name its unit in a column unit and add it to unit_conversions; else "
        "nothing to do.",
        at_stake=to_decimal(int(stakes.sum()), MONEY) if len(stakes) else None,
    )


def find_unit_changes(before: Tables, after: Tables) -> tuple[Issue, ...]:
    """Ask about items whose base unit is another one than at the last import, and whether their history followed.

    Args:
        before: tables of the last import; `items` and the histories are looked at.
        after: tables of this one.
    """
    if "items" not in before or "items" not in after:
        return ()
    units = [
        tables["items"].select("item", pl.col("unit").fill_null("EA").str.to_uppercase().alias("unit"))
        for tables in (before, after)
    ]
    changed = units[1].join(units[0], on="item", suffix="_before", how="inner", maintain_order="left")
    changed = changed.filter(pl.col("unit") != pl.col("unit_before"))
    return tuple(
        _changed(item, old, new, _ratio(item, before, after))
        for item, new, old in changed.select("item", "unit", "unit_before").iter_rows()
    )


def _ratio(item: str, before: Tables, after: Tables) -> float | None:
    """Give how many times the old quantities the new ones are, over the buckets both imports hold; None = unknown."""
    for name, day in _HISTORIES.items():
        if name not in before or name not in after:
            continue
        old, new = (
            tables[name].filter((pl.col("item") == item) & (pl.col("quantity") > 0)) for tables in (before, after)
        )
        both = set(old[day].drop_nulls().to_list()) & set(new[day].drop_nulls().to_list())
        sums = [int(rows.filter(pl.col(day).is_in(sorted(both)))["quantity"].sum()) for rows in (old, new)]
        if sums[0] and sums[1]:
            return sums[1] / sums[0]
    return None


def _changed(item: str, old: str, new: str, ratio: float | None) -> Issue:
    if ratio is None:
        history = "no history of both imports says whether quantities followed"
    elif abs(ratio - 1) <= _NEAR:
        history = f"its history is the same number as before, as if it were still in {old}"
    else:
        history = f"its history is {ratio:,.4g} times what it was"
    return Issue(
        code="import.unit-changed",
        severity=Severity.WARNING,
        place=Place(source="items", column="unit", value=new),
        message=f"item '{item}' was in {old} at the last import and is in {new} now; {history}.",
        advice=f"If only the label is new, nothing to do; else convert history, stock, prices and costs to {new}, and "
        f"add {old} to unit_conversions.",
    )
