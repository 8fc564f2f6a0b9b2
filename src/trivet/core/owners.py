"""Who answers: the person of a role and a family in the table `people`."""

from collections.abc import Sequence

import polars as pl

_COLUMNS = ("person", "role", "family", "region")


def find_owner(people: pl.DataFrame, roles: Sequence[str], family: str) -> tuple[str, str | None]:
    """Find the role and the person who answer for a family: of the first role that somebody has.

    Somebody of the family goes before who has all families, and who has all regions before those who have one: these
    are named together, as `sofia, wim`. The first role and None when nobody has any.
    """
    rows = people.select(_COLUMNS).sort("person").rows()
    for role in dict.fromkeys(roles):
        own = [(at or "", bool(region), person) for person, has, at, region in rows if has == role]
        for wanted in dict.fromkeys((family, "")):
            named = sorted((partly, person) for at, partly, person in own if at == wanted)
            if named:
                partly, first = named[0]
                return role, ", ".join(dict.fromkeys(person for _, person in named)) if partly else first
    return roles[0], None
