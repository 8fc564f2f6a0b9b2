"""What people said about findings, put to the findings as they are now: accepted, grown since, gone, somebody else's.

An acceptance is for what was accepted: it holds in its cycle, or until its day, as long as no other code is concerned
and the amount has not grown by more than a tenth. Then it lapses, and the finding asks again. One that shrank holds
and says so; one that is no longer found is told once more as gone.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from trivet.core.health import Acceptance, Answers, Finding, Gone

GROWN: Final = Decimal("0.1")
"""Part of the accepted amount by which a finding may grow or shrink and nobody is asked or told again."""
_NAMED: Final = 5


def with_charge(finding: Finding, answers: Answers) -> Finding:
    """Give a finding to the person and day somebody named."""
    charge = answers.charges.get(finding.code)
    if charge is None:
        return finding
    return replace(finding, owner=charge.owner or finding.owner, due=charge.due or finding.due)


def answered(finding: Finding, answers: Answers, cycle: date) -> Finding:
    """Put an acceptance to its finding, and say whether it still holds and what changed under it.

    Args:
        finding: as it is now.
        answers: what people said.
        cycle: first day of the current bucket.
    """
    given = answers.acceptances.get(finding.code)
    if given is None:
        return finding
    why = given.over(cycle, answers.today) or _more(given, finding)
    return replace(finding, acceptance=given, lapsed=bool(why), changed=why or _less(given, finding))


def gone(answers: Answers, findings: Sequence[Finding], cycle: date) -> tuple[Gone, ...]:
    """Give the acceptances that would still hold and whose finding is no longer there."""
    there = {finding.code for finding in findings}
    return tuple(
        Gone(code=code, acceptance=given)
        for code, given in sorted(answers.acceptances.items())
        if code not in there and not given.over(cycle, answers.today)
    )


def _more(given: Acceptance, finding: Finding) -> str:
    """Say by how much a finding is more than what was accepted; empty when it is not."""
    new = sorted(set(finding.members) - set(given.members))
    told = []
    if finding.at_stake is not None and (given.amount is None or finding.at_stake > given.amount * (1 + GROWN)):
        before = "an amount nobody could say" if given.amount is None else f"{given.amount:,.0f}"
        told.append(f"it was accepted at {before} and is {finding.at_stake:,.0f} now")
    if new:
        rest = f" and {len(new) - _NAMED} more" if len(new) > _NAMED else ""
        told.append(f"{', '.join(new[:_NAMED])}{rest} came in since")
    return "; ".join(told)


def _less(given: Acceptance, finding: Finding) -> str:
    """Say by how much a finding is less than what was accepted; empty when it is about the same."""
    if finding.at_stake is None or given.amount is None or finding.at_stake >= given.amount * (1 - GROWN):
        return ""
    return f"{finding.at_stake:,.0f} of the {given.amount:,.0f} accepted are left"
