"""The rows of the price list: net price = list price - discounts - rebates (F11); what one leaves out the others give.

Reads the table `prices`; writes no measure. A row may give the net price alone, the list price beside it, or a list
price or a net price with discount and rebate (parts of the list price). Where they contradict each other the net price
holds and an issue names the row; a list price that can't be is not used, so the item is sold at net prices only.
"""

from decimal import Decimal
from typing import Final

import polars as pl

from trivet.core.ids import MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity

APART: Final = 0.001
"""Part of the net price by which list price less discounts may differ from it: list prices are rounded."""
CENT: Final = 0.01
"""Amount a unit they may differ by in any case."""
NAMED: Final = 10
"""Rows named one by one for each fault."""
DIGITS: Final = 9
"""Places a rate is kept to."""

_OFF = pl.col("discount").fill_null(0.0) + pl.col("rebate").fill_null(0.0)
_SANE = (
    pl.col("discount").fill_null(0.0).is_between(0, 1) & pl.col("rebate").fill_null(0.0).is_between(0, 1) & (_OFF < 1)
)
_SAID = pl.col("discount").is_not_null() | pl.col("rebate").is_not_null()


def price_rows(prices: pl.DataFrame) -> pl.DataFrame:
    """Give the table with `price` (net) and `list` filled in from each other; null where not known.

    Both are rates rounded to 1e-9. A list price below the net one, or parts outside 0 to 1, give no list price.

    >>> rows = {"list_price": [100.0, None, 90.0], "discount": [0.2, 0.2, None], "rebate": [0.05, None, None]}
    >>> price_rows(pl.DataFrame({"price": [None, 80.0, 95.0], **rows})).select("price", "list").rows()
    [(75.0, 100.0), (80.0, 100.0), (95.0, None)]
    """
    net = pl.when(_SANE).then(pl.col("list_price") * (1 - _OFF))
    gross = pl.coalesce(pl.col("list_price"), pl.when(_SANE & _SAID).then(pl.col("price") / (1 - _OFF)))
    filled = prices.with_columns(pl.coalesce(pl.col("price"), net).round(DIGITS).alias("price"), gross.alias("list"))
    usable = _SANE & (pl.col("list") >= pl.col("price"))
    return filled.with_columns(pl.when(usable).then(pl.col("list").round(DIGITS)).alias("list"))


def check_price_rows(prices: pl.DataFrame) -> tuple[Issue, ...]:
    """Name the rows whose net price, list price, discount and rebate can't all be right."""
    given = prices.with_columns(
        (pl.col("list_price") * (1 - _OFF)).round(DIGITS).alias("worked_out"),
        _OFF.alias("off"),
    ).sort("item", "market", "first")
    near = (pl.col("worked_out") - pl.col("price")).abs() <= pl.max_horizontal(pl.col("price").abs() * APART, CENT)
    faults = (
        (~_SANE, "finance.discount-outside", _OUTSIDE),
        (_SANE & (pl.col("list_price") < pl.col("price")), "finance.list-below-net", _BELOW),
        (_SANE & _SAID & (pl.col("list_price") >= pl.col("price")) & ~near, "finance.prices-contradict", _APART),
    )
    return tuple(issue for which, code, said in faults for issue in _named(given.filter(which), code, said))


_OUTSIDE = (
    "{row}: discount {discount} and rebate {rebate} of the list price; expected parts between 0 and 1 that leave "
    "something. Its list price is not used.",
    "Write 25 % as 0.25 in prices.csv.",
)
_BELOW = (
    "{row}: list price {list_price} is below the net price {price}; expected at least that. The net price holds, no "
    "list price is used.",
    "Correct one of the two in prices.csv, or leave the list price empty.",
)
_APART = (
    "{row}: net price {price}, but list price {list_price} less discount {discount} and rebate {rebate} is "
    "{worked_out}. The net price holds; all that lies between it and the list price counts as discount.",
    "Which is right? Leave one of the columns of prices.csv empty, it follows from the others.",
)


def _named(rows: pl.DataFrame, code: str, said: tuple[str, str]) -> list[Issue]:
    message, advice = said
    found = [
        Issue(
            code=code,
            severity=Severity.WARNING,
            place=Place(
                measure=MeasureId("list_price"),
                scope=(Node(dimension="item", level="item", member=MemberId(row["item"])),),
                first=row["first"],
                source="prices",
            ),
            message=message.format(
                row=f"{row['item']}{' in ' + row['market'] if row['market'] else ''} from {row['first']}",
                **{name: _shown(row[name]) for name in ("price", "list_price", "discount", "rebate", "worked_out")},
            ),
            advice=advice,
        )
        for row in rows.head(NAMED).iter_rows(named=True)
    ]
    if rows.height <= NAMED:
        return found
    more = f"{rows.height - NAMED} further rows of prices have the same fault."
    place = Place(measure=MeasureId("list_price"), source="prices")
    return [*found, Issue(code=code, severity=Severity.WARNING, place=place, message=more, advice=advice)]


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{Decimal(str(round(value, 4))).normalize():f}"
