"""How the pack speaks of what planning found: months and weeks, names, and what relief of a scarce thing is worth.

Planning's texts are written for whoever mends them: they say bucket, 2027-03 and codes. A pack is read by people who
decide: it says month, Mar 27 and names, and where relief was priced, the price stands for the command that finds it.
Nothing else of a text changes, and no number does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from trivet.connect.pack_figures import Figures
from trivet.connect.pdf_words import bucket, month
from trivet.core.buckets import Buckets, Calendar
from trivet.core.issues import Issue, Node, Severity

_MONTH: Final = re.compile(r"(?<!cycle )(?<![\w-])20\d\d-(?:0[1-9]|1[0-2])(?![\w-])")
_DAY: Final = re.compile(r"(?<![\w-])(20\d\d-[01]\d-[0-3]\d)(?![\w-])")
_BUCKET: Final = re.compile(r"\bbucket(s?)\b")
_PRICES: Final = re.compile(r" ?What (?:a Saturday|more of it) earns: trivet relief .*$")
_AREAS: Final = {"gap": "{} gap", "data": "data: {}"}
_KINDS: Final = {"gap.unserved": "demand not served", "gap.above": "revenue above budget"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedRelief:
    """What relief of a scarce thing is worth, as the plan solved again says it.

    Attributes:
        name: resource or material.
        worth: money the plan earns more with the block.
        said: block, bucket and what becomes of it, in words.
    """

    name: str
    worth: Decimal
    said: str

    @property
    def brief(self) -> str:
        """What it is worth, without what becomes of it."""
        worth, colon, _ = self.said.partition(":")
        return f"{worth}." if colon else self.said


def bucket_word(buckets: Buckets) -> str:
    """Name what a bucket is to people: month or week."""
    return "week" if buckets.calendar is Calendar.WEEKS else "month"


def told(text: str, buckets: Buckets) -> str:
    """Say a text of planning as people speak: months for buckets, Mar 27 for 2027-03. Commands stay as they are."""
    prose, command, rest = text.partition("trivet ")
    prose = _DAY.sub(_written, prose)
    prose = _MONTH.sub(lambda found: month(found[0]), prose)
    return _BUCKET.sub(lambda found: bucket_word(buckets) + found[1], prose) + command + rest


def _written(found: re.Match[str]) -> str:
    """Write a day out, where it is one."""
    try:
        return f"{date.fromisoformat(found[1]):%d %b %Y}"
    except ValueError:
        return found[1]


def kind_told(code: str) -> str:
    """Say what kind of issue a code stands for: `supply.material-short` is a material short.

    >>> kind_told("supply.material-short"), kind_told("gap.revenue")
    ('material short', 'revenue gap')
    """
    if code in _KINDS:
        return _KINDS[code]
    area, _, name = code.partition(".")
    return _AREAS.get(area, "{}").format(name.replace("-", " "))


def place_told(issue: Issue, figures: Figures) -> str:
    """Say where an issue is: members by name and the buckets; the table where it speaks of no member."""
    names = _names(figures)
    parts = [_member(node, names) for node in issue.place.scope]
    if not parts and issue.place.source:
        parts = [f"table {issue.place.source}"]
    first, last = issue.place.first, issue.place.last
    if first:
        days = dict.fromkeys((first, last or first))
        parts.append(" to ".join(_day(day, figures.buckets) for day in days))
    return " · ".join(parts)


def issue_told(issue: Issue, figures: Figures, reliefs: Sequence[PricedRelief] = ()) -> str:
    """Say an issue in one line: of whom, what was found, and the way out."""
    names = _names(figures)
    who = ", ".join(_member(node, names) for node in issue.place.scope)
    advice = advice_told(issue, figures, reliefs)
    return f"{who + ': ' if who else ''}{told(issue.message, figures.buckets)} {advice}"


def advice_told(issue: Issue, figures: Figures, reliefs: Sequence[PricedRelief] = ()) -> str:
    """Say the way out; where relief of the thing was priced, its worth stands for the command."""
    found = {relief.name: relief for relief in reliefs}
    for node in issue.place.scope:
        if node.member in found and _PRICES.search(issue.advice):
            said = told(found[node.member].brief, figures.buckets)
            return f"{told(_PRICES.sub('', issue.advice), figures.buckets)} {said}"
    return told(issue.advice, figures.buckets)


def by_weight(issues: Sequence[Issue]) -> list[Issue]:
    """Put what was refused first, then warnings, then notes; within each the order planning gave them."""
    order = tuple(Severity)
    return sorted(issues, key=lambda issue: order.index(issue.severity))


def _names(figures: Figures) -> Mapping[str, str]:
    """Give the names of items and locations by their code."""
    found: dict[str, str] = {}
    for table, code in (("items", "item"), ("locations", "location")):
        rows = figures.inputs.table(table)
        found |= {key: name for key, name in rows.select(code, "name").iter_rows() if name}
    return found


def _member(node: Node, names: Mapping[str, str]) -> str:
    named = names.get(node.member) if node.level in ("item", "location") else None
    return f"{node.member} {named}" if named else str(node.member)


def _day(day: date, buckets: Buckets) -> str:
    starts = list(buckets.starts)
    return bucket(buckets, starts.index(day)) if day in starts else f"{day:%d %b %Y}"
