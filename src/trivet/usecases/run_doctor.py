"""The doctor: does everything that must always hold still hold? The invariants V1 to V14 on real data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from trivet.core.checks import Check
from trivet.core.entries import Effect, Logged
from trivet.core.errors import NotFound, Unavailable
from trivet.core.ids import Seq
from trivet.core.issues import Place
from trivet.core.maskcheck import find_leaks
from trivet.core.options import PlanOptions
from trivet.core.plan import Plan
from trivet.core.rights import Task
from trivet.planning.compare import changed_measures
from trivet.planning.effects import effects_again
from trivet.planning.make import find_options
from trivet.planning.make import make_plan as make
from trivet.planning.rows import on_rows_of
from trivet.planning.undone import check_undo
from trivet.reconcile.ties import run_ties
from trivet.store import StoredScenario, StoredVersion
from trivet.usecases.declare import Shells
from trivet.workspace.axes import axes_of
from trivet.workspace.seen import see_numbers
from trivet.workspace.workspace import Workspace

DECLARED = Shells(command="doctor", why="an administrator's task; no page")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorAnswer:
    """Every invariant that was checked, and whether all of them hold."""

    checks: tuple[Check, ...]
    healthy: bool


def run_doctor(workspace: Workspace, *, again: bool = False) -> DoctorAnswer:
    """Check the invariants of the workspace.

    Args:
        workspace: the open workspace.
        again: also make the latest plan of each scenario again and compare digests (V13; slow).

    Raises NotPermitted when the person's role may not.
    """
    workspace.rights.check_task(Task.CARE)

    def recompute(scenario: StoredScenario, entries: tuple[Logged, ...]) -> Mapping[Seq, tuple[Effect, ...]]:
        return _folded(workspace, scenario, entries)

    checks = list(workspace.store.doctor(recompute))
    for scenario in workspace.store.scenarios():
        checks.append(check_undo(workspace.store.entries(scenario.id)))
        version = workspace.store.latest_version(scenario.id)
        if version is not None:
            checks += _look_into(workspace, version, again=again)
    return DoctorAnswer(checks=tuple(checks), healthy=all(check.passed for check in checks))


def _folded(
    workspace: Workspace, scenario: StoredScenario, entries: tuple[Logged, ...]
) -> Mapping[Seq, tuple[Effect, ...]]:
    """Give again what each entry made on the plan as it is now moved (V8)."""
    try:
        version, plan, inputs = workspace.planned(scenario.id)
    except (NotFound, Unavailable):
        return {}
    here = [entry for entry in entries if entry.base == version.digest]
    if not here:
        return {}
    axes = axes_of(workspace)
    log = on_rows_of(entries, version.digest, plan.panels, axes, workspace.registry)
    live = [entry for entry in log if entry.seq < here[0].seq]
    again = effects_again(plan, inputs, live, log[len(live) :])
    found = {entry.seq: effects for entry, effects in zip(log[len(live) :], again, strict=True)}
    return {entry.seq: found[entry.seq] for entry in here}


def _look_into(workspace: Workspace, version: StoredVersion, *, again: bool) -> list[Check]:
    """Check a version's numbers; that they can't be read is a finding, not the end of the examination."""
    try:
        return [*_check_version(workspace, version, again=again), check_rights(workspace, version)]
    except Unavailable as error:
        told = str(error).partition(" Run:")[0]
        message = f"{told} Restore the last backup (trivet restore), or plan again: trivet plan"
        return [Check(name=f"V7 {version.id} can be read", passed=False, checked=1, failed=1, message=message)]


def _check_version(workspace: Workspace, version: StoredVersion, *, again: bool) -> list[Check]:
    plan = workspace.store.load_plan(version.id)
    sources = workspace.sources_of(version, plan)
    found = [
        Check(
            name=f"{version.id}: {tie.name}",
            passed=tie.passed,
            checked=tie.checked,
            failed=tie.failed,
            message="" if tie.passed else f"{tie.message} {'; '.join(tie.places[:3])}",
        )
        for tie in run_ties(sources.inputs, plan.panels)
    ]
    found.append(_same(f"V14 {version.id} compared with itself shows no difference", plan, plan))
    if again:
        options = find_options(plan.recipe.options) or PlanOptions()
        engines = workspace.engines(options.mode)
        learned = workspace.learned(version.snapshot, engines.forecaster)
        reference = workspace.reference(version.scenario, upto=version.seq)
        made = make(sources.inputs, sources.entries, options, engines, reference, learned, axes_of(workspace))
        whole = replace(made, issues=(*made.issues, *sources.issues))
        found.append(_same(f"V13 {version.id} made again is the same plan", plan, whole))
    return found


def check_rights(workspace: Workspace, version: StoredVersion) -> Check:
    """Check that a version shows every person of the table `people` the roll-up of their own rows only (V11)."""
    plan = workspace.store.load_plan(version.id)
    inputs = workspace.sources_of(version, plan).inputs
    name, checked = f"V11 {version.id} shows nobody what lies outside their part", 0
    places: list[Place] = []
    for rights in workspace.everybody:
        seat = replace(workspace, settings=replace(workspace.settings, actor=rights.person))
        compared, wrong = find_leaks((plan, inputs), see_numbers(seat, plan, inputs), rights)
        checked += compared
        places += wrong
    if not workspace.everybody:
        name = f"{name} (there is no table people: everybody may do everything)"
    told = "; ".join(f"{place.source} sees {place.measure or place.value}" for place in places[:3])
    message = f"shown and not theirs: {told}. Report it; until then give these people no access." if places else ""
    return Check(
        name=name, passed=not places, checked=checked, failed=len(places), message=message, places=tuple(places[:10])
    )


def _same(name: str, one: Plan, other: Plan) -> Check:
    changed = changed_measures(one, other)
    same = one.digest() == other.digest()
    message = "" if same else f"differs in {', '.join(changed) or 'its issues'}; the engines or their versions changed."
    return Check(name=name, passed=same, checked=1, failed=int(not same), message=message)
