"""The tie-out of a push-down: its files against each other and against the published plan (C6, C8).

SQL in DuckDB on the Parquet files as they were written and on the plan's own, by none of the code that laid the plan
out: weeks = parts of buckets = plan = families; purchases, transfers and finance against the plan; every CSV against
its Parquet. What is carried below one step is part of the sum, so that the tie is exact.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from trivet.connect.certificate import run_tie
from trivet.connect.certificate_tie import Tie
from trivet.connect.evidence import FACTS, ROLLUP, TABLES
from trivet.connect.pushdown import reading
from trivet.core.pushdown import PushDown
from trivet.core.summary import Check

_EXACT: Final = ("production", "purchases", "transfers_in", "transfers_out")
_STEPPED: Final = ("demand", "shipments", "used")
_FLOWS: Final = (*_EXACT, *_STEPPED, "released", "on_order")
_PLAN: Final = ("supply", "demand", "material", "company")

_VIEWS: Final = """
CREATE VIEW open_ AS SELECT * FROM axis WHERE is_open;
CREATE VIEW pushed AS SELECT DISTINCT o.bucket, o.label FROM open_ o JOIN parts p ON p.bucket = o.label;
CREATE VIEW bucketed AS SELECT item, location, any_value(family) AS family, bucket AS label,
    sum(demand) AS demand, sum(shipments) AS shipments, sum(used) AS used, sum(production) AS production,
    sum(purchases) AS purchases, sum(on_order) AS on_order, sum(transfers_in) AS transfers_in,
    sum(transfers_out) AS transfers_out, arg_max(stock, first_day) AS stock, min(first_day) AS since,
    arg_max(demand_carried, first_day) AS demand_left, arg_max(shipments_carried, first_day) AS shipments_left,
    arg_max(used_carried, first_day) AS used_left
  FROM parts GROUP BY item, location, bucket;
CREATE VIEW settled AS SELECT *,
    demand + demand_left - coalesce(lag(demand_left) OVER w, 0) AS demand_whole,
    shipments + shipments_left - coalesce(lag(shipments_left) OVER w, 0) AS shipments_whole
  FROM bucketed WINDOW w AS (PARTITION BY item, location ORDER BY since);
CREATE VIEW planned AS SELECT s.item, s.location, o.label, s.production, s.purchases, s.transfers_in, s.transfers_out,
    s.site_shipments, s.projected_stock FROM supply s JOIN pushed o USING (bucket);
"""


def tie_push_down(pushed: PushDown, folder: Path, evidence: Path) -> tuple[Check, ...]:
    """Tie the files of a push-down out.

    Args:
        pushed: whose tables they are.
        folder: where its files stand.
        evidence: the plan's numbers and tables, as `connect.evidence` writes them.

    Returns:
        One check a tie; nothing is raised for numbers that differ.
    """
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        _load(database, pushed, folder, evidence)
        return tuple(run_tie(database, tie) for tie in (*_TIES, *_csv_ties(pushed, folder)))


def _load(database: duckdb.DuckDBPyConnection, pushed: PushDown, folder: Path, evidence: Path) -> None:
    facts = json.loads((evidence / FACTS).read_text("utf-8"))
    database.execute("CREATE TABLE axis (bucket DATE, label VARCHAR, n INTEGER, is_open BOOLEAN)")
    rows = [
        (start, label, n, n >= facts["first_open"])
        for n, (start, label) in enumerate(zip(facts["starts"], facts["labels"], strict=True))
    ]
    database.executemany("INSERT INTO axis VALUES (?, ?, ?, ?)", rows)
    names = {"master_schedule": "weeks", "master_schedule_parts": "parts"}
    for table in pushed.tables:
        database.from_parquet(str(folder / f"{table.name}.parquet")).create(names.get(table.name, table.name))
    for grain in _PLAN:
        database.from_parquet(str(evidence / f"{grain}.parquet")).create(grain)
    for measure in ("receivables", "payables", "cash"):
        database.execute(f"ALTER TABLE company ADD COLUMN IF NOT EXISTS {measure} DECIMAL(18,4)")
    database.from_parquet(str(evidence / ROLLUP)).create("rollup")
    database.from_parquet(str(evidence / TABLES / "items.parquet")).create("items")
    database.execute(_VIEWS)


def _union(parts: Sequence[str]) -> str:
    return "\nUNION ALL\n".join(parts)


_WEEKS: Final = _union(
    [
        f"""SELECT '{name} of ' || item || ' at ' || location || ' ' || week AS place, w.v AS found, p.v AS expected
FROM (SELECT item, location, week, sum({name}) AS v FROM weeks GROUP BY ALL) w
FULL JOIN (SELECT item, location, week, sum({name}) AS v FROM parts GROUP BY ALL) p USING (item, location, week)"""  # noqa: S608
        for name in _FLOWS
    ]
    + [
        """SELECT 'stock of ' || item || ' at ' || location || ' ' || week AS place, w.stock AS found, p.v AS expected
FROM weeks w FULL JOIN (SELECT item, location, week, arg_max(stock, first_day) AS v FROM parts GROUP BY ALL) p
  USING (item, location, week)"""
    ]
)

_BUCKETS: Final = _union(
    [
        f"""SELECT '{name} of ' || item || ' at ' || location || ' ' || label AS place, b.{found} AS found,
  p.{name} AS expected
FROM settled b FULL JOIN planned p USING (item, location, label) WHERE b.item IS NOT NULL OR p.{name} <> 0"""  # noqa: S608
        for name, found in (*((flow, flow) for flow in _EXACT), ("site_shipments", "shipments_whole"))
    ]
)

_STOCK: Final = """
SELECT 'stock of ' || item || ' at ' || location || ' at the end of ' || label AS place,
  b.stock - b.shipments_left - b.used_left AS found, p.projected_stock AS expected
FROM settled b FULL JOIN planned p USING (item, location, label) WHERE b.item IS NOT NULL OR p.projected_stock <> 0
"""

_BALANCE: Final = """
WITH opening AS (SELECT item, location, projected_stock AS v FROM supply JOIN axis USING (bucket)
    WHERE n = (SELECT max(n) FROM axis WHERE NOT is_open))
SELECT 'stock of ' || p.item || ' at ' || p.location || ' ' || p.first_day AS place, p.stock AS found,
  lag(p.stock, 1, coalesce(o.v, 0)) OVER (PARTITION BY p.item, p.location ORDER BY p.first_day)
    + p.production + p.purchases + p.transfers_in - p.transfers_out - p.used - p.shipments AS expected
FROM parts p LEFT JOIN opening o USING (item, location)
"""

_DEMAND: Final = """
SELECT 'demand of ' || item || ' ' || label AS place, b.v AS found, d.v AS expected
FROM (SELECT item, label, sum(demand_whole) AS v FROM settled GROUP BY ALL) b
FULL JOIN (SELECT item, label, sum(consensus_demand) AS v FROM demand JOIN pushed USING (bucket)
  WHERE item IN (SELECT item FROM parts) GROUP BY ALL) d USING (item, label)
WHERE d.item IS NOT NULL OR b.v <> 0
"""

_FAMILIES: Final = _union(
    [
        f"""SELECT '{measure} of family ' || family || ' ' || label AS place, b.v AS found, r.value AS expected
FROM (SELECT family, label, sum({found}) AS v FROM settled GROUP BY ALL) b
FULL JOIN (SELECT member AS family, label, value FROM rollup JOIN pushed USING (bucket)
  WHERE grain = 'supply' AND level = 'family' AND measure = '{measure}') r USING (family, label)
WHERE b.family IS NOT NULL OR r.value <> 0"""  # noqa: S608
        for measure, found in (
            ("production", "production"),
            ("purchases", "purchases"),
            ("site_shipments", "shipments_whole"),
        )
    ]
)

_PURCHASES: Final = """
WITH bought AS (SELECT item, location, bucket AS label, sum(quantity) AS v FROM purchase_plan GROUP BY ALL)
SELECT 'purchases of ' || item || ' at ' || location || ' ' || label AS place,
  coalesce(b.v, 0) + coalesce(p.on_order, 0) AS found, coalesce(p.purchases, 0) AS expected
FROM bucketed p FULL JOIN (SELECT * FROM bought WHERE item IN (SELECT item FROM supply)) b
  USING (item, location, label)
UNION ALL
SELECT 'purchases of ' || item || ' ' || label AS place, coalesce(b.v, 0) + coalesce(a.v, 0) AS found, m.v AS expected
FROM (SELECT item, label, sum(material_purchases) AS v FROM material JOIN pushed USING (bucket) GROUP BY ALL) m
LEFT JOIN (SELECT item, label, sum(v) AS v FROM bought GROUP BY ALL) b USING (item, label)
LEFT JOIN (SELECT item, counted_in AS label, sum(quantity) AS v FROM open_orders WHERE kind = 'purchase'
  GROUP BY ALL) a USING (item, label)
"""

_TRANSFERS: Final = """
SELECT 'sent of ' || item || ' from ' || location || ' ' || week || ' ' || bucket AS place,
  coalesce(t.v, 0) AS found, coalesce(p.transfers_out, 0) AS expected
FROM parts p FULL JOIN (SELECT item, origin AS location, ship_week AS week, ship_bucket AS bucket, sum(quantity) AS v
  FROM transfers GROUP BY ALL) t USING (item, location, week, bucket)
UNION ALL
SELECT 'received of ' || item || ' at ' || location || ' ' || week || ' ' || bucket AS place,
  coalesce(t.v, 0) AS found, coalesce(p.transfers_in, 0) AS expected
FROM parts p FULL JOIN (SELECT item, destination AS location, arrival_week AS week, arrival_bucket AS bucket,
  sum(quantity) AS v FROM transfers WHERE arrival_bucket IN (SELECT label FROM pushed) GROUP BY ALL) t
  USING (item, location, week, bucket)
"""

_STEPS: Final = _union(
    [
        f"""SELECT '{name} of ' || p.item || ' at ' || p.location || ' ' || p.first_day AS place,
  p.{name} % coalesce(i.step, 1) AS found, 0 AS expected
FROM parts p LEFT JOIN items i USING (item) WHERE p.{name} <> 0"""  # noqa: S608
        for name in _STEPPED
    ]
)


def _finance(line: str, source: str) -> str:
    return f"""SELECT '{line} ' || label AS place, f.v AS found, p.v AS expected
FROM (SELECT period AS label, sum(amount) AS v FROM finance WHERE line = '{line}' GROUP BY ALL) f
FULL JOIN (SELECT label, v FROM ({source}) JOIN open_ USING (bucket)) p USING (label)
WHERE f.v IS NOT NULL OR p.v <> 0"""  # noqa: S608 - built of constants


_FINANCE: Final = _union(
    [
        _finance("revenue", "SELECT bucket, sum(constrained_revenue) AS v FROM demand GROUP BY ALL"),
        _finance("cogs", "SELECT bucket, sum(constrained_cost) AS v FROM demand GROUP BY ALL"),
        _finance("stock", "SELECT bucket, sum(stock_value) AS v FROM supply GROUP BY ALL"),
        *(
            _finance(line, f"SELECT bucket, {line} AS v FROM company")  # noqa: S608
            for line in (
                "supply_variance",
                "freight",
                "promotion_cost",
                "operating_expense",
                "receivables",
                "payables",
                "cash",
            )
        ),
    ]
)

_MIX: Final = """
SELECT 'mix of ' || family || ' ' || bucket AS place, sum(share) AS found,
  CASE WHEN sum(share) = 0 THEN 0 ELSE 1 END AS expected FROM mix GROUP BY family, bucket
"""

_TIES: Final = (
    Tie(name="week: the weeks are the sum of their parts", unit="units", query=_WEEKS),
    Tie(name="week: stock follows from what comes and goes", unit="units", query=_BALANCE),
    Tie(name="week: demand, shipments and parts in whole steps", unit="units", query=_STEPS),
    Tie(name="bucket: production, purchases, transfers, shipments as planned", unit="units", query=_BUCKETS),
    Tie(name="bucket: stock as planned at its end", unit="units", query=_STOCK),
    Tie(name="bucket: demand is the consensus", unit="units", query=_DEMAND),
    Tie(name="family: the sum of its items as planned", unit="units", query=_FAMILIES),
    Tie(name="purchases: new orders and open ones are the plan", unit="units", query=_PURCHASES),
    Tie(name="transfers: what lanes carry is what places send and get", unit="units", query=_TRANSFERS),
    Tie(name="finance: accounts are the plan's lines", unit="money", query=_FINANCE),
    Tie(name="mix: the shares of a family are 1", unit="shares", query=_MIX),
)


def _csv_ties(pushed: PushDown, folder: Path) -> list[Tie]:
    """Give one tie: rows and amounts of every CSV are those of its Parquet."""
    queries = []
    for table in pushed.tables:
        csv, parquet = (reading(folder / f"{table.name}.{form}") for form in ("csv", "parquet"))
        sides = {"rows": "count(*)"}
        sides |= {name: f'coalesce(sum(TRY_CAST("{name}" AS DECIMAL(38,6))), 0)' for name in table.units}
        queries += [
            f"SELECT '{table.name} {name}' AS place, (SELECT {side} FROM {csv}) AS found, "  # noqa: S608
            f"(SELECT {side} FROM {parquet}) AS expected"
            for name, side in sides.items()
        ]
    return [
        Tie(name="files: every CSV holds what its Parquet holds", unit="rows, units and money", query=_union(queries))
    ]
