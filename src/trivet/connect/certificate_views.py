"""What the ties of a certificate stand on: the plan's grains and the source tables as views, and shared sums.

`axis` (bucket, stop, label, n, year, is_open), `facts` (home currency, first_open, current, plan_end), one table a
grain (demand, supply, load, material, budget, company), `s_NAME` for each source table, `rollup` and `outlook`.
"""

from collections.abc import Mapping
from typing import Final

GRAINS: Final = {
    "demand": "item, market",
    "supply": "item, location",
    "load": "resource",
    "material": "item, supplier",
    "budget": "family, region",
    "company": "",
}
"""Grain -> its key columns."""
NEEDED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "demand": {
        "DECIMAL(18,3)": (
            "shipments",
            "consensus_base",
            "consensus_demand",
            "constrained_demand",
            "unserved_demand",
        ),
        "DECIMAL(18,4)": (
            "shipped_revenue",
            "shipped_cost",
            "revenue",
            "constrained_revenue",
            "constrained_cost",
            "gross_margin",
            "shipped_gross",
            "gross_sales",
            "discounts",
        ),
        "DOUBLE": ("price", "invoiced_price", "list_price", "invoiced_list_price", "unit_cost"),
    },
    "supply": {
        "DECIMAL(18,3)": (
            "production",
            "purchases",
            "transfers_in",
            "transfers_out",
            "in_transit",
            "site_shipments",
            "projected_stock",
            "order_backlog",
        ),
        "DECIMAL(18,4)": ("stock_value",),
    },
    "load": {"DECIMAL(18,3)": ("load_hours", "capacity_hours", "overtime_hours")},
    "budget": {"DECIMAL(18,3)": ("budget_units",), "DECIMAL(18,4)": ("budget_revenue", "budget_margin")},
    "company": {"DECIMAL(18,4)": ("supply_variance", "operating_expense", "promotion_cost")},
    "material": {"DECIMAL(18,3)": ("material_purchases", "material_stock")},
}
"""Measures the queries read; a plan without one of them is checked as if it were 0, or had none."""
ABSENT: Final = frozenset({"shipped_gross", "gross_sales", "discounts"})
"""Measures that a plan without them has no amount of."""
SOURCES: Final = (
    "items",
    "markets",
    "locations",
    "shipments",
    "order_lines",
    "production",
    "stock_history",
    "open_production",
    "prices",
    "price_changes",
    "promotions",
    "costs",
    "routings",
    "exchange_rates",
    "budget",
    "bill_of_materials",
    "resources",
    "resource_changes",
    "calendars",
    "closures",
    "order_backlog",
)
HELPERS: Final = """
CREATE TEMP VIEW family AS
  SELECT item, coalesce(nullif(family, ''), 'Unassigned') AS family, coalesce(policy, 'make-to-stock') AS policy
  FROM s_items;
CREATE TEMP VIEW place AS
  SELECT DISTINCT d.market, coalesce(nullif(m.region, ''), 'Unassigned') AS region,
    coalesce(nullif(m.channel, ''), 'Unassigned') AS channel, coalesce(nullif(m.currency, ''), home) AS currency
  FROM (SELECT DISTINCT market FROM demand) d LEFT JOIN s_markets m USING (market) CROSS JOIN facts;
CREATE TEMP VIEW closed AS SELECT * FROM axis WHERE NOT is_open;
CREATE TEMP VIEW open_ AS SELECT * FROM axis WHERE is_open;
CREATE TEMP VIEW rates AS
  SELECT a.bucket, a.currency, r.type, r.rate
  FROM (SELECT * FROM axis CROSS JOIN (SELECT DISTINCT currency, type FROM s_exchange_rates)) a
  ASOF JOIN s_exchange_rates r ON r.currency = a.currency AND r.type = a.type AND a.bucket >= r.first;
CREATE TEMP VIEW forecast AS
  SELECT bucket, currency, rate FROM rates WHERE type = 'forecast' AND currency <> (SELECT home FROM facts)
  UNION ALL SELECT bucket, home, 1.0 FROM axis, facts;
CREATE TEMP VIEW booked AS
  SELECT bucket, currency, coalesce(max(rate) FILTER (type = 'actual'), max(rate) FILTER (type = 'forecast'),
    max(rate) FILTER (type = 'budget')) AS rate
  FROM rates WHERE currency <> (SELECT home FROM facts) GROUP BY bucket, currency
  UNION ALL SELECT bucket, home, 1.0 FROM axis, facts;
CREATE TEMP VIEW sold AS
  SELECT item, bucket, quantity, value, cost, currency FROM s_shipments
  UNION ALL
  SELECT l.item, a.bucket, coalesce(l.shipped_quantity, l.quantity),
    round(l.value * coalesce(l.shipped_quantity, l.quantity)::DOUBLE / l.quantity, 4), NULL, l.currency
  FROM (SELECT * FROM s_order_lines, facts
        WHERE coalesce(kind, 'sale') = 'sale' AND quantity > 0 AND shipped < plan_end) l
  ASOF JOIN axis a ON l.shipped >= a.bucket
  WHERE NOT EXISTS (SELECT 1 FROM s_shipments);
CREATE TEMP TABLE last_year AS
  SELECT item, market, sum(shipments)::DOUBLE AS units, sum(shipped_revenue)::DOUBLE AS revenue,
    sum(shipped_cost)::DOUBLE AS cost
  FROM demand JOIN closed USING (bucket) CROSS JOIN facts WHERE n >= first_open - 12 GROUP BY item, market;
CREATE TEMP TABLE item_year AS
  SELECT item, sum(units) AS units, sum(revenue) AS revenue, sum(cost) AS cost FROM last_year GROUP BY item;
CREATE TEMP TABLE unit AS
  SELECT d.item, d.bucket, CASE WHEN d.item IN (SELECT item FROM s_costs) THEN max(d.unit_cost)
    WHEN any_value(y.units) > 0 AND any_value(y.cost) > 0 THEN round(any_value(y.cost) / any_value(y.units), 9)
    END AS unit_cost
  FROM demand d LEFT JOIN item_year y USING (item) GROUP BY d.item, d.bucket;
"""
"""Views and tables the queries share."""
