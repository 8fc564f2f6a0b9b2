"""The charts of the pack: months as bars and lines, the bridge, differences, and small multiples on one scale.

Each takes amounts already in the unit it prints and gives SVG text. Axes of bars begin at 0; where the bridge cuts
its axis, it marks the cut. Series are named at their end, not in a legend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trivet.connect.pack_book import BAD, GOOD, GREY, INK
from trivet.connect.pdf_chart import GRID, SIZE, Canvas, Scale, spread_labels, ticks, width_of
from trivet.connect.pdf_words import number

Values = Sequence[float | None]

_LEFT, _TOP, _BOTTOM = 30.0, 8.0, 12.0
_SIGNIFICANT: Final = 0.02
"""Part of the axis a number beside a bar must be worth to be printed inside small charts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line over the bars: its name stands at its end."""

    name: str
    values: Values
    color: str
    dash: str = ""
    width: float = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """A chart over time.

    Attributes:
        labels: of the buckets.
        kinds: `actual` or `forecast`, how each bar looks.
        bars: main amounts; `plan` outlined and `prior` light behind them.
        lines: over them.
        names: of bars, plan and prior, told under the chart's title by who places it.
        high: the least the axis reaches; the same for small multiples.
        places: decimals of the axis.
        tail: room for the names of lines, in points.
    """

    labels: Sequence[str]
    kinds: Sequence[str] = ()
    bars: Values = ()
    plan: Values = ()
    prior: Values = ()
    lines: Sequence[Line] = ()
    high: float = 0.0
    places: int = 0
    tail: float = 62.0


def draw_months(chart: Months, width: float, height: float) -> str:
    """Draw a chart over time of a width and height in points."""
    canvas = Canvas(width=width, height=height)
    every = [v for row in (chart.bars, chart.plan, chart.prior, *(x.values for x in chart.lines)) for v in row if v]
    marks = ticks(min(0.0, *every, 0.0), max(chart.high, *every, 0.0), 4)
    y = Scale(low=marks[0], high=marks[-1], start=height - _BOTTOM, stop=_TOP)
    right = width - (chart.tail if chart.lines else 4)
    places = max(chart.places, 1 if any(mark != round(mark) for mark in marks) else 0)
    for mark in marks:
        canvas.line([(_LEFT, y.at(mark)), (right, y.at(mark))], INK if mark == 0 else GRID, 0.6 if mark == 0 else 0.4)
        canvas.text((_LEFT - 3, y.at(mark) + 2.3), number(mark, places), color=GREY, anchor="end")
    slot = (right - _LEFT) / max(len(chart.labels), 1)
    _draw_bars(canvas, chart, y, slot)
    _draw_lines(canvas, chart.lines, y, slot, right)
    _draw_labels(canvas, chart.labels, slot, height)
    return canvas.svg()


def _draw_bars(canvas: Canvas, chart: Months, y: Scale, slot: float) -> None:
    """Draw prior year left and behind, plan left and outlined, the amount itself in front."""
    wide = slot * 0.58
    for values, shift, look in ((chart.prior, 0.06, "prior"), (chart.plan, 0.14, "plan"), (chart.bars, 0.3, "")):
        for i, value in enumerate(values):
            if value is not None:
                top, end = sorted((y.at(value), y.at(0)))
                place = (_LEFT + slot * i + slot * shift, top)
                canvas.bar(place, (wide, end - top), look or chart.kinds[i])


def _draw_lines(canvas: Canvas, lines: Sequence[Line], y: Scale, slot: float, right: float) -> None:
    ends: list[tuple[Line, float, float]] = []
    for line in lines:
        points = [(_LEFT + slot * (i + 0.59), y.at(v)) for i, v in enumerate(line.values) if v is not None]
        if points:
            canvas.line(points, line.color, line.width, line.dash)
            ends.append((line, *points[-1]))
    heights = spread_labels([at for _, _, at in ends], y.stop, y.start - 1)
    for (line, x, at), moved in zip(ends, heights, strict=True):
        if abs(moved - at) > 2 or x < right - slot:
            canvas.line([(x, at), (right + 2, moved)], line.color, 0.3, "1 1")
        canvas.text((right + 4, moved + 2.3), line.name, color=line.color)


def _draw_labels(canvas: Canvas, labels: Sequence[str], slot: float, height: float) -> None:
    """Write as many labels as have room: months by their letters, the year where it begins."""
    widest = max((width_of(_short(labels, i)) for i in range(len(labels))), default=0)
    step = max(1, -(-int(widest + 3) // max(int(slot), 1)))
    for i in range(0, len(labels), step):
        canvas.text((_LEFT + slot * (i + 0.55), height - 3), _short(labels, i), color=GREY, anchor="middle")


def _short(labels: Sequence[str], i: int) -> str:
    """Print a month without its year, but for the first and each January."""
    label = labels[i]
    name, _, year = label.partition(" ")
    return label if not year or i == 0 or name == "Jan" else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A bar of a bridge: a total (it has a look), or what is added to it; `said` is printed beside it."""

    name: str
    amount: float
    said: str
    look: str = ""


def draw_bridge(steps: Sequence[Step], width: float, height: float) -> str:
    """Draw a bridge from the first total, over the steps, to the last; a cut axis (small steps) is marked."""
    canvas = Canvas(width=width, height=height)
    ends = _running(steps)
    low, high = min(min(pair) for pair in ends), max(max(pair) for pair in ends)
    begin = _cut_at([min(pair) for pair in ends[1:-1]] + [steps[0].amount, steps[-1].amount], high)
    left = max(width_of(step.name) for step in steps) + 8
    x = Scale(low=begin or min(low, 0.0), high=high or 1.0, start=left, stop=width - 34)
    row = height / len(steps)
    for i, (step, (start, stop)) in enumerate(zip(steps, ends, strict=True)):
        top, thick = i * row + row * 0.16, row * 0.68
        first, last = sorted((x.at(max(start, x.low)), x.at(max(stop, x.low))))
        look = step.look or (GOOD if step.amount > 0 else BAD)
        canvas.bar((first, top), (last - first, thick), look)
        if step.look and begin:
            canvas.cut(left + 7, top, top + thick)
        canvas.text((left - 4, top + thick / 2 + 2.3), step.name, anchor="end", bold=bool(step.look))
        color = INK if step.look else look
        canvas.text((last + 3, top + thick / 2 + 2.3), step.said, color=color, bold=bool(step.look))
        if i + 1 < len(steps):
            canvas.line([(x.at(max(stop, x.low)), top + thick), (x.at(max(stop, x.low)), top + row)], GREY, 0.4)
    canvas.line([(left, 0), (left, height)], INK, 0.6)
    return canvas.svg()


def _running(steps: Sequence[Step]) -> list[tuple[float, float]]:
    """Give where each bar begins and ends: totals from 0, steps from where the one before ended."""
    found, level = [], 0.0
    for step in steps:
        start = 0.0 if step.look else level
        level = step.amount if step.look else level + step.amount
        found.append((start, level))
    return found


def _cut_at(lowest: Sequence[float], high: float) -> float:
    """Give where the axis begins: 0, or below everything that moves when that would be too small to see."""
    low = min(lowest)
    if low <= 0 or low < 0.6 * high:
        return 0.0
    return max(low - 0.35 * (high - low) - 0.02 * high, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A bar of a chart of differences: what, how much, that in print, and a word behind it."""

    name: str
    amount: float
    said: str
    more: str = ""


def draw_differences(rows: Sequence[Difference], width: float, row: float = 12.0) -> str:
    """Draw differences from zero, better to the right in green, worse to the left in red."""
    canvas = Canvas(width=width, height=row * len(rows) + 2)
    left = max(width_of(each.name) for each in rows) + 8
    most = max(abs(each.amount) for each in rows) or 1.0
    tail = max(width_of(each.more) for each in rows) + 6
    label = max(width_of(each.said) for each in rows) + 6
    x = Scale(low=-most, high=most, start=left + label, stop=width - tail - label)
    for i, each in enumerate(rows):
        top, thick = i * row + row * 0.16, row * 0.68
        first, last = sorted((x.at(0), x.at(each.amount)))
        color = GOOD if each.amount > 0 else BAD
        canvas.bar((first, top), (last - first, thick), color)
        canvas.text((left - 4, top + thick / 2 + 2.3), each.name, anchor="end")
        place = (last + 3, "start") if each.amount >= 0 else (first - 3, "end")
        canvas.text((place[0], top + thick / 2 + 2.3), each.said, color=color, anchor=place[1])
        canvas.text((width, top + thick / 2 + 2.3), each.more, color=GREY, anchor="end")
    canvas.line([(x.at(0), 0), (x.at(0), canvas.height)], INK, 0.6)
    return canvas.svg()


LABEL_ROOM: Final = SIZE + 4
"""Points a line of labels takes."""
