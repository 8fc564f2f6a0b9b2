"""The push-down, as a value: the tables an ERP takes over from a published plan, before they are files.

Amounts are counts of a quantum that `units` names by column; a reader of the files sees decimals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from trivet.core.ids import Digest, VersionId


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PushedTable:
    """One table of the push-down.

    Attributes:
        name: of its files, without ending.
        about: what a row is, in one line.
        frame: its rows, in order.
        units: columns of counts and what one count is worth.
        sums: columns whose sum the manifest states.
        by: column whose values the sums are stated apart for (a currency, a line); "" = all together.
    """

    name: str
    about: str
    frame: pl.DataFrame
    units: Mapping[str, Decimal]
    sums: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PushDown:
    """Everything that is handed to execution of one version.

    Attributes:
        company, currency, calendar, cycle: whose plan, in which plan currency, how its buckets are cut, current one.
        version, digest: which plan.
        first, last: first and last day of the weeks.
        buckets: label of the first and of the last bucket that is laid out in weeks.
        weeks: how many ISO weeks these touch.
        tables: what is written.
        notes: what a reader must know of this very push-down, in words.
    """

    company: str
    currency: str
    calendar: str
    cycle: str
    version: VersionId
    digest: Digest
    first: date
    last: date
    buckets: tuple[str, str]
    weeks: int
    tables: tuple[PushedTable, ...]
    notes: tuple[str, ...]
