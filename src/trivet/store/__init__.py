"""What must not be lost: a log in SQL, plans as chunks in the same database, one transaction each.

Reading order: `store` (the class and `open_store`), `stored` (what it gives back), `log`, `scenarios`, `rebase`,
`moments`, `snapshots`, `versions`, `publishing`, `jobs`, `codec` and `chunks` (values to bytes), `trail`,
`stages`, `parquet`, `backup`, `doctor`, `database`, `schema`, `migrate`, `migrations`.
"""

from trivet.store.backup import upgrade
from trivet.store.jobs import Claim, Job, JobCancelled, JobLost, JobState, NewJob
from trivet.store.log import CellsChanged, Overlap
from trivet.store.rebase import Base, Standing
from trivet.store.store import Store, open_store, restore, workspace_exists
from trivet.store.stored import (
    Rebase,
    SourceFile,
    StoredCertificate,
    StoredScenario,
    StoredSnapshot,
    StoredVersion,
    VersionState,
)

__all__ = [
    "Base",
    "CellsChanged",
    "Claim",
    "Job",
    "JobCancelled",
    "JobLost",
    "JobState",
    "NewJob",
    "Overlap",
    "Rebase",
    "SourceFile",
    "Standing",
    "Store",
    "StoredCertificate",
    "StoredScenario",
    "StoredSnapshot",
    "StoredVersion",
    "VersionState",
    "open_store",
    "restore",
    "upgrade",
    "workspace_exists",
]
