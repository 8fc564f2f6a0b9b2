"""Rights: what a person may see and change = role x measure x node of the hierarchy (U1).

The table `people` names each person's role, region and family. The role says which measures are hidden (a sales
representative sees no cost and no margin), which may be changed, which tables and which steps of the month are
theirs; region and family are the nodes whose rows are theirs. `core.mask` is the one place that applies it. Reads
the registry (`owner`, `editable`, `confidential`, `formula`); writes no measure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from trivet.core.errors import NotPermitted
from trivet.core.formula import names_in, parse_formula
from trivet.core.ids import MeasureId, MemberId
from trivet.core.issues import Node, Scope
from trivet.core.measures import MeasureSpec, Registry, Unit


class Role(StrEnum):
    """What somebody answers for in the planning process."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    SALES = "sales"
    MARKETING = "marketing"
    PRODUCT = "product"
    DEMAND = "demand"
    SUPPLY = "supply"
    SOURCING = "sourcing"
    FINANCE = "finance"
    EXECUTIVE = "executive"


class Task(StrEnum):
    """Steps that concern the whole company."""

    IMPORT = "import data"
    PLAN = "make a plan"
    SUBMIT = "submit the plan"
    APPROVE = "approve the plan"
    PUBLISH = "publish the plan"
    CARE = "look after the workspace"


COST: Final = "cost"
"""What measures with `confidential = "cost"` reveal: cost, margin and what is computed from them."""
EVERY: Final = "*"
"""Every measure, or every table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What a role may do.

    Attributes:
        edits: owner roles (of `measures.toml`) whose editable measures it may change; its own are always among them.
        tables: tables whose rows it may put or withdraw through the log.
        hides: what it does not see.
        tasks: steps of the whole company it may take.
    """

    edits: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    hides: frozenset[str] = frozenset()
    tasks: frozenset[Task] = frozenset({Task.PLAN})


def _duties(edits: str = "", tables: str = "", *tasks: Task, hides: str = "") -> Duties:
    return Duties(
        edits=frozenset(edits.split()),
        tables=frozenset(tables.split()),
        hides=frozenset(hides.split()),
        tasks=frozenset({Task.PLAN, *tasks}),
    )


_ALL: Final = _duties(EVERY, EVERY, *Task)
DUTIES: Final[Mapping[Role, Duties]] = {
    Role.ADMIN: _ALL,
    Role.COORDINATOR: _ALL,
    Role.SALES: _duties("demand", "streams promotions price_changes assumptions risks consensus_signoffs", hides=COST),
    Role.MARKETING: _duties("demand", "streams promotions price_changes launches launch_victims assumptions risks"),
    Role.PRODUCT: _duties("demand", "mix launches launch_victims substitutes assumptions risks consensus_signoffs"),
    Role.DEMAND: _duties(
        "demand",
        "streams consensus_rules forecast_methods mix promotions launches launch_victims price_changes substitutes "
        "assumptions risks consensus_signoffs",
        Task.SUBMIT,
    ),
    Role.SUPPLY: _duties(
        "supply sourcing",
        "resource_changes closures calendars workforce allocation production_strategies production_limits "
        "routing_changes lanes storage inventory_policy supplier_caps supply_sources levers assumptions risks",
        Task.SUBMIT,
    ),
    Role.SOURCING: _duties("", "supply_sources supplier_caps substitutes levers assumptions risks"),
    Role.FINANCE: _duties(
        "", "streams prices costs exchange_rates operating_expense levers targets assumptions risks",
        Task.SUBMIT, Task.APPROVE,
    ),
    Role.EXECUTIVE: _duties("", "consensus_signoffs", Task.APPROVE),
}  # fmt: skip
"""The roles. Sales, product, demand and executive answer for the consensus of their families and approve it; what is
wrong with the data only the coordinator accepts or hands on. A measure that moves another one (revenue moves demand)
may be changed by whoever may change either."""

NODES: Final = (("region", "market"), ("family", "item"))
"""Columns of table `people` that name a node, and the dimension they are levels of; empty = everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What one person may see and change.

    Attributes:
        person: login name.
        name: as people say it.
        role: their role.
        nodes: their part of the hierarchies; what lies in all of them. Empty = everything.
        hidden: measures they do not see.
        editable: measures they may change.
        tables: tables whose rows they may change; `*` = every one.
        tasks: steps of the whole company they may take.
    """

    person: str
    name: str
    role: Role
    nodes: Scope = ()
    hidden: frozenset[MeasureId] = frozenset()
    editable: frozenset[MeasureId] = frozenset()
    tables: frozenset[str] = frozenset()
    tasks: frozenset[Task] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether they see everything."""
        return not self.nodes and not self.hidden

    @property
    def part(self) -> str:
        """Their part in words, for every total they are shown; empty when they see every row."""
        return f"your part: {', '.join(f'{node.level}={node.member}' for node in self.nodes)}" if self.nodes else ""

    def where(self, scope: str) -> str:
        """Say where numbers come from: the scope asked for, within their part."""
        return "; ".join(text for text in (scope, self.part) if text) or "everything"

    def sees(self, measure: str) -> bool:
        """Tell whether a measure is shown to them."""
        return measure not in self.hidden

    def check_measure(self, spec: MeasureSpec, registry: Registry) -> None:
        """Raise NotPermitted when they do not see a measure, or not without the parts of others."""
        if not self.sees(spec.id):
            raise NotPermitted(
                f"{spec.id} is not shown to the role {self.role}. Ask finance or the coordinator for what you need."
            )
        if not self.reaches(spec, registry):
            raise NotPermitted(
                f"{spec.id} is kept for {' x '.join(registry.grains[spec.grain]) or 'the whole company'}: there it "
                f"can't be told which of it is {self.part}. Choose a measure of demand, such as consensus_demand."
            )

    def reaches(self, spec: MeasureSpec, registry: Registry) -> bool:
        """Tell whether the numbers of a measure can be cut to their part: its grain names each of their nodes."""
        names = registry.grains[spec.grain]
        return is_method(spec) or all(node.dimension in names or node.level in names for node in self.nodes)

    def check_task(self, task: Task) -> None:
        """Raise NotPermitted when a step is not theirs; steps of the whole company are for who sees all of it."""
        if task not in self.tasks:
            raise NotPermitted(f"{self.person} ({self.role}) may not {task}. {_who(task)} may.")
        if self.nodes and task is not Task.PLAN:
            raise NotPermitted(f"{self.person} may not {task}: it concerns more than {self.part}. {_who(task)} may.")

    def check_whole(self, what: str) -> None:
        """Raise NotPermitted for what is only told of the whole company, with every measure."""
        if not self.whole:
            raise NotPermitted(
                f"{what} speaks of the whole company with its costs; {self.person} ({self.role}) sees a part of it. "
                "Ask the coordinator, or see your own: trivet show, trivet export --as csv."
            )


def _who(task: Task) -> str:
    roles = [role.value for role, duties in DUTIES.items() if task in duties.tasks]
    return f"The role {' or '.join(roles)}"


def is_method(spec: MeasureSpec) -> bool:
    """Tell whether a measure is a parameter of the method (how far forecast errors move together), nobody's number."""
    return spec.unit is Unit.RATIO and spec.over_members == "none"


def everything(person: str, registry: Registry) -> Rights:
    """Give the rights of an administrator: of the workspace's creator, and of anybody where no table says who."""
    return _rights(person, person, Role.ADMIN, (), registry)


def rights_of(person: str, people: pl.DataFrame, registry: Registry, *, creator: str) -> Rights:
    """Read somebody's rights from the table `people`.

    Args:
        person: login name of who acts.
        people: the table; without rows everybody may do everything.
        registry: the measures.
        creator: who made the workspace; an administrator while the table does not name them, or names nobody who
            could mend it.

    Raises NotPermitted for somebody the table does not name; it names nobody else.
    """
    if people.is_empty():
        return everything(person, registry)
    keepers = people.filter(pl.col("role").is_in([Role.ADMIN.value, Role.COORDINATOR.value]))
    found = people.filter(pl.col("person") == person)
    if person == creator and (found.is_empty() or keepers.is_empty()):
        return everything(person, registry)
    if found.is_empty():
        raise NotPermitted(
            f"'{person}' is not in the table people, so nothing is shown to them and nothing can be changed. "
            "Say who you are: trivet --actor NAME; or have the coordinator add you to people.csv and import it."
        )
    row = found.row(0, named=True)
    nodes = tuple(
        Node(dimension=dimension, level=level, member=MemberId(row[level])) for level, dimension in NODES if row[level]
    )
    return _rights(person, row["name"] or person, Role(row["role"]), nodes, registry)


def every_right(people: pl.DataFrame, registry: Registry, *, creator: str) -> tuple[Rights, ...]:
    """Give the rights of every person of the table, in its order."""
    return tuple(
        rights_of(person, people, registry, creator=creator) for person in people["person"].unique(maintain_order=True)
    )


def _rights(person: str, name: str, role: Role, nodes: Scope, registry: Registry) -> Rights:
    duties = DUTIES[role]
    return Rights(
        person=person,
        name=name,
        role=role,
        nodes=nodes,
        hidden=hidden_measures(registry, duties.hides),
        editable=frozenset(spec.id for spec in registry.measures.values() if _may_edit(role, spec, registry)),
        tables=duties.tables,
        tasks=duties.tasks,
    )


def hidden_measures(registry: Registry, kinds: Iterable[str]) -> frozenset[MeasureId]:
    """Name the measures that are, or reveal, something of these kinds.

    A measure computed or averaged with a hidden one is hidden as well: who sees a margin and the revenue in it has
    the cost by difference, and who sees the result of an inverse has what went into it.
    """
    wanted = frozenset(kinds)
    hidden = {spec.id for spec in registry.measures.values() if spec.confidential in wanted}
    grown = True
    while grown:
        more = {spec.id for spec in registry.measures.values() if spec.id not in hidden and _reads(spec) & hidden}
        hidden |= more
        grown = bool(more)
    return frozenset(hidden)


def _reads(spec: MeasureSpec) -> set[MeasureId]:
    """Name the measures one is made of: its formula, inverses, base and the weights of its roll-up."""
    texts = [text for text in (spec.formula, *spec.inverse.values()) if text]
    names = {name for text in texts for name in names_in(parse_formula(text))}
    weights = f"{spec.over_members}:{spec.over_time}".replace("/", ":").split(":")
    base = {spec.base} if spec.base else set()
    return names | {MeasureId(name) for name in weights} | base


def _may_edit(role: Role, spec: MeasureSpec, registry: Registry) -> bool:
    if not spec.editable:
        return False
    edits = DUTIES[role].edits | {role.value}
    owners = {spec.owner, *(registry[name].owner for name in spec.inverse)}
    return EVERY in edits or bool(owners & edits)
