"""Permits: what of a person's own changes is refused, in words that say nothing of what lies outside their part (V11).

A change needs a measure the role may change, weights it may see, and a place that lies in the person's nodes; a row
of a table needs a table of the role and a key in the nodes. What a change does is checked as well: taking one back
may let later ones move cells elsewhere.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from trivet.core.entries import Change, Effect, Entry, RecordChange
from trivet.core.ids import GrainName
from trivet.core.issues import Issue, Place, Severity
from trivet.core.mask import lies_within, rows_seen, sees_record
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.rights import EVERY, Rights


def refuse_entries(entries: Sequence[Entry], whole: Model, seen: Model, rights: Rights) -> tuple[Issue, ...]:
    """Say which entries somebody may not make; nothing for who may make them all.

    Args:
        entries: what they want to record.
        whole: the model with every member.
        seen: the model with the members they see.
        rights: theirs.

    Raises:
        NotFound: a scope names a member they do not see, in the words for one that does not exist.
    """
    found: list[Issue] = []
    for entry in entries:
        if isinstance(entry, RecordChange):
            found += _refuse_record(entry, whole, seen, rights)
        else:
            found += _refuse_change(entry, whole, seen, rights)
    return tuple(found)


def _refuse_change(change: Change, whole: Model, seen: Model, rights: Rights) -> list[Issue]:
    spec = whole.registry[change.measure]
    place = Place(measure=spec.id, scope=change.scope, first=change.first, last=change.last)
    if spec.editable and spec.id not in rights.editable:
        can = ", ".join(sorted(rights.editable)) or "none"
        said = f"the role {rights.role} does not change {spec.id}; it may change {can}."
        return [_refused("rights.measure-not-yours", said, f"Ask the role {spec.owner}, or the coordinator.", place)]
    if change.spread_by is not None and not rights.sees(change.spread_by):
        unseen = f"{change.spread_by} is not shown to the role {rights.role}, and weights would show it."
        return [_refused("rights.weights-not-shown", unseen, "Choose other weights: mix, or demand_history.", place)]
    for node in change.scope:
        if rights.nodes and node.dimension in seen.dimensions:
            seen.dimensions[node.dimension].check(node)
    if not lies_within(change.scope, whole, seen, rights):
        return [_beyond(rights, place)]
    return []


def _refuse_record(change: RecordChange, whole: Model, seen: Model, rights: Rights) -> list[Issue]:
    place = Place(source=change.table)
    if EVERY not in rights.tables and change.table not in rights.tables:
        can = ", ".join(sorted(rights.tables)) or "none"
        said = f"the role {rights.role} does not change the table {change.table}; it may change {can}."
        return [_refused("rights.table-not-yours", said, "Ask the coordinator.", place)]
    if not sees_record(change, whole, seen, rights):
        return [_beyond(rights, place)]
    return []


def refuse_effects(effects: Sequence[Effect], panels: Mapping[GrainName, Panel], model: Model, rights: Rights) -> bool:
    """Tell whether a change would move cells outside somebody's part."""
    if not rights.nodes:
        return False
    for effect in effects:
        panel = panels[model.registry[effect.measure].grain]
        if not np.isin(effect.rows, rows_seen(panel, model, rights.nodes)).all():
            return True
    return False


def beyond(change: Change, rights: Rights) -> tuple[Issue, ...]:
    """Say that a change would move cells outside somebody's part."""
    place = Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last)
    return (_beyond(rights, place),)


def _beyond(rights: Rights, place: Place) -> Issue:
    where = " ".join(f"--where {node.level}={node.member}" for node in rights.nodes)
    advice = f"Say that part: {where}; for more ask the coordinator." if where else "Ask the coordinator."
    return _refused("rights.beyond-your-part", f"this reaches beyond {rights.part or 'what you see'}.", advice, place)


def _refused(code: str, message: str, advice: str, place: Place) -> Issue:
    return Issue(code=code, severity=Severity.REFUSED, message=message, advice=advice, place=place)
