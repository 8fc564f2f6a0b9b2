"""The ties of prices as SQL: what a unit sells for, is invoiced at, and would bring at list price.

They stand on the views of `certificate_views`. Nothing here is shared with the code that makes plans.
"""

from decimal import Decimal
from typing import Final

from trivet.connect.certificate_tie import Tie

ROWS: Final = """
CREATE TEMP VIEW price_rows AS
  WITH off AS (
    SELECT *, coalesce(discount, 0) + coalesce(rebate, 0) AS taken,
      coalesce(discount, 0) BETWEEN 0 AND 1 AND coalesce(rebate, 0) BETWEEN 0 AND 1
        AND coalesce(discount, 0) + coalesce(rebate, 0) < 1 AS sane
    FROM s_prices),
  net AS (
    SELECT *, round(coalesce(price, CASE WHEN sane THEN list_price * (1 - taken) END), 9) AS given,
      coalesce(list_price, CASE WHEN sane AND (discount IS NOT NULL OR rebate IS NOT NULL)
        THEN price / (1 - taken) END) AS before
    FROM off)
  SELECT item, market, first, currency, given AS price,
    CASE WHEN sane AND before >= given THEN round(before, 9) END AS list FROM net;
"""
"""Net and list price of each row of the price list, each from the other where one is left out."""

_CELLS = """
WITH cell AS (
  SELECT d.item, d.market, d.bucket, d.price, d.list_price, a.label, p.currency AS market_currency, p.region,
    p.channel, f.family
  FROM demand d JOIN {axis} a USING (bucket) JOIN place p USING (market) JOIN family f USING (item)),
own AS (
  SELECT c.item, c.market, c.bucket, p.price, p.list, coalesce(nullif(p.currency, ''), c.market_currency) AS currency
  FROM cell c ASOF JOIN (SELECT * FROM price_rows WHERE market <> '') p
    ON p.item = c.item AND p.market = c.market AND c.bucket >= p.first),
every AS (
  SELECT c.item, c.market, c.bucket, p.price, p.list, coalesce(nullif(p.currency, ''), c.market_currency) AS currency
  FROM cell c ASOF JOIN (SELECT * FROM price_rows WHERE coalesce(market, '') = '') p
    ON p.item = c.item AND c.bucket >= p.first),
listed AS (
  SELECT item, market, bucket, price, list, currency FROM own
  UNION ALL SELECT e.item, e.market, e.bucket, e.price, e.list, e.currency
  FROM every e ANTI JOIN own o ON o.item = e.item AND o.market = e.market AND o.bucket = e.bucket),
moved AS (
  SELECT c.item, c.market, c.bucket, product(1 + g.percent / 100.0) AS factor,
    product(CASE WHEN g.first >= (SELECT current FROM facts) THEN 1 + g.percent / 100.0 ELSE 1 END) AS planned
  FROM cell c JOIN s_price_changes g ON (coalesce(g.family, '') IN ('', c.family)) AND c.bucket >= g.first
  GROUP BY c.item, c.market, c.bucket),
event AS (
  SELECT c.item, c.market, c.bucket,
    product((1 - v + v * (1 + l) * (1 + e.price_change)) / (1 - v + v * (1 + l))) AS factor
  FROM cell c JOIN (SELECT *, coalesce(volume_share, 1.0) AS v, coalesce(lift, 0.0) AS l FROM s_promotions
                    WHERE coalesce(status, 'planned') <> 'cancelled' AND price_change IS NOT NULL) e
    ON coalesce(e.item, '') IN ('', c.item) AND coalesce(e.family, '') IN ('', c.family)
    AND coalesce(e.region, '') IN ('', c.region) AND coalesce(e.channel, '') IN ('', c.channel)
    AND c.bucket >= e.first AND c.bucket <= coalesce(e.last, e.first)
  WHERE 1 - v + v * (1 + l) > 0
  GROUP BY c.item, c.market, c.bucket)
"""
_PRICES = (
    _CELLS
    + """\
SELECT c.item, c.market, c.label, c.price AS found,
  round(coalesce(ev.factor, 1) * CASE
    WHEN s.item IS NOT NULL THEN s.price * r.rate * coalesce(m.factor, 1)
    WHEN y.units > 0 AND y.revenue > 0 THEN y.revenue / y.units * coalesce(m.planned, 1)
    WHEN i.units > 0 AND i.revenue > 0 THEN i.revenue / i.units * coalesce(m.planned, 1) END, 9) AS expected
FROM cell c
LEFT JOIN listed s ON s.item = c.item AND s.market = c.market AND s.bucket = c.bucket
LEFT JOIN forecast r ON r.bucket = c.bucket AND r.currency = s.currency
LEFT JOIN moved m ON m.item = c.item AND m.market = c.market AND m.bucket = c.bucket
LEFT JOIN event ev ON ev.item = c.item AND ev.market = c.market AND ev.bucket = c.bucket
LEFT JOIN last_year y ON y.item = c.item AND y.market = c.market
LEFT JOIN item_year i ON i.item = c.item
"""
)
_LISTED = f"""{_CELLS}
SELECT 'list price of ' || c.item || ' in ' || c.market || ' ' || c.label AS place, c.list_price AS found,
  CASE WHEN c.price IS NOT NULL THEN round(coalesce(s.list * r.rate * coalesce(m.factor, 1), c.price), 9) END
    AS expected
FROM cell c
LEFT JOIN listed s ON s.item = c.item AND s.market = c.market AND s.bucket = c.bucket
LEFT JOIN forecast r ON r.bucket = c.bucket AND r.currency = s.currency
LEFT JOIN moved m ON m.item = c.item AND m.market = c.market AND m.bucket = c.bucket
WHERE EXISTS (SELECT 1 FROM price_rows WHERE list IS NOT NULL)
"""  # noqa: S608 - built of constants of this module
_SHIPPED = f"""{_CELLS}
SELECT 'shipped at list price of ' || c.item || ' in ' || c.market || ' ' || c.label AS place,
  d.shipped_gross AS found,
  CASE WHEN d.shipped_revenue <> 0 AND d.shipments <> 0 AND s.list * r.rate IS NOT NULL
    THEN CAST(round_even((CAST(d.shipments * 1000 AS BIGINT)::DOUBLE * 0.001)
      * round(s.list * r.rate * coalesce(m.factor, 1), 9) * 10000.0, 0) AS DECIMAL(38,0)) * 0.0001
    ELSE d.shipped_revenue END AS expected
FROM cell c JOIN demand d ON d.item = c.item AND d.market = c.market AND d.bucket = c.bucket
LEFT JOIN listed s ON s.item = c.item AND s.market = c.market AND s.bucket = c.bucket
LEFT JOIN booked r ON r.bucket = c.bucket AND r.currency = s.currency
LEFT JOIN moved m ON m.item = c.item AND m.market = c.market AND m.bucket = c.bucket
WHERE EXISTS (SELECT 1 FROM price_rows WHERE list IS NOT NULL)
"""  # noqa: S608 - built of constants of this module
_GROSS = """
SELECT 'gross sales of ' || item || ' in ' || market || ' ' || label AS place, gross_sales AS found,
  CASE WHEN invoiced_list_price IS NOT NULL THEN CAST(
    round_even((CAST(constrained_demand * 1000 AS BIGINT)::DOUBLE * 0.001) * invoiced_list_price * 10000.0, 0)
    AS DECIMAL(38,0)) * 0.0001 END AS expected
FROM demand JOIN open_ USING (bucket)
WHERE EXISTS (SELECT 1 FROM price_rows WHERE list IS NOT NULL)
"""
_DISCOUNTS = """
SELECT 'discounts of ' || item || ' in ' || market || ' ' || label AS place, discounts AS found,
  gross_sales - constrained_revenue AS expected
FROM demand JOIN open_ USING (bucket)
WHERE EXISTS (SELECT 1 FROM price_rows WHERE list IS NOT NULL)
"""
_PRICE = f"""
SELECT 'price of ' || item || ' in ' || market || ' ' || label AS place, found, expected
FROM ({_PRICES.format(axis="open_")})
"""  # noqa: S608 - built of constants of this module


def _invoiced(found: str, rate: str) -> str:
    """Give the query of what is invoiced by lots, at the price or list price of the bucket each was booked in."""
    return f"""
WITH cell AS (
  SELECT d.item, d.market, a.label, a.n, d.{found} AS found, d.price AS net, d.{rate} AS price,
    f.policy LIKE '%-to-order' AS ordered,
    greatest(CAST(d.constrained_demand * 1000 AS BIGINT), 0) AS units,
    greatest(greatest(CAST(d.consensus_demand * 1000 AS BIGINT), 0) - CAST(d.unserved_demand * 1000 AS BIGINT), 0)
      AS booked
  FROM demand d JOIN open_ a USING (bucket) JOIN family f USING (item)),
begin AS (
  SELECT item, market, net, CASE WHEN net > 0 AND price <> net THEN price / net ELSE 1 END AS above
  FROM cell WHERE n = (SELECT first_open FROM facts)),
before AS ({_PRICES.format(axis="(SELECT * FROM closed WHERE n = (SELECT max(n) FROM closed))")}),
opening AS (
  SELECT item, coalesce(nullif(market, ''), 'ALL') AS market, CAST(sum(quantity) * 1000 AS BIGINT) AS units,
    sum(value) FILTER (quantity > 0)::DOUBLE / (sum(quantity) FILTER (quantity > 0 AND value IS NOT NULL))::DOUBLE
      AS price
  FROM s_order_backlog GROUP BY ALL HAVING sum(quantity) > 0),
lot AS (
  SELECT o.item, o.market, -1 AS n, o.units, coalesce(o.price, e.expected, b.net) * b.above AS price
  FROM opening o JOIN begin b USING (item, market) LEFT JOIN before e USING (item, market)
  UNION ALL SELECT item, market, n, booked, price FROM cell WHERE ordered),
lots AS (SELECT *, sum(units) OVER (PARTITION BY item, market ORDER BY n) AS upto FROM lot),
sent AS (SELECT *, sum(units) OVER (PARTITION BY item, market ORDER BY n) AS upto FROM cell WHERE ordered),
part AS (
  SELECT s.item, s.market, s.n, least(l.upto, s.upto) - greatest(l.upto - l.units, s.upto - s.units) AS units,
    coalesce(l.price, s.price) AS price
  FROM sent s JOIN lots l ON l.item = s.item AND l.market = s.market
    AND l.upto > s.upto - s.units AND l.upto - l.units < s.upto),
mean AS (
  SELECT item, market, n, sum(units) AS units, sum(units * price) AS money, count(*) = count(price) AS known
  FROM part WHERE units > 0 GROUP BY ALL)
SELECT '{found} of ' || c.item || ' in ' || c.market || ' ' || c.label AS place, c.found,
  CASE WHEN NOT c.ordered OR c.units = 0 THEN c.price
    WHEN coalesce(m.known, TRUE) AND (c.units = coalesce(m.units, 0) OR c.price IS NOT NULL) THEN round(
      (coalesce(m.money, 0) + (c.units - coalesce(m.units, 0)) * coalesce(c.price, 0)) / c.units, 9) END AS expected
FROM cell c LEFT JOIN mean m USING (item, market, n)
"""  # noqa: S608 - built of constants of this module


_ANY = "WHERE EXISTS (SELECT 1 FROM price_rows WHERE list IS NOT NULL)"
SMALL: Final = Decimal("0.000001")
"""Difference of a rate that is rounding."""
PRICE_TIES: Final = (
    Tie(name="price = source x rate", unit="money a unit", query=_PRICE, tolerance=SMALL),
    Tie(
        name="invoiced price = price when booked, oldest orders first",
        unit="money a unit",
        query=_invoiced("invoiced_price", "price"),
        tolerance=SMALL,
        measure="invoiced_price",
    ),
)
"""The ties of what a unit sells for."""
GROSS_TIES: Final = (
    Tie(name="list price = source x rate", unit="money a unit", query=_LISTED.format(axis="open_"), tolerance=SMALL),
    Tie(
        name="invoiced list price = list price when booked, oldest orders first",
        unit="money a unit",
        query=f"{_invoiced('invoiced_list_price', 'list_price')}{_ANY}",
        tolerance=SMALL,
    ),
    Tie(name="units shipped x invoiced list price = gross sales", unit="money", query=_GROSS),
    Tie(name="gross sales - discounts = net revenue", unit="money", query=_DISCOUNTS),
    Tie(name="shipments x list price = shipped at list price", unit="money", query=_SHIPPED.format(axis="closed")),
)
"""The ties of sales before discounts: no place where no list price is given."""
