"""What must not be lost: a log in SQL, plans as chunks in the same database, one transaction each.

Reading order: `store` (the class and `open_store`), `stored` (what it gives back), `log`, `scenarios`,
`snapshots`, `versions`, `publishing`, `codec` and `chunks` (values to bytes), `database`, `schema`,
`migrate`, `trail`, `parquet`, `backup`, `doctor`.
"""

from trivet.store.log import CellsChanged, Overlap
from trivet.store.store import Store, open_store
from trivet.store.stored import SourceFile, VersionState

__all__ = ["CellsChanged", "Overlap", "SourceFile", "Store", "VersionState", "open_store"]
