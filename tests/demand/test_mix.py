"""The mix of a family: exact shares, and an error that counts what went to the wrong item."""

import numpy as np
import pytest

from tests.demand.demand_company import MakeInputs, Rows, monthly
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.demand.mix import WHOLE, family_mix, mix_errors

PLANNED = {"2026-01": (110, 45), "2026-02": (115, 45), "2026-03": (95, 58)}
"""Units of A and B that the cycle before each bucket published for it (check 8 of PRACTICE)."""


def published() -> Rows:
    cycles = {"2026-01": "2025-12", "2026-02": "2026-01", "2026-03": "2026-02"}
    cell = {"measure": "consensus_demand", "market": "M"}
    return [
        {**cell, "cycle": cycles[bucket], "item": item, "bucket": bucket, "quantity": units}
        for bucket, planned in PLANNED.items()
        for item, units in zip("AB", planned, strict=True)
    ]


@pytest.fixture
def company(make_inputs: MakeInputs) -> tuple[PlanInputs, Panel]:
    inputs = make_inputs(
        first="2025-12-01",
        cycle="2026-04-01",
        items=[{"item": "A", "family": "F"}, {"item": "B", "family": "F"}, {"item": "X", "family": "G"}],
        orders=[
            *monthly([100, 120, 90], item="A", first="2026-01-01"),
            *monthly([50, 40, 60], item="B", first="2026-01-01"),
            *monthly([70, 70, 70], item="X", first="2026-01-01"),
        ],
        published=published(),
    )
    return inputs, correct_history(inputs, demand_panel(inputs)[0])[0]


def test_shares_are_of_the_family_alone_and_add_up_to_a_whole(company: tuple[PlanInputs, Panel]) -> None:
    found = family_mix(*company, "F", "demand_history", [slice(1, 2), slice(1, 4)])
    assert found.items == ("A", "B")
    assert found.shares[:, 0].tolist() == [6667, 3333]
    assert found.shares[:, 1].tolist() == [6739, 3261]
    assert (found.shares.sum(axis=0) == WHOLE).all()


def test_a_run_without_units_has_no_shares(company: tuple[PlanInputs, Panel]) -> None:
    assert not family_mix(*company, "F", "consensus_demand", [slice(4, 6)]).shares.any()


def test_the_mix_error_is_half_of_what_the_shares_miss(company: tuple[PlanInputs, Panel]) -> None:
    errors = mix_errors(*company, "F", lag=1)
    assert np.isnan(errors[0])
    by_hand = [abs(110 / 155 - 100 / 150), abs(115 / 160 - 120 / 160), abs(95 / 153 - 90 / 150)]
    assert errors[1:4] == pytest.approx([100 * error for error in by_hand])
    assert np.isnan(errors[4:]).all()
    assert np.isnan(mix_errors(*company, "F", lag=5)).all()
