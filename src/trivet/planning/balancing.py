"""One place week by week: what comes in is moved forward inside its bucket where stock would run out.

A plan holds its balances at the end of buckets; inside them goods come in lots and leave every day. Amounts are placed
evenly first; where the stock of a week would fall below zero, later lots of the same bucket come earlier. Since all of
a bucket's lots may come in its first week, no week ends below zero where no bucket does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trivet.planning.weeks import place_runs


@dataclass(slots=True, kw_only=True)
class Stream:
    """One thing that comes in: production, a source, a lane.

    Attributes:
        placed: counts by part.
        minimum, multiple: of its lots, counts.
        fixed: whether it stays where it is.
    """

    placed: list[int]
    minimum: int = 0
    multiple: int = 1
    fixed: bool = False

    def bring_forward(self, part: int, later: range, need: int) -> int:
        """Move whole lots from later parts to one part until `need` is met; give what was moved."""
        got = 0
        for other in later:
            there = self.placed[other]
            if got >= need or self.fixed:
                break
            wanted = -(-(need - got) // self.multiple) * self.multiple
            amount = there if self.minimum > self.multiple else min(there, wanted)
            self.placed[other] -= amount
            self.placed[part] += amount
            got += amount
        return got


def even_stream(
    totals: Sequence[int], weights: Sequence[int], spans: Sequence[range], *, minimum: int = 0, multiple: int = 1
) -> Stream:
    """Place the amounts of many buckets evenly over their weeks, in whole lots; weights not all zero in a bucket."""
    placed: list[int] = []
    for total, span in zip(totals, spans, strict=True):
        placed += place_runs(total, weights[span.start : span.stop], minimum=minimum, multiple=multiple)
    return Stream(placed=placed, minimum=minimum, multiple=multiple)


def keep_above_zero(
    opening: int, leaving: Sequence[int], streams: Sequence[Stream], spans: Sequence[range]
) -> list[int]:
    """Bring lots forward where stock would fall below zero, and give the stock at the end of every part.

    Args:
        opening: counts on hand before the first part.
        leaving: counts that leave by part.
        streams: what comes in, those to be moved first at the beginning; changed in place.
        spans: parts of each bucket: nothing leaves its bucket.
    """
    stock: list[int] = []
    level = opening
    for span in spans:
        for part in span:
            level += sum(stream.placed[part] for stream in streams) - leaving[part]
            for stream in streams:
                if level < 0:
                    level += stream.bring_forward(part, range(part + 1, span.stop), -level)
            stock.append(level)
    return stock
