"""The small language of a mapping's `where` and `rules`: comparisons of columns, joined by `and`.

`scenario == 'Budget' and amount > 0`, `code starts 'C'`, `code matches '^[0-9]{5}'`, `kind in ('A', 'B')`.
Quoted values compare as text, bare numbers as numbers; an empty cell is ''. Nothing can be called.
"""

import re
from collections.abc import Sequence

import polars as pl

from trivet.connect.codes import match_key, nearest
from trivet.core.errors import InvalidInput

_TERM = re.compile(
    r"\s*(?P<column>[\w .#/-]+?)\s*(?P<sign>==|!=|<=|>=|<|>|\bin\b|\bstarts\b|\bmatches\b)\s*(?P<value>.+?)\s*",
    re.DOTALL,
)
_TEXT = re.compile(r"'([^']*)'")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)")


def condition(rule: str, columns: Sequence[str]) -> pl.Expr:
    """Turn a rule into an expression over text columns (never null).

    Raises InvalidInput naming the term or the column that is wrong.
    """
    terms = [_term(term, columns) for term in _AND.split(rule.strip())] if rule.strip() else []
    return pl.all_horizontal(terms) if terms else pl.lit(value=True)


def _term(term: str, columns: Sequence[str]) -> pl.Expr:
    cut = _TERM.fullmatch(term)
    if not cut:
        raise InvalidInput(f"mapping.toml: can't read '{term}'; expected e.g. scenario == 'Budget' and amount > 0")
    text = pl.col(column_named(cut["column"], columns)).fill_null("").str.strip_chars()
    sign, value = cut["sign"], cut["value"]
    quoted = _TEXT.fullmatch(value)
    if sign == "in":
        return text.is_in(_TEXT.findall(value))
    if quoted and sign == "starts":
        return text.str.starts_with(quoted[1])
    if quoted and sign == "matches":
        return text.str.contains(quoted[1])
    if quoted:
        return _compare(text, sign, pl.lit(quoted[1]))
    if _NUMBER.fullmatch(value):
        return _compare(text.cast(pl.Float64, strict=False), sign, pl.lit(float(value))).fill_null(value=False)
    raise InvalidInput(f"mapping.toml: can't read '{value}' in '{term}'; expected a number, or text in single quotes")


def _compare(left: pl.Expr, sign: str, right: pl.Expr) -> pl.Expr:
    return {
        "==": left == right, "!=": left != right, "<": left < right, "<=": left <= right, ">": left > right,
        ">=": left >= right,
    }[sign]  # fmt: skip


def column_named(name: str, columns: Sequence[str]) -> str:
    """Give the column of the file with this name (case does not matter).

    Raises InvalidInput with the nearest name.
    """
    found = {match_key(column): column for column in columns}.get(match_key(name))
    if found is None:
        near = nearest(name, columns)
        maybe = f" Maybe '{near}'?" if near else ""
        raise InvalidInput(f"mapping.toml: the file has no column '{name}'.{maybe} It has {', '.join(columns)}.")
    return found
