"""The way of a plan from draft to published, and who may take each step (W7).

    draft -> in review -> approved -> published
      ^_________|____________|
A published plan is frozen: it is never reopened, a new version takes its place. Whoever submitted
a plan is not the one who approves it, unless nobody else takes part.
"""

from enum import StrEnum
from typing import Final

from trivet.core.errors import Conflict, NotPermitted


class State(StrEnum):
    """Where a version of the plan stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"


STEPS: Final = {
    State.DRAFT: (State.IN_REVIEW,),
    State.IN_REVIEW: (State.APPROVED, State.DRAFT),
    State.APPROVED: (State.PUBLISHED, State.DRAFT),
    State.PUBLISHED: (),
}
"""The steps that may be taken from each state."""

_HOW: Final = {
    State.DRAFT: "`trivet submit`",
    State.IN_REVIEW: "`trivet approve` (or `trivet submit --back`)",
    State.APPROVED: "`trivet publish` (or `trivet submit --back`)",
    State.PUBLISHED: "make a new plan: `trivet plan`",
}


def check_step(now: State, wanted: State) -> None:
    """Raise Conflict when a step cannot be taken, saying what can."""
    if wanted not in STEPS[now]:
        raise Conflict(
            f"the plan is {now.replace('_', ' ')} and can't become {wanted.replace('_', ' ')}. Next: {_HOW[now]}."
        )


def check_approver(submitter: str, approver: str, people: int) -> None:
    """Raise NotPermitted when the submitter approves their own plan and others could.

    Args:
        submitter: who put the plan into review.
        approver: who wants to approve it.
        people: people who take part (table people); with fewer than two there is nobody else.
    """
    if people > 1 and submitter == approver:
        raise NotPermitted(
            f"{approver} submitted this plan and can't approve it as well. Let somebody else approve it: "
            "trivet --actor NAME approve."
        )
