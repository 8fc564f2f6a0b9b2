"""Who takes part: the table `people` of the working plan, rows put through the log included, read when it moved.

The working plan's table decides for every scenario and version: what somebody imports into a branch gives nobody
rights. It stands in the workspace, so that a server asks the same rows.
"""

from collections.abc import Mapping

import polars as pl

from trivet.core.company import parse_company
from trivet.core.entries import Logged, RecordChange
from trivet.core.ids import ActorId, Digest, ScenarioId, Seq
from trivet.core.recordchanges import apply_record_changes
from trivet.core.tables import TableSpec
from trivet.store import Store

TABLE = "people"


class People:
    """The table of people of the working plan, kept until its snapshot or the log moves."""

    def __init__(self, scenario: ScenarioId) -> None:
        """Remember whose table it is; nothing is read yet."""
        self._scenario = scenario
        self._snapshot: Digest | None = None
        self._seq = Seq(0)
        self._records: tuple[Logged, ...] = ()
        self._table: pl.DataFrame | None = None

    def read(self, store: Store, specs: Mapping[str, TableSpec]) -> tuple[pl.DataFrame, ActorId]:
        """Give the table as it stands now, without rows where there is none, and who made the workspace."""
        known = store.scenario(self._scenario)
        if self._table is None or (known.snapshot, known.head) != (self._snapshot, self._seq):
            later = store.entries(self._scenario, after=self._seq) if known.head > self._seq else ()
            own = [entry for entry in later if isinstance(entry.entry, RecordChange) and entry.entry.table == TABLE]
            self._records = (*self._records, *own)
            self._table = self._built(store, specs, known.snapshot)
            self._snapshot, self._seq = known.snapshot, known.head
        return self._table, known.actor

    def _built(self, store: Store, specs: Mapping[str, TableSpec], snapshot: Digest | None) -> pl.DataFrame:
        empty = specs[TABLE].empty()
        if snapshot is None:
            return empty
        stored = store.snapshot(snapshot, only=(TABLE,))
        table = stored.tables.get(TABLE, empty)
        if not self._records:
            return table
        buckets = parse_company(stored.company_text).buckets()
        found, _ = apply_record_changes({TABLE: table}, self._records, {TABLE: specs[TABLE]}, buckets)
        return found[TABLE]
