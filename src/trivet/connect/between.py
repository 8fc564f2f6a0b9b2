"""Between two imports: members that are gone, members that lie elsewhere, and the opinions that speak of them.

Nothing is guessed. A member that is gone while a new one has the same history is asked about, with the line
to write in `member_changes`; one that moved to another family or region is told, with the line that keeps
where it lay in `memberships`; and every live entry on either is named with its author.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from trivet.connect.codes import match_key
from trivet.core.buckets import Buckets
from trivet.core.company import GIVEN_DIMENSIONS
from trivet.core.dimensions import Dimension
from trivet.core.entries import Change
from trivet.core.issues import Issue, Place, Severity
from trivet.core.live import Given, Live, live_entries
from trivet.core.renames import MEMBER_CHANGES, Renames, read_renames

Tables = Mapping[str, pl.DataFrame]
NEEDED: Final = (
    "items",
    "markets",
    "locations",
    "resources",
    "suppliers",
    "orders",
    "order_lines",
    "bookings",
    "shipments",
)
"""Tables of the last import that are looked at."""
_HISTORIES: Final = (
    ("orders", "bucket"),
    ("bookings", "bucket"),
    ("shipments", "bucket"),
    ("order_lines", "requested"),
)
_ALIKE: Final = 0.9
"""Part of the buckets that must hold the same quantity for two histories to be called the same."""
_FEWEST: Final = 3
"""Buckets with a quantity that a history needs to be recognised."""
_SHOWN: Final = 3


def find_what_became(
    before: Tables,
    after: Tables,
    dimensions: Mapping[str, Dimension],
    entries: Iterable[Given],
    buckets: Buckets,
) -> tuple[Issue, ...]:
    """Say what became of the members of the last import.

    Args:
        before: tables of the last import (those of `NEEDED`).
        after: tables of this one.
        dimensions: what this one gives.
        entries: the log of the scenario.
        buckets: its time axis.
    """
    live = [item for item in live_entries(entries, buckets.current)[0] if isinstance(item.entry, Change)]
    renames = read_renames(after.get(MEMBER_CHANGES))
    issues: list[Issue] = []
    for name in GIVEN_DIMENSIONS:
        old, new = before.get(f"{name}s"), after.get(f"{name}s")
        if old is None or new is None or old.is_empty() or new.is_empty():
            continue
        known = {match_key(code) for code in [*new[name].to_list(), *renames.get(name, {})]}
        gone = [code for code in old[name].to_list() if match_key(code) not in known]
        there = {match_key(code) for code in old[name].to_list()}
        came = [code for code in new[name].to_list() if match_key(code) not in there]
        alike = _alike(name, gone, came, before, after) if gone and came else {}
        issues += [_ask(name, code, alike[code], live) for code in gone if code in alike]
        issues += _gone(name, [code for code in gone if code not in alike], live)
        issues += _moved(dimensions[name], (_by_new_codes(old, renames), new), live, buckets)
    return tuple(issues)


def _alike(
    name: str, gone: Sequence[str], came: Sequence[str], before: Tables, after: Tables
) -> Mapping[str, tuple[str, int, int]]:
    """Give gone code -> the new one with the same history, in how many buckets of how many; only where one is."""
    if name not in ("item", "market"):
        return {}
    old, new = _history(name, gone, before), _history(name, came, after)
    if old.is_empty() or new.is_empty():
        return {}
    sizes = old.filter(pl.col("quantity") != 0).group_by(name).agg(pl.len().alias("of"))
    same = old.join(new, on=["bucket", "quantity"], suffix="_new").filter(pl.col("quantity") != 0)
    counted = same.group_by(name, f"{name}_new").agg(pl.len().alias("same")).join(sizes, on=name)
    likely = counted.filter((pl.col("of") >= _FEWEST) & (pl.col("same") >= _ALIKE * pl.col("of")))
    alone = likely.filter(pl.len().over(name) == 1).sort(name)
    return {code: (to, same, of) for code, to, same, of in alone.select(name, f"{name}_new", "same", "of").iter_rows()}


def _history(name: str, codes: Sequence[str], tables: Tables) -> pl.DataFrame:
    """Give the quantity by member and bucket from the first history there is: columns NAME, bucket, quantity."""
    table, day = next(
        ((tables[table], day) for table, day in _HISTORIES if table in tables and tables[table].height), (None, "")
    )
    if table is None:
        return pl.DataFrame(schema={name: pl.String, "bucket": pl.Date, "quantity": pl.Int64})
    own = table.filter(pl.col(name).is_in(list(codes))).with_columns(pl.col(day).alias("bucket"))
    return own.group_by(name, "bucket").agg(pl.col("quantity").sum()).sort(name, "bucket")


def _ask(name: str, code: str, found: tuple[str, int, int], live: Sequence[Live]) -> Issue:
    to, same, of = found
    return Issue(
        code="import.member-vanished",
        severity=Severity.WARNING,
        place=Place(source=f"{name}s", column=name, value=code),
        message=f"'{code}' is gone since the last import, and the new '{to}' has its history in {same} of {of} buckets."
        + _speaking(_on(live, name, name, {code})),
        advice=f"If it is the same, write in member_changes.csv: {name},{code},{to},renamed,, (or merged).",
    )


def _gone(name: str, codes: Sequence[str], live: Sequence[Live]) -> list[Issue]:
    if not codes:
        return []
    return [
        Issue(
            code="import.members-gone",
            severity=Severity.NOTE,
            place=Place(source=f"{name}s", column=name, value=codes[0]),
            message=f"{_some(codes)}: gone since the last import, with their history."
            + _speaking(_on(live, name, name, set(codes))),
            advice=f"If one goes on under another code, write in member_changes.csv: {name},{codes[0]},CODE,renamed,,",
        )
    ]


def _by_new_codes(master: pl.DataFrame, renames: Renames) -> pl.DataFrame:
    """Give a master of the last import with the codes that go on."""
    here = [level for level in renames if level in master.columns]
    return master.with_columns(pl.col(one).replace({old: r.new for old, r in renames[one].items()}) for one in here)


def _moved(
    dimension: Dimension, masters: tuple[pl.DataFrame, pl.DataFrame], live: Sequence[Live], buckets: Buckets
) -> list[Issue]:
    """Tell which members lie under another parent than in the last import, though no membership says since when."""
    if dimension.structures:
        return []
    issues, name = list[Issue](), dimension.name
    levels = {one for way in dimension.hierarchies for one in way.levels if one != name}
    for level in sorted(one for one in levels if all(one in master.columns for master in masters)):
        then, now = (master.select(name, pl.col(level).cast(pl.String).alias("at")) for master in masters)
        both = then.unique(name).join(now, on=name, suffix="_now").sort(name).rename({"at": "then", "at_now": "now"})
        moved = both.filter((pl.col("then") != "") & (pl.col("now") != "") & (pl.col("then") != pl.col("now")))
        for (was, now), rows in moved.partition_by("then", "now", as_dict=True, maintain_order=True).items():
            codes = rows[name].to_list()
            issues.append(_tell_move(name, level, (str(was), str(now)), codes, live, buckets))
    return issues


def _tell_move(
    name: str, level: str, way: tuple[str, str], codes: Sequence[str], live: Sequence[Live], buckets: Buckets
) -> Issue:
    was, now = way
    since = buckets.label(buckets.first_open)
    return Issue(
        code="import.members-moved",
        severity=Severity.NOTE,
        place=Place(source=f"{name}s", column=level, value=now),
        message=f"{_some(codes)}: {level} {was} in the last import, {now} in this one; history now counts under {now}."
        + _speaking(_on(live, name, level, {was, now}), "is folded on the members of today"),
        advice=f"To keep where it lay, write in memberships.csv: {name},{codes[0]},{level},,{was} and "
        f"{name},{codes[0]},{level},{since},{now}.",
    )


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes[:_SHOWN]) + (f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else "")


def _on(live: Sequence[Live], dimension: str, level: str, members: set[str]) -> list[Live]:
    """Give the live entries whose scope names one of the members."""
    return [
        item
        for item in live
        if isinstance(item.entry, Change)
        and any(n.dimension == dimension and n.level == level and n.member in members for n in item.entry.scope)
    ]


def _speaking(found: Sequence[Live], what: str = "speaks of it and does nothing") -> str:
    if not found:
        return ""
    some = "; ".join(item.called for item in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f" {some[0].upper()}{some[1:]}{more}: {what}."
