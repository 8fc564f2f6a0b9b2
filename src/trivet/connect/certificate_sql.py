"""The ties of a plan as SQL: each query gives places with what was found and what was expected there.

They stand on the views of `certificate_views`. Nothing here is shared with the code that makes plans.
"""

from decimal import Decimal
from typing import Final

from trivet.connect.certificate_prices import GROSS_TIES, PRICE_TIES, SMALL
from trivet.connect.certificate_tie import Tie
from trivet.connect.certificate_views import GRAINS

_COST = """
WITH cost AS (SELECT item, coalesce(location, '') AS location, coalesce(component, '') AS component, first, cost,
    coalesce(nullif(currency, ''), home) AS currency FROM s_costs, facts),
routed AS (
  SELECT item, location AS plant, max(share) AS share FROM s_routings GROUP BY item, location),
priced AS (SELECT DISTINCT item, location AS plant FROM cost ANTI JOIN routed USING (item)),
site AS (
  SELECT item, plant, CASE WHEN sum(coalesce(share, 0)) OVER (PARTITION BY item) > 0
    THEN coalesce(share, 0) ELSE 1 END AS weight FROM routed
  UNION ALL SELECT item, plant, 1 FROM priced WHERE plant <> ''
  UNION ALL SELECT item, plant, 1 FROM priced p WHERE plant = ''
    AND NOT EXISTS (SELECT 1 FROM priced q WHERE q.item = p.item AND q.plant <> '')),
cell AS (
  SELECT s.item, s.plant, s.weight, c.component, a.bucket
  FROM site s JOIN (SELECT DISTINCT item, component FROM cost) c USING (item) CROSS JOIN open_ a),
own AS (
  SELECT c.item, c.plant, c.component, c.bucket, k.cost, k.currency FROM cell c
  ASOF JOIN (SELECT * FROM cost WHERE location <> '') k
    ON k.item = c.item AND k.location = c.plant AND k.component = c.component AND c.bucket >= k.first),
every AS (
  SELECT c.item, c.plant, c.component, c.bucket, k.cost, k.currency FROM cell c
  ASOF JOIN (SELECT * FROM cost WHERE location = '') k
    ON k.item = c.item AND k.component = c.component AND c.bucket >= k.first),
part AS (
  SELECT c.item, c.plant, c.weight, c.bucket, coalesce(o.cost, e.cost) AS cost,
    coalesce(o.currency, e.currency) AS currency
  FROM cell c
  LEFT JOIN own o ON o.item = c.item AND o.plant = c.plant AND o.component = c.component AND o.bucket = c.bucket
  LEFT JOIN every e ON e.item = c.item AND e.plant = c.plant AND e.component = c.component AND e.bucket = c.bucket
  WHERE coalesce(o.cost, e.cost) IS NOT NULL),
plant AS (
  SELECT p.item, p.plant, any_value(p.weight) AS weight, p.bucket,
    CASE WHEN count(*) = count(r.rate) THEN sum(p.cost * r.rate) END AS cost
  FROM part p LEFT JOIN forecast r USING (bucket, currency) GROUP BY p.item, p.plant, p.bucket),
standard AS (
  SELECT item, bucket, sum(cost * weight) / nullif(sum(weight), 0) AS cost
  FROM plant WHERE cost IS NOT NULL GROUP BY item, bucket)
SELECT 'unit cost of ' || d.item || ' in ' || d.market || ' ' || a.label AS place, d.unit_cost AS found,
  round(CASE WHEN s.cost IS NOT NULL THEN s.cost
    WHEN d.item IN (SELECT item FROM cost) THEN NULL
    WHEN y.units > 0 AND y.cost > 0 THEN y.cost / y.units
    WHEN i.units > 0 AND i.cost > 0 THEN i.cost / i.units END, 9) AS expected
FROM demand d JOIN open_ a USING (bucket)
LEFT JOIN standard s ON s.item = d.item AND s.bucket = d.bucket
LEFT JOIN last_year y ON y.item = d.item AND y.market = d.market
LEFT JOIN item_year i ON i.item = d.item
"""


def _product(money: str, units: str, rate: str) -> str:
    """Give the query of units x rate = money, rounded once, half to even, as the plan's rule is."""
    worth = f"round_even((CAST({units} * 1000 AS BIGINT)::DOUBLE * 0.001) * {rate} * 10000.0, 0)"
    return f"""
SELECT '{money} of ' || item || ' in ' || market || ' ' || label AS place, {money} AS found,
  CAST(coalesce({worth}, 0) AS DECIMAL(38,0)) * 0.0001 AS expected
FROM demand JOIN open_ USING (bucket)
"""  # noqa: S608 - built of constants of this module


_HISTORY = """
SELECT '{what} of ' || family || ' FY' || year AS place, sum(found) AS found, sum(expected) AS expected FROM (
  SELECT f.family, a.year, d.{measure} AS found, 0 AS expected
  FROM demand d JOIN closed a USING (bucket) JOIN family f USING (item)
  UNION ALL
  SELECT f.family, a.year, 0, {source}
  FROM (SELECT *, coalesce(nullif(currency, ''), home) AS code FROM sold CROSS JOIN facts) s
  JOIN closed a USING (bucket) JOIN family f USING (item)
  LEFT JOIN booked r ON r.bucket = s.bucket AND r.currency = s.code)
GROUP BY family, year
"""
_VALUE = "coalesce(round(s.{column} * r.rate, 4), 0)"

_BUDGET = """
SELECT '{measure} of ' || family || ' ' || region || ' ' || label AS place, sum(found) AS found,
  sum(expected) AS expected
FROM (
  SELECT family, region, bucket, {measure} AS found, NULL AS expected FROM budget WHERE {measure} IS NOT NULL
  UNION ALL
  SELECT family, coalesce(region, ''), bucket, NULL, {source} FROM s_budget WHERE {source} IS NOT NULL)
JOIN axis USING (bucket) GROUP BY family, region, label
"""

_STOCK = """
WITH used AS (
  SELECT b.component AS item, p.location, p.bucket,
    sum(round_even(CAST(p.production * 1000 AS BIGINT)::DOUBLE * b.quantity, 0)) * 0.001 AS used
  FROM supply p JOIN s_bill_of_materials b ON b.parent = p.item
    AND (b.first IS NULL OR p.bucket >= b.first) AND (b.last IS NULL OR p.bucket <= b.last)
  GROUP BY b.component, p.location, p.bucket),
flow AS (
  SELECT s.*, a.label, a.is_open,
    coalesce(lag(s.projected_stock) OVER (PARTITION BY s.item, s.location ORDER BY s.bucket), 0) AS opening
  FROM supply s JOIN axis a USING (bucket))
SELECT 'stock of ' || f.item || ' at ' || f.location || ' ' || f.label AS place, f.projected_stock AS found,
  f.opening + f.production + f.purchases + f.transfers_in - f.site_shipments - f.transfers_out
    - CAST(coalesce(u.used, 0) AS DECIMAL(18,3)) AS expected
FROM flow f LEFT JOIN used u ON u.item = f.item AND u.location = f.location AND u.bucket = f.bucket
WHERE f.is_open
"""

_TRANSIT = """
SELECT 'in transit of ' || item || ' ' || label AS place, in_transit AS found, opening + sent - arrived AS expected
FROM (
  SELECT item, bucket, in_transit, sent, arrived,
    coalesce(lag(in_transit) OVER (PARTITION BY item ORDER BY bucket), 0) AS opening
  FROM (SELECT item, bucket, sum(in_transit) AS in_transit, sum(transfers_out) AS sent, sum(transfers_in) AS arrived
        FROM supply GROUP BY item, bucket))
JOIN open_ USING (bucket)
"""

_LEAVING = """
SELECT 'shipments of ' || item || ' ' || label AS place, sum(found) AS found, sum(expected) AS expected FROM (
  SELECT item, bucket, constrained_demand AS found, 0 AS expected FROM demand
  UNION ALL SELECT item, bucket, 0, site_shipments FROM supply)
JOIN open_ USING (bucket) GROUP BY item, label
"""

_SERVED = """
SELECT 'served and lost demand of ' || item || ' in ' || market || ' to ' || label AS place,
  greatest(met, asked) AS found, asked AS expected
FROM (
  SELECT d.item, d.market, a.label,
    sum(d.constrained_demand) OVER till + sum(d.unserved_demand) OVER till AS met,
    sum(d.consensus_demand) OVER till AS asked
  FROM demand d JOIN open_ a USING (bucket) JOIN family f USING (item) WHERE f.policy NOT LIKE '%-to-order'
  WINDOW till AS (PARTITION BY d.item, d.market ORDER BY d.bucket))
"""

_OPENING = """
SELECT '{what} of ' || item || ' ' || label AS place, sum(found) AS found, sum(expected) AS expected FROM (
  SELECT item, bucket, {measure} AS found, 0 AS expected FROM supply
  UNION ALL SELECT item, bucket, 0, quantity FROM {source} WHERE item IN (SELECT item FROM supply))
JOIN closed USING (bucket) GROUP BY item, label
"""

_BACKLOG = """
SELECT 'order backlog of ' || item || ' ' || label AS place, backlog AS found, opening + asked - sent AS expected
FROM (
  SELECT item, bucket, backlog, coalesce(lag(backlog) OVER (PARTITION BY item ORDER BY bucket), 0) AS opening
  FROM (SELECT item, bucket, sum(order_backlog) AS backlog FROM supply GROUP BY item, bucket))
JOIN (SELECT item, bucket, sum(consensus_demand) AS asked, sum(constrained_demand) AS sent
      FROM demand GROUP BY item, bucket) USING (item, bucket)
JOIN open_ USING (bucket) JOIN family USING (item) WHERE policy LIKE '%-to-order'
"""

_LOAD = """
SELECT 'load of ' || resource || ' ' || label AS place, load_hours AS found, round(coalesce(hours, 0), 3) AS expected
FROM load JOIN open_ USING (bucket) LEFT JOIN (
  SELECT r.resource, target.bucket, sum(p.production::DOUBLE * r.hours_per_unit
    + CASE WHEN p.production > coalesce(due.quantity, 0) THEN coalesce(r.setup_hours, 0) ELSE 0 END) AS hours
  FROM supply p JOIN open_ made USING (bucket)
  JOIN (SELECT * FROM s_routings UNION ALL BY NAME SELECT NULL::DOUBLE AS setup_hours WHERE false) r
    ON r.item = p.item AND r.location = p.location
  LEFT JOIN (SELECT o.item, o.location, a.bucket, sum(o.quantity) AS quantity
    FROM (SELECT item, location, quantity, greatest(due, (SELECT min(bucket) FROM open_)) AS due
          FROM s_open_production WHERE due < (SELECT plan_end FROM facts)) o
    ASOF JOIN open_ a ON o.due >= a.bucket GROUP BY o.item, o.location, a.bucket) due
    ON due.item = p.item AND due.location = p.location AND due.bucket = p.bucket
  JOIN open_ target ON target.n = greatest(made.n - coalesce(r.offset, 0), (SELECT first_open FROM facts))
  GROUP BY r.resource, target.bucket) USING (resource, bucket)
"""

_SETTING = """
coalesce((SELECT arg_max(c.{column}, (c.first, coalesce(c.last, DATE '9999-01-01')))
  FROM s_resource_changes c WHERE c.resource = r.resource AND c.{column} IS NOT NULL
  AND a.bucket >= c.first AND a.bucket <= coalesce(c.last, DATE '9999-01-01')), r.{column})
"""
_CAPACITY = f"""
WITH axis_days AS (
  SELECT bucket, day::DATE AS day FROM (SELECT bucket, unnest(generate_series(bucket, stop - INTERVAL 1 DAY,
    INTERVAL 1 DAY)) AS day FROM open_) WHERE isodow(day) < 6),
code AS (SELECT r.resource, coalesce(l.calendar, '') AS calendar
  FROM s_resources r LEFT JOIN s_locations l ON l.location = r.location),
week AS (
  SELECT c.calendar, d.bucket, count(*) FILTER (NOT EXISTS (
    SELECT 1 FROM s_closures s WHERE coalesce(s.calendar, '') IN ('', c.calendar)
    AND d.day BETWEEN s.first AND coalesce(s.last, s.first))) AS days
  FROM (SELECT DISTINCT calendar FROM code) c, axis_days d GROUP BY c.calendar, d.bucket),
days AS (
  SELECT w.calendar, w.bucket, coalesce(own.working_days, general.working_days, w.days) AS days FROM week w
  LEFT JOIN s_calendars own ON own.calendar = w.calendar AND own.bucket = w.bucket
  LEFT JOIN s_calendars general ON coalesce(general.calendar, '') = '' AND general.bucket = w.bucket)
SELECT 'capacity of ' || l.resource || ' ' || a.label AS place, l.capacity_hours AS found,
  round({_SETTING.format(column="lines")} * {_SETTING.format(column="hours_per_day")}
    * coalesce({_SETTING.format(column="efficiency")}, 1) * d.days, 3) AS expected
FROM load l JOIN open_ a USING (bucket) LEFT JOIN s_resources r USING (resource)
LEFT JOIN code c USING (resource) LEFT JOIN days d ON d.calendar = c.calendar AND d.bucket = l.bucket
"""  # noqa: S608 - built of constants of this module

_STOCK_VALUE = """
SELECT 'stock value of ' || s.item || ' at ' || s.location || ' ' || a.label AS place, s.stock_value AS found,
  round(s.projected_stock::DOUBLE * u.unit_cost, 4) AS expected
FROM supply s JOIN open_ a USING (bucket) JOIN unit u USING (item, bucket) WHERE u.unit_cost IS NOT NULL
"""

_YEAR_SUMS = """
WITH first_cost AS (
  SELECT item, market, unit_cost FROM demand JOIN open_ USING (bucket) CROSS JOIN facts WHERE n = first_open),
cell AS (
  SELECT f.family, a.year,
    CASE WHEN a.is_open THEN d.constrained_demand ELSE d.shipments END AS units,
    CASE WHEN a.is_open THEN d.constrained_revenue ELSE d.shipped_revenue END AS revenue,
    CASE WHEN a.is_open THEN d.gross_margin
      WHEN d.shipments <> 0 AND d.shipped_cost = 0 THEN d.shipped_revenue
        - coalesce(CAST(round_even(d.shipments::DOUBLE * c.unit_cost * 10000, 0) AS DECIMAL(38,0)) * 0.0001, 0)
      ELSE d.shipped_revenue - d.shipped_cost END AS margin
  FROM demand d JOIN axis a USING (bucket) JOIN family f USING (item) LEFT JOIN first_cost c USING (item, market)),
total AS (
  SELECT FALSE AS company, family, year, sum(units) AS units, sum(revenue) AS revenue, sum(margin) AS margin
  FROM cell GROUP BY family, year
  UNION ALL
  SELECT TRUE, '', year, NULL, sum(revenue), sum(margin) - (
    SELECT coalesce(sum(supply_variance), 0) FROM company JOIN axis a USING (bucket) WHERE a.year = cell.year)
  FROM cell GROUP BY year)
SELECT '{column} outlook of ' || CASE WHEN o.company THEN 'the company' ELSE o.family END || ' FY' || o.year AS place,
  o.{column} AS found, t.{column} AS expected
FROM outlook o LEFT JOIN total t ON t.company = o.company AND t.family = o.family AND t.year = o.year
"""

_YEAR_BUDGET = """
WITH total AS (
  SELECT family, year, sum({column}) AS amount FROM budget JOIN axis USING (bucket) GROUP BY family, year),
cover AS (
  SELECT year, count(DISTINCT bucket) FILTER ({column} IS NOT NULL) = count(DISTINCT bucket) AS whole
  FROM axis LEFT JOIN budget USING (bucket) GROUP BY year)
SELECT '{column} of ' || CASE WHEN o.company THEN 'the company' ELSE o.family END || ' FY' || o.year AS place,
  o.{column} AS found, (SELECT sum(amount) FROM total t JOIN cover USING (year)
    WHERE whole AND t.year = o.year AND (o.company OR t.family = o.family))
  AS expected
FROM outlook o WHERE {filter}
"""

_CONSENSUS = """
SELECT 'consensus of ' || d.item || ' in ' || d.market || ' ' || a.label AS place, d.consensus_demand AS found,
  d.consensus_base + coalesce(c.moved, 0) AS expected
FROM demand d JOIN open_ a USING (bucket) LEFT JOIN (
  SELECT item, place AS market, bucket, sum(moved) AS moved FROM changes WHERE measure = 'consensus_demand'
  GROUP BY item, place, bucket) c USING (item, market, bucket)
"""


def rows_query(grain: str, keys: str) -> str:
    """Give the query that every series of a grain has a row in every bucket, once."""
    place = " || ' ' || ".join(keys.split(", ")) if keys else "'company'"
    group = f"GROUP BY {keys}" if keys else ""
    return f"""
SELECT '{grain} rows of ' || {place} AS place, count(DISTINCT bucket) + (count(*) - count(DISTINCT bucket)) * 1000
  AS found, (SELECT count(*) FROM axis) AS expected FROM {grain} {group}
"""  # noqa: S608 - built of constants of this module


ROLLUP_LEVELS: Final = {
    ("demand", "family"): "f.family FROM demand d JOIN family f USING (item)",
    ("demand", "region"): "p.region FROM demand d JOIN place p USING (market)",
    ("supply", "family"): "f.family FROM supply d JOIN family f USING (item)",
    ("supply", "location"): "d.location FROM supply d",
    ("material", "item"): "d.item FROM material d",
    ("load", "resource"): "d.resource FROM load d",
    **{(grain, "total"): f"'total' FROM {grain} d" for grain in GRAINS},
}
"""(grain, level) -> where the member of each row comes from."""


def rollup_query(grain: str, level: str, measures: tuple[str, ...]) -> str:
    """Give the query that the published totals of a level are the sums of the published detail."""
    member, source = ROLLUP_LEVELS[grain, level].split(" FROM ", 1)
    sums = ", ".join(f"CAST(sum(d.{m}) AS DECIMAL(38,4)) AS {m}" for m in measures)
    names = ", ".join(measures)
    return f"""
WITH detail AS (
  SELECT member, bucket, measure, value FROM (
    SELECT {member} AS member, d.bucket, {sums} FROM {source} GROUP BY ALL)
  UNPIVOT INCLUDE NULLS (value FOR measure IN ({names})))
SELECT measure || ' of {level} ' || member || ' ' || label AS place, r.value AS found, coalesce(d.value, 0) AS expected
FROM (SELECT * FROM rollup WHERE grain = '{grain}' AND level = '{level}') r
FULL JOIN detail d USING (measure, member, bucket) JOIN axis USING (bucket)
"""  # noqa: S608 - built of constants of this module and column names of our own files


_ROUNDED = Decimal("0.001")
_CENT = Decimal("0.01")

TIES: Final = (
    Tie(
        name="history = source: units shipped by family and fiscal year",
        unit="units",
        query=_HISTORY.format(what="shipped units", measure="shipments", source="s.quantity"),
    ),
    Tie(
        name="history = source: revenue by family and fiscal year",
        unit="money",
        query=_HISTORY.format(what="shipped revenue", measure="shipped_revenue", source=_VALUE.format(column="value")),
        tolerance=_CENT,
    ),
    Tie(
        name="history = source: cost of sales by family and fiscal year",
        unit="money",
        query=_HISTORY.format(what="shipped cost", measure="shipped_cost", source=_VALUE.format(column="cost")),
        tolerance=_CENT,
    ),
    Tie(
        name="stock counts = source",
        unit="units",
        query=_OPENING.format(what="counted stock", measure="projected_stock", source="s_stock_history"),
    ),
    Tie(
        name="production made = source",
        unit="units",
        query=_OPENING.format(what="production", measure="production", source="s_production"),
    ),
    *(
        Tie(
            name=f"budget {what} = source",
            unit=unit,
            query=_BUDGET.format(measure=measure, source=source),
        )
        for what, unit, measure, source in (
            ("units", "units", "budget_units", "quantity"),
            ("revenue", "money", "budget_revenue", "revenue"),
            ("margin", "money", "budget_margin", "margin"),
        )
    ),
    *PRICE_TIES,
    Tie(name="unit cost = source x rate", unit="money a unit", query=_COST, tolerance=SMALL),
    Tie(name="capacity = source", unit="hours", query=_CAPACITY, tolerance=_ROUNDED),
    Tie(name="consensus = base + changes", unit="units", query=_CONSENSUS, file="changes.parquet"),
    Tie(name="units x price = revenue", unit="money", query=_product("revenue", "consensus_demand", "price")),
    Tie(
        name="units shipped x invoiced price = revenue",
        unit="money",
        query=_product("constrained_revenue", "constrained_demand", "invoiced_price"),
    ),
    *GROSS_TIES,
    Tie(
        name="units shipped x cost = cost of sales",
        unit="money",
        query=_product("constrained_cost", "constrained_demand", "unit_cost"),
    ),
    Tie(
        name="revenue - cost = margin",
        unit="money",
        query="""
SELECT 'margin of ' || item || ' in ' || market || ' ' || label AS place, gross_margin AS found,
  constrained_revenue - constrained_cost AS expected
FROM demand JOIN open_ USING (bucket)
""",
    ),
    Tie(name="stock = opening + receipts - issues", unit="units", query=_STOCK),
    Tie(name="in transit = before + sent - arrived", unit="units", query=_TRANSIT),
    Tie(name="demand shipped = shipments of the sites", unit="units", query=_LEAVING),
    Tie(name="never more served and lost than asked for", unit="units", query=_SERVED),
    Tie(name="order backlog = before + orders - shipments", unit="units", query=_BACKLOG),
    Tie(name="load = production x routing hours", unit="hours", query=_LOAD, tolerance=_ROUNDED),
    Tie(name="stock x unit cost = stock value", unit="money", query=_STOCK_VALUE, tolerance=Decimal("0.0001")),
    *(
        Tie(name=f"fiscal years = closed + open buckets: {column}", unit=unit, query=_YEAR_SUMS.format(column=column))
        for column, unit in (("units", "units"), ("revenue", "money"), ("margin", "money"))
    ),
    *(
        Tie(
            name=f"fiscal years = buckets of the budget: {what}",
            unit=unit,
            query=_YEAR_BUDGET.format(column=column, filter=which),
        )
        for what, unit, column, which in (
            ("units", "units", "budget_units", "NOT o.company"),
            ("revenue", "money", "budget_revenue", "TRUE"),
            ("margin", "money", "budget_margin", "TRUE"),
        )
    ),
)
"""The ties in the order of the money; rows and roll-ups of each grain are added to them."""
