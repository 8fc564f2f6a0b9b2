"""The row mask: the one place that cuts a plan, its inputs, its issues and its log to what a person may see (U1, V11).

`see_plan` drops the rows outside somebody's nodes and the measures their role does not see; `see_inputs` drops members
and rows of tables, so that no list, count or "Maybe 'BK-09'?" names what lies outside; `see_entries` drops changes
that do not touch their rows and leaves of wider ones only what they did inside. A grain that does not name a
person's nodes (stock of a plant that serves every region) can't be cut to their part and is left out whole.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from trivet.core.dimensions import Dimension, Structure
from trivet.core.entries import Effect, Logged, RecordChange
from trivet.core.errors import NotFound
from trivet.core.ids import Counts, Flags, GrainName, MemberId
from trivet.core.issues import Issue, Node, Scope
from trivet.core.panel import Panel
from trivet.core.plan import Model, Plan, PlanInputs
from trivet.core.rights import Rights, is_method
from trivet.core.scope import rows_of

MASTERS: Final = ("items", "markets", "locations", "resources", "suppliers", "unit_conversions")
"""Tables of members: rows of members somebody sees."""
NUMBERS: Final = ("mix", "published", "launches", "streams")
"""Tables numbers are read from when a plan is looked at: rows that name each of somebody's nodes."""
COMMON: Final = ("exchange_rates",)
"""Tables that speak of no member."""


def rows_seen(panel: Panel, model: Model, nodes: Scope) -> Counts:
    """Give the rows of a panel that lie in all nodes; none where the grain or the plan does not know one."""
    try:
        return rows_of(panel, model, nodes)
    except NotFound:
        return np.zeros(0, dtype=np.int64)


def see_plan(plan: Plan, model: Model, rights: Rights) -> Plan:
    """Give a plan with the rows and measures somebody sees, and the issues that speak of these only."""
    if rights.whole:
        return plan
    panels = {grain: see_panel(panel, model, rights) for grain, panel in plan.panels.items()}
    seen = replace(plan, panels=panels)
    return replace(seen, issues=see_issues(plan.issues, model, see_model(model, panels, rights), rights))


def see_panel(panel: Panel, model: Model, rights: Rights) -> Panel:
    """Give the rows and measures of a panel that somebody sees."""
    method = {name for name in {*panel.counts, *panel.rates} if is_method(model.registry[name])}
    rows = rows_seen(panel, model, rights.nodes)
    if not panel.keys.width:  # the company: one row, nobody's part
        rows = np.zeros(1, dtype=np.int64)
        shown = method if rights.nodes else {name for name in {*panel.counts, *panel.rates} if rights.sees(name)}
    else:
        shown = {name for name in {*panel.counts, *panel.rates} if rights.sees(name)}
    return replace(
        panel,
        keys=panel.keys[rows.tolist()] if panel.keys.width else panel.keys,
        counts={name: array[rows] for name, array in panel.counts.items() if name in shown},
        rates={name: array[rows] for name, array in panel.rates.items() if name in shown},
        present={name: array[rows] for name, array in panel.present.items() if name in shown},
    )


def see_model(model: Model, panels: Mapping[GrainName, Panel], rights: Rights) -> Model:
    """Give a model whose dimensions hold the members under somebody's nodes, and else those of the rows they see.

    Args:
        model: what the numbers mean.
        panels: what they see of a plan.
        rights: theirs.
    """
    if not rights.nodes:
        return model
    dimensions = {name: _see_dimension(one, panels, rights) for name, one in model.dimensions.items()}
    return replace(model, dimensions=dimensions)


def _see_dimension(dimension: Dimension, panels: Mapping[GrainName, Panel], rights: Rights) -> Dimension:
    kept = np.ones(dimension.members.height, dtype=np.bool_)
    own = [node for node in rights.nodes if node.dimension == dimension.name]
    for node in own:
        kept &= _under(dimension, node)
    if not own:
        mine = [panel.keys[dimension.name] for panel in panels.values() if dimension.name in panel.dimensions]
        there = pl.concat(mine).unique() if mine else pl.Series(dimension.name, [], dtype=pl.String)
        kept &= dimension.members[dimension.name].is_in(there.implode()).to_numpy()
    members = dimension.members.filter(pl.Series(kept))
    ids = members[dimension.name].implode()
    structures = tuple(
        Structure(first=one.first, members=one.members.filter(one.members[dimension.name].is_in(ids)))
        for one in dimension.structures
    )
    cut = replace(dimension, members=members, structures=structures)
    renames = {
        level: {old: rename for old, rename in renamed.items() if rename.new in cut.members_at(level)}
        for level, renamed in dimension.renames.items()
        if level in members.columns
    }
    return replace(cut, renames=renames)


def _under(dimension: Dimension, node: Node) -> Flags:
    hit = np.zeros(dimension.members.height, dtype=np.bool_)
    with suppress(NotFound):  # a node this plan does not know: nothing of it is theirs
        hit[dimension.leaves(node)] = True
    return hit


def see_inputs(inputs: PlanInputs, panels: Mapping[GrainName, Panel], rights: Rights) -> PlanInputs:
    """Give inputs with the members and rows of tables somebody sees.

    Args:
        inputs: what the plan was made from.
        panels: what they see of the plan.
        rights: theirs.
    """
    if rights.whole:
        return inputs
    model = see_model(inputs.model, panels, rights)
    tables = {name: _see_table(name, frame, model, rights) for name, frame in inputs.tables.items()}
    return replace(inputs, model=model, tables=tables)


def _see_table(name: str, frame: pl.DataFrame, model: Model, rights: Rights) -> pl.DataFrame:
    if name in COMMON or (not rights.nodes and name in (*MASTERS, *NUMBERS)):
        return frame
    if name not in (*MASTERS, *NUMBERS):
        return frame.clear()
    named = [column for column in frame.columns if frame[column].dtype == pl.String and _owner(column, model)]
    keys = [column for column in named if column in model.dimensions] if name in MASTERS else named
    kept = pl.Series([True] * frame.height, dtype=pl.Boolean)
    for column in keys:
        owner = _owner(column, model)
        known = owner.members_at(column) if owner else []
        kept &= frame[column].is_null() | (frame[column] == "") | frame[column].is_in(known)
    if name in NUMBERS:
        for node in rights.nodes:
            columns = [column for column in named if column in (node.dimension, node.level)]
            names = [frame[column].is_not_null() & (frame[column] != "") for column in columns]
            kept &= _any(names, frame.height)
    return frame.filter(kept)


def _any(flags: Sequence[pl.Series], height: int) -> pl.Series:
    found = pl.Series([False] * height, dtype=pl.Boolean)
    for flag in flags:
        found |= flag
    return found


def _owner(column: str, model: Model) -> Dimension | None:
    """Give the dimension whose leaves or level a column of a table names."""
    return next((one for one in model.dimensions.values() if column in _levels(one)), None)


LEVELS: Final = ("family", "region", "channel", "customer")
"""Levels tables name besides those of the company's hierarchies."""


def _levels(dimension: Dimension) -> frozenset[str]:
    """Name the leaf level and the levels that group members, not their other attributes."""
    named = {dimension.name, *LEVELS, *(level for way in dimension.hierarchies for level in way.levels)}
    return frozenset(named & set(dimension.levels))


def see_issues(issues: Sequence[Issue], whole: Model, seen: Model, rights: Rights) -> tuple[Issue, ...]:
    """Keep the issues that speak of somebody's part and of measures they see; amounts only where they see costs.

    An issue is theirs when its place lies in their nodes and its words name no member of anybody else's.
    """
    outside = _codes(whole) - _codes(seen) if rights.nodes else frozenset()
    kept = [issue for issue in issues if _is_theirs(issue, whole, seen, rights) and not _names(issue, outside)]
    return tuple(replace(issue, at_stake=None) for issue in kept) if rights.hidden else tuple(kept)


_WORD: Final = re.compile(r"[\w.-]+")
_TELLS_COST: Final = re.compile(r"\b(costs?|margins?)\b", re.IGNORECASE)
"""Words of an issue that speaks of what is hidden from who sees no cost."""


def _is_theirs(issue: Issue, whole: Model, seen: Model, rights: Rights) -> bool:
    measure = issue.place.measure
    if measure is None or measure not in whole.registry.measures or not rights.sees(measure):
        return False  # of files and of the company: the coordinator's
    if rights.hidden and _TELLS_COST.search(f"{issue.message} {issue.advice}"):
        return False
    return rights.reaches(whole.registry[measure], whole.registry) and lies_within(
        issue.place.scope, whole, seen, rights
    )


def _names(issue: Issue, codes: frozenset[str]) -> bool:
    """Tell whether the words of an issue name one of some members."""
    if not codes:
        return False
    words = f"{issue.message} {issue.advice}"
    if codes.intersection(word.strip(".-") for word in _WORD.findall(words)):
        return True
    return any(code in words for code in codes if not _WORD.fullmatch(code))


def _codes(model: Model) -> frozenset[str]:
    """Name every member of every dimension and of the levels that group them."""
    found: set[str] = set()
    for dimension in model.dimensions.values():
        for level in _levels(dimension):
            found.update(dimension.members_at(level))
    return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """What a log is read against: the panels its effects name rows of, uncut, and the models.

    Attributes:
        panels: grain -> panel whose rows logged effects name.
        whole: the model of these panels.
        seen: the model with the members somebody sees.
    """

    panels: Mapping[GrainName, Panel]
    whole: Model
    seen: Model


def see_entries(entries: Sequence[Logged], ledger: Ledger, rights: Rights) -> tuple[Logged, ...]:
    """Give the part of a log somebody sees, effects in the rows of what they see of the panels.

    Of a change of a wider scope they see that it was, who made it and what it did to their cells; not its amount,
    its reason, what it rests on or what else it touched.
    """
    if rights.whole:
        return tuple(entries)
    rows = {grain: rows_seen(panel, ledger.whole, rights.nodes) for grain, panel in ledger.panels.items()}
    found = (_see_entry(logged, ledger, rows, rights) for logged in entries)
    return tuple(logged for logged in found if logged is not None)


def _see_entry(logged: Logged, ledger: Ledger, rows: Mapping[GrainName, Counts], rights: Rights) -> Logged | None:
    entry = logged.entry
    if isinstance(entry, RecordChange):
        return logged if sees_record(entry, ledger.whole, ledger.seen, rights) else None
    if not rights.sees(entry.measure):
        return None
    effects = tuple(
        part
        for effect in logged.effects
        if rights.sees(effect.measure)
        and (part := _within(effect, rows[ledger.whole.registry[effect.measure].grain])) is not None
    )
    if lies_within(entry.scope, ledger.whole, ledger.seen, rights):
        return replace(logged, effects=effects)
    if not effects:
        return None
    wider = replace(entry, amount=None, unit=None, scope=rights.nodes, reason="part of a wider change", spread_by=None)
    wider = replace(wider, reason_code=None, assumption=None)
    return replace(logged, entry=wider, effects=effects)


def _within(effect: Effect, rows: Counts) -> Effect | None:
    """Give the part of an effect that lies in some rows, by their numbers among these; None without one."""
    at = np.searchsorted(rows, effect.rows)
    inside = at < len(rows)
    inside[inside] = rows[at[inside]] == effect.rows[inside]
    if not inside.any():
        return None
    return replace(
        effect,
        rows=at[inside].astype(np.int64),
        columns=effect.columns[inside],
        before=effect.before[inside],
        after=effect.after[inside],
    )


def lies_within(scope: Scope, whole: Model, seen: Model, rights: Rights) -> bool:
    """Tell whether everything in a scope is somebody's: its members are known to them, their nodes hold it.

    Args:
        scope: nodes; of one dimension, what lies in all of them.
        whole: the model with every member.
        seen: the model with the members they see.
        rights: theirs.
    """
    if not rights.nodes:
        return True
    if any(node.dimension not in seen.dimensions for node in scope):
        return False
    for name in dict.fromkeys(node.dimension for node in (*scope, *rights.nodes)):
        dimension = whole.dimensions[name]
        hit = np.ones(dimension.members.height, dtype=np.bool_)
        for node in scope:
            if node.dimension == name:
                hit &= _under(dimension, node)
        mine = dimension.members[name].is_in(seen.dimensions[name].members[name].implode()).to_numpy()
        owned = any(node.dimension == name for node in rights.nodes)
        if (owned and (hit & ~mine).any()) or not (hit & mine).any():
            return False
    return True


def sees_record(change: RecordChange, whole: Model, seen: Model, rights: Rights) -> bool:
    """Tell whether a row of a table speaks of somebody's part only, and of nothing their role does not see."""
    feeds = [spec.id for spec in seen.registry.measures.values() if change.table in spec.tables]
    if feeds and not any(rights.sees(name) for name in feeds):
        return False
    named = [(column, value) for column, value in (*change.key, *(change.after or ())) if value]
    scope = tuple(
        Node(dimension=owner.name, level=column, member=MemberId(value))
        for column, value in named
        if (owner := _owner(column, whole))
    )
    return lies_within(scope, whole, seen, rights)
