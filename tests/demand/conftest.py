"""What the tests of the demand leg share."""

from importlib.resources import files

import pytest

from tests.demand.demand_company import MakeInputs, Words, company_builder
from trivet.core.measures import parse_measures
from trivet.core.tables import parse_tables


@pytest.fixture(scope="session")
def words() -> Words:
    core = files("trivet.core")
    return Words(
        specs=parse_tables(core.joinpath("tables.toml").read_text()),
        registry=parse_measures(core.joinpath("measures.toml").read_text()),
    )


@pytest.fixture
def make_inputs(words: Words) -> MakeInputs:
    """Build plan inputs: `make_inputs(items=[...], orders=[...], first="2023-01-01", cycle="2026-01-01")`."""
    return company_builder(words)
