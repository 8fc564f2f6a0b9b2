"""Set the split of families by hand: shares of items from a bucket on, through the log, with a reason (C4)."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Final

import polars as pl

from trivet.core.entries import RecordChange
from trivet.core.errors import InvalidInput
from trivet.core.ids import ScenarioId
from trivet.core.issues import Issue, Place, Severity
from trivet.core.permits import refuse_entries
from trivet.core.plan import PlanInputs
from trivet.core.recordchanges import read_cell
from trivet.core.tables import TableSpec
from trivet.demand.split import read_splits
from trivet.usecases.declare import Shells
from trivet.usecases.record_changes import ChangeAnswer, record_changes
from trivet.workspace.seen import see_numbers
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="mix", why="pages come with the workbench")

COLUMNS: Final = ("family", "item", "first", "share", "reason")
"""Columns of a file of shares; all but `reason` are needed."""
Key = tuple[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemShare:
    """One item's share of its family from a bucket on, in people's words.

    Attributes:
        share: `0.4` or `40%`.
        first: bucket, e.g. 2027-03.
        place: where it was said, for messages: `mix.csv row 3`.
    """

    family: str
    item: str
    first: str
    share: str
    reason: str = ""
    place: str = ""


def shares_in_file(name: str, text: str) -> tuple[ItemShare, ...]:
    """Read a CSV of shares with the columns of `COLUMNS`.

    Raises InvalidInput naming file, row and column.
    """
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    found = tuple(rows.fieldnames or ())
    if set(found) - set(COLUMNS) or set(COLUMNS[:4]) - set(found):
        raise InvalidInput(
            f"{name} row 1: columns are {', '.join(found) or 'missing'}; expected {', '.join(COLUMNS[:4])} and, if you "
            "like, reason."
        )
    return tuple(
        ItemShare(**{column: (row.get(column) or "").strip() for column in COLUMNS}, place=f"{name} row {number}")
        for number, row in enumerate(rows, start=2)
    )


def set_mix(
    workspace: Workspace, shares: Sequence[ItemShare], *, scenario: str = MAIN, reason: str | None = None
) -> ChangeAnswer:
    """Record the split of families as sets: the shares of one family and first bucket replace the set there was.

    They hold from that bucket until the family's next set, in forecast and streams of the next plan; a set of zeros
    ends the split by hand. All is recorded or nothing.

    Args:
        workspace: the open workspace.
        shares: one an item; of a set they add up to 1 (a difference of 0.01 is scaled away and said).
        scenario: scenario they belong to.
        reason: why, where a share has none of its own.

    Returns:
        The answer of `record_changes`; `recorded` is false when a set is refused.

    Raises:
        InvalidInput: a share or bucket can't be read, or two shares speak of one item.
        NotFound: there is no such scenario, or no plan yet.
    """
    _, plan, inputs = workspace.planned(scenario)
    _, seen = see_numbers(workspace, plan, inputs)
    table, spec = workspace.sources(scenario).inputs.table("mix"), workspace.specs["mix"]
    named = tuple(_as_written(share, seen) for share in shares)
    sets = _sets(named, spec, inputs)
    theirs = refuse_entries(
        [_entry(one, inputs, spec, reason) for one in named], inputs.model, seen.model, workspace.rights
    )
    if theirs:
        return ChangeAnswer(scenario=ScenarioId(scenario), recorded=False, moved=(), issues=theirs)
    refused = _unreasoned(named, reason) + _past(sets, inputs)
    after = _with_sets(table, sets)
    _, issues = read_splits(replace(inputs, tables={**inputs.tables, "mix": after}))
    spoken = tuple(issue for issue in issues if _is_of(issue, sets, whole=workspace.rights.whole))
    refused += tuple(issue for issue in spoken if issue.severity is Severity.REFUSED)
    if refused:
        return ChangeAnswer(scenario=ScenarioId(scenario), recorded=False, moved=(), issues=refused)
    entries = (*_leaving(table, sets, reason), *(_entry(share, inputs, spec, reason) for share in named))
    answer = record_changes(workspace, entries, scenario=scenario, source="mix")
    return replace(answer, issues=(*answer.issues, *spoken))


def _is_of(issue: Issue, sets: Mapping[Key, object], *, whole: bool) -> bool:
    """Tell whether an issue speaks of these sets; who sees a part of the plan is told of their own families only."""
    if whole:
        return issue.place.first in {first for _, first in sets}
    return any((node.member, issue.place.first) in sets for node in issue.place.scope)


def _as_written(share: ItemShare, inputs: PlanInputs) -> ItemShare:
    """Give family and item as the master writes them; codes match whatever their case."""
    parents = inputs.model.dimensions["item"].parents("family")
    found = {}
    for column, known in (("family", sorted(set(parents.values()))), ("item", sorted(parents))):
        text = getattr(share, column)
        name = next((name for name in known if name.casefold() == text.casefold()), None)
        if name is None:
            near = get_close_matches(text, known, n=1)
            maybe = f" Maybe '{near[0]}'?" if near else ""
            raise InvalidInput(f"{_at(share)}{column} '{text}' is not known ({len(known)} are).{maybe}")
        found[column] = name
    return replace(share, **found)


def _at(share: ItemShare) -> str:
    return f"{share.place}: " if share.place else ""


def _sets(shares: Sequence[ItemShare], spec: TableSpec, inputs: PlanInputs) -> Mapping[Key, dict[str, float]]:
    """Group shares to sets by family and first day."""
    sets: dict[Key, dict[str, float]] = {}
    for share in shares:
        try:
            first = read_cell(spec.column("first"), share.first, inputs.model.buckets)
            part = _part(share.share)
        except InvalidInput as error:
            raise InvalidInput(f"{_at(share)}{error.message}") from error
        if not isinstance(first, date):
            raise InvalidInput(f"{_at(share)}first is empty; expected a bucket like 2027-03.")
        items = sets.setdefault((share.family, first), {})
        if share.item in items:
            raise InvalidInput(f"{_at(share)}{share.item} has two shares of {share.family} from {share.first}.")
        items[share.item] = float(part)
    return sets


def _part(text: str) -> Decimal:
    """Read `0.4` or `40%`."""
    bare = text.strip()
    try:
        part = Decimal(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)
    except InvalidOperation as error:
        raise InvalidInput(f"share is '{text}'; expected a part like 0.4 or 40%.") from error
    if not part.is_finite():
        raise InvalidInput(f"share is '{text}'; expected a part like 0.4 or 40%.")
    return part


def _unreasoned(shares: Sequence[ItemShare], reason: str | None) -> tuple[Issue, ...]:
    lacking = [share for share in shares if not (share.reason or reason)]
    if not lacking:
        return ()
    words = f"{len(lacking)} shares of {lacking[0].family} have no reason; a split set by hand needs one."
    return (_refused("change.reason-needed", "reason", words, 'Give one: --reason "...".'),)


def _past(sets: Mapping[Key, object], inputs: PlanInputs) -> tuple[Issue, ...]:
    """Refuse sets that begin in closed buckets: what was expected then is history."""
    buckets = inputs.model.buckets
    early = sorted(first for _, first in sets if first < buckets.current)
    if not early:
        return ()
    words = f"{early[0]:%Y-%m-%d} lies in a closed bucket; expected {buckets.label(buckets.first_open)} or later."
    return (_refused("demand.mix-refused", "first", words, "Let the set begin in an open bucket."),)


def _refused(code: str, column: str, message: str, advice: str) -> Issue:
    place = Place(source="mix", column=column)
    return Issue(code=code, severity=Severity.REFUSED, place=place, message=message, advice=advice)


def _with_sets(table: pl.DataFrame, sets: Mapping[Key, Mapping[str, float]]) -> pl.DataFrame:
    """Give the table with these sets in the place of those of the same family and bucket."""
    rows = [
        {"family": family, "item": item, "first": first, "share": share, "reason": None}
        for (family, first), items in sets.items()
        for item, share in items.items()
    ]
    kept = table.filter([(family, first) not in sets for family, first in table.select("family", "first").iter_rows()])
    columns = ["family", "item", "first", "share", "reason"]
    fresh = pl.DataFrame(rows, schema={name: table.schema[name] for name in columns})
    return pl.concat([kept.select(columns), fresh])


def _leaving(table: pl.DataFrame, sets: Mapping[Key, Mapping[str, float]], reason: str | None) -> list[RecordChange]:
    """Take away the shares of replaced sets that the new ones leave out."""
    return [
        RecordChange(
            table="mix",
            key=(("family", family), ("item", item), ("first", first.isoformat())),
            after=None,
            reason=reason or "the set was replaced",
        )
        for family, item, first in table.select("family", "item", "first").iter_rows()
        if item not in sets.get((family, first), {item: 0.0})
    ]


def _entry(share: ItemShare, inputs: PlanInputs, spec: TableSpec, reason: str | None) -> RecordChange:
    first = read_cell(spec.column("first"), share.first, inputs.model.buckets)
    why = share.reason or reason or ""
    return RecordChange(
        table="mix",
        key=(("family", share.family), ("item", share.item), ("first", str(first))),
        after=(("share", f"{_part(share.share):f}"), ("reason", why)),
        reason=why,
    )
