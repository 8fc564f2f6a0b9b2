"""Who answers: the person of a role and a family in the table `people`."""

from collections.abc import Sequence

import polars as pl

_COLUMNS = ("person", "role", "family", "region")


def find_owner(people: pl.DataFrame, roles: Sequence[str], family: str, region: str = "") -> tuple[str, str | None]:
    """Find the role and the person who answer for a family, or a region: of the first role that somebody has.

    Somebody of the family goes before who has all families. Of a region its own person goes before who has all, and
    nobody of another one answers; of everything who has all regions answers, else those who have one each: they are
    named together, as `sofia, wim`. The first role and None when nobody has any.
    """
    rows = [(person, role, at or "", part or "") for person, role, at, part in people.select(_COLUMNS).rows()]
    for role in dict.fromkeys(roles):
        for wanted in dict.fromkeys((family, "")):
            own = sorted((part, person) for person, has, at, part in rows if has == role and at == wanted)
            for part in dict.fromkeys((region, "")):
                named = [person for at, person in own if at == part]
                if named:
                    return role, named[0]
            if own and not region:
                return role, ", ".join(dict.fromkeys(sorted(person for _, person in own)))
    return roles[0], None
