"""An empty company folder to fill in, and its description, both written from the tables' specification."""

from collections.abc import Mapping
from pathlib import Path

from trivet.core.errors import Conflict
from trivet.core.tables import ColumnSpec, ColumnType, TableSpec

COMPANY_TOML = """\
# Settings of your company. Lines beginning with # are comments.

[company]
name = "My company"
currency = "EUR"            # ISO code of the plan currency
timezone = "Europe/Berlin"  # dates of the plan are dates of this zone
# reason_above = 5.0        # a change of more than this percent needs a reason

# [changes]                 # what larger changes must rest on
# assumption_above = 10.0   # percent: above it a reason, a code and an assumption (table assumptions); else never
# amount_above = { consensus_demand = 500 }  # so do changes of more than this, in units of the measure that moves
# reason_codes = ["promotion", "customer", "market", "supply", "price", "launch", "correction", "other"]

# [forecast]
# reconciliation = "wls_struct"  # whom the forecast believes where levels differ: wls_struct, wls_var, ols,
                                 # bottom-up, middle-out or top-down

[time]
calendar = "months"         # months, 4-4-5 or weeks
first_bucket = "2024-01"    # first month of your history
cycle = "2026-11"           # the month you plan in; the one before it is the last complete one
horizon = 24                # months to plan, the current one included (at most 36)
frozen = 1                  # months nothing may change in
slushy = 3                  # months changes need a word in
fiscal_start = 1            # month in which the fiscal year begins

# [netting]                 # how far from its due day an order in hand counts as part of the forecast
# early_days = 0            # 0 to 366
# late_days = 0

# [hierarchies.item]        # ways to roll up items: columns of items.csv from the top to the leaf
# default = ["family", "item"]
# brand = ["brand", "family", "item"]

# [dimensions.project]      # a dimension of your own: the items' column project names a row of project.csv
# of = "item"
"""
_TYPES: Mapping[ColumnType, str] = {
    ColumnType.CODE: "code (text; case and blanks at the ends do not matter)",
    ColumnType.TEXT: "text",
    ColumnType.FLAG: "true or false",
    ColumnType.WHOLE: "whole number",
    ColumnType.SHARE: "share (0.05 or 5 %)",
    ColumnType.RATE: "number",
    ColumnType.QUANTITY: "quantity, exact to 0.001",
    ColumnType.MONEY: "money, exact to 0.0001",
    ColumnType.DAY: "day (2026-11-30)",
    ColumnType.BUCKET: "bucket (2026-11, 2026-W45 or a day inside)",
    ColumnType.CHOICE: "choice",
}


def write_templates(folder: Path, specs: Mapping[str, TableSpec]) -> tuple[Path, ...]:
    """Write company.toml, one CSV with its header for each table, and README.md into `folder`.

    Gives the files written. Raises Conflict, before anything is written, when one exists.
    """
    contents = {"company.toml": COMPANY_TOML, "README.md": describe_tables(specs)}
    contents |= {f"{name}.csv": ",".join(column.name for column in spec.columns) + "\n" for name, spec in specs.items()}
    there = sorted(name for name in contents if (folder / name).exists())
    if there:
        raise Conflict(
            f"{folder / there[0]} exists already ({len(there)} of the files do); nothing was written. "
            "Choose an empty folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in contents)


def describe_tables(specs: Mapping[str, TableSpec]) -> str:
    """Describe every table and column of the company folder as Markdown."""
    parts = [_OPENING, *(_describe(spec) for spec in specs.values())]
    return "\n".join(parts)


_OPENING = """\
# The company folder

One file a table: NAME.csv, NAME.xlsx or NAME.parquet, beside `company.toml`. Only `items` and one history
(`orders`, `order_lines`, `bookings` or `shipments`) are needed; delete what you don't have. Each table says
what is switched off without it. Delimiter, encoding, decimal sign and order of dates are found out and shown
in the import report; a mapping file (see the page on mappings) says what can't be found out.
**Bold** columns need a value; *italic* ones are the key, and may be empty where the text says what that means.
"""


def _describe(spec: TableSpec) -> str:
    needed = "Needed." if spec.needed else f"Without it: {spec.off}"
    extra = " Further columns are attributes you can plan by." if spec.extra else ""
    lines = [f"## {spec.name}", "", f"{spec.about} {needed}{extra}", "", "| column | what | type |", "|---|---|---|"]
    return "\n".join([*lines, *(_column(column) for column in spec.columns), ""])


def _column(column: ColumnSpec) -> str:
    name = f"*{column.name}*" if column.key else f"**{column.name}**" if column.needed else column.name
    kind = f"one of {', '.join(column.choices)}" if column.choices else _TYPES[column.type]
    refers = f", a code of {column.refers}s" if column.refers else ""
    return f"| {name} | {column.about} | {kind}{refers} |"
