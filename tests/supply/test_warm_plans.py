"""A hair more of one family, solved from the plan before, leaves the families it shares nothing scarce with alone."""

import pytest

from tests.supply.supply_company import Case, Result, Rows
from tests.supply.test_random_companies import company

SHARED = {"A": "AB", "C": "CD"}


def made(result: Result, items: str) -> list[float]:
    pairs = [key for key in result.panel("supply").keys.iter_rows() if key[0] in items]
    rows = [result.units("production", item, place) for item, place in pairs]
    return [sum(month) for month in zip(*rows, strict=True)]


@pytest.mark.parametrize("seed", [0, 3, 6, 9])
@pytest.mark.parametrize("first", ["A", "C"])
def test_one_percent_more_of_a_family_moves_no_other(seed: int, first: str) -> None:
    case = company(seed)
    roomy: dict[str, Rows] = dict(case.tables)
    roomy["resources"] = [{**row, "hours_per_day": 8} for row in case.tables["resources"]]
    roomy["supply_sources"] = [{**row, "cap": 1000} for row in case.tables["supply_sources"]]
    more = {k: [v * 1.01 for v in values] if k[0] in SHARED[first] else values for k, values in case.demand.items()}
    before = Case(tables=roomy, demand=case.demand, price=case.price, cost=case.cost).plan()
    after = Case(tables=roomy, demand=more, price=case.price, cost=case.cost, basis=before.plan.basis).plan()
    assert made(after, SHARED[first]) != made(before, SHARED[first])
    for others in (*(items for item, items in SHARED.items() if item != first), "O"):
        assert made(after, others) == pytest.approx(made(before, others), rel=0.05, abs=1)
