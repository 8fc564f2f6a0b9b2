"""What looks wrong in loaded tables although every cell could be read: asked about with the money at stake.

A partial last bucket, months that were not reported yet, months missing from a whole channel, prices
of zero, stock below zero, a bill of materials that needs itself. Nothing is changed here.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from trivet.connect.feeds import find_ended_feeds, find_missing_buckets, find_partial_lines
from trivet.core.buckets import Buckets
from trivet.core.company import Company
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, QUANTITY, to_decimal

Tables = Mapping[str, pl.DataFrame]

SALES = ("orders", "bookings", "shipments")
"""Histories by bucket that carry demand."""
PARTIAL = 0.5
"""A last bucket below this part of the smallest of the 12 before it is taken for a partial one."""
_SHORT = 12


def find_health_issues(tables: Tables, company: Company) -> tuple[Issue, ...]:
    """Give every issue of the loaded tables; none refuses but a bill of materials that needs itself."""
    buckets = company.buckets()
    issues: list[Issue] = []
    for name in SALES:
        if name in tables and tables[name].height:
            issues += _open_buckets(name, tables[name], buckets)
            issues += _last_bucket(name, tables[name], buckets)
            issues += find_missing_buckets(name, tables, buckets)
            issues += find_ended_feeds(name, tables, buckets)
            issues += _zero_prices(name, tables[name])
            issues += _thin_series(name, tables[name])
    if "order_lines" in tables:
        issues += _zero_prices("order_lines", tables["order_lines"])
        issues += find_partial_lines(tables["order_lines"], buckets)
        issues += find_ended_feeds("order_lines", tables, buckets)
    if "stock_history" in tables:
        issues += _negative_stock(tables, buckets)
    if "bill_of_materials" in tables:
        issues += _material_cycle(tables["bill_of_materials"])
    return tuple(issues)


def _amount(frame: pl.DataFrame) -> Decimal | None:
    return to_decimal(int(frame["value"].sum() or 0), MONEY) if "value" in frame.columns else None


def _units(frame: pl.DataFrame) -> str:
    return f"{to_decimal(int(frame['quantity'].sum() or 0), QUANTITY).normalize():,f}"


def _note(code: str, severity: Severity, place: Place, texts: tuple[str, str], stake: Decimal | None = None) -> Issue:
    return Issue(code=code, severity=severity, place=place, message=texts[0], advice=texts[1], at_stake=stake)


def _open_buckets(name: str, frame: pl.DataFrame, buckets: Buckets) -> list[Issue]:
    """Say what lies in the current bucket (month to date) or after it (not reported yet)."""
    issues = []
    current = frame.filter(pl.col("bucket") == buckets.current)
    if current.height:
        said = f"{current.height} rows with {_units(current)} units lie in the current bucket: month to date"
        issues.append(
            _note(
                "import.current-bucket",
                Severity.NOTE,
                _place(name, buckets.current),
                (
                    f"{said}, not trained on and not scored.",
                    "If that bucket is complete, move cycle on in company.toml.",
                ),
                _amount(current),
            )
        )
    later = frame.filter(pl.col("bucket") > buckets.current)
    closed = frame.filter(pl.col("bucket") < buckets.current)
    if name == "orders":
        ahead = later.filter(pl.col("bucket") < buckets.edges[-1])
        if (ahead["quantity"] != 0).any():
            issues.append(_on_hand(name, ahead))
            later = later.filter(pl.col("bucket") >= buckets.edges[-1])
    return issues + _later(name, later) + _trailing_zeros(name, closed)


def _on_hand(name: str, ahead: pl.DataFrame) -> Issue:
    """Say what customers have ordered for buckets to come: orders stand where they are asked for."""
    first: date = ahead.select(pl.col("bucket").min()).item()
    words = f"{ahead.height} rows with {_units(ahead)} units are ordered for buckets to come: on hand, no history yet."
    texts = (words, "Nothing to do; they are a part of the forecast (open_orders). If dates are wrong, mend them.")
    return _note("import.orders-ahead", Severity.NOTE, _place(name, first), texts, _amount(ahead))


def _later(name: str, later: pl.DataFrame) -> list[Issue]:
    """Say what lies after the current bucket: zeros that were filled in beforehand, or wrong dates."""
    if later.is_empty():
        return []
    first: date = later.select(pl.col("bucket").min()).item()
    said = f"{later.height} rows lie after the current bucket"
    if (later["quantity"] == 0).all():
        texts = (f"{said} and are all zero: not reported yet.", "They are no history; nothing to do.")
        return [_note("import.not-yet-reported", Severity.NOTE, _place(name, first), texts)]
    texts = (f"{said}.", "Check their dates, or move cycle in company.toml.")
    return [_note("import.future-history", Severity.WARNING, _place(name, first), texts, _amount(later))]


def _trailing_zeros(name: str, closed: pl.DataFrame) -> list[Issue]:
    """Find closed buckets at the end of which every row is zero: pre-filled, not sold nothing."""
    total = closed.group_by("bucket").agg(pl.col("quantity").abs().sum()).sort("bucket")
    zero = total["quantity"].reverse().cum_max() == 0
    count = int(zero.sum())
    if not count or count == total.height:
        return []
    first = total["bucket"][total.height - count]
    return [
        _note(
            "import.not-yet-reported",
            Severity.WARNING,
            _place(name, first),
            (
                f"every row of the last {count} closed buckets is zero: not reported yet, or no sales?",
                "Take these rows out, or set cycle in company.toml to the first of them.",
            ),
        )
    ]


def _place(name: str, first: date, last: date | None = None) -> Place:
    return Place(source=name, column="bucket", value=f"{first:%Y-%m-%d}", first=first, last=last)


def _last_bucket(name: str, frame: pl.DataFrame, buckets: Buckets) -> list[Issue]:
    """Find a last closed bucket far below every one of the 12 before it."""
    closed = frame.filter(pl.col("bucket") < buckets.current)
    total = closed.group_by("bucket").agg(pl.col("quantity").sum()).sort("bucket").filter(pl.col("quantity") > 0)
    if total.height < _SHORT + 1:
        return []
    last, before = total["quantity"][-1], total["quantity"].slice(total.height - 1 - _SHORT, _SHORT).min()
    if last >= PARTIAL * float(str(before)):
        return []
    day, part = total["bucket"][-1], last / float(str(before))
    rows = closed.filter(pl.col("bucket") == day)
    return [
        _note(
            "import.partial-last-bucket",
            Severity.WARNING,
            _place(name, day),
            (
                f"the last closed bucket {day:%Y-%m-%d} has {_units(rows)} units, {part:.0%} of the least of 12: "
                "it looks partial.",
                f'If it is, set cycle = "{day:%Y-%m-%d}" in company.toml: it is then current and not trained on.',
            ),
            _amount(rows),
        )
    ]


def _zero_prices(name: str, frame: pl.DataFrame) -> list[Issue]:
    rows = frame.filter((pl.col("quantity") > 0) & (pl.col("value") == 0))
    if "kind" in rows.columns:
        rows = rows.filter(pl.col("kind").fill_null("sale") == "sale")
    if not rows.height:
        return []
    return [
        _note(
            "import.zero-price",
            Severity.WARNING,
            Place(source=name, column="value", value="0"),
            (
                f"{rows.height} rows with {_units(rows)} units are worth 0: counted, but out of the average price.",
                "Give their value, or say by kind that they are no sales.",
            ),
        )
    ]


def _thin_series(name: str, frame: pl.DataFrame) -> list[Issue]:
    """Count series with a single point and series that are all zero."""
    series = frame.group_by("item", "market").agg(
        pl.col("bucket").n_unique().alias("points"), (pl.col("quantity") == 0).all().alias("zero")
    )
    one, zero = (series.filter(part).sort("item", "market") for part in (pl.col("points") == 1, pl.col("zero")))
    issues = []
    if one.height:
        said = f"{_first_of(one)} have one bucket of history: their forecast is flat."
        texts = (said, "Give them a like item in launches, or more history.")
        issues.append(_note("import.one-point", Severity.NOTE, _series_place(name, one), texts))
    if zero.height:
        said = f"{_first_of(zero)} are zero in every bucket: their forecast is zero."
        issues.append(
            _note(
                "import.all-zero", Severity.NOTE, _series_place(name, zero), (said, "Take them out, or check the file.")
            )
        )
    return issues


def _first_of(series: pl.DataFrame) -> str:
    first = series.row(0, named=True)
    return f"{series.height} series (the first: item '{first['item']}', market '{first['market']}')"


def _series_place(name: str, series: pl.DataFrame) -> Place:
    return Place(source=name, column="item", value=str(series["item"][0]))


def _negative_stock(tables: Tables, buckets: Buckets) -> list[Issue]:
    """Say where the opening stock (else an older count) is below zero, with its amount at standard cost."""
    stock = tables["stock_history"].filter(pl.col("quantity") < 0)
    if not stock.height:
        return []
    opening = stock.filter(pl.col("bucket") == buckets.edges[max(buckets.first_open - 1, 0)])
    rows, what = (opening, "opening stock") if opening.height else (stock, "stock count")
    first = rows.sort("quantity").row(0, named=True)
    return [
        _note(
            "import.negative-stock",
            Severity.WARNING,
            Place(
                source="stock_history",
                column="quantity",
                value=f"{to_decimal(first['quantity'], QUANTITY).normalize():f}",
                first=first["bucket"],
            ),
            (
                f"{rows.height} rows of {what} are below zero, {_units(rows)} units in all, "
                f"most of item '{first['item']}'.",
                "Count it again, or book what is missing: the plan starts from the number as it is.",
            ),
            _at_cost(rows, tables),
        )
    ]


def _at_cost(rows: pl.DataFrame, tables: Tables) -> Decimal | None:
    """Value quantities at the sum of the latest cost of each component, in plan currency; None without costs."""
    if "costs" not in tables:
        return None
    costs = tables["costs"].sort("first").unique(["item", "location", "component"], keep="last", maintain_order=True)
    by_item: dict[str, Decimal] = {}
    for item, cost in costs.select("item", "cost").iter_rows():
        by_item[item] = by_item.get(item, Decimal(0)) + Decimal(repr(cost))
    total = sum(
        (
            -to_decimal(quantity, QUANTITY) * by_item.get(item, Decimal(0))
            for item, quantity in rows.select("item", "quantity").iter_rows()
        ),
        Decimal(0),
    )
    return total.quantize(MONEY)


def _material_cycle(materials: pl.DataFrame) -> list[Issue]:
    """Refuse a bill of materials in which an item needs itself, and name the cycle."""
    needs: dict[str, list[str]] = {}
    for parent, component in materials.select("parent", "component").sort("parent", "component").iter_rows():
        needs.setdefault(parent, []).append(component)
    cycle = _find_cycle(needs)
    if not cycle:
        return []
    return [
        _note(
            "import.material-cycle",
            Severity.REFUSED,
            Place(source="bill_of_materials", column="component", value=cycle[-1]),
            (f"{' needs '.join(cycle)}: expected no item to need itself.", "Take one of these rows out."),
        )
    ]


def _find_cycle(needs: Mapping[str, list[str]]) -> list[str]:
    """Give the first cycle found, first and last item equal; empty when there is none."""
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        stack = [(start, iter(needs[start]))] if start not in done else []
        path += [start] if stack else []
        while stack:
            component = next(stack[-1][1], None)
            if component is None:
                done.add(stack.pop()[0])
                path.pop()
            elif component in path:
                return [*path[path.index(component) :], component]
            elif component not in done:
                stack.append((component, iter(needs.get(component, []))))
                path.append(component)
    return []
