"""The tie-out certificate: a plan's published numbers against each other and against their source (C6).

Computed by SQL in DuckDB on Parquet files, by none of the code that made the plan: `GRAIN.parquet` as
published, `tables/` as imported, `rollup.parquet` and `outlook.parquet` as people see them. A check that
fails names the places and the amounts; a person may let it pass with a reason, and that stays written.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from trivet.connect.certificate_prices import ROWS
from trivet.connect.certificate_sql import ROLLUP_LEVELS, TIES, rollup_query, rows_query
from trivet.connect.certificate_tie import Tie
from trivet.connect.certificate_views import ABSENT, GRAINS, HELPERS, NEEDED, SOURCES
from trivet.connect.evidence import CHANGES, FACTS, OUTLOOK, ROLLUP, TABLES
from trivet.core.errors import InvalidInput
from trivet.core.gates import Gate
from trivet.core.summary import Check

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What was checked of a version, and how it went.

    Attributes:
        company, currency, cycle, version, digest: which plan.
        checks: one a tie, in the order of the money: source, detail, totals.
        gates: how the gates stood when it was published; empty for a check alone.
    """

    company: str
    currency: str
    cycle: str
    version: str
    digest: str
    checks: tuple[Check, ...]
    gates: tuple[Gate, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check passed or was waived."""
        return all(check.passed or check.waived_by for check in self.checks)

    @property
    def places(self) -> int:
        """Places compared in all."""
        return sum(check.checked for check in self.checks)

    @property
    def line(self) -> str:
        """The certificate in one line."""
        waived = [check for check in self.checks if check.waived_by]
        failed = [check for check in self.checks if not check.passed and not check.waived_by]
        unchecked = [check for check in self.checks if check.passed and not check.checked]
        passed = len(self.checks) - len(waived) - len(failed) - len(unchecked)
        parts = [f"{passed} checks passed at {self.places:,} places"]
        if unchecked:
            parts.append(f"{len(unchecked)} had nothing to check")
        if waived:
            parts.append(f"{len(waived)} waived by {', '.join(sorted({check.waived_by or '' for check in waived}))}")
        if failed:
            parts.append(f"{len(failed)} FAILED: " + "; ".join(check.message for check in failed))
        return ", ".join(parts)

    def waive(self, *, actor: str, reason: str) -> "Certificate":
        """Let failed checks and gates that hold the plan back pass, with who did it and why.

        Raises InvalidInput without a reason.
        """
        if not reason.strip():
            raise InvalidInput("a failed check is waived without a reason; expected one that others can judge.")
        gates = tuple(gate.waive(actor=actor, reason=reason.strip()) for gate in self.gates)
        return replace(
            self,
            checks=tuple(
                check if check.passed else replace(check, waived_by=actor, waived_why=reason.strip())
                for check in self.checks
            ),
            gates=gates,
        )

    def to_json(self) -> str:
        """Give the certificate as JSON text, amounts as decimal text."""
        return json.dumps(
            {
                "company": self.company,
                "currency": self.currency,
                "cycle": self.cycle,
                "version": self.version,
                "digest": self.digest,
                "passed": self.passed,
                "line": self.line,
                "checks": [_plain(check) for check in self.checks],
            },
            indent=1,
            ensure_ascii=False,
        )


def _plain(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "passed": check.passed,
        "checked": check.checked,
        "failed": check.failed,
        "amount": str(check.amount),
        "unit": check.unit,
        "message": check.message,
        "places": list(check.places),
        "waived_by": check.waived_by,
        "waived_why": check.waived_why,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """The content of evidence.json."""

    company: str
    currency: str
    version: str
    digest: str
    starts: tuple[date, ...]
    labels: tuple[str, ...]
    years: tuple[int, ...]
    first_open: int
    end: date


def certify(folder: Path) -> Certificate:
    """Tie out the evidence in a folder.

    Args:
        folder: as `connect.evidence.write_evidence` and `store.parquet.write_plan` fill it.

    Returns:
        The certificate; it never raises for numbers that differ.

    Raises:
        InvalidInput: a file of the evidence is missing.
    """
    facts = _read_facts(folder)
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        _load(database, folder, facts)
        ties = [
            *(
                Tie(name=f"{g}: every series in every bucket, once", unit="rows", query=rows_query(g, keys))
                for g, keys in GRAINS.items()
            ),
            *TIES,
            *_rollups(database),
        ]
        checks = tuple(
            _unchecked(tie, lack) if (lack := _lack(tie, folder, database)) else run_tie(database, tie) for tie in ties
        )
    return Certificate(
        company=facts.company,
        currency=facts.currency,
        cycle=facts.labels[facts.first_open],
        version=facts.version,
        digest=facts.digest,
        checks=checks,
    )


def _read_facts(folder: Path) -> _Facts:
    path = folder / FACTS
    if not path.is_file():
        raise InvalidInput(f"{path} is missing; expected the evidence of a version. Run trivet check on a version.")
    raw = json.loads(path.read_text("utf-8"))
    return _Facts(
        company=raw["company"],
        currency=raw["currency"],
        version=raw["version"],
        digest=raw["digest"],
        starts=tuple(date.fromisoformat(day) for day in raw["starts"]),
        labels=tuple(raw["labels"]),
        years=tuple(raw["years"]),
        first_open=int(raw["first_open"]),
        end=date.fromisoformat(raw["end"]),
    )


def _load(database: duckdb.DuckDBPyConnection, folder: Path, facts: _Facts) -> None:
    """Set up the views that the queries stand on."""
    stops = (*facts.starts[1:], facts.end)
    database.execute(
        "CREATE TABLE axis (bucket DATE, stop DATE, label VARCHAR, n INTEGER, year INTEGER, is_open BOOLEAN)"
    )
    database.executemany(
        "INSERT INTO axis VALUES (?, ?, ?, ?, ?, ?)",
        [
            (start, stop, label, n, year, n >= facts.first_open)
            for n, (start, stop, label, year) in enumerate(
                zip(facts.starts, stops, facts.labels, facts.years, strict=True)
            )
        ],
    )
    database.execute("CREATE TABLE facts (home VARCHAR, first_open INTEGER, current DATE, plan_end DATE)")
    database.execute(
        "INSERT INTO facts VALUES (?, ?, ?, ?)",
        (facts.currency, facts.first_open, facts.starts[facts.first_open], facts.end),
    )
    for grain in GRAINS:
        _view(database, grain, folder / f"{grain}.parquet")
        _complete(database, grain)
    for name in SOURCES:
        _view(database, f"s_{name}", folder / TABLES / f"{name}.parquet")
    for name, file in (("rollup", ROLLUP), ("outlook", OUTLOOK)):
        _view(database, name, folder / file)
    if (folder / CHANGES).is_file():
        _view(database, "changes", folder / CHANGES)
    database.execute(f"{HELPERS}{ROWS}")


def _view(database: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    if not path.is_file():
        raise InvalidInput(f"{path} is missing: the evidence is not whole. Run trivet check on a version again.")
    database.from_parquet(str(path)).create(name)


def _complete(database: duckdb.DuckDBPyConnection, grain: str) -> None:
    """Add the measures the plan does not hold, as 0 or, for rates, as absent.

    Plans made before orders kept their price invoiced at the price of the bucket.
    """
    there = {row[0] for row in database.execute(f"DESCRIBE {grain}").fetchall()}
    for kind, measures in NEEDED[grain].items():
        for measure in measures:
            if measure not in there:
                default = "NULL" if kind == "DOUBLE" or measure in ABSENT else "0"
                database.execute(f"ALTER TABLE {grain} ADD COLUMN {measure} {kind} DEFAULT {default}")
    if grain == "demand" and "invoiced_price" not in there:
        database.execute("UPDATE demand SET invoiced_price = price")


def _rollups(database: duckdb.DuckDBPyConnection) -> list[Tie]:
    """Give one tie a published level, over the measures the detail has."""
    found = []
    for grain, level in sorted(ROLLUP_LEVELS):
        listed = database.execute(
            "SELECT DISTINCT measure FROM rollup WHERE grain = ? AND level = ? ORDER BY measure", (grain, level)
        ).fetchall()
        measures = tuple(str(row[0]) for row in listed)
        if measures:
            name = f"{grain}: detail = {level}"
            found.append(Tie(name=name, unit="units and money", query=rollup_query(grain, level, measures)))
    return found


def run_tie(database: duckdb.DuckDBPyConnection, tie: Tie) -> Check:
    """Run one query and judge its places."""
    judged = f"""
WITH tie AS ({tie.query}),
judged AS (
  SELECT place, CAST(found AS DECIMAL(38,6)) AS found, CAST(expected AS DECIMAL(38,6)) AS expected,
    abs(coalesce(found, 0)::DECIMAL(38,6) - coalesce(expected, 0)::DECIMAL(38,6)) AS off,
    (found IS NULL) <> (expected IS NULL) AS lone FROM tie)
SELECT *, lone OR off > {tie.tolerance:f} AS wrong FROM judged
"""  # noqa: S608 - built of constants
    database.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {judged}")
    counted = database.execute(
        "SELECT count(*), count(*) FILTER (wrong), coalesce(sum(off) FILTER (wrong), 0) FROM judged"
    ).fetchone()
    checked, failed, amount = counted or (0, 0, Decimal(0))
    worst = database.execute(
        "SELECT place, found, expected FROM judged WHERE wrong ORDER BY off DESC, place LIMIT ?", (_SHOWN,)
    ).fetchall()
    places = tuple(f"{place}: found {_shown(found)}, expected {_shown(expected)}" for place, found, expected in worst)
    verdict = "all tie" if not failed else f"{failed:,} differ by {_shown(amount)} {tie.unit} in all; first {places[0]}"
    return Check(
        name=tie.name,
        passed=not failed,
        checked=checked,
        failed=failed,
        amount=Decimal(amount),
        unit=tie.unit,
        message=f"{tie.name}: {checked:,} places, {verdict}",
        places=places,
    )


def _shown(amount: Decimal | None) -> str:
    if amount is None:
        return "nothing"
    whole = amount.normalize()
    return f"{whole:,f}"


def _lack(tie: Tie, folder: Path, database: duckdb.DuckDBPyConnection) -> str | None:
    """Name what a tie needs and the evidence does not have; None where nothing lacks."""
    if tie.file is not None and not (folder / tie.file).is_file():
        return tie.file
    if tie.measure is not None and tie.measure not in database.from_parquet(str(folder / "demand.parquet")).columns:
        return tie.measure
    return None


def _unchecked(tie: Tie, lack: str) -> Check:
    """Say that a tie could not be drawn; it neither passes in silence nor fails the plan."""
    return Check(
        name=tie.name,
        passed=True,
        checked=0,
        failed=0,
        amount=Decimal(0),
        unit=tie.unit,
        message=f"{tie.name}: NOT CHECKED, the evidence has no {lack}",
    )
