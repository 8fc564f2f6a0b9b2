"""From draft to published: draft, in review, approved, published; back to draft until it is published.

Publishing freezes a version in one transaction, only while the log and the inputs are those the plan
was made from, and seals it: from then on triggers of the database refuse every change.
"""

import json
from hashlib import sha256

from sqlalchemy import Connection, insert, select, update

from trivet.core.errors import Conflict, InvalidInput, NotFound
from trivet.core.ids import Digest, Seq, VersionId
from trivet.core.records import Stamp
from trivet.store.scenarios import lock_head, read_scenario
from trivet.store.schema import certificate as certificate_table
from trivet.store.schema import version as version_table
from trivet.store.stored import StoredCertificate, StoredVersion, VersionState, instant
from trivet.store.trail import note
from trivet.store.versions import read_version

STEPS: dict[VersionState, tuple[VersionState, ...]] = {
    VersionState.DRAFT: (VersionState.IN_REVIEW,),
    VersionState.IN_REVIEW: (VersionState.APPROVED, VersionState.DRAFT),
    VersionState.APPROVED: (VersionState.PUBLISHED, VersionState.DRAFT),
    VersionState.PUBLISHED: (),
}
"""What may follow what."""


def set_state(connection: Connection, name: VersionId, state: VersionState, stamp: Stamp) -> None:
    """Move a version one step, or back to draft, and record who did it.

    Raises Conflict when the step is not open, InvalidInput for publishing (that needs a certificate).
    """
    if state is VersionState.PUBLISHED:
        raise InvalidInput(f"version '{name}': publishing needs its certificate. Use publish.")
    version = _open(connection, name, state)
    steps: dict[VersionState, dict[str, str | None]] = {
        VersionState.DRAFT: {"submitted_by": None, "approved_by": None},
        VersionState.IN_REVIEW: {"submitted_by": str(stamp.actor)},
        VersionState.APPROVED: {"approved_by": str(stamp.actor)},
    }
    connection.execute(update(version_table).where(version_table.c.id == name).values(state=state, **steps[state]))
    note(connection, stamp, "move version", name, {"from": version.state, "to": state})


def _open(connection: Connection, name: VersionId, state: VersionState) -> StoredVersion:
    """Lock the version's scenario and give the version; Conflict when the step is not open."""
    lock_head(connection, read_version(connection, name).scenario)
    version = read_version(connection, name)  # again: under the lock
    if state not in STEPS[version.state]:
        ways = ", ".join(STEPS[version.state]) or "nothing: it is frozen"
        raise Conflict(f"version '{name}' is {version.state} and can't become {state}; open is {ways}.")
    return version


def publish(
    connection: Connection, name: VersionId, certificate_json: str, stamp: Stamp, *, at: Seq | None = None
) -> Digest:
    """Freeze an approved version with its certificate and give its seal (sha256).

    Args:
        connection: of an open writing transaction.
        name: the version.
        certificate_json: what was checked, and how the gates stood.
        stamp: who, when.
        at: last entry the version was found current at, and the gates were looked at; None = the one it was made at.

    Raises Conflict when it is not approved, or when entries came after `at` or other inputs after the plan was made;
    InvalidInput when the certificate is not a JSON object.
    """
    version = _open(connection, name, VersionState.PUBLISHED)
    _refuse_stale(connection, version, version.seq if at is None else at)
    figures = _certificate_figures(certificate_json)
    connection.execute(insert(certificate_table), {"version": name, "body": certificate_json, **figures})
    seal = seal_of(version, certificate_json, instant(stamp.at), str(stamp.actor))
    values = {"published": instant(stamp.at), "published_by": str(stamp.actor), "seal": str(seal)}
    connection.execute(
        update(version_table).where(version_table.c.id == name).values(state=VersionState.PUBLISHED, **values)
    )
    note(connection, stamp, "publish", name, {"seal": seal, "digest": version.digest})
    return seal


def _refuse_stale(connection: Connection, version: StoredVersion, at: Seq) -> None:
    scenario = read_scenario(connection, version.scenario)
    if scenario.head != at:
        raise Conflict(
            f"version '{version.id}' is current at entry {at}, scenario '{scenario.id}' stands at "
            f"{scenario.head}. Plan again, or withdraw the later entries."
        )
    if scenario.snapshot is not None and scenario.snapshot != version.snapshot:
        raise Conflict(
            f"version '{version.id}' was planned from other inputs than '{scenario.id}' has now. Plan again."
        )


def _certificate_figures(body: str) -> dict[str, int | None]:
    try:
        found = json.loads(body)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"the certificate is not JSON: {error}. Run: trivet check") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"the certificate is a {type(found).__name__}, expected an object. Run: trivet check")
    figures = {name: found.get(name) for name in ("passed", "failed", "waived")}
    return {
        name: value if isinstance(value, int) and not isinstance(value, bool) else None
        for name, value in figures.items()
    }


def seal_of(version: StoredVersion, certificate_json: str, published: str, published_by: str) -> Digest:
    """Give the sha256 over what a published version is: origin, recipe, plan, certificate, when and by whom."""
    what = [
        *(version.id, version.scenario, version.seq, version.snapshot, version.digest),
        *(version.manifest.recipe.digest(), *version.manifest.addresses()),
        *(sha256(certificate_json.encode()).hexdigest(), published, published_by),
    ]
    return Digest(sha256(json.dumps(what).encode()).hexdigest())


def read_certificate(connection: Connection, name: VersionId) -> StoredCertificate:
    """Give the certificate of a published version; NotFound when it has none."""
    query = select(certificate_table).where(certificate_table.c.version == name)
    row = connection.execute(query).one_or_none()
    if row is None:
        read_version(connection, name)
        raise NotFound(f"version '{name}' has no certificate: it is not published.")
    return StoredCertificate(
        version=VersionId(row.version), body=row.body, passed=row.passed, failed=row.failed, waived=row.waived
    )
