"""The live cube: what one scenario's people look at now, kept up to date change by change.

It holds the head of a scenario (`planning.head`): the latest version with every change since then put in, its own
and those of others. An edit moves its cells and the arithmetic on them in those rows at once; solved measures are
held and told to be behind, with the version they belong to, until somebody plans again. Any thread may ask.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeVar

from trivet.core.buckets import Period
from trivet.core.entries import Change, Effect, Entry, Logged, RecordChange
from trivet.core.grouping import Groups, group_rows
from trivet.core.ids import Digest, GrainName, MeasureId, ScenarioId, Seq, VersionId
from trivet.core.issues import Issue, Place, Scope, Severity
from trivet.core.plan import Plan, PlanInputs
from trivet.core.records import Stamp
from trivet.core.rollup import RolledUp, roll_groups
from trivet.core.scope import rows_of
from trivet.core.signoffs import about_numbers
from trivet.planning.head import (
    Head,
    aged_measures,
    catch_up,
    effects_on,
    fold_again,
    moved_measures,
    put,
    stand_on,
    with_locks,
)
from trivet.planning.rows import on_rows_of
from trivet.store.log import check_seen, refuse_overlaps
from trivet.store.stored import StoredVersion
from trivet.workspace.axes import axes_of

if TYPE_CHECKING:
    from trivet.workspace.workspace import Workspace

Told = TypeVar("Told")
Refuse = Callable[[Change, tuple[Effect, ...]], tuple[Issue, ...]]
Tell = Callable[[Logged, Head, Head], Told]
Where = tuple[GrainName, tuple[tuple[str, str | None], ...], Period, Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """What is behind the head.

    Attributes:
        version: the version that solved measures belong to, and its digest.
        changes: entries since.
        imported: whether other data were imported since.
        measures: solved measures that do not know them, and summed ones that read such.
    """

    version: VersionId
    digest: Digest
    changes: int
    imported: bool = False
    measures: frozenset[MeasureId]

    def issue(self, measure: MeasureId) -> Issue | None:
        """Say that a measure is behind; None when it is not."""
        if measure not in self.measures:
            return None
        changes = "1 change" if self.changes == 1 else f"{self.changes} changes"
        missing = " and ".join([changes] * bool(self.changes) + ["an import"] * self.imported)
        are = "is" if self.changes + self.imported == 1 else "are"
        return Issue(
            code="plan.stale",
            severity=Severity.NOTE,
            place=Place(measure=measure),
            message=f"solved for version {self.version} (digest {self.digest[:12]}): {missing} since {are} not in it.",
            advice="Plan again: trivet plan",
        )


class Refused(Exception):  # noqa: N818 - carries the issues that refuse a change out of the store's transaction
    """Nothing was recorded, for these issues."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        """Keep the issues."""
        super().__init__()
        self.issues = issues


class _Elsewhere(Exception):  # noqa: N818 - never leaves this module
    """Somebody put the scenario on another base while a change waited for its turn."""


class Cube:
    """The head of one scenario, live. Made by `Cube.open`; kept by `Workspace.cube`."""

    def __init__(self, workspace: "Workspace", scenario: ScenarioId) -> None:
        """Read the head from the store."""
        self._workspace, self._scenario = workspace, scenario
        self._guard = RLock()
        self._open()

    def _open(self) -> None:
        """Read everything: at first, and when the scenario has another plan or stands elsewhere."""
        workspace, scenario = self._workspace, self._scenario
        self._ground = _ground(workspace, scenario)
        self._version, plan, inputs = workspace.opened(self._ground[0])
        shared = _shared(workspace, scenario, self._version.scenario)
        holds = self._version.seq if self._version.seq <= shared else None
        entries = workspace.store.entries(scenario)
        if any(self._elsewhere(entry) for entry in entries if holds is not None and entry.seq > holds):
            holds = None  # their effects are of other rows: the whole log is folded again
        log = on_rows_of(entries, self._version.digest, plan.panels, axes_of(workspace), workspace.registry)
        self._head = stand_on(plan, inputs, log, base=self._version.digest, holds=holds)
        self._settled = min(self._version.seq, shared)
        self._groups: dict[Where, Groups] = {}
        self._rolled: dict[tuple[MeasureId, Where], _Kept] = {}

    @classmethod
    def open(cls, workspace: "Workspace", scenario: str) -> "Cube":
        """Open the head of a scenario as a fresh worker reads it: its latest version and the effects logged since.

        A branch without a version stands on its parent's. Raises NotFound when there is no plan yet.
        """
        return cls(workspace, ScenarioId(scenario))

    @property
    def version(self) -> StoredVersion:
        """The version it stands on."""
        return self._version

    @property
    def head(self) -> Head:
        """The numbers now; a value that later changes do not touch."""
        return self._head

    @property
    def seq(self) -> Seq:
        """Number of the last entry in it."""
        return self._head.seq

    @property
    def plan(self) -> Plan:
        """The head as a plan."""
        return self._head.plan

    @property
    def inputs(self) -> PlanInputs:
        """What the version was made from."""
        return self._head.ground.inputs

    @property
    def stale(self) -> Stale | None:
        """What is behind the head; None when the version is all there is to say."""
        head, version = self._head, self._version
        since = about_numbers(entry for entry in head.log if entry.seq > self._settled)
        tables = any(isinstance(entry.entry, RecordChange) for entry in since)
        imported = self._workspace.store.scenario(self._scenario).snapshot not in (None, version.snapshot)
        if not (tables or imported or moved_measures(head)):
            return None
        return Stale(
            version=version.id,
            digest=version.digest,
            changes=len(since),
            imported=imported,
            measures=aged_measures(self.inputs, everything=tables or imported),
        )

    def catch_up(self) -> tuple[Logged, ...]:
        """Take in what others recorded since, and a newer version if there is one; give the entries taken in."""
        with self._guard:
            before = self.seq
            if _ground(self._workspace, self._scenario) != self._ground:
                self._open()
                return tuple(entry for entry in self._head.log if entry.seq > before)
            later = self._workspace.store.entries(self._scenario, after=before)
            self.apply(later)
            return later

    def apply(self, logged: Sequence[Logged]) -> None:
        """Put logged entries in by their effects: the next ones of this scenario's log, in order."""
        with self._guard:
            later = tuple(entry for entry in logged if entry.seq > self.seq)
            if any(self._elsewhere(entry) for entry in later):
                head, workspace = self._head, self._workspace
                here = on_rows_of(later, head.ground.base, head.panels, axes_of(workspace), workspace.registry)
                self._head = fold_again(replace(head, log=(*head.log, *here)))
            else:
                self._head = catch_up(self._head, later)

    def _elsewhere(self, logged: Logged) -> bool:
        """Tell whether the effects of an entry speak of the rows of another version."""
        return isinstance(logged.entry, Change) and logged.base != self._version.digest

    def record(
        self, entries: Sequence[Entry], stamp: Stamp, *, seen: Seq | None, refuse: Refuse, tell: Tell[Told]
    ) -> tuple[Told, ...]:
        """Record entries in the log, all of them or none, and move the head.

        Args:
            entries: in the order they apply; each sees what those before it did.
            stamp: who, when, from where.
            seen: head that was looked at; None = do not ask whether somebody was faster.
            refuse: gives the issues that refuse a change of these effects.
            tell: gives what is to be known of a change, from the heads before and after it.

        Returns:
            What `tell` gave, one a change that is not of records.

        Raises:
            Refused: an entry can't be done; nothing is recorded.
            Conflict: somebody changed the same cells since `seen`.
        """
        with self._guard:
            while True:
                turn = _Turn(self._scenario, self._ground[2], stamp, refuse, tell)
                try:
                    self._append(turn, entries, seen)
                except _Elsewhere:
                    self._open()
                    continue
                self._head = turn.head or self._head
                return tuple(turn.told)

    def try_out(
        self, entries: Sequence[Entry], stamp: Stamp, *, seen: Seq | None, refuse: Refuse, tell: Tell[Told]
    ) -> tuple[tuple[Told, ...], tuple[Issue, ...]]:
        """Tell what `record` would do with entries, by the same steps; nothing is recorded and the head stays.

        Returns:
            What `tell` gave, up to the change that is refused (its own as well when `refuse` refuses it), and the
            issues that refuse it.

        Raises:
            Conflict: somebody changed the same cells since `seen`.
        """
        with self._guard:
            check_seen(self._scenario, self.seq, seen)
            turn = _Turn(self._scenario, self._ground[2], stamp, refuse, tell)
            try:
                turn.take(self._head, entries)
            except Refused as refusal:
                return tuple(turn.told), refusal.issues
            if seen is not None:
                refuse_overlaps(turn.made, self._head.log, seen, self._workspace.registry)
            return tuple(turn.told), ()

    def _append(self, turn: "_Turn[Told]", entries: Sequence[Entry], seen: Seq | None) -> None:
        store = self._workspace.store

        def effects(live: Sequence[Logged]) -> tuple[tuple[Effect, ...], ...]:
            # The scenario is locked now. What others did meanwhile is committed, and read past the lock.
            known = store.scenario(self._scenario)
            if (known.branched_at, known.since) != self._ground[1:]:
                raise _Elsewhere
            if len(live) > len(self._head.log):
                self.apply(store.entries(self._scenario, after=self.seq))
            return turn.take(self._head, entries)

        store.append(
            self._scenario,
            entries,
            turn.stamp,
            seen=seen,
            effects=effects,
            base=self._version.digest,
            registry=self._workspace.registry,
        )

    def show(
        self,
        measure: str,
        levels: Mapping[str, str | None] | None = None,
        *,
        period: Period = Period.BUCKET,
        scope: Scope = (),
    ) -> RolledUp:
        """Give a measure of the head at levels and periods, as `roll_up` does; what did not move is not added again."""
        head, model = self._head, self.inputs.model
        spec = model.registry[measure]
        panel = head.panels[spec.grain]
        where = (spec.grain, tuple(sorted((levels or {}).items())), period, scope)
        rules = f"{spec.over_members}:{spec.over_time}".replace("/", ":").split(":")
        read = [
            part
            for name in (spec.id, *rules)
            for arrays in (panel.counts, panel.rates, panel.present)
            if (part := arrays.get(MeasureId(name))) is not None
        ]
        with self._guard:
            kept = self._rolled.get((spec.id, where))
            if kept is not None and [id(part) for part in kept.read] == [id(part) for part in read]:
                return kept.rolled
            groups = self._groups.get(where)
            if groups is None:
                groups = group_rows(panel, model, levels or {}, rows_of(panel, model, scope), period)
                self._groups[where] = groups
            rolled = roll_groups(panel, model, groups, [spec.id])
            self._rolled[spec.id, where] = _Kept(read=read, rolled=rolled)
            return rolled


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kept:
    """A roll-up and the arrays it was added up from: as long as the head has the same ones, it holds."""

    read: Sequence[object]
    rolled: RolledUp


class _Turn(Generic[Told]):
    """One batch of entries, worked out inside the store's lock: each on top of those before it."""

    def __init__(self, scenario: ScenarioId, since: Seq, stamp: Stamp, refuse: Refuse, tell: Tell[Told]) -> None:
        self.head: Head | None = None
        self.told: list[Told] = []
        self.made: list[Logged] = []
        self.stamp = stamp
        self._scenario, self._since = scenario, since
        self._refuse, self._tell = refuse, tell

    def take(self, head: Head, entries: Sequence[Entry]) -> tuple[tuple[Effect, ...], ...]:
        """Give the effects of each entry on what stands; raises Refused."""
        head = with_locks(head)
        self.made = []
        for entry in entries:
            result = effects_on(head, entry)
            refused = tuple(part for part in result if isinstance(part, Issue))
            effects = tuple(part for part in result if isinstance(part, Effect))
            if refused:
                raise Refused(refused)
            head = self._put(head, entry, effects)
            if isinstance(entry, Change) and (refused := self._refuse(entry, effects)):
                raise Refused(refused)
        self.head = head
        return tuple(logged.effects for logged in self.made)

    def _put(self, head: Head, entry: Entry, effects: tuple[Effect, ...]) -> Head:
        logged = Logged(
            scenario=self._scenario,
            seq=Seq(max(head.seq, self._since) + 1),  # a rebase takes a number without an entry
            base=head.ground.base,
            entry=entry,
            stamp=self.stamp,
            effects=effects,
        )
        self.made.append(logged)
        after = put(head, logged)
        if isinstance(entry, Change):
            self.told.append(self._tell(logged, head, after))
        return after


def _ground(workspace: "Workspace", scenario: ScenarioId) -> tuple[VersionId, Seq, Seq]:
    """Name what a scenario stands on: a version, and where it left its parent; planning and rebasing move it."""
    known = workspace.store.scenario(scenario)
    return workspace.planned_version(scenario).id, known.branched_at, known.since


def _shared(workspace: "Workspace", scenario: ScenarioId, ancestor: ScenarioId) -> Seq:
    """Give the last entry a scenario shares with itself or an ancestor."""
    known = workspace.store.scenario(scenario)
    shared = known.head
    while known.id != ancestor and known.parent is not None:
        shared = Seq(min(shared, known.branched_at))
        known = workspace.store.scenario(known.parent)
    return shared
