"""Grounds of a change: a large one needs a reason, its kind and the assumption it rests on (R6)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from trivet.core.company import Company
from trivet.core.entries import Change, Effect, Operation
from trivet.core.issues import Issue, Place, Severity
from trivet.core.measures import Registry
from trivet.core.quantities import to_decimal

FEW: Final = 12
"""Codes that are listed one by one."""
MOVES: Final = (Operation.SET, Operation.ADD, Operation.SCALE)
"""What moves numbers; a lock or a withdrawal needs no grounds."""


def check_names(
    change: Change, company: Company, assumptions: Sequence[str], named: Sequence[str]
) -> tuple[Issue, ...]:
    """Refuse a reason code or an assumption nobody knows; the nearest is offered.

    Args:
        change: what is to be recorded.
        company: settings, with the list of reason codes.
        assumptions: codes of the table `assumptions`.
        named: those of them that may be named to who asks.
    """
    place, issues = _place(change), []
    codes = company.grounds.reason_codes
    if change.reason_code is not None and change.reason_code not in codes:
        issues.append(
            _refused(
                "change.reason-code-unknown",
                place,
                f"reason code '{change.reason_code}' is not known; known are {', '.join(codes)}."
                f"{_maybe(change.reason_code, codes)}",
                "Choose one, or add it to reason_codes in company.toml [changes] and import.",
            )
        )
    if change.assumption is not None and change.assumption not in assumptions:
        what = f"{len(assumptions)} are registered" if assumptions else "the table assumptions has none"
        what += f": {', '.join(named)}" if 0 < len(named) <= FEW else ""
        issues.append(
            _refused(
                "change.assumption-unknown",
                place,
                f"assumption '{change.assumption}' is not known; {what}.{_maybe(change.assumption, named)}",
                "Name a code of assumptions.csv, or add it there and import.",
            )
        )
    return tuple(issues)


def check_grounds(
    change: Change, effects: Sequence[Effect], company: Company, registry: Registry, assumptions: Sequence[str]
) -> tuple[Issue, ...]:
    """Refuse a change above the company's limits that does not say what it rests on.

    Args:
        change: what is to be recorded.
        effects: the cells it moves.
        company: settings: `reason_above` of [company], and [changes].
        registry: the measures, for units.
        assumptions: codes of the table `assumptions`; without any, none is asked for.
    """
    if change.operation not in MOVES:
        return ()
    percent, rules = _percent(effects), company.grounds
    over = _over(effects, registry, rules.amount_above)
    if over is None and rules.assumption_above is not None and percent > rules.assumption_above:
        over = f"this moves its cells by {percent:.1f} %; above {rules.assumption_above:g} %"
    lacking = []
    if not change.reason and (over is not None or percent > company.reason_above):
        lacking.append(("a reason", '--reason "..."'))
    if over is not None and not change.reason_code:
        lacking.append(("a reason code", f"--reason-code {'|'.join(rules.reason_codes)}"))
    if over is not None and assumptions and not change.assumption:
        lacking.append(("an assumption", "--assumption CODE (table assumptions)"))
    if not lacking:
        return ()
    said = over or f"this moves its cells by {percent:.1f} %; above {company.reason_above:g} %"
    needed = " and ".join(what for what, _ in lacking)
    advice = f"Give {'them' if len(lacking) > 1 else 'one'}: {' '.join(how for _, how in lacking)}."
    are = "is" if len(lacking) == 1 else "are"
    return (_refused("change.reason-needed", _place(change), f"{said} {needed} {are} needed.", advice),)


def _percent(effects: Sequence[Effect]) -> float:
    """Give the move of the cells' total in percent of what they held; from nothing it is 100."""
    before = sum(int(effect.before.sum()) for effect in effects)
    after = sum(int(effect.after.sum()) for effect in effects)
    return abs(after - before) / before * 100 if before else (100.0 if after else 0.0)


def _over(effects: Sequence[Effect], registry: Registry, limits: Mapping[str, Decimal]) -> str | None:
    """Say by how much a measure moves above its limit; None when none does."""
    for name, limit in limits.items():
        moved = sum(int((effect.after - effect.before).sum()) for effect in effects if effect.measure == name)
        amount = abs(to_decimal(moved, registry[name].quantum or Decimal("1e-9"))) if moved else Decimal(0)
        if amount > limit:
            return f"this moves {name} by {amount.normalize():,f}; above {limit.normalize():,f}"
    return None


def _maybe(said: str, known: Sequence[str]) -> str:
    near = get_close_matches(said, known, n=1)
    return f" Maybe '{near[0]}'?" if near else ""


def _place(change: Change) -> Place:
    return Place(measure=change.measure, scope=change.scope, first=change.first, last=change.last)


def _refused(code: str, place: Place, message: str, advice: str) -> Issue:
    return Issue(code=code, severity=Severity.REFUSED, place=place, message=message, advice=advice)
