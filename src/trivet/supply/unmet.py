"""Serve everything: where unmet demand is not allowed, late and lost demand cost more than all that could help.

Whatever the plan may do to serve a customer it does: dear overtime, dear suppliers, hours beyond capacity where they
are allowed. What can't be at all stays dearer still. With service first the tiers say the same, and nothing is added.
"""

from dataclasses import replace
from typing import Final

from trivet.core.linear import LinearModel
from trivet.core.options import Objective, PlanOptions
from trivet.supply.blocks import Programme
from trivet.supply.limits import BROKEN
from trivet.supply.pieces import block_numbers
from trivet.supply.tiers import TIERS

WEIGHT: Final = 1000.0
"""Cost of unmet demand where it is not allowed, as multiple of what it costs where it is."""


def without_unmet(programme: Programme, model: LinearModel, options: PlanOptions) -> LinearModel:
    """Give the programme with unmet demand beyond every other cost, where the scenario does not allow it.

    Args:
        programme: as written, for the names of its columns.
        model: as built.
        options: choices of the scenario.
    """
    if options.allow_unmet or options.objective is Objective.SERVICE:
        return model
    impossible, unmet = TIERS[0].blocks, TIERS[1].blocks
    strict = BROKEN if options.strict_limits else ()
    cost = model.cost.copy()
    cost[block_numbers(programme.column_blocks, (*impossible, *unmet, *strict))] *= WEIGHT
    return replace(model, cost=cost)
