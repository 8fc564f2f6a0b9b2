"""V11: whatever changes outside a person's part, nothing changes of what that person sees, in any answer or error."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import trivet
from tests.usecases.scoped import PARTS, people_home
from trivet.core.entries import Operation
from trivet.core.errors import TrivetError
from trivet.core.ids import Flags, MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import Plan
from trivet.core.rights import is_method
from trivet.core.said import Said
from trivet.usecases.show_plan import View, show_issues
from trivet.workspace.workspace import Workspace

__all__ = ["people_home"]

NODES: Mapping[str, Mapping[str, str]] = {
    "sofia": {"region": "Home"},
    "wim": {"region": "Export"},
    "kim": {"family": "Kids"},
    "carl": {"family": "City"},
    "dora": {"region": "Home", "family": "City"},
    "sal": {},
    "nora": {"region": "Nowhere"},
}
SALES = ("sofia", "wim", "sal")
COSTS = (
    "shipped_cost", "unit_cost", "constrained_cost", "gross_margin", "stock_value", "budget_margin", "supply_variance",
    "freight", "promotion_cost", "operating_expense", "receivables", "payables", "cash",
)  # fmt: skip
FAMILY = {"C": "City", "K": "Kids"}


def is_theirs(person: str, key: Mapping[str, str]) -> bool:
    """Tell by hand whether a row is somebody's: HOME is Home, items are called by their family."""
    named = dict(key)
    if "market" in named:
        named["region"] = named["market"].title()
    if "item" in named:
        named["family"] = FAMILY.get(named["item"][0], "")
    return all(named.get(level) == member for level, member in NODES[person].items())


def others(person: str, panel: Panel) -> Flags:
    keys = panel.keys.to_dicts() if panel.keys.width else [{}]
    return np.array([not is_theirs(person, key) for key in keys], dtype=np.bool_)


def elsewhere(plan: Plan, person: str, seed: int) -> Plan:
    """Give a plan with other numbers wherever they are not this person's, and another issue there."""
    random = np.random.default_rng(seed)
    panels = {}
    for grain, panel in plan.panels.items():
        out = others(person, panel)
        counts, rates = dict(panel.counts), dict(panel.rates)
        for name, array in counts.items():
            rows = np.ones_like(out) if person in SALES and name in COSTS else out
            counts[name] = np.where(rows[:, None], array + random.integers(1, 9_000_000, array.shape), array)
        for name, values in rates.items():
            if is_method(trivet_registry()[name]):
                continue
            rows = np.ones_like(out) if person in SALES and name in COSTS else out
            rates[name] = np.where(rows[:, None], values + random.integers(1, 90, values.shape), values)
        panels[grain] = replace(panel, counts=counts, rates=rates)
    scope = (Node(dimension="market", level="region", member=MemberId("Export" if person != "wim" else "Home")),)
    told = Issue(
        code="gap.margin", severity=Severity.WARNING, message=f"margin is {seed} too low", advice="",
        place=Place(measure=MeasureId("gross_margin"), scope=() if person in ("kim", "carl", "sal") else scope),
    )  # fmt: skip
    return replace(plan, panels=panels, issues=(*plan.issues, told))


def trivet_registry() -> Any:
    from trivet.workspace.registries import measure_registry  # noqa: PLC0415

    return measure_registry()


def told(ask: Callable[[], object]) -> str:
    """Give an answer or an error as text, without the name of the version."""
    try:
        text = repr(ask())
    except TrivetError as error:
        text = f"{type(error).__name__}: {error.message} {error.issues}"
    return re.sub(r"main-\d+", "main-N", text)


ASKED = ("price", "unit_cost", "unserved_demand", "projected_stock", "budget_revenue", "budget_margin", "load_hours")
"""One measure or two a grain; the export holds every one."""


def exported(workspace: Workspace, plan: str) -> str:
    with TemporaryDirectory() as name:
        answer = trivet.export_plan(workspace, Path(name), plan=plan, form="csv")
        return repr([(Path(file).name, Path(file).read_bytes()) for file in sorted(answer.files)])


def everything_seen(workspace: Workspace, plan: str) -> dict[str, str]:
    """Ask every reading use-case for everything, and for things that are not there."""
    seen = {name: told(partial(trivet.show_numbers, workspace, name, View(by="item"), plan=plan))
            for name in ASKED}  # fmt: skip
    for by in ("region", "abc", "location"):
        seen[f"by {by}"] = told(
            partial(trivet.show_numbers, workspace, "revenue", View(by=by, period="year"), plan=plan)
        )
    for where in ("region=Export", "family=Cty", "item=K1", "location=MAIN"):
        view = View(where=(where,))
        seen[where] = told(partial(trivet.show_numbers, workspace, "consensus_demand", view, plan=plan))
    for name in ("revenue", "production"):
        seen[f"explain {name}"] = told(partial(trivet.explain_cell, workspace, name, plan=plan))
    seen["screen"] = told(lambda: trivet.show_plan(workspace, plan=plan))
    seen["issues"] = told(lambda: show_issues(workspace, plan=plan))
    seen["segments"] = told(lambda: trivet.show_segments(workspace, by="series", plan=plan))
    seen["mix"] = told(lambda: trivet.show_mix(workspace, "City", plan=plan))
    seen["compare"] = told(lambda: trivet.compare_scenarios(workspace, "main-1", plan))
    seen["compare all"] = told(
        lambda: trivet.compare_scenarios(
            workspace, "main-1", plan, measures=("revenue", "unserved_demand"), level="item"
        )
    )
    seen["relief"] = told(lambda: trivet.price_relief(workspace, plan=plan))
    seen["export"] = told(lambda: exported(workspace, plan))
    seen["pack"] = told(lambda: trivet.export_plan(workspace, Path("nowhere"), plan=plan))
    return seen


@pytest.fixture(scope="module")
def shared_home(people_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import shutil  # noqa: PLC0415

    target = tmp_path_factory.mktemp("parts") / "home"
    shutil.copytree(people_home, target)
    return target


@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(person=st.sampled_from(PARTS), seed=st.integers(0, 2**20))
def test_other_numbers_outside_a_part_change_nothing_that_is_seen(shared_home: Path, person: str, seed: int) -> None:
    workspace = trivet.open_workspace(str(shared_home), actor=person)
    ada = trivet.open_workspace(str(shared_home), actor="ada")
    first = ada.store.version(ada.store.versions()[0].id)
    plan = elsewhere(ada.store.load_plan(first.id), person, seed)
    second = ada.store.put_version(first.scenario, first.seq, plan, first.snapshot, ada.stamp("test"))
    one, other = everything_seen(workspace, first.id), everything_seen(workspace, second)
    assert {name for name in one if one[name] != other[name]} == set()
    whole = [told(partial(trivet.show_numbers, ada, "gross_margin", plan=name)) for name in (first.id, second)]
    assert whole[0] != whole[1]
    workspace.store.close()
    ada.store.close()


WHERE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "sofia": (
        ("region=Export",),
        ("market=EXPORT", "family=City"),
    ),
    "wim": (("region=Home",),),
    "kim": (
        ("family=City",),
        ("item=C1", "region=Home"),
    ),
    "carl": (("family=Kids",),),
    "dora": (
        ("region=Export",),
        ("family=Kids",),
        ("region=Home", "family=Kids"),
    ),
}


@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_changes_of_others_outside_a_part_leave_no_trace_in_it(
    people_home: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    import shutil  # noqa: PLC0415

    person = data.draw(st.sampled_from(sorted(WHERE)))
    home = tmp_path_factory.mktemp("log") / "home"
    shutil.copytree(people_home, home)
    workspace, ada = (trivet.open_workspace(str(home), actor=name) for name in (person, "ada"))
    own = tuple(f"{level}={member}" for level, member in NODES[person].items())
    assert trivet.record_changes(ada, [change("+5%", own)]).recorded
    before = live(workspace)
    amounts = st.sampled_from(["+40%", "777", "lock", "x0.5", "0"])
    places = st.sampled_from(WHERE[person])
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(places)
        trivet.record_changes(ada, [change(data.draw(amounts), where)])
    assert len(trivet.list_changes(ada).lines) >= len(trivet.list_changes(workspace).lines)
    assert live(workspace) == before
    workspace.store.close()
    ada.store.close()


def change(amount: str, where: tuple[str, ...]) -> Said:
    return Said(measure="consensus_demand", amount=amount, where=where, first="2027-04", reason=f"{Operation.SET}")


def live(workspace: Workspace) -> dict[str, str]:
    """Give what somebody sees of the working plan as it stands; the number of its last change is common."""
    names = ("consensus_demand", "revenue", "constrained_demand", "production", "price")
    seen = {name: told(partial(trivet.show_numbers, workspace, name, View(by="item"))) for name in names}
    seen["explain"] = told(lambda: trivet.explain_cell(workspace, "revenue", first="2027-04"))
    seen["trace"] = re.sub(r"seq=\d+, version", "version", told(lambda: trivet.trace_cell(workspace, "revenue")))
    seen["log"] = repr(trivet.list_changes(workspace).lines)
    seen["screen"] = told(lambda: trivet.show_plan(workspace))
    seen["compare"] = told(lambda: trivet.compare_scenarios(workspace, "main-1"))
    seen["refused"] = told(lambda: trivet.record_changes(workspace, [change("+1%", ("item=Q",))]))
    seen["beyond"] = told(lambda: trivet.record_changes(workspace, [change("+1%", ())]))
    return seen
