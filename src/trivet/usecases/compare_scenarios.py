"""Compare two scenarios or versions: what went in differently, then what came out differently."""

from dataclasses import dataclass

from trivet.core.ids import MeasureId
from trivet.core.measures import MeasureSpec
from trivet.core.plan import Plan, PlanInputs
from trivet.planning.compare import Difference, changed_measures, compare, words
from trivet.planning.make import choices_of
from trivet.planning.views import rows_by
from trivet.store.stored import StoredVersion
from trivet.usecases.declare import Shells
from trivet.workspace.seen import see_log, see_numbers
from trivet.workspace.workspace import MAIN, Workspace

DECLARED = Shells(command="compare", why="pages come with the workbench")

SHOWN = (
    "consensus_demand",
    "constrained_demand",
    "unserved_demand",
    "constrained_revenue",
    "gross_margin",
    "production",
    "projected_stock",
    "overtime_hours",
    "supply_variance",
)
"""Measures compared when none is named: demand, supply and money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareAnswer:
    """What differs between two plans.

    Attributes:
        before: version compared against.
        after: the other version.
        before_scenario, after_scenario: the scenarios they are plans of.
        first, last: first and last bucket compared, the open ones of `after`.
        same: whether every number is the same.
        changes: changes the second has beyond the first, in words; first the choices it was planned with, where
            they differ.
        changed: every measure with a different number.
        differences: by measure, member and fiscal year, largest first; what exchange rates did is told apart.
        part: whose part of the plans is compared; empty = all of both.
    """

    before: str
    after: str
    before_scenario: str
    after_scenario: str
    first: str
    last: str
    same: bool
    changes: tuple[str, ...]
    changed: tuple[MeasureId, ...]
    differences: tuple[Difference, ...]
    part: str = ""


def compare_scenarios(
    workspace: Workspace,
    before: str,
    after: str = MAIN,
    *,
    measures: tuple[str, ...] = SHOWN,
    level: str = "family",
    as_was: bool = False,
) -> CompareAnswer:
    """Compare the plans of two scenarios (or two versions by id).

    Args:
        workspace: the open workspace.
        before: scenario or version compared against.
        after: the other one.
        measures: counted measures.
        level: level of the rows, or a hierarchy: every level above its leaves.
        as_was: roll each plan up by the structure it was made with; else both by that of `after`, codes
            renamed or merged since by those of today.

    Raises:
        NotFound: a scenario, version, measure or level is not known, or has no plan yet.
        NotPermitted: a measure is not shown to the person's role, or can't be cut to their part.
    """
    one, first, was = workspace.opened(before)
    two, second, now = workspace.opened(after)
    (base, former), (other, inputs) = see_numbers(workspace, first, was), see_numbers(workspace, second, now)
    plans = base, other
    specs = _shown(workspace, measures)
    changed = changed_measures(*plans)
    rows, buckets = rows_by(inputs, level), inputs.model.buckets
    own = rows_by(former, level).inputs if as_was else None
    return CompareAnswer(
        before=one.id,
        after=two.id,
        before_scenario=one.scenario,
        after_scenario=two.scenario,
        first=buckets.label(buckets.first_open),
        last=buckets.label(len(buckets) - 1),
        same=not changed,
        changes=(*_choices(first, second), *_only_in(workspace, one, two, second, now)),
        changed=changed,
        differences=tuple(
            difference
            for name in rows.levels
            for difference in compare(*plans, rows.inputs, specs, (rows.dimension, name), rates_of=former, former=own)
        ),
        part=workspace.rights.part,
    )


def _choices(before: Plan, after: Plan) -> tuple[str, ...]:
    """Say the choices of two plans where they differ."""
    one, two = (choices_of(plan.recipe.options) for plan in (before, after))
    if before.recipe.options == after.recipe.options:
        return ()
    return (
        f"planned with {', '.join(two) or 'the usual choices'}, before with {', '.join(one) or 'the usual choices'}",
    )


def _shown(workspace: Workspace, measures: tuple[str, ...]) -> list[MeasureSpec]:
    """Give the measures asked for, or of those nobody asked for the ones the actor sees."""
    rights, registry = workspace.rights, workspace.registry
    specs = [registry[name] for name in measures]
    if measures == SHOWN:
        return [spec for spec in specs if rights.sees(spec.id) and rights.reaches(spec, registry)]
    for spec in specs:
        rights.check_measure(spec, registry)
    return specs


def _only_in(
    workspace: Workspace, one: StoredVersion, two: StoredVersion, plan: Plan, inputs: PlanInputs
) -> tuple[str, ...]:
    first = {repr(e.entry) for e in workspace.store.entries(one.scenario, upto=one.seq)}
    second = [e for e in workspace.store.entries(two.scenario, upto=two.seq) if repr(e.entry) not in first]
    return tuple(words(e.entry) for e in see_log(workspace, two, plan, inputs.model, second))
