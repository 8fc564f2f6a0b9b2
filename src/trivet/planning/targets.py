"""Accuracy against its targets: met, nearly, or missed and by how much (K1).

The table `targets` names a figure, a level and a lag in one word: `wmape_item_lag_1`, `bias`, `mape_family_lag_3`.
Levels are item_market, item, family and total; without one it is item, without a lag it is 1. Targets hold the agreed
plan. Reads no measure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from trivet.planning.accuracy import Accuracy

FIGURES: Final[Mapping[str, str]] = {
    "wmape": "lower",
    "mape": "lower",
    "mase": "lower",
    "bias": "near",
    "tracking_signal": "near",
}
"""Figures of accuracy a target can name, and what is better where the table does not say."""
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "item_market": ("item", "market"),
    "item": ("item",),
    "family": ("family",),
    "total": (),
}
_NAME: Final = re.compile(rf"({'|'.join(FIGURES)})(?:_({'|'.join(LEVELS)}))?(?:_lag_(\d+))?")
_PARTS: Final = ("wmape", "mape", "bias")
"""Figures in parts of demand, told in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure of accuracy should reach.

    Attributes:
        kpi: as the table names it.
        family: whose; empty = of all.
        figure, level, lag: what it means.
        aim: value to reach, parts of demand (0.28 = 28 %).
        tolerance: beside the aim: nearly reached; of `near` how far from it is still reached.
        better: lower, higher or near.
    """

    kpi: str
    family: str
    figure: str
    level: tuple[str, ...]
    lag: int
    aim: float
    tolerance: float
    better: str

    @property
    def called(self) -> str:
        """Name it in words: `WMAPE item, lag 1`."""
        figure = self.figure.replace("_", " ")
        figure = figure.upper() if self.figure in ("wmape", "mape", "mase") else figure
        level = "" if self.figure == "bias" else f" {' x '.join(self.level) or 'total'}"
        return f"{figure}{level}, lag {self.lag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a figure stands to its target.

    Attributes:
        target: the target.
        value: the figure; None = undefined.
        state: `met`, `nearly` (within its tolerance), `missed`, or `unknown`.
        beyond: by how much it misses; below 0 = by how much it is better than needed; None = unknown.
        said: in words.
    """

    target: Target
    value: float | None
    state: str
    beyond: float | None
    said: str


def accuracy_targets(table: pl.DataFrame) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """Read the targets of accuracy, and the names that begin like one and say nothing known."""
    found, odd = [], []
    for row in table.sort("kpi", "family").iter_rows(named=True):
        kpi = str(row["kpi"]).casefold()
        named = _NAME.fullmatch(kpi)
        if named is None:
            odd += [str(row["kpi"])] * kpi.startswith(tuple(FIGURES))
            continue
        figure, level, lag = named.groups()
        found.append(
            Target(
                kpi=str(row["kpi"]),
                family=row["family"],
                figure=figure,
                level=LEVELS[level or "item"],
                lag=int(lag or 1),
                aim=float(row["target"]),
                tolerance=float(row["tolerance"] or 0.0),
                better=row["better"] or FIGURES[figure],
            )
        )
    return tuple(found), tuple(odd)


def judge(target: Target, found: Accuracy | None, why: str = "") -> Verdict:
    """Hold a figure to its target.

    Args:
        target: the target.
        found: accuracy at its level and lag; None = not known.
        why: why it is not known.
    """
    value = getattr(found.score, target.figure) if found is not None else None
    if value is None:
        said = f"{target.called}: {why or 'undefined'}; its target is {_aim(target)}"
        return Verdict(target=target, value=None, state="unknown", beyond=None, said=said)
    beyond = {
        "lower": value - target.aim,
        "higher": target.aim - value,
        "near": abs(value - target.aim) - target.tolerance,
    }[target.better]
    beyond = round(beyond, 9)
    close = target.better != "near" and beyond <= target.tolerance
    state = "met" if beyond <= 0 else "nearly" if close else "missed"
    sign = "+" if target.better == "near" else ""
    said = f"{target.called}: {_told(target, value, sign)}, target {_aim(target)}: {_by(target, state, beyond)}"
    return Verdict(target=target, value=value, state=state, beyond=beyond, said=said)


def _by(target: Target, state: str, beyond: float) -> str:
    off = f"{abs(beyond) * 100:.1f} points" if target.figure in _PARTS else f"{abs(beyond):.2f}"
    if state == "met":
        return f"met, {off} to spare" if beyond else "met"
    return f"{'nearly met, missed' if state == 'nearly' else 'missed'} by {off}"


def _aim(target: Target) -> str:
    aim = _told(target, target.aim)
    if target.better == "near":
        return f"{aim} ± {_told(target, target.tolerance)}"
    return f"{aim} or {'less' if target.better == 'lower' else 'more'}"


def _told(target: Target, value: float, sign: str = "") -> str:
    return f"{value:{sign}.1%}" if target.figure in _PARTS else f"{value:{sign}.2f}"
