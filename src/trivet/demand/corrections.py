"""What people say about the history: another value, or that a cell stands as it is (D9).

Reads the table `history_corrections`; writes no measure. A person's word goes before what the cleansing finds: a value
replaces what stands in the orders (0 is a zero, not a gap), a row without a value keeps what stands: it is neither
corrected nor read as not reported.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Flags, MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.history import bucket_columns
from trivet.demand.scope import Members, units_text

_LEVELS = ("item", "family", "market", "region")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdicts:
    """What people said about each closed cell, (series, closed buckets).

    Attributes:
        kept: what stands is true.
        given: another value is true: that of `value`, in counts.
    """

    kept: Flags
    given: Flags
    value: Counts

    def answers(self, demand: Panel, members: Members, issue: Issue) -> bool:
        """Tell whether every cell an issue about a feed asks about has been answered."""
        if issue.place.first is None or issue.place.last is None:
            return False
        starts = demand.buckets.starts[: demand.buckets.first_open]
        columns = [i for i, day in enumerate(starts) if issue.place.first <= day <= issue.place.last]
        names = {node.level: str(node.member) for node in issue.place.scope}
        said: Flags = (self.kept | self.given)[members.rows(names)][:, columns]
        return bool(said.size) and bool(said.all())


def read_corrections(inputs: PlanInputs, demand: Panel, members: Members) -> tuple[Verdicts, tuple[Issue, ...]]:
    """Read what people say about the closed buckets; of two rows on a cell the narrower one counts, then the later.

    Issues: `demand.correction-unused` (no series, or an open bucket) and `demand.correction-refused` (a value for more
    than one series, which would have to be split, or below 0).
    """
    closed = demand.buckets.first_open
    kept, given = (np.zeros((demand.rows, closed), dtype=np.bool_) for _ in range(2))
    value = np.zeros((demand.rows, closed), dtype=np.int64)
    issues: list[Issue] = []
    table = inputs.table("history_corrections")
    columns = bucket_columns(inputs, table["bucket"])
    rows = list(zip(table.iter_rows(named=True), columns, strict=True))
    for row, column in sorted(rows, key=lambda each: sum(bool(each[0][level]) for level in _LEVELS)):
        names = {level: str(row[level]) for level in _LEVELS if row[level]}
        hit = members.rows(names)
        wrong, code = _wrong(row["quantity"], int(hit.sum()), column, closed)
        if wrong:
            issues.append(_issue(row, names, wrong, code))
            continue
        kept[hit, column], given[hit, column] = row["quantity"] is None, row["quantity"] is not None
        value[hit, column] = row["quantity"] or 0
    return Verdicts(kept=kept, given=given, value=value), tuple(issues)


def _wrong(quantity: int | None, series: int, column: int, closed: int) -> tuple[str, str]:
    """Say why a row can't be used, with the code of the issue; "" when it can."""
    if not 0 <= column < closed:
        return "the bucket is not a closed one of the plan: only history can be corrected", "unused"
    if not series:
        return "no series has this item and market", "unused"
    if quantity is not None and quantity < 0:
        return f"{units_text(quantity)} units were given, expected 0 or more", "refused"
    if quantity is not None and series > 1:
        return (
            f"{units_text(quantity)} units were given for {series} series, expected one item in one market",
            "refused",
        )
    return "", ""


def _issue(row: dict[str, object], names: dict[str, str], wrong: str, code: str) -> Issue:
    dimension = {"item": "item", "family": "item", "market": "market", "region": "market"}
    day = row["bucket"]
    return Issue(
        code=f"demand.correction-{code}",
        severity=Severity.WARNING,
        place=Place(
            measure=MeasureId("demand_history"),
            source="history_corrections",
            scope=tuple(
                Node(dimension=dimension[level], level=level, member=MemberId(name)) for level, name in names.items()
            ),
            first=day,  # type: ignore[arg-type]  # a bucket column holds dates
            last=day,  # type: ignore[arg-type]
        ),
        message=f"a correction is not used: {wrong}.",
        advice="Mend the row in history_corrections.csv, or take it out.",
    )
