"""The store's part of the doctor: what must always hold of the log, chunks, versions and branches.

V4 a locked cell never moved; V5 a published version is what it was; V6 no number of a log is missing;
V7 what was acknowledged is there and sound; V8 the fold of the log gives the logged effects; V9 every
write has its person, time and source; V10 a job's effects happened once; V13 same recipe, same digest;
V14 a branch lies on its parent. Nothing is mended here: a check that fails says what to restore.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256

import numpy as np
from sqlalchemy import Connection, func, select, text

from trivet.core.checks import Check
from trivet.core.entries import Change, Effect, Logged, Operation
from trivet.core.errors import NotFound, TrivetError, Unavailable
from trivet.core.ids import Counts, Digest, MeasureId, ScenarioId, Seq
from trivet.store.codec import effects_to_frame, frame_digest
from trivet.store.jobs import LIVE, Job, JobState, read_jobs
from trivet.store.log import read_entries
from trivet.store.migrations.freeze import rules
from trivet.store.publishing import read_certificate, seal_of
from trivet.store.scenarios import read_rebases, read_scenarios, read_standing
from trivet.store.schema import audit, chunk, log, snapshot_chunk, version_chunk
from trivet.store.stored import StoredScenario, StoredVersion, VersionState, instant, short
from trivet.store.versions import load_plan, read_versions

Recompute = Callable[[StoredScenario, tuple[Logged, ...]], Mapping[Seq, tuple[Effect, ...]]]
"""Folds a scenario's log again and gives the effects of those entries that refer to the plan as it is."""

_RESTORE = "Restore the last backup (trivet restore) and compare."


def examine(connection: Connection, recompute: Recompute | None = None) -> tuple[Check, ...]:
    """Run every check in one reading transaction.

    Without `recompute` V8 is left out: the store can't fold.
    """
    scenarios = read_scenarios(connection)
    logs, damage = _read_logs(connection, scenarios)
    versions = read_versions(connection)
    checks = [
        _locks_held(logs.values()),
        _published_unchanged(connection, versions),
        _triggers_there(connection),
        _no_gaps(connection, scenarios),
        _chunks_sound(connection, damage),
        _database_sound(connection),
        _trail_complete(connection, logs),
        _jobs_once(connection, versions),
        _recipes_agree(versions),
        _branches_lie_on_parents(connection, scenarios),
    ]
    if recompute is not None:
        checks.append(_effects_folded(scenarios, logs, recompute))
    return tuple(checks)


def _check(name: str, checked: int, wrong: Sequence[str], advice: str = _RESTORE) -> Check:
    message = f"{short(wrong)}. {advice}" if wrong else ""
    return Check(name=name, passed=not wrong, checked=checked, failed=len(wrong), message=message)


def _locks_held(logs: Iterable[Sequence[Logged]]) -> Check:
    """A LOCK's effects are the cells it holds; no later entry may have moved one while it held."""
    wrong: dict[str, None] = {}
    checked = 0
    for entries in logs:
        for lock in (entry for entry in entries if _is(entry, Operation.LOCK)):
            held = _cells(lock.effects)
            for later in _while_held(lock, entries):
                checked += 1
                count = _shared(held, _cells(later.effects, moved=True))
                if count:
                    wrong[f"entry {later.seq} of {later.stamp.actor} moved {count} cells of lock {lock.seq}"] = None
    return _check("V4 a locked cell never moves", checked, list(wrong))


def _is(logged: Logged, operation: Operation) -> bool:
    return isinstance(logged.entry, Change) and logged.entry.operation is operation


def _while_held(lock: Logged, entries: Sequence[Logged]) -> Iterable[Logged]:
    """Give the entries made while the lock surely held, over the same rows: up to any unlock or its end."""
    if isinstance(lock.entry, Change) and lock.entry.expires is not None:
        return
    for later in entries:
        if later.seq <= lock.seq:
            continue
        if later.entry.withdraws == lock.seq or _is(later, Operation.UNLOCK):
            return
        if later.base == lock.base:
            yield later


_WIDTH = 2**20
"""More than the buckets of any plan: row and column become one number."""


def _cells(effects: Sequence[Effect], *, moved: bool = False) -> Mapping[MeasureId, Counts]:
    found: dict[MeasureId, Counts] = {}
    for effect in effects:
        at = effect.before != effect.after if moved else slice(None)
        numbers = effect.rows[at] * _WIDTH + effect.columns[at]
        found[effect.measure] = np.union1d(found.get(effect.measure, numbers), numbers)
    return found


def _shared(one: Mapping[MeasureId, Counts], other: Mapping[MeasureId, Counts]) -> int:
    return sum(len(np.intersect1d(one[name], other[name])) for name in one if name in other)


def _published_unchanged(connection: Connection, versions: Sequence[StoredVersion]) -> Check:
    published = [version for version in versions if version.state is VersionState.PUBLISHED]
    wrong = [f"{version.id}: {fault}" for version in published if (fault := _fault_of(connection, version))]
    return _check("V5 a published version never changes", len(published), wrong)


def _fault_of(connection: Connection, version: StoredVersion) -> str:
    try:
        found = load_plan(connection, version.manifest).digest()
        body = read_certificate(connection, version.id).body
    except (TrivetError, ValueError) as error:
        return f"can't be read: {error}"
    if found != version.digest:
        return f"digest is {found[:12]}, was {version.digest[:12]}"
    if version.published is None or version.published_by is None:
        return "nobody published it"
    seal = seal_of(version, body, instant(version.published), version.published_by)
    return "" if seal == version.seal else f"seal is {seal[:12]}, was {(version.seal or '')[:12]}"


def _triggers_there(connection: Connection) -> Check:
    postgresql = connection.dialect.name == "postgresql"
    query = "SELECT tgname FROM pg_trigger" if postgresql else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    found = set(connection.execute(text(query)).scalars())
    wanted = [rule.name for rule in rules() if not (postgresql and rule.sqlite_only)]
    lost = [f"trigger {name} is missing" for name in wanted if name not in found]
    return _check("V5 the database refuses changes of published versions", len(wanted), lost)


def _no_gaps(connection: Connection, scenarios: Sequence[StoredScenario]) -> Check:
    """Every number between the base of a scenario and its head is there, and so it was before each rebase."""
    wrong, checked = [], 0
    for scenario in scenarios:
        for at in _standings(connection, scenario):
            query = select(log.c.seq).where(log.c.scenario == at.id, log.c.seq > at.since, log.c.seq <= at.head)
            numbers = sorted(connection.execute(query).scalars())
            checked += len(numbers)
            if numbers != list(range(at.since + 1, at.head + 1)):
                has = f"stands at entry {at.head} but has {len(numbers)} of its own after entry {at.since}"
                wrong.append(f"scenario {at.id} {has}")
    return _check("V6 no entry of a log is lost", checked, wrong)


def _standings(connection: Connection, scenario: StoredScenario) -> tuple[StoredScenario, ...]:
    """Give a scenario as it stood before each of its rebases, and as it is."""
    before = (read_standing(connection, scenario.id, rebase.head) for rebase in read_rebases(connection, scenario.id))
    return (*before, scenario)


def _read_logs(
    connection: Connection, scenarios: Sequence[StoredScenario]
) -> tuple[Mapping[ScenarioId, tuple[Logged, ...]], Sequence[str]]:
    """Read every log; one whose effects are damaged is read without them, and told."""
    logs: dict[ScenarioId, tuple[Logged, ...]] = {}
    damage = []
    for scenario in scenarios:
        try:
            logs[scenario.id] = read_entries(connection, scenario.id)
        except (NotFound, Unavailable) as error:
            damage.append(f"effects of scenario {scenario.id}: {error.message}")
            logs[scenario.id] = read_entries(connection, scenario.id, wanted=lambda _entry, _seq: False)
    return logs, damage


def _chunks_sound(connection: Connection, damage: Sequence[str]) -> Check:
    """Every chunk that something names is there, and the log's can be read."""
    named = {
        Digest(digest)
        for column in (log.c.effects, version_chunk.c.chunk, snapshot_chunk.c.chunk)
        for digest in connection.execute(select(column).where(column.is_not(None)).distinct()).scalars()
    }
    there = set(connection.execute(select(chunk.c.digest)).scalars())
    wrong = [*damage, *(f"chunk {digest} is missing" for digest in sorted(named - there))]
    return _check("V7 every chunk that is named is there", len(named), wrong)


def _database_sound(connection: Connection) -> Check:
    if connection.dialect.name == "postgresql":  # it checks its pages on every read; there is no such command
        connection.execute(select(func.count()).select_from(chunk)).scalar_one()
        return _check("V7 the database is sound", 1, [])
    found = [str(line) for line in connection.execute(text("PRAGMA integrity_check")).scalars()]
    lost = [str(row[0]) for row in connection.execute(text("PRAGMA foreign_key_check"))]
    wrong = [line for line in found if line != "ok"] + [f"table {name} names rows that are gone" for name in lost]
    return _check("V7 the database is sound", 1, wrong)


def _trail_complete(connection: Connection, logs: Mapping[ScenarioId, Sequence[Logged]]) -> Check:
    """Every own entry of a scenario lies in a group the audit trail knows, and names person and source."""
    known = {tuple(row) for row in connection.execute(select(audit.c.group, audit.c.actor, audit.c.at))}
    own = [entry for name, entries in logs.items() for entry in entries if entry.scenario == name]
    wrong = [
        f"entry {entry.seq} of {entry.scenario} has no line in the audit trail"
        for entry in own
        if (entry.stamp.group, entry.stamp.actor, instant(entry.stamp.at)) not in known
        or not (entry.stamp.actor and entry.stamp.source)
    ]
    return _check("V9 every entry leads to a person, a time and a source", len(own), wrong)


def _jobs_once(connection: Connection, versions: Sequence[StoredVersion]) -> Check:
    """What a job made is there and was made once: one good end, under the token it was held with."""
    found = read_jobs(connection)
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    query = select(audit.c.group, audit.c.what, audit.c.detail).where(audit.c.what.in_(("end job", "keep plan")))
    for group, what, detail in connection.execute(query.order_by(audit.c.id)):
        told[group].append((what, detail))
    kept = {str(version.id) for version in versions}
    wrong = [fault for job in found if (fault := _fault_of_job(job, told[job.claim.group], kept))]
    live = Counter(job.recipe for job in found if job.state in LIVE and not job.cancel)
    wrong += [f"recipe {recipe[:12]} waits or runs {times} times" for recipe, times in live.items() if times > 1]
    return _check("V10 a job's effects happened once", len(found), wrong)


def _fault_of_job(job: Job, told: Sequence[tuple[str, str]], kept: Collection[str]) -> str:
    ends = [json.loads(detail) for what, detail in told if what == "end job"]
    plans = sum(what == "keep plan" for what, _ in told)
    if len({end["token"] for end in ends}) < len(ends):
        return f"job {job.id} ended twice under one token"
    if sum(end["state"] == JobState.DONE for end in ends) > 1 or plans > 1:
        return f"job {job.id} was done more than once"
    if job.state not in LIVE and (not ends or (ends[-1]["state"], ends[-1]["token"]) != (job.state, job.token)):
        return f"job {job.id} is {job.state}, but the audit trail does not say so"
    if job.state in LIVE and any(end["state"] == JobState.DONE for end in ends):
        return f"job {job.id} is {job.state}, but was done before"
    if job.use_case == "make_plan" and job.state is JobState.DONE and job.result not in kept:
        return f"job {job.id} made version {job.result}, which is not there"
    return ""


def _recipes_agree(versions: Sequence[StoredVersion]) -> Check:
    plans: dict[str, set[str]] = defaultdict(set)
    for version in versions:
        plans[version.manifest.recipe.digest()].add(version.digest)
    wrong = [
        f"recipe {recipe[:12]} gave {len(found)} different plans" for recipe, found in plans.items() if len(found) > 1
    ]
    return _check("V13 the same recipe gave the same plan", len(plans), wrong, "Plan again and report it.")


def _branches_lie_on_parents(connection: Connection, scenarios: Sequence[StoredScenario]) -> Check:
    heads = {scenario.id: scenario.head for scenario in scenarios}
    every = [at for scenario in scenarios for at in _standings(connection, scenario)]
    branches = [branch for branch in every if branch.parent is not None]
    wrong = [
        f"scenario {branch.id} branched at entry {branch.branched_at} of {branch.parent}, which it does not reach"
        for branch in branches
        if branch.parent is None
        or not 0 <= branch.branched_at <= min(heads.get(branch.parent, -1), branch.since, branch.head)
    ]
    return _check("V14 a branch lies on its parent", len(branches), wrong)


def _effects_folded(
    scenarios: Sequence[StoredScenario], logs: Mapping[ScenarioId, tuple[Logged, ...]], recompute: Recompute
) -> Check:
    wrong, checked = [], 0
    for scenario in scenarios:
        logged = {entry.seq: entry for entry in logs[scenario.id]}
        for seq, effects in sorted(recompute(scenario, logs[scenario.id]).items()):
            checked += 1
            if _address(effects) != _address(logged[seq].effects):
                wrong.append(f"entry {seq} of {scenario.id} by {logged[seq].stamp.actor} folds to other numbers")
    return _check("V8 the fold of the log gives the logged effects", checked, wrong)


def _address(effects: Sequence[Effect]) -> str:
    """Cells of each measure with their values, in one order, whatever the effects' own."""
    frame = effects_to_frame(effects).drop("effect").sort("measure", "rows", "columns")
    return sha256(frame_digest(frame).encode()).hexdigest()
