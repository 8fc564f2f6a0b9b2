"""A drawing of the pack in SVG: marks in one notation, round ticks, labels that do not run into each other.

Actual solid and dark, forecast hatched, plan (budget) outlined, prior year light; better green, worse red. A
drawing is text, so the same figures give the same bytes; matplotlib was measured and left out (decision 0001).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10
from typing import Final

from trivet.connect.pack_book import ACTUAL, INK, LIGHT

BLUE: Final = "#2563EB"
GRID: Final = "#E5E7EB"
SIZE: Final = 6.6
"""Points of the smallest print."""
_WIDE: Final = 0.56
"""Mean width of a letter of Inter, in parts of its size."""
_HATCH: Final = (
    '<defs><pattern id="h" width="2.6" height="2.6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="2.6" height="2.6" fill="#FFFFFF"/><rect width="0.95" height="2.6" fill="{ACTUAL}"/></pattern></defs>'
)
LOOKS: Final = {
    "actual": f'fill="{ACTUAL}"',
    "forecast": f'fill="url(#h)" stroke="{ACTUAL}" stroke-width="0.5"',
    "plan": f'fill="none" stroke="{INK}" stroke-width="0.7"',
    "prior": f'fill="{LIGHT}"',
}
"""How a bar looks, by what it is."""


@dataclass(slots=True, kw_only=True)
class Canvas:
    """A drawing of a width and height in points, being made."""

    width: float
    height: float
    marks: list[str] = field(default_factory=list)

    def bar(self, at: tuple[float, float], size: tuple[float, float], look: str) -> None:
        """Draw a bar from its top left; `look` names one of LOOKS or is a colour."""
        style = LOOKS.get(look, f'fill="{look}"')
        place = f'x="{at[0]:.2f}" y="{at[1]:.2f}" width="{max(size[0], 0):.2f}" height="{max(size[1], 0):.2f}"'
        self.marks.append(f"<rect {place} {style}/>")

    def line(self, points: Sequence[tuple[float, float]], color: str, width: float = 0.5, dash: str = "") -> None:
        """Draw a line through points."""
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.marks.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}" '
            f'stroke-linejoin="round"{dashed}/>'
        )

    def text(
        self, at: tuple[float, float], said: str, *, color: str = INK, anchor: str = "start", bold: bool = False
    ) -> None:
        """Write words; `at` is where their line begins, ends or has its middle."""
        heavy = ' font-weight="600"' if bold else ""
        self.marks.append(
            f'<text x="{at[0]:.2f}" y="{at[1]:.2f}" font-family="Inter" font-size="{SIZE}" fill="{color}" '
            f'text-anchor="{anchor}"{heavy}>{escape(said)}</text>'
        )

    def cut(self, x: float, top: float, bottom: float) -> None:
        """Mark that the axis is cut at x: two slanted strokes through the bar."""
        for step in (0.0, 3.0):
            left = x + step
            self.line([(left, bottom + 1.5), (left + 2.5, top - 1.5)], "#FFFFFF", 1.6)
            self.line([(left + 0.8, bottom + 1.5), (left + 3.3, top - 1.5)], INK, 0.4)

    def svg(self) -> str:
        """Give the drawing."""
        size = (
            f'width="{self.width:.1f}pt" height="{self.height:.1f}pt" viewBox="0 0 {self.width:.1f} {self.height:.1f}"'
        )
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{_HATCH}{"".join(self.marks)}</svg>'


def width_of(text: str) -> float:
    """Give about how wide words are, in points."""
    return len(text) * SIZE * _WIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight scale from amounts to points: `low` lies at `start`, `high` at `stop`."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """Give where an amount lies."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Give round amounts from at or below `low` to at or above `high`, about `most` of them.

    >>> ticks(0, 87)
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    span = (high - low) or abs(high) or 1.0
    raw = span / most
    power = 10.0 ** floor(log10(raw))
    step = next(power * part for part in (1, 2, 2.5, 5, 10) if power * part >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(step * i, 10) for i in range(first, max(last, first + 1) + 1)]


def spread_labels(heights: Sequence[float], top: float, bottom: float, room: float = SIZE + 1.2) -> list[float]:
    """Move labels apart up and down until none runs into another, in their order, inside top and bottom."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = list(heights)
    last = top - room
    for i in order:
        last = placed[i] = max(heights[i], last + room)
    limit = bottom + room
    for i in reversed(order):
        limit = placed[i] = min(placed[i], limit - room)
    return placed
