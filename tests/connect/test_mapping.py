"""The mapping file: columns, templates, constants, rules, products, joins, filters; wrong ones say what is wrong."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.connect.folders import ITEMS, codes, load, report
from trivet.connect.mapping import Duplicates, parse_mapping
from trivet.core.errors import InvalidInput

SALES = (
    "when;who;channel;what;qty;price;scenario\n"
    "01.02.2026;1;web;BK-09;2;10,5;Actual\n"
    "01.02.2026;2;;BK-09;1;10,5;Actual\n"
    "01.02.2026;1;web;0101;-1;4;Actual\n"
    "01.03.2026;1;shop;BK-10;3;7;Budget\n"
)
MAPPED = """
[[source]]
file = "items.csv"
table = "items"
[[source]]
file = "sales.csv"
table = "order_lines"
columns = { order = "R{who}", item = "what", ordered = "when", quantity = "qty", market = "{who}-{channel}" }
constants = { currency = "EUR" }
rules.kind = [["qty < 0", "return"], ["what starts 'BK' and channel in ('web', 'shop')", "sale"], ["", "adjustment"]]
where = "scenario == 'Actual'"
"""


def test_columns_templates_constants_rules_and_filter_are_applied(tmp_path: Path) -> None:
    loaded = load(tmp_path / "f", {"sales.csv": SALES}, MAPPED)
    lines = loaded.tables["order_lines"]
    assert lines.select("order", "item", "market", "quantity", "kind", "currency").rows() == [
        ("R1", "BK-09", "1-web", 2000, "sale", "EUR"),
        ("R2", "BK-09", None, 1000, "adjustment", "EUR"),
        ("R1", "0101", "1-web", -1000, "return", "EUR"),
    ]
    found = report(loaded, "order_lines")
    assert (found.left_out.rows, found.left_out.quantity) == (1, Decimal(3))
    assert [(one.value, one.reason) for one in found.choices if one.about == "rows taken"] == [
        ("scenario == 'Actual'", "the mapping says so")
    ]


def test_product_multiplies_exactly_and_join_adds_columns(tmp_path: Path) -> None:
    mapping = """
    [[source]]
    file = "sales.csv"
    table = "items"
    columns = { item = "what", family = "where" }
    join = { file = "who.csv", on = "who" }
    distinct = true
    [[source]]
    file = "lines.csv"
    table = "order_lines"
    columns = { order = "order", item = "what", ordered = "when", quantity = "qty" }
    products.value = ["qty", "price", "0.5"]
    """
    lines = "order,when,what,qty,price\nA,2026-01-01,BK-09,3,0.1234\nA,2026-01-01,BK-10,2,x\n"
    files = {"sales.csv": SALES, "who.csv": "who,where\n1,Nord\n", "lines.csv": lines}
    loaded = load(tmp_path / "f", files, mapping)
    assert loaded.tables["items"].select("item", "family").rows() == [
        ("BK-09", None),
        ("0101", "Nord"),
        ("BK-10", "Nord"),
    ]
    assert loaded.tables["order_lines"]["value"].to_list() == [1851]
    assert report(loaded, "order_lines").rejects[0].reason.startswith("value is '2×x×0.5', expected a number")


def test_two_files_feed_one_table_and_each_ties(tmp_path: Path) -> None:
    mapping = "\n".join(
        f'[[source]]\nfile = "{file}"\ntable = "{table}"'
        for file, table in (("items.csv", "items"), ("north.csv", "orders"), ("south.csv", "orders"))
    )
    head = "item,market,bucket,quantity\n"
    files = {"north.csv": head + "BK-09,N,2026-01,5\n", "south.csv": head + "BK-09,S,2026-01,7\nBK-09,N,2026-01,5\n"}
    loaded = load(tmp_path / "f", files, mapping)
    assert loaded.tables["orders"]["quantity"].to_list() == [5000, 7000]
    assert [(one.loaded.rows, one.merged.rows) for one in loaded.report.tables if one.table == "orders"] == [
        (1, 0),
        (1, 1),
    ]


def test_declared_currency_replaces_the_codes_of_the_file(tmp_path: Path) -> None:
    orders = "item,market,bucket,quantity,value,currency\nBK-09,DE,2026-01,5,10,USD\n"
    mapping = "\n".join(f'[[source]]\nfile = "{name}.csv"\ntable = "{name}"' for name in ("items", "orders"))
    declared = mapping + '\ncurrency = "EUR"\nreason = "codes are wrong"'
    loaded = load(tmp_path / "f", {"orders.csv": orders}, declared)
    assert loaded.tables["orders"]["currency"].to_list() == ["EUR"]
    assert "import.no-exchange-rate" not in codes(loaded)
    assert ("EUR", "codes are wrong") in [(one.value, one.reason) for one in report(loaded, "orders").choices]


def test_company_may_stand_in_the_mapping() -> None:
    mapped = parse_mapping('[company]\ntext = "x"\n[[source]]\nfile = "a"\ntable = "b"\nduplicates = "add"')
    assert mapped.company_text == "x"
    assert mapped.sources[0].duplicates is Duplicates.ADD


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("= 1", "is not valid TOML"),
        ("[other]", "unknown part 'other'; expected [company] and [[source]]"),
        ("[company]\nname = 1", '[company]: write text = """...""" with the lines of company.toml'),
        ('[[source]]\ntable = "b"', "source 1 (no file): file is missing"),
        ('[[source]]\nfile = "a"\ntable = "b"\ncolour = 1', "source 1 (a): unknown key 'colour'; known are file"),
        ('[[source]]\nfile = "a"\ntable = 3', "source 1 (a): table is 3; expected str"),
        ('[[source]]\nfile = "a"\ntable = "b"\ndecimal = ";"', 'decimal is ";"; expected one of ".", ","'),
        ('[[source]]\nfile = "a"\ntable = "b"\ncurrency = "EUR"', 'currency = "EUR" needs a reason'),
        (
            '[[source]]\nfile = "a"\ntable = "b"\nrules.kind = ["x"]',
            'rules.kind is [\'x\']; expected [["condition", "text"]',
        ),
        ('[[source]]\nfile = "a"\ntable = "b"\njoin = { file = "c" }', "join is {'file': 'c'}; expected { file"),
    ],
)
def test_wrong_mapping_says_where_what_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(said)):
        parse_mapping(text)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("item == 'BK-09'", 1), ("item != 'BK-09'", 2), ("item in ('BK-09', '0101')", 2), ("item matches '^BK'", 2),
        ("Item starts '0'", 1), ("item >= 'BK-10'", 1), ("item > 100", 1), ("family == ''", 0), ("", 3),
        ("name == 'Bike nine' and family == 'City'", 1),
    ],
)  # fmt: skip
def test_condition_takes_the_rows_it_says(tmp_path: Path, rule: str, rows: int) -> None:
    mapping = f'[[source]]\nfile = "items.csv"\ntable = "items"\nwhere = "{rule}"'
    assert load(tmp_path / "f", {"items.csv": ITEMS}, mapping).tables["items"].height == rows


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("itme == 'A'", "the file has no column 'itme'. Maybe 'item'?"),
        ("item", "can't read 'item'; expected e.g. scenario == 'Budget'"),
        ("item == A", "can't read 'A' in 'item == A'; expected a number, or text in single quotes"),
        ("__import__('os') == 1", "can't read '__import__('os') == 1'"),
    ],
)
def test_wrong_condition_says_what_is_wrong(tmp_path: Path, rule: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(said)):
        load(tmp_path / "f", None, f'[[source]]\nfile = "items.csv"\ntable = "items"\nwhere = "{rule}"')
