"""Fixed production that can't all hold: the message names a minimal set, and nothing that is not part of it."""

from tests.supply.supply_company import Case, Row, Rows, crew, line
from trivet.supply.conflicts import minimal


def three_families(**more: Rows) -> dict[str, Rows]:
    items: list[Row] = [{"item": code, "family": f"F-{code}"} for code in ("P", "Q", "S")]
    return {
        "items": [*items, {"item": "B", "kind": "material", "family": "X"}],
        "routings": [line(item=code) for code in ("P", "Q", "S")],
        "resources": [crew()],
        **more,
    }


def demand() -> dict[tuple[str, str], list[float]]:
    return {(code, "M"): [5.0, 5.0] for code in ("P", "Q", "S")}


def test_hours_conflict_names_the_fewest_quantities_that_exceed_the_line() -> None:
    # 10 hours; 9 and 5 are too many together, the single unit of S has no part in it.
    firm = {("P", "N"): [9.0, -1], ("Q", "N"): [5.0, -1], ("S", "N"): [1.0, -1]}
    message = Case(tables=three_families(), demand=demand(), firm=firm).plan().issue("supply.load-beyond-capacity")
    assert message.message == (
        "production that is fixed needs 5 h more than regular hours and overtime in 1 buckets. In 2026-03 there are "
        "10 h, and F-P at N 9 h, F-Q at N 5 h are 14 h together: not all of them can hold."
    )


def test_one_quantity_that_is_too_much_is_named_alone() -> None:
    firm = {("P", "N"): [3.0, -1], ("Q", "N"): [30.0, -1]}
    found = Case(tables=three_families(), demand=demand(), firm=firm).plan().issue("supply.load-beyond-capacity")
    assert "there are 10 h, and F-Q at N 30 h alone is more." in found.message
    assert "F-P" not in found.message


def test_material_conflict_counts_what_is_there_until_then() -> None:
    tables = three_families(
        resources=[crew(per_day=50)],
        bill_of_materials=[{"parent": code, "component": "B", "quantity": 2} for code in ("P", "Q")],
        supply_sources=[{"item": "B", "supplier": "V", "location": "N", "cap": 10}],
    )
    firm = {("P", "N"): [4.0, 4.0], ("Q", "N"): [1.0, 5.0]}
    found = Case(tables=tables, demand=demand(), firm=firm).plan().issue("supply.fixed-without-material")
    # By April 20 packs came; P takes 16 and Q 12.
    assert "up to 8 units more than there are" in found.message
    assert "By 2026-04 there are 20, and F-P at N 16 units, F-Q at N 12 units are 28 units together" in found.message


def testminimal_set_is_irreducible() -> None:
    needs = {"a": 5.0, "b": 9.0, "c": 5.0, "d": 1.0}
    chosen = minimal(needs, 13.0)
    assert list(chosen) == ["b", "a"]
    assert sum(chosen.values()) > 13
    assert all(sum(chosen.values()) - amount <= 13 for amount in chosen.values())
    assert list(minimal({"a": 1.0}, 9.0)) == ["a"]
