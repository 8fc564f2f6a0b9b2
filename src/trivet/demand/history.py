"""What customers asked for, what they got, and what came back: the closed buckets of the demand grain.

Reads orders, order lines, bookings, shipments and returns; writes `orders` (by requested date), `shipments`,
`shipped_revenue`, `shipped_cost` and `returns`. An item's demand comes from the best table that names
it: orders, else order lines, else bookings, else shipments. Money is in plan currency at the rate of
its bucket. Rows that cannot be placed are never dropped in silence: they are issues with their amounts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags
from trivet.core.issues import Issue, Place, Severity
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.steps import holding_rows
from trivet.demand.scope import units_text

SOURCES: Final = ("orders", "order_lines", "bookings", "shipments")
"""Tables demand history is taken from, best first."""
_SOLD: Final = {
    "item": pl.String,
    "market": pl.String,
    "bucket": pl.Date,
    "quantity": pl.Int64,
    "value": pl.Int64,
    "cost": pl.Int64,
    "currency": pl.String,
}


def demand_panel(inputs: PlanInputs) -> tuple[Panel, tuple[Issue, ...]]:
    """Build the demand panel with the history as the files give it.

    Keys are the (item, market) pairs that occur in a history or a stream that names both, and those of new items.
    Values stand in closed buckets only; what is dated later is an open order, what is dated earlier lies outside.

    Returns:
        The panel with orders, shipments, shipped_revenue, shipped_cost, returns, and the issues.
    """
    notes = _Notes(inputs=inputs)
    demand, sources = _demand_rows(inputs)
    shipments, returns = _shipment_rows(inputs), _return_rows(inputs)
    demand, shipments, returns = (
        notes.known(frame, table)
        for frame, table in ((demand, "orders"), (shipments, "shipments"), (returns, "returns"))
    )
    keys = _keys(inputs, (demand, shipments, returns))
    panel = Panel(grain=inputs.model.registry["orders"].grain, keys=keys, buckets=inputs.model.buckets)
    notes.sources(sources)
    panel = panel.with_counts(
        {
            "orders": _fill(panel, notes.dated(demand, "orders"), "quantity"),
            "shipments": _fill(panel, notes.dated(shipments, "shipments"), "quantity"),
            "returns": _fill(panel, notes.dated(returns, "returns"), "quantity"),
        }
    )
    revenue, cost = _money(inputs, panel, shipments, notes)
    return panel.with_counts({"shipped_revenue": revenue, "shipped_cost": cost}), tuple(notes.issues)


def history_sources(inputs: PlanInputs) -> dict[str, str]:
    """Tell for each item which table its demand history comes from."""
    return _demand_rows(inputs)[1]


def written_zeros(inputs: PlanInputs, panel: Panel) -> Flags:
    """Tell which closed cells a file says are 0, (series, closed buckets): reported, and nothing was asked for."""
    notes = _Notes(inputs=inputs)
    zeros = notes.placed(_demand_rows(inputs)[0].filter(pl.col("quantity") == 0))
    rows = panel.find(zeros)
    said = np.zeros((panel.rows, panel.buckets.first_open), dtype=np.bool_)
    said[rows[rows >= 0], zeros["column"].to_numpy()[rows >= 0]] = True
    return said


def orders_on_hand(inputs: PlanInputs, panel: Panel) -> tuple[Counts, Counts]:
    """Give what of the open buckets is ordered and not yet shipped, and what the current bucket has shipped.

    An item's orders come from the table its history comes from; shipments name no order. Order lines are open while
    they have no day of shipping; lines marked outside the forecast are left out, open or shipped. Orders by bucket
    don't tell: what the current bucket has shipped is taken off first.
    Bookings stand in the bucket they came in, as the demand of their items does: what ships of them was booked before.

    Returns:
        Two (series, buckets) arrays in counts; closed buckets are 0.
    """
    notes, first = _Notes(inputs=inputs), panel.buckets.first_open
    items: dict[str, list[str]] = {table: [] for table in SOURCES}
    for item, source in history_sources(inputs).items():
        items[source].append(item)

    def filled(frame: pl.DataFrame, *sources: str) -> Counts:
        named = [item for source in sources for item in items[source]]
        return _fill(panel, notes.ahead(frame.filter(pl.col("item").is_in(named))), "quantity")

    shipped = filled(_shipment_rows(inputs, outside=False), "orders", "order_lines", "shipments")
    shipped[:, first + 1 :] = 0
    lines = _open_lines(_sale_lines(inputs, outside=False))
    by_bucket = filled(_sold(inputs.table("orders")), "orders")
    booked = filled(_sold(inputs.table("bookings")), "bookings")
    return np.maximum(by_bucket - shipped, 0) + filled(lines, "order_lines") + booked, shipped


def orders_outside(inputs: PlanInputs, panel: Panel) -> Counts:
    """Give what of the open buckets is on order but marked outside the forecast: (series, buckets) counts."""
    marked = _sale_lines(inputs).filter(pl.col("outside").fill_null(value=False))
    if marked.is_empty():
        return np.zeros(panel.shape, dtype=np.int64)
    by_line = [item for item, source in history_sources(inputs).items() if source == "order_lines"]
    rows = _open_lines(marked.filter(pl.col("item").is_in(by_line)))
    return _fill(panel, _Notes(inputs=inputs).ahead(rows), "quantity")


def _open_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Give what is still to be shipped of order lines, by the day it was asked for."""
    left = (pl.col("quantity") - pl.col("shipped_quantity").fill_null(0)).clip(0)
    due = pl.col("requested").fill_null(pl.col("ordered"))
    return _sold(lines.filter(pl.col("shipped").is_null()).with_columns(bucket=due, quantity=left))


def _demand_rows(inputs: PlanInputs) -> tuple[pl.DataFrame, dict[str, str]]:
    sources: dict[str, str] = {}
    parts = []
    for table in SOURCES:
        rows = _source_rows(inputs, table)
        fresh = rows.filter(~pl.col("item").is_in(list(sources)))
        parts.append(fresh)
        sources.update(dict.fromkeys(fresh["item"].unique().sort().to_list(), table))
    return pl.concat(parts), sources


def _source_rows(inputs: PlanInputs, table: str) -> pl.DataFrame:
    if table == "order_lines":
        lines = _sale_lines(inputs).with_columns(pl.col("requested").fill_null(pl.col("ordered")).alias("bucket"))
        return _sold(lines)
    if table == "shipments":
        return _shipment_rows(inputs)
    return _sold(inputs.table(table))


def _sale_lines(inputs: PlanInputs, *, outside: bool = True) -> pl.DataFrame:
    lines = inputs.table("order_lines")
    lines = lines.filter((pl.col("kind").fill_null("sale") == "sale") & (pl.col("quantity") > 0))
    return lines if outside else lines.filter(~pl.col("outside").fill_null(value=False))


def _shipment_rows(inputs: PlanInputs, *, outside: bool = True) -> pl.DataFrame:
    """Take shipments; where the company gives none, order lines by the day they left, those outside on request."""
    if inputs.table("shipments").height:
        return _sold(inputs.table("shipments"))
    lines = _sale_lines(inputs, outside=outside).filter(pl.col("shipped").is_not_null())
    shipped = pl.col("shipped_quantity").fill_null(pl.col("quantity"))
    part = pl.col("value").cast(pl.Float64) * shipped.cast(pl.Float64) / pl.col("quantity").cast(pl.Float64)
    return _sold(
        lines.with_columns(
            pl.when(shipped == pl.col("quantity"))
            .then(pl.col("value"))
            .otherwise(part.round(0).cast(pl.Int64))
            .alias("value"),
            shipped.alias("quantity"),
            pl.col("shipped").alias("bucket"),
        )
    )


def _return_rows(inputs: PlanInputs) -> pl.DataFrame:
    """Take returns; where the company gives none, order lines that go back."""
    if inputs.table("returns").height:
        return _sold(inputs.table("returns"))
    lines = inputs.table("order_lines")
    back = (pl.col("kind").fill_null("sale") == "return") | (
        (pl.col("kind").fill_null("sale") == "sale") & (pl.col("quantity") < 0)
    )
    return _sold(
        lines.filter(back).with_columns(
            pl.col("quantity").abs(),
            pl.col("value").abs(),
            pl.col("shipped").fill_null(pl.col("ordered")).alias("bucket"),
        )
    )


def _sold(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a history table the columns every one of them shares."""
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in _SOLD.items() if name not in frame.columns]
    return frame.with_columns(missing).select([pl.col(name).cast(kind) for name, kind in _SOLD.items()])


def _keys(inputs: PlanInputs, frames: tuple[pl.DataFrame, ...]) -> pl.DataFrame:
    backlog, streams = inputs.table("order_backlog"), inputs.table("streams")
    named = streams.filter((pl.col("item") != "") & (pl.col("market") != ""))
    pairs = pl.concat([frame.select("item", "market") for frame in (*frames, backlog, named)])
    known = pl.Series("item", inputs.model.dimensions["item"].ids, dtype=pl.String)
    pairs = pairs.filter(pl.col("item").is_in(known.to_list())).unique().sort("item", "market")
    new = [*_launch_pairs(inputs, pairs), *_heir_pairs(inputs, pairs)]
    every = pl.concat([pairs, pl.DataFrame(new, schema=pairs.schema, orient="row")])
    return make_keys({name: every[name].to_list() for name in ("item", "market")})


def _launch_pairs(inputs: PlanInputs, pairs: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Give the markets of a new item: those of its like item, else of its family, else every one."""
    items = inputs.model.dimensions["item"]
    family = items.parents("family") if "family" in items.levels else {}
    sold = pairs.with_columns(pl.col("item").replace_strict(family, default="").alias("family"))
    for item, like in inputs.table("launches").select("item", "like_item").sort("item").iter_rows():
        if item not in items.ids:
            continue
        markets = sold.filter(pl.col("item") == (like or ""))["market"].to_list()
        markets = markets or sold.filter(pl.col("family") == family.get(item, ""))["market"].unique().to_list()
        yield from ((item, market) for market in markets or inputs.model.dimensions["market"].ids)


def _heir_pairs(inputs: PlanInputs, pairs: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Give the successors of ending items the markets of the item they follow."""
    known = set(inputs.model.dimensions["item"].ids)
    ending = inputs.table("items").filter(pl.col("last_sale") >= inputs.model.buckets.current)
    for item, heir in ending.select("item", "successor").sort("item").iter_rows():
        if heir in known:
            yield from ((heir, market) for market in pairs.filter(pl.col("item") == item)["market"].to_list())


def bucket_columns(inputs: PlanInputs, days: pl.Series) -> Counts:
    """Give the bucket each day lies in; -1 before the axis, len(buckets) after it."""
    edges = np.array(inputs.model.buckets.edges, dtype="datetime64[D]")
    return np.searchsorted(edges, days.to_numpy().astype("datetime64[D]"), side="right").astype(np.int64) - 1


def _fill(panel: Panel, frame: pl.DataFrame, column: str) -> Counts:
    result = np.zeros(panel.shape, dtype=np.int64)
    np.add.at(result, (panel.find(frame), frame["column"].to_numpy()), frame[column].fill_null(0).to_numpy())
    return result


def _money(inputs: PlanInputs, panel: Panel, shipments: pl.DataFrame, notes: "_Notes") -> tuple[Counts, Counts]:
    """Value shipments in plan currency at the rate of their bucket; refuses to guess a missing rate."""
    home = inputs.model.company.currency
    rows = notes.placed(shipments).with_columns(
        pl.when(pl.col("currency").fill_null("") == "").then(pl.lit(home)).otherwise(pl.col("currency")).alias("code")
    )
    rates = {code: _rates(inputs, code) for code in rows["code"].unique().sort().to_list()}
    lost = [code for code, by_bucket in rates.items() if (by_bucket[: panel.buckets.first_open] <= 0).any()]
    factor = np.array(
        [rates[code][column] for code, column in rows.select("code", "column").iter_rows()], dtype=np.float64
    )
    notes.unrated(rows.filter(pl.Series(factor <= 0, dtype=pl.Boolean)), lost)
    result = []
    for name in ("value", "cost"):
        amounts = rows[name].fill_null(0).to_numpy()
        money = np.where(factor == 1.0, amounts, np.rint(amounts.astype(np.float64) * factor).astype(np.int64))
        result.append(_fill(panel, rows.with_columns(pl.Series(name, money, dtype=pl.Int64)), name))
    return result[0], result[1]


def _rates(inputs: PlanInputs, code: str) -> np.typing.NDArray[np.float64]:
    """Give plan currency per unit by bucket: the actual rate, else the forecast, else the budget rate; 0 = none."""
    buckets = inputs.model.buckets
    found = np.full(len(buckets), 1.0 if code == inputs.model.company.currency else 0.0)
    for kind in ("actual", "forecast", "budget"):
        table = inputs.table("exchange_rates").filter((pl.col("type") == kind) & (pl.col("currency") == code))
        holds = holding_rows(np.zeros(table.height, dtype=np.int64), table["first"].to_list(), 1, buckets)[0]
        rate = np.append(table["rate"].to_numpy(), 0.0)[holds]
        found = np.where(found > 0, found, rate)
    return found


@dataclass(slots=True)
class _Notes:
    """Routes rows to their buckets and remembers what could not be placed."""

    inputs: PlanInputs
    issues: list[Issue] = field(default_factory=list)

    def known(self, frame: pl.DataFrame, table: str) -> pl.DataFrame:
        """Keep rows of known items; say how much the others carry."""
        hit = pl.col("item").is_in(self.inputs.model.dimensions["item"].ids)
        unknown = frame.filter(~hit)
        if unknown.height:
            codes = unknown["item"].unique().sort().to_list()
            self._say(
                Issue(
                    code="demand.unknown-item",
                    severity=Severity.WARNING,
                    place=Place(source=table, column="item", value=str(codes[0])),
                    message=f"{unknown.height} rows with {_units(unknown)} units name items that are not in items: "
                    f"{', '.join(codes[:3])}{' ...' if len(codes) > 3 else ''}.",
                    advice="Add them to items.csv, else this demand is not planned.",
                )
            )
        return frame.filter(hit)

    def placed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Keep rows of closed buckets, with their bucket number in `column`."""
        columns = pl.Series("column", bucket_columns(self.inputs, frame["bucket"]), dtype=pl.Int64)
        return frame.with_columns(columns).filter(
            (pl.col("column") >= 0) & (pl.col("column") < self.inputs.model.buckets.first_open)
        )

    def ahead(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Keep rows of known items in open buckets, with their bucket number in `column`."""
        buckets = self.inputs.model.buckets
        known = frame.filter(pl.col("item").is_in(self.inputs.model.dimensions["item"].ids))
        columns = pl.Series("column", bucket_columns(self.inputs, known["bucket"]), dtype=pl.Int64)
        return known.with_columns(columns).filter(
            (pl.col("column") >= buckets.first_open) & (pl.col("column") < len(buckets))
        )

    def dated(self, frame: pl.DataFrame, table: str) -> pl.DataFrame:
        """Keep rows of closed buckets; say what lies before the axis and in the current bucket."""
        buckets = self.inputs.model.buckets
        columns = pl.Series("column", bucket_columns(self.inputs, frame["bucket"]), dtype=pl.Int64)
        placed = frame.with_columns(columns)
        early = placed.filter(pl.col("column") < 0)
        if early.height:
            self._note(
                "demand.before-history",
                table,
                f"{early.height} rows with {_units(early)} units lie before {buckets.edges[0]}, the first bucket: "
                "they are not used.",
                "Move first_bucket in company.toml back to use them.",
            )
        current = placed.filter(pl.col("column") == buckets.first_open)
        if current.height:
            self._note(
                "demand.current-bucket",
                table,
                f"{_units(current)} units are dated in the current bucket {buckets.label(buckets.first_open)}: "
                "it is not finished, so it is neither learned from nor scored.",
                "Nothing to do; they count when the bucket is closed.",
            )
        return placed.filter((pl.col("column") >= 0) & (pl.col("column") < buckets.first_open))

    def sources(self, sources: dict[str, str]) -> None:
        """Say which items have no orders and what stands in for them."""
        for table in SOURCES[1:]:
            items = sorted(item for item, source in sources.items() if source == table)
            if not items:
                continue
            blind = " Demand lost while out of stock can't be seen in it." if table == "shipments" else ""
            self._note(
                "demand.history-source",
                table,
                f"{len(items)} items have no orders ({', '.join(items[:3])}{' ...' if len(items) > 3 else ''}): "
                f"their demand history is taken from {table}.{blind}",
                "Add orders.csv, by requested date, for a better history.",
            )

    def unrated(self, rows: pl.DataFrame, codes: list[str]) -> None:
        """Say which money could not be turned into plan currency."""
        lost = rows.filter(pl.col("value").fill_null(0) != 0)
        if lost.height:
            self._say(
                Issue(
                    code="demand.no-exchange-rate",
                    severity=Severity.WARNING,
                    place=Place(source="exchange_rates", column="currency", value=codes[0]),
                    message=f"{lost.height} shipments in {', '.join(codes)} have no exchange rate in their bucket: "
                    "their revenue is not counted.",
                    advice="Add the rates to exchange_rates.csv, type actual.",
                )
            )

    def _note(self, code: str, table: str, message: str, advice: str) -> None:
        self._say(Issue(code=code, severity=Severity.NOTE, place=Place(source=table), message=message, advice=advice))

    def _say(self, issue: Issue) -> None:
        self.issues.append(issue)


def _units(frame: pl.DataFrame) -> str:
    return units_text(int(frame["quantity"].fill_null(0).sum()))
