"""What the store gives back: snapshots, scenarios, versions, audit lines, checks. Values, never rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.errors import InvalidInput
from trivet.core.ids import ActorId, Digest, GrainName, MeasureId, ScenarioId, Seq, VersionId
from trivet.core.plan import Recipe
from trivet.core.records import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file a snapshot was read from: its name, the sha256 of its bytes, their number and the rows read."""

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredSnapshot:
    """Frozen inputs of a plan.

    Attributes:
        digest: sha256 over the settings' text and the values of the tables.
        company_text: `company.toml` as it was read.
        tables: loaded tables by name.
        files: what they were read from, as it was when these values were first stored.
        report_json: report of the import.
        created, actor: when and by whom first stored.
    """

    digest: Digest
    company_text: str
    tables: Mapping[str, pl.DataFrame]
    files: tuple[SourceFile, ...]
    report_json: str
    created: datetime
    actor: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScenario:
    """A line of work: a parent's entries up to `branched_at`, then its own after `since` up to `head`.

    `since` is `branched_at` until the scenario is rebased; then the number its last rebase took.
    """

    id: ScenarioId
    title: str
    parent: ScenarioId | None
    branched_at: Seq
    since: Seq
    head: Seq
    base_version: VersionId | None
    snapshot: Digest | None
    state: str
    created: datetime
    actor: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebase:
    """That a branch was put on another base, and what it stood on before.

    Attributes:
        scenario: the branch.
        seq: the number the rebase took in its log; the entries it carried over follow, `carried` of them.
        at, actor: when and by whom.
        parent, branched_at, base_version, snapshot, head: the branch as it was.
    """

    scenario: ScenarioId
    seq: Seq
    carried: int
    at: datetime
    actor: ActorId
    parent: ScenarioId
    branched_at: Seq
    base_version: VersionId | None
    snapshot: Digest | None
    head: Seq


class VersionState(StrEnum):
    """How far a version has come."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureChunks:
    """Where the numbers of one measure are: a chunk per 65,536 series; `mask` where it has a value."""

    counted: bool
    blocks: tuple[Digest, ...]
    mask: tuple[Digest, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrainChunks:
    """Where the numbers of one grain are."""

    buckets: Buckets
    keys: Digest
    rows: int
    measures: Mapping[MeasureId, MeasureChunks]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything a version consists of, by address."""

    recipe: Recipe
    grains: Mapping[GrainName, GrainChunks]
    issues: Digest
    basis: Digest | None

    def addresses(self) -> tuple[Digest, ...]:
        """Give every chunk the version names, sorted, once."""
        found = {self.issues, *([self.basis] if self.basis else [])}
        for grain in self.grains.values():
            found.add(grain.keys)
            for measure in grain.measures.values():
                found.update(measure.blocks, measure.mask or ())
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """A plan that was kept.

    Attributes:
        id: `SCENARIO-NUMBER`, counted up.
        scenario, seq: which log it folds, and up to which entry.
        snapshot: frozen inputs it was made from.
        digest: digest of the plan.
        state: draft, in review, approved or published.
        manifest: its chunks and recipe.
        created, actor, submitted_by, approved_by, published, published_by: who did what.
        seal: sha256 over everything above and the certificate, from publication on.
    """

    id: VersionId
    scenario: ScenarioId
    number: int
    seq: Seq
    snapshot: Digest
    digest: Digest
    state: VersionState
    manifest: Manifest
    created: datetime
    actor: ActorId
    submitted_by: ActorId | None
    approved_by: ActorId | None
    published: datetime | None
    published_by: ActorId | None
    seal: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """The tie-out certificate of a published version: its text, and how its checks went."""

    version: VersionId
    body: str
    passed: int | None
    failed: int | None
    waived: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who did what, when and from where; `detail` is JSON."""

    stamp: Stamp
    what: str
    subject: str
    detail: str


def instant(at: datetime) -> str:
    """Write a moment as the store keeps it: UTC with microseconds.

    Raises InvalidInput for a time without zone.
    """
    if at.tzinfo is None:
        raise InvalidInput(f"time {at.isoformat()} names no zone; give it in UTC")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """Read a moment back."""
    return datetime.fromisoformat(text)


def short(names: Sequence[str]) -> str:
    """List names for a message: the first eight, then how many more."""
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
