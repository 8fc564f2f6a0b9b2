"""Rows under a code that was renamed or merged: loaded under the code that goes on, and counted.

`member_changes` says which codes. Where the other code has a row of the same key already, amounts of a
bucket are added to it (history, stock, plans), and of everything else (prices, routings, the master's own
row) the row of the code that goes on stays and the old one is counted as merged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trivet.connect.codes import match_key
from trivet.connect.keys import Merged, merge_rows
from trivet.connect.mapping import Duplicates
from trivet.connect.raw import ROW, SOURCE
from trivet.core.dimensions import Rename
from trivet.core.issues import Issue, Place, Severity
from trivet.core.renames import MEMBER_CHANGES, Renames, rename_of
from trivet.core.tables import ColumnType, TableSpec

OLD = "__old__"
"""Column with the codes a row came in under; empty where none was renamed."""
_AMOUNTS = (ColumnType.QUANTITY, ColumnType.MONEY)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """Rows after merging, with those of renamed codes put to the codes that go on.

    Attributes:
        merged: what the rows of each code for itself gave.
        frame: rows that stay, under the codes that go on.
        fallen: rows that fell together with one of the code that goes on.
        added: whether their amounts were added to it.
    """

    merged: Merged
    frame: pl.DataFrame
    fallen: pl.DataFrame
    added: bool


def rename_codes(
    frame: pl.DataFrame, spec: TableSpec, renames: Renames, known: Mapping[str, Mapping[str, str]], file: str
) -> tuple[pl.DataFrame, list[Issue]]:
    """Write the codes that go on, keep what a row came in under in `OLD`, and say it."""
    if not renames or spec.name == MEMBER_CHANGES:
        return frame, []
    old, issues = pl.lit(""), list[Issue]()
    extra = [name for name in frame.columns if name in renames and name not in {c.name for c in spec.columns}]
    columns = [(c.name, rename_of(c, renames), known.get(c.refers or "", {})) for c in spec.columns]
    for name, given, codes in [*columns, *((name, renames[name], {}) for name in extra)]:
        texts = [str(text) for text in frame[name].drop_nulls().unique().sort().to_list()] if given else []
        by_key = {match_key(code): rename for code, rename in given.items()}
        hit = {text: by_key[match_key(text)] for text in texts if match_key(text) in by_key}
        if not hit:
            continue
        there = pl.col(name).is_in(list(hit))
        issues.append(_said(file, name, hit, int(frame.select(there.fill_null(value=False))[name].sum())))
        marked = pl.when(there).then(pl.format("{}={};", pl.lit(name), pl.col(name))).otherwise(pl.lit(""))
        old = pl.concat_str([old, marked.fill_null("")])
        written = codes or {match_key(text): text for text in texts}
        to = {text: written.get(match_key(rename.new), rename.new) for text, rename in hit.items()}
        frame = frame.with_columns(old.alias(OLD), pl.col(name).replace(to))
        old = pl.col(OLD)
    return frame, issues


def _said(file: str, name: str, hit: Mapping[str, Rename], rows: int) -> Issue:
    text, rename = next(iter(hit.items()))
    why = f" ({rename.reason})" if rename.reason else ""
    became = f"was merged into '{rename.new}'" if rename.kind == "merged" else f"is now called '{rename.new}'"
    return Issue(
        code="import.member-changed",
        severity=Severity.NOTE,
        place=Place(source=file, column=name, value=text),
        message=f"'{text}' {became}{why}: {rows} rows of {len(hit)} such codes count under the code that goes on.",
        advice="Nothing to do; member_changes says so.",
    )


def merge_renamed(
    joined: pl.DataFrame, spec: TableSpec, file: str, *, rule: Duplicates | None, distinct: bool
) -> Joined:
    """Merge rows of one key: first those of each code for itself, then old codes into those that go on."""
    if OLD not in joined.columns:
        merged = merge_rows(joined, spec, file, rule=rule, distinct=distinct)
        return Joined(merged=merged, frame=merged.frame, fallen=merged.frame.clear(), added=False)
    groups = (
        joined.with_columns(pl.col(OLD).fill_null("")).sort(OLD, SOURCE, ROW).partition_by(OLD, maintain_order=True)
    )
    parts = [merge_rows(group, spec, file, rule=rule, distinct=distinct) for group in groups]
    merged = _together(parts)
    again = ~_first(merged.frame, spec)
    added = any(
        column.key and column.type is ColumnType.BUCKET and column.name in ("bucket", "due") for column in spec.columns
    )
    fallen = merged.frame.filter(again)
    frame = _add_up(merged.frame, spec) if added and fallen.height else merged.frame.filter(~again)
    return Joined(merged=merged, frame=frame.drop(OLD), fallen=fallen.drop(OLD), added=added)


def _together(parts: Sequence[Merged]) -> Merged:
    return Merged(
        frame=pl.concat([part.frame for part in parts]),
        merged=pl.concat([part.merged for part in parts]),
        contradicting=pl.concat([part.contradicting for part in parts]),
        added=any(part.added for part in parts),
        issues=tuple(issue for part in parts for issue in part.issues),
    )


def _first(frame: pl.DataFrame, spec: TableSpec) -> pl.Series:
    """Tell for each row whether it is the first of its key; a key without its line number is alone."""
    key = pl.struct(spec.key).is_first_distinct().alias("first")
    first = frame.select(key)["first"]
    return first | frame["line"].eq("") if spec.name == "order_lines" else first


def _add_up(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Add the amounts of rows of one key; what is no amount is that of the code that goes on."""
    adds = {column.name for column in spec.columns if column.type in _AMOUNTS and not column.key}
    others = [name for name in frame.columns if name not in spec.key]
    total = [
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
        if name in adds
        else pl.col(name).first()
        for name in others
    ]
    return frame.group_by(spec.key, maintain_order=True).agg(total).select(frame.columns)
