"""The part [changes] of company.toml: its defaults, and what is said when it is wrong."""

from decimal import Decimal

import pytest

from trivet.core.errors import InvalidInput
from trivet.core.grounds import REASON_CODES, GroundRules, parse_grounds


def test_a_company_that_says_nothing_needs_no_assumptions() -> None:
    assert parse_grounds({}) == GroundRules(assumption_above=None, amount_above={}, reason_codes=REASON_CODES)


def test_limits_and_codes_are_read() -> None:
    found = parse_grounds(
        {
            "assumption_above": 10,
            "amount_above": {"consensus_demand": 2.5},
            "reason_codes": ["fair", " tender ", "fair"],
        }
    )
    assert found.assumption_above == 10.0
    assert found.amount_above == {"consensus_demand": Decimal("2.5")}
    assert found.reason_codes == ("fair", "tender")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"asumption_above": 1}, "unknown key 'asumption_above'; known are amount_above, assumption_above"),
        ({"assumption_above": -1}, "assumption_above is -1; expected a percentage of 0 or more"),
        ({"assumption_above": True}, "assumption_above is True"),
        ({"amount_above": 500}, r"amount_above is 500; expected amounts by measure"),
        ({"amount_above": {"consensus_demand": "many"}}, "expected amounts by measure"),
        ({"reason_codes": []}, r"reason_codes is \[\]; expected a list of words"),
        ({"reason_codes": "promotion"}, "expected a list of words"),
    ],
)
def test_a_wrong_rule_is_named_with_its_value_and_what_was_expected(given: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parse_grounds(given)
