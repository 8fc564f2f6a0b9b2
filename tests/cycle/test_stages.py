"""A plan goes from draft to published by the steps there are, and by two pairs of eyes."""

import pytest

from trivet.core.errors import Conflict, NotPermitted
from trivet.cycle.stages import STEPS, State, check_approver, check_step


def test_every_step_that_is_drawn_may_be_taken_and_no_other() -> None:
    for now in State:
        for wanted in State:
            if wanted in STEPS[now]:
                check_step(now, wanted)
            else:
                with pytest.raises(Conflict, match=now.replace("_", " ")):
                    check_step(now, wanted)


def test_a_published_plan_goes_nowhere() -> None:
    assert STEPS[State.PUBLISHED] == ()


def test_the_submitter_may_not_approve_while_others_take_part() -> None:
    with pytest.raises(NotPermitted, match="ada submitted this plan"):
        check_approver("ada", "ada", 8)
    check_approver("ada", "eva", 8)
    check_approver("ada", "ada", 1)
