"""What a newcomer must know about mappings: how to begin one, what this one decides, and what it is called.

Advice of the import says "in mapping.toml"; who gave another name reads that name. Who has no mapping yet is told once
that it names every file, with the lines to begin with. What a mapping decides with a reason is told as well.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from trivet.connect.mapping import Source
from trivet.core.issues import Issue, Place, Severity

MAPPING: Final = "mapping.toml"
"""What a mapping is called where nobody gave another name."""


class Named(Protocol):
    """A file that was read."""

    @property
    def name(self) -> str:
        """Name of the file."""
        ...


def call_by_name(text: str, name: str) -> str:
    """Put the mapping's own name where a text says mapping.toml."""
    return text.replace(MAPPING, name)


def declared(sources: Sequence[Source]) -> list[Issue]:
    """Tell what the mapping decides, with its reason: decisions about data are seen, not buried in a file."""
    return [
        Issue(
            code="import.declared",
            severity=Severity.NOTE,
            place=Place(source=source.file),
            message=f"into {source.table}, as {MAPPING} says: {source.reason}.",
            advice="Nothing to do if that is so.",
        )
        for source in sources
        if source.reason
    ]


def advise(issues: Sequence[Issue], files: Sequence[Named], name: str, *, given: bool) -> tuple[Issue, ...]:
    """Call the mapping by its name; without one, say once how to begin it where advice speaks of it.

    Args:
        issues: what was found.
        files: files that were read.
        name: what the mapping is called.
        given: whether there is one.
    """
    spoken = any(issue.severity is Severity.REFUSED and MAPPING in issue.advice for issue in issues)
    told = tuple(
        replace(issue, message=call_by_name(issue.message, name), advice=call_by_name(issue.advice, name))
        for issue in issues
    )
    return told if given or not spoken else (*told, _begin(issues, files, name))


def _begin(issues: Sequence[Issue], files: Sequence[Named], name: str) -> Issue:
    refused = [issue.place.source for issue in issues if issue.severity is Severity.REFUSED and issue.place.source]
    names = sorted({file.name for file in files} | {source for source in refused if "." in source})
    return Issue(
        code="import.mapping-names-every-file",
        severity=Severity.NOTE,
        place=Place(source=name),
        message=f"a mapping names every file that is loaded, also those that need nothing: {', '.join(names)}.",
        advice=f'For each write [[source]], file = "{names[0] if names else "items.csv"}" and table = "items" (its '
        f"own), then: trivet import FOLDER --mapping {name}. All keys: docs/mapping.md.",
    )
