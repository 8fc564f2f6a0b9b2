"""Codes that were renamed or merged between imports: which one goes on, and what that does to numbers and opinions.

`member_changes` names the old code, the new one and why. History that comes in under the old code is
loaded under the new one; opinions on the old code hold for the new one and say so; an older version keeps
its codes, and is looked at by today's codes where that is asked for.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from trivet.core.dimensions import Dimension, Rename
from trivet.core.entries import Change, Operation, RecordChange
from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue, Place, Severity
from trivet.core.live import Live
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.tables import ColumnSpec, ColumnType, TableSpec

Renames = Mapping[str, Mapping[str, Rename]]
"""Dimension or level -> code no longer used -> what became of it."""
MEMBER_CHANGES: Final = "member_changes"


def read_renames(table: pl.DataFrame | None) -> Renames:
    """Read the table `member_changes`; chains (A became B, B became C) lead to their end.

    Raises InvalidInput naming the codes of a circle.
    """
    found: dict[str, dict[str, Rename]] = {}
    if table is None:
        return found
    for level, old, new, kind, reason in table.select("dimension", "old", "new", "kind", "reason").iter_rows():
        found.setdefault(level, {})[old] = Rename(old=old, new=new, kind=kind, reason=reason or "")
    return {level: {old: _end(level, given, old) for old in sorted(given)} for level, given in sorted(found.items())}


def _end(level: str, given: Mapping[str, Rename], old: str) -> Rename:
    seen, merged = [old], False
    while seen[-1] in given:
        step = given[seen[-1]]
        merged |= step.kind == "merged"
        if step.new in seen:
            raise InvalidInput(
                f"member_changes: {level} {' -> '.join([*seen, step.new])} goes in a circle; expected one code that "
                "goes on. Take one of these rows away."
            )
        seen.append(step.new)
    return replace(given[old], new=seen[-1], kind="merged" if merged else given[old].kind)


def rename_of(column: ColumnSpec, renames: Renames) -> Mapping[str, Rename]:
    """Give what became of the codes a column of a table holds: by the dimension it refers to, or its own name."""
    if column.type is not ColumnType.CODE:
        return {}
    return {**renames.get(column.name, {}), **renames.get(column.refers or "", {})}


def by_todays_codes(panel: Panel, dimensions: Mapping[str, Dimension]) -> Panel:
    """Give a panel of an older version with today's codes as keys; merged members keep a row each.

    The keys may hold a code twice: roll it up, or add rows of one key.
    """
    keys = panel.keys
    for name in panel.dimensions:
        level = dimensions[name].renames.get(name, {}) if name in dimensions else _level(name, dimensions)
        there = {old: rename.new for old, rename in level.items()}
        if there:
            keys = keys.with_columns(pl.col(name).replace(there))
    return panel if keys is panel.keys else replace(panel, keys=keys)


def _level(name: str, dimensions: Mapping[str, Dimension]) -> Mapping[str, Rename]:
    """Give the renames of a level that is the key of a panel (budget by family)."""
    return next((d.renames[name] for d in dimensions.values() if name in d.renames), {})


def carried_over(item: Live, change: Change, model: Model) -> tuple[Issue, ...]:
    """Say which codes of a change were renamed or merged since: it is folded on the ones that go on."""
    found = []
    for node in change.scope:
        dimension = model.dimensions.get(node.dimension)
        rename = dimension.became(node) if dimension is not None else None
        if rename is None:
            continue
        whole = rename.kind == "merged" and change.operation in (Operation.SET, Operation.LOCK)
        now = f"it is folded on all of {rename.new}" if whole else f"it is folded on {rename.new}"
        found.append(
            Issue(
                code="change.member-renamed",
                severity=Severity.WARNING if whole else Severity.NOTE,
                place=Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last),
                message=f"{item.called} speaks of {node}, {_said(rename)}: {now}.",
                advice="Say the total anew for both together, or take it back."
                if whole
                else "Look whether it still fits.",
            )
        )
    return tuple(found)


def _said(rename: Rename) -> str:
    why = f" ({rename.reason})" if rename.reason else ""
    return f"merged into {rename.new}{why}" if rename.kind == "merged" else f"now called {rename.new}{why}"


def carry_record(
    item: Live, change: RecordChange, specs: Mapping[str, TableSpec], renames: Renames
) -> tuple[RecordChange, list[Issue]]:
    """Give a record change by today's codes, and say so."""
    spec = specs.get(change.table)
    columns = {column.name: column for column in spec.columns} if spec else {}
    issues: list[Issue] = []

    def carried(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        result = []
        for name, text in pairs:
            rename = rename_of(columns[name], renames).get(text.strip()) if name in columns else None
            if rename is not None:
                message = f"{item.called} speaks of {name} {text}, {_said(rename)}: it counts for {rename.new}."
                place = Place(source=change.table, column=name, value=text)
                issues.append(
                    Issue(
                        code="record.member-renamed",
                        severity=Severity.NOTE,
                        place=place,
                        message=message,
                        advice="Look whether it still fits.",
                    )
                )
            result.append((name, rename.new if rename else text))
        return tuple(result)

    if not renames or change.table == MEMBER_CHANGES:
        return change, issues
    after = None if change.after is None else carried(change.after)
    return replace(change, key=carried(change.key), after=after), issues
