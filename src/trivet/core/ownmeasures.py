"""Measures a company adds itself, by a formula of others, in `[measures.NAME]` of company.toml.

They are computed when they are looked at, of any plan and version, and are no part of it: adding one changes no plan.
A formula may hold what `core.expressions` knows: names of measures of one grain, numbers, + - * /, min, max,
shift(x, n) (n buckets earlier), cumulate(x) and roll(x, n) (the last n buckets). What a running total or a rolling sum
comes to at the end of a bucket does not add up over time: unless said otherwise its quarter is its last bucket. A
ratio of two measures is formed of their sums at every level.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from trivet.core.errors import InvalidInput
from trivet.core.expressions import Call, Expression, Name, names_in, parse_formula
from trivet.core.formula import compute, in_order, needed_for
from trivet.core.ids import MeasureId
from trivet.core.measures import FORMAT, Kind, MeasureSpec, Registry, Unit
from trivet.core.panel import Panel

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_KEYS: Final = ("formula", "unit", "about", "over_members", "over_time", "missing", "spans", "format", "owner")
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "unit": tuple(Unit),
    "missing": ("zero", "absent"),
    "spans": ("closed", "open", "both"),
}
_RULES: Final = ("sum", "last", "first", "min", "max", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMeasure:
    """A measure of a company; empty = as its formula suggests.

    Attributes:
        name: as people type it.
        formula: of measures of one grain.
        unit: quantity, money, hours, rate or ratio.
        about: one sentence.
        over_members, over_time: how it rolls up: sum, last, first, min, max, none, mean:WEIGHT or ratio:A/B.
        missing: zero or absent.
        spans: buckets it has values in: closed, open or both.
        format: decimals people read it with.
        owner: role that answers for it.
    """

    name: str
    formula: str
    unit: str
    about: str
    over_members: str = ""
    over_time: str = ""
    missing: str = "zero"
    spans: str = "both"
    format: str = ""
    owner: str = "coordinator"


def parse_own_measures(given: Mapping[str, Any]) -> tuple[OwnMeasure, ...]:
    """Read the part [measures] of company.toml.

    Raises InvalidInput naming the measure, the key, its value and what was expected.
    """
    found = []
    for name, part in given.items():
        where = f"company.toml [measures.{name}]"
        if not _NAME.fullmatch(name) or not isinstance(part, dict):
            raise InvalidInput(f"{where}: expected a name of small letters, digits and _, e.g. [measures.rolling_year]")
        for key, value in part.items():
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, n=1)
                maybe = f" Maybe '{near[0]}'?" if near else ""
                raise InvalidInput(f"{where}: unknown key '{key}'; known are {', '.join(_KEYS)}.{maybe}")
            if not isinstance(value, str):
                raise InvalidInput(f"{where}: {key} is {value!r}; expected text in quotes.")
            if key in _ONE_OF and value not in _ONE_OF[key]:
                raise InvalidInput(f"{where}: {key} is '{value}'; expected {', '.join(_ONE_OF[key])}.")
        missing = [key for key in ("formula", "unit", "about") if not part.get(key, "").strip()]
        if missing:
            raise InvalidInput(f'{where}: {missing[0]} is missing; write {missing[0]} = "..."')
        found.append(OwnMeasure(name=name, **part))
    return tuple(found)


def with_own_measures(registry: Registry, own: tuple[OwnMeasure, ...]) -> Registry:
    """Give the measures of a plan and those of the company.

    Raises InvalidInput for a name that is taken, and for a formula that is not understood, reads what is not known, of
    several grains or itself.
    """
    if not own:
        return registry
    known = dict(registry.measures)
    for one in own:
        if one.name in known or any(one.name in spec.former for spec in registry.measures.values()):
            raise InvalidInput(f"company.toml [measures.{one.name}]: there is such a measure. Choose another name.")
        known[MeasureId(one.name)] = _spec(one, known)
    whole = replace(registry, measures=known)
    for grain in {known[MeasureId(one.name)].grain for one in own}:
        in_order(whole, grain)
    return whole


def read_by(registry: Registry, measure: MeasureId) -> frozenset[MeasureId]:
    """Name every measure a measure is computed from or averaged by, through all that stand between."""
    found: set[MeasureId] = set()
    ahead = [measure]
    while ahead:
        spec = registry[ahead.pop()]
        texts = f"{spec.over_members}:{spec.over_time}".replace("/", ":").split(":")
        names = {MeasureId(text.strip()) for text in texts} | set(names_in(parse_formula(spec.formula or "0")))
        fresh = {name for name in names if name in registry.measures} - found
        found |= fresh
        ahead += sorted(fresh)
    return frozenset(found)


def with_own_values(panel: Panel, registry: Registry, measure: MeasureId, own: Collection[str]) -> Panel:
    """Compute a measure of the company, and those of its own it reads, on a panel.

    Args:
        panel: numbers of its grain, as a plan has them.
        registry: with the company's measures.
        measure: one of them.
        own: names of all of them; other measures keep the values they have.
    """
    chain = [spec for spec in needed_for(registry, measure) if spec.id in own]
    for name, value in compute(panel, registry, chain, {}).items():
        present = {str(name): value.present} if registry[name].missing == "absent" else {}
        if value.counts is not None:
            panel = panel.with_counts({name: value.counts}, present)
        else:
            panel = panel.with_rates({name: value.floats()}, present)
    return panel


def _spec(one: OwnMeasure, known: Mapping[MeasureId, MeasureSpec]) -> MeasureSpec:
    where = f"company.toml [measures.{one.name}]"
    formula = parse_formula(one.formula)
    names = names_in(formula)
    if not names:
        raise InvalidInput(f"{where}: formula '{one.formula}' reads no measure; name one, e.g. consensus_demand.")
    for name in names:
        if name not in known:
            near = get_close_matches(name, list(known), n=1)
            maybe = f" Maybe '{near[0]}'?" if near else ""
            raise InvalidInput(
                f"{where}: formula reads '{name}', which is not known; own measures are read after they are written."
                f"{maybe}"
            )
    members, time = _rules(one, formula, known)
    return MeasureSpec(
        id=MeasureId(one.name),
        grain=known[names[0]].grain,
        kind=Kind.SUMMED,
        unit=Unit(one.unit),
        base=None,
        over_members=members,
        over_time=time,
        missing="absent" if Unit(one.unit) in (Unit.RATE, Unit.RATIO) else one.missing,
        spans=one.spans,
        spread_by=(),
        formula=one.formula,
        inverse={},
        editable=False,
        owner=one.owner,
        about=one.about,
        former=(),
        format=one.format or FORMAT[Unit(one.unit)],
    )


def _rules(one: OwnMeasure, formula: Expression, known: Mapping[MeasureId, MeasureSpec]) -> tuple[str, str]:
    """Give the rules of its roll-up over members and time: those said, else what the formula suggests."""
    usual = ("sum", "last" if _runs(formula) else "sum")
    if Unit(one.unit) in (Unit.RATE, Unit.RATIO):
        usual = ("none", "none")
        match formula:
            case Call(function="/", arguments=(Name(measure=top), Name(measure=bottom))):
                usual = (f"ratio:{top}/{bottom}", f"ratio:{top}/{bottom}")
    chosen = one.over_members or usual[0], one.over_time or usual[1]
    for rule in chosen:
        kind, _, names = rule.partition(":")
        parts = [part.strip() for part in names.split("/")] if names else []
        wanted = {"mean": 1, "ratio": 2}.get(kind, 0 if kind in _RULES else -1)
        if len(parts) != wanted or any(part not in known for part in parts):
            raise InvalidInput(
                f"company.toml [measures.{one.name}]: roll-up '{rule}' is not understood; expected "
                f"{', '.join(_RULES)}, mean:WEIGHT or ratio:A/B with measures that are known."
            )
    return chosen


def _runs(formula: Expression) -> bool:
    """Tell whether values of several buckets are in each one already."""
    match formula:
        case Call(function="cumulate" | "roll"):
            return True
        case Call(arguments=arguments):
            return any(_runs(argument) for argument in arguments)
        case _:
            return False
