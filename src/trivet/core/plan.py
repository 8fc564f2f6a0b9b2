"""A plan is a value: what it was made from (inputs, entries, options), and what came out."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256

import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.company import Company
from trivet.core.dimensions import Dimension
from trivet.core.ids import Digest, GrainName, MeasureId
from trivet.core.issues import Issue
from trivet.core.measures import Registry
from trivet.core.panel import Panel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """What the numbers of a plan mean.

    Attributes:
        company: its settings.
        registry: its measures and grains.
        dimensions: item, market, location, resource, supplier.
        buckets: the time axis.
        places: measure -> keys of the series that can have any of it: goods are bought where somebody sells them.
            A measure that is left out can be anywhere.
    """

    company: Company
    registry: Registry
    dimensions: Mapping[str, Dimension]
    buckets: Buckets
    places: Mapping[MeasureId, frozenset[tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanInputs:
    """Everything a plan is made from, apart from entries and options.

    Attributes:
        model: what the numbers mean.
        tables: loaded tables of the company folder by name; each has every column of its
            specification (missing tables are empty frames).
        digest: sha256 over the values of settings and tables.
    """

    model: Model
    tables: Mapping[str, pl.DataFrame]
    digest: Digest

    def table(self, name: str) -> pl.DataFrame:
        """Give a loaded table."""
        return self.tables[name]


RULES = 2
"""Number of the planning rules; raised when the same inputs give another plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Names everything that decides a plan: same recipe, same digest."""

    inputs: Digest
    entries: Digest
    options: Digest
    reference: Digest | None
    engines: tuple[tuple[str, str], ...]
    rules: int = RULES

    def digest(self) -> Digest:
        """Give the sha256 of the recipe."""
        return Digest(sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """One set of plans: the numbers of every grain, and the problems found.

    Attributes:
        recipe: what it was made from.
        panels: grain -> numbers.
        issues: problems found, largest amount at stake first.
        basis: where the solver stood, to re-solve from.
    """

    recipe: Recipe
    panels: Mapping[GrainName, Panel]
    issues: tuple[Issue, ...]
    basis: bytes | None = None

    def panel(self, grain: str) -> Panel:
        """Give the numbers of a grain."""
        return self.panels[GrainName(grain)]

    def digest(self) -> Digest:
        """Give the sha256 over every measure's values and the issues."""
        total = sha256()
        for grain in sorted(self.panels):
            total.update(self.panels[grain].digest().encode())
        for issue in sorted(str((i.code, i.severity, str(i.place), i.message, i.at_stake)) for i in self.issues):
            total.update(issue.encode())
        return Digest(total.hexdigest())
