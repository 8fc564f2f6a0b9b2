"""Measures as data: what each number means, how it adds up, how it is edited. Parsed from `core/measures.toml`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import GrainName, MeasureId
from trivet.core.quantities import MONEY, QUANTITY


class Kind(StrEnum):
    """Where the values of a measure come from."""

    GIVEN = "given"
    EDITED = "edited"
    SUMMED = "summed"
    SOLVED = "solved"


class Unit(StrEnum):
    """What a measure counts in."""

    QUANTITY = "quantity"
    MONEY = "money"
    HOURS = "hours"
    RATE = "rate"
    RATIO = "ratio"


QUANTUM: Final[Mapping[Unit, Decimal | None]] = {
    Unit.QUANTITY: QUANTITY,
    Unit.MONEY: MONEY,
    Unit.HOURS: Decimal("0.001"),
    Unit.RATE: None,
    Unit.RATIO: None,
}


FORMAT: Final[Mapping[Unit, str]] = {
    Unit.QUANTITY: "0",
    Unit.MONEY: "0",
    Unit.HOURS: "0",
    Unit.RATE: "0.00",
    Unit.RATIO: "0.0 %",
}
"""How people read numbers of a unit: decimals, and whether in percent."""
_FORMAT: Final = re.compile(r"0(\.0{1,6})?( %)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec:
    """One measure.

    Attributes:
        id: full-word noun, the name everywhere from CSV header to store.
        grain: table of numbers it lives in.
        kind: given, edited, summed or solved.
        unit: what it counts in; `quantum` is what one stored count is worth (None for rates).
        base: for edited measures, the measure its entries are folded over (None = nothing).
        over_members, over_time: roll-up rules (F6).
        missing: "zero" or "absent" (absent carries a presence mask).
        spans: "closed", "open" or "both": buckets in which it has values.
        spread_by: weights of a spread, first the one that has values (F5).
        formula, inverse: for summed measures; inverse names the measure that moves and how.
        editable: whether people may change it in open buckets; closed ones hold actuals, which nobody edits.
        owner: role that answers for it.
        about: one sentence.
        former: names it had in earlier formats.
        tables: tables of the company folder its values come from.
        format: how people read it: `0` whole, `0.00` two decimals, `0.0 %` percent; small numbers get two at least.
        stand_in: measure of the same grain that is read in its place from a plan made before it existed.
        confidential: what it reveals to who should not know, `cost`; empty = nothing (`core.rights` hides it).
    """

    id: MeasureId
    grain: GrainName
    kind: Kind
    unit: Unit
    base: MeasureId | None
    over_members: str
    over_time: str
    missing: str
    spans: str
    spread_by: tuple[MeasureId, ...]
    formula: str | None
    inverse: Mapping[MeasureId, str]
    editable: bool
    owner: str
    about: str
    former: tuple[str, ...]
    tables: tuple[str, ...] = ()
    format: str = "0"
    confidential: str = ""
    stand_in: MeasureId | None = None

    @property
    def quantum(self) -> Decimal | None:
        """What one stored count is worth; None for rates and ratios."""
        return QUANTUM[self.unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All measures of a plan and the dimensions of each grain."""

    measures: Mapping[MeasureId, MeasureSpec]
    grains: Mapping[GrainName, tuple[str, ...]]

    def __getitem__(self, name: str) -> MeasureSpec:
        """Give a measure by its name or a former one; NotFound offers the nearest."""
        spec = self.measures.get(MeasureId(name))
        if spec is None:
            spec = next((m for m in self.measures.values() if name in m.former), None)
        if spec is None:
            near = get_close_matches(name, list(self.measures), n=1)
            raise NotFound(f"measure '{name}' is not known.{f' Maybe {near[0]!r}?' if near else ''}")
        return spec

    def of_grain(self, grain: str) -> tuple[MeasureSpec, ...]:
        """Give the measures that live in a grain, in the order of the registry."""
        return tuple(spec for spec in self.measures.values() if spec.grain == grain)


def parse_measures(text: str) -> Registry:
    """Read the text of `core/measures.toml` (and a company's additions in the same form)."""
    raw = tomllib.loads(text)
    grains = {GrainName(name): tuple(dims) for name, dims in raw["grains"].items()}
    measures = {MeasureId(name): _measure(name, spec) for name, spec in raw["measures"].items()}
    for spec in measures.values():
        if spec.grain not in grains:
            raise InvalidInput(f"measure {spec.id}: grain '{spec.grain}' is not in [grains]")
        if spec.kind is Kind.SUMMED and not spec.formula:
            raise InvalidInput(f"measure {spec.id}: kind summed needs a formula")
    return Registry(measures=measures, grains=grains)


def _measure(name: str, raw: Mapping[str, Any]) -> MeasureSpec:
    unit = Unit(raw["unit"])
    rule = "mean" if unit is Unit.RATE else "sum"
    return MeasureSpec(
        id=MeasureId(name),
        grain=GrainName(raw["grain"]),
        kind=Kind(raw["kind"]),
        unit=unit,
        base=MeasureId(raw["base"]) if "base" in raw else None,
        over_members=raw.get("over_members", rule),
        over_time=raw.get("over_time", rule),
        missing=raw.get("missing", "zero"),
        spans=raw.get("spans", "open"),
        spread_by=tuple(MeasureId(m) for m in raw.get("spread_by", ())),
        formula=raw.get("formula"),
        inverse={MeasureId(m): text for m, text in raw.get("inverse", {}).items()},
        editable=bool(raw.get("editable", False)),
        owner=raw.get("owner", "coordinator"),
        about=raw["about"],
        former=tuple(raw.get("former", ())),
        tables=tuple(raw.get("tables", ())),
        format=_format(name, raw.get("format", FORMAT[unit])),
        confidential=raw.get("confidential", ""),
        stand_in=MeasureId(raw["stand_in"]) if "stand_in" in raw else None,
    )


def _format(name: str, text: str) -> str:
    if _FORMAT.fullmatch(text):
        return text
    raise InvalidInput(f"measure {name}: format is '{text}'; expected 0, 0.00 or 0.0 %.")
