"""Where members belonged over time: `memberships` says from which bucket on a member lies under which parent.

A row holds from its first bucket until the next one of the same member and level; before the first row
a member lies where its master says. What stands above a parent follows it: an item that moves to another
family is from then on in that family's segment too, and one that moves to another brand takes the
brand's owner. Plans, targets and roll-ups use today's structure, the one of the current bucket.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Final

import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.company import GIVEN_DIMENSIONS
from trivet.core.dimensions import Structure
from trivet.core.issues import Issue, Place, Severity

Follows = Mapping[str, pl.DataFrame]
"""Level -> its members, one row each, with the columns that follow it."""
_BEGINNING: Final = date.min


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """Members in today's structure, where they lay over time (only what changes), and rows that do not fit."""

    members: pl.DataFrame
    structures: tuple[Structure, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """One row of the table: members whose `at` is `member` lie under `parent` at `level` from `first` on."""

    at: str
    member: str
    level: str
    first: date
    parent: str


def place_members(
    name: str,
    members: pl.DataFrame,
    ways: Mapping[str, Sequence[str]],
    table: pl.DataFrame,
    buckets: Buckets,
    follows: Follows,
) -> Placed:
    """Place the members of a dimension as `memberships` says, over time and today.

    Args:
        name: the dimension.
        members: one row a leaf, as its master says.
        ways: hierarchy name -> levels from the top to the leaf.
        table: the table `memberships`; rows of other dimensions are passed over.
        buckets: the time axis; today is the current bucket.
        follows: columns that follow the members of a level (tables of own dimensions).
    """
    moves, issues = _moves(name, members, ways, table)
    moves = [move for move in moves if move.first < buckets.edges[-1]]
    if not moves:
        return Placed(members=members, issues=tuple(issues))
    order = _order(name, ways)
    above = _above(members, ways, follows)
    firsts = sorted({buckets.edges[0], *(max(move.first, buckets.edges[0]) for move in moves)})
    states = [_in_force(name, members, [m for m in moves if m.first <= first], order, above) for first in firsts]
    now = max(i for i, first in enumerate(firsts) if first <= buckets.current)
    changed = [c for c in members.columns if any(not state[c].equals(states[now][c]) for state in states)]
    structures = tuple(
        Structure(first=first, members=state.select(name, *changed))
        for first, state in zip(firsts, states, strict=True)
    )
    issues += _without_effect(moves, members)
    return Placed(members=states[now], structures=structures if changed else (), issues=tuple(issues))


def _order(name: str, ways: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
    """Give how far each level lies above the leaf: moves are applied from below."""
    height = {name: 0}
    for levels in ways.values():
        for up, level in enumerate(reversed(levels)):
            height[level] = max(height.get(level, 0), up)
    return height


def _moves(
    name: str, members: pl.DataFrame, ways: Mapping[str, Sequence[str]], table: pl.DataFrame
) -> tuple[list[_Move], list[Issue]]:
    """Read the rows that speak of this dimension; those that do not fit are issues."""
    moves, issues = [], []
    own = {level for levels in ways.values() for level in levels}
    known_at = {level: set(members[level].cast(pl.String).drop_nulls().to_list()) for level in {name, *own}}
    for at, member, level, first, parent in table.select("dimension", "member", "level", "first", "parent").iter_rows():
        if at != name and (at in GIVEN_DIMENSIONS or at not in own):
            continue
        known = known_at[at]
        if level not in members.columns or level == name:
            levels = sorted({one for path in ways.values() for one in path} - {name})
            issues.append(_misfit("level", level, f"the {name}s have no such level; expected {', '.join(levels)}", ""))
        elif member not in known:
            near = get_close_matches(member, sorted(known), n=1)
            maybe = f"Maybe '{near[0]}'?" if near else f"Name a {at} that is there."
            issues.append(_misfit("member", member, f"no such {at} ({len(known)} known)", maybe))
        else:
            moves.append(_Move(at=at, member=member, level=level, first=first or _BEGINNING, parent=parent))
    return sorted(moves, key=lambda move: (move.first, move.at, move.member, move.level)), _first_of_each(issues)


def _first_of_each(issues: Sequence[Issue]) -> list[Issue]:
    """Give one issue a column at fault, saying how many rows more are like it."""
    by_column: dict[str, list[Issue]] = {}
    for issue in issues:
        by_column.setdefault(issue.place.column or "", []).append(issue)
    return [
        replace(found[0], message=f"{found[0].message} {len(found) - 1} more rows do not fit either.")
        if len(found) > 1
        else found[0]
        for found in by_column.values()
    ]


def unknown_movers(table: pl.DataFrame, known: Sequence[str]) -> tuple[Issue, ...]:
    """Say which rows of `memberships` speak of a dimension or level nobody has."""
    named = table["dimension"].unique().sort().to_list() if table.height else []
    return tuple(
        _misfit("dimension", name, "no such dimension or level", f"Expected one of {', '.join(sorted(known))}.")
        for name in named
        if name not in known
    )


def _misfit(column: str, value: str, found: str, advice: str) -> Issue:
    return Issue(
        code="data.membership-misfit",
        severity=Severity.WARNING,
        place=Place(source="memberships", column=column, value=value),
        message=f"'{value}': {found}; the row is not used.",
        advice=advice or "Correct the row.",
    )


def _above(members: pl.DataFrame, ways: Mapping[str, Sequence[str]], follows: Follows) -> Follows:
    """Give for each level what stands above its members, where that is one answer; own dimensions know it."""
    found = {level: table.unique(level, maintain_order=True) for level, table in follows.items() if table.width > 1}
    for levels in ways.values():
        for i, level in enumerate(levels[:-1]):
            uppers = [upper for upper in levels[:i] if upper not in found.get(level, pl.DataFrame()).columns]
            if not uppers or (level in follows):
                continue
            one = [pl.when(pl.col(u).n_unique() == 1).then(pl.col(u).first()).alias(u) for u in uppers]
            table = members.group_by(level, maintain_order=True).agg(one)
            found[level] = found[level].join(table, on=level, how="left") if level in found else table
    return found


def _in_force(
    name: str, members: pl.DataFrame, moves: Sequence[_Move], order: Mapping[str, int], above: Follows
) -> pl.DataFrame:
    """Apply the moves that hold at one time: from the leaves up, and the leaves' own word last."""
    state = members
    latest = {(move.at, move.member, move.level): move for move in moves}
    groups = sorted({(order.get(at, 0), at, order.get(level, 0), level) for at, _, level in latest})
    for _, at, _, level in groups:
        to = {move.member: move.parent for move in latest.values() if move.at == at and move.level == level}
        state = _moved(state, at, level, to, above)
    for level in sorted({level for at, _, level in latest if at == name}, key=lambda one: order.get(one, 0)):
        to = {move.member: move.parent for move in latest.values() if move.at == name and move.level == level}
        state = _moved(state, name, level, to, {})
    return state


def _moved(state: pl.DataFrame, at: str, level: str, to: Mapping[str, str], above: Follows) -> pl.DataFrame:
    """Put the members named under their parents, and let what stands above the parents follow."""
    hit = state[at].cast(pl.String).is_in(list(to))
    parent = state[at].cast(pl.String).replace_strict(list(to), list(to.values()), default=None, return_dtype=pl.String)
    state = state.with_columns(pl.when(hit).then(parent).otherwise(pl.col(level).cast(pl.String)).alias(level))
    table = above.get(level)
    if table is None:
        return state
    uppers = [name for name in table.columns if name != level]
    found = state.select(level).join(table, on=level, how="left", maintain_order="left")
    return state.with_columns(
        pl.when(hit & found[upper].is_not_null()).then(found[upper]).otherwise(pl.col(upper)).alias(upper)
        for upper in uppers
    )


def _without_effect(moves: Sequence[_Move], members: pl.DataFrame) -> list[Issue]:
    """Say which rows change nothing: the only one of a member, saying what its master says."""
    rows = Counter((move.at, move.member, move.level) for move in moves)
    alone = [move for move in moves if rows[move.at, move.member, move.level] == 1]
    lies = {pair: _parents(members, *pair) for pair in {(move.at, move.level) for move in alone}}
    idle = [move for move in alone if lies[move.at, move.level].get(move.member) == [move.parent]]
    if not idle:
        return []
    first, more = idle[0], f" ({len(idle) - 1} more such rows)" if len(idle) > 1 else ""
    return [
        Issue(
            code="data.membership-without-effect",
            severity=Severity.NOTE,
            place=Place(source="memberships", column="member", value=first.member),
            message=f"{first.member} lies under {first.level} {first.parent} in its master already, so always{more}.",
            advice=f"Add a row with an empty first bucket and the {first.level} it lay under before.",
        )
    ]


def _parents(members: pl.DataFrame, at: str, level: str) -> Mapping[str, list[str]]:
    """Give the parents each member has by its master."""
    pairs = members.select(pl.col(at).alias("member"), pl.col(level).cast(pl.String).alias("parent")).unique()
    return dict(pairs.group_by("member").agg(pl.col("parent")).iter_rows())
