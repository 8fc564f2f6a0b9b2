"""Who answers for a family or a region, by the table `people`."""

import polars as pl
import pytest

from trivet.core.owners import find_owner

PEOPLE = pl.DataFrame(
    {
        "person": ["wim", "sofia", "kai", "piotr", "clara"],
        "role": ["sales", "sales", "supply", "supply", "coordinator"],
        "family": [None, None, "Kids", "", None],
        "region": ["West", "North", "", None, None],
    }
)


@pytest.mark.parametrize(
    ("role", "family", "region", "expected"),
    [
        ("supply", "Kids", "", ("supply", "kai")),
        ("supply", "City", "", ("supply", "piotr")),
        ("supply", "", "", ("supply", "piotr")),
        ("sales", "City", "", ("sales", "sofia, wim")),
        ("sales", "", "West", ("sales", "wim")),
        ("sales", "", "Americas", ("coordinator", "clara")),
        ("supply", "", "Americas", ("supply", "piotr")),
        ("finance", "City", "", ("coordinator", "clara")),
    ],
)
def test_owner_is_the_person_of_the_role_with_the_part(
    role: str, family: str, region: str, expected: tuple[str, str]
) -> None:
    assert find_owner(PEOPLE, (role, "coordinator"), family, region) == expected


def test_a_role_nobody_has_is_named_alone() -> None:
    assert find_owner(PEOPLE.clear(), ("sales", "coordinator"), "City") == ("sales", None)
