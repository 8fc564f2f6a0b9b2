"""Hold the licences of everything that is installed with Trivet against a list of allowed ones."""

import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.markers import default_environment
from packaging.requirements import Requirement

ALLOWED = (
    "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "0bsd", "apache-2.0", "psf-2.0", "isc", "mpl-2.0", "zlib", "cc0-1.0",
    "ofl-1.1",
)  # fmt: skip
"""Licences a company may take without asking a lawyer."""

IN_EXTRA: Mapping[str, str] = {"psycopg": "lgpl-3.0-only", "psycopg-binary": "lgpl-3.0-only"}
"""What only an extra brings, with the one licence it may have."""

_WORDS = (
    (r"apache", "apache-2.0"),
    (r"mozilla|mpl", "mpl-2.0"),
    (r"isc licen[cs]e|^isc$", "isc"),
    (r"python software foundation|^psf", "psf-2.0"),
    (r"lesser general public|lgpl", "lgpl-3.0-only"),
    (r"affero|agpl", "agpl"),
    (r"general public|gpl", "gpl"),
    (r"bsd", "bsd"),
    (r"\bmit\b|expat", "mit"),
)


def closure(name: str, extras: Iterable[str] = ()) -> dict[str, Distribution]:
    """Give a package and all it brings on this machine: normalised name -> what is installed."""
    found: dict[str, Distribution] = {}
    waiting = [(name, frozenset(extras))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        package, wanted = waiting.pop()
        key = re.sub(r"[-_.]+", "-", package).lower()
        if (key, wanted) in seen:
            continue
        seen.add((key, wanted))
        try:
            found[key] = distribution(package)
        except PackageNotFoundError:
            continue
        for text in found[key].requires or ():
            requirement = Requirement(text)
            if _applies(requirement, wanted):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    if requirement.marker is None:
        return True
    environment = {key: str(value) for key, value in default_environment().items()}
    return any(requirement.marker.evaluate(environment | {"extra": extra}) for extra in ("", *extras))


def licences(package: Distribution) -> tuple[str, ...]:
    """Give the licences a package states, as short lower-case names.

    An SPDX expression speaks first, then the classifiers, then the free text. Of `A OR B` one will do:
    the allowed one is taken.
    """
    expression = _stated(package, "License-Expression")
    if expression:
        choices = [re.split(r"\s+AND\s+", choice.strip(" ()")) for choice in re.split(r"\s+OR\s+", expression)]
        named = [[part.strip(" ()").lower() for part in choice] for choice in choices]
        return tuple(next((n for n in named if all(part in ALLOWED for part in n)), named[0]))
    classified = [line for line in package.metadata.get_all("Classifier") or () if line.startswith("License ::")]
    text = _stated(package, "License").strip()
    stated = classified or re.split(r"\s+AND\s+", text.splitlines()[0] if text else "")
    return tuple(sorted({_short(line.split("::")[-1].strip()) for line in stated if line}))


def _stated(package: Distribution, field: str) -> str:
    return str(package.metadata[field]) if field in package.metadata else ""


def _short(stated: str) -> str:
    lower = stated.lower()
    if lower in ALLOWED:
        return lower
    return next((name for pattern, name in _WORDS if re.search(pattern, lower)), f"unknown ({stated})")


def refused(packages: Mapping[str, Distribution], *, extra: bool) -> list[str]:
    """Name the packages whose licence is not allowed, with the licence and what was expected."""
    found = []
    for name, package in sorted(packages.items()):
        allowed = (*ALLOWED, IN_EXTRA[name]) if extra and name in IN_EXTRA else ALLOWED
        stated = licences(package)
        if not stated or any(part not in allowed for part in stated):
            found.append(f"{name}: licence {', '.join(stated) or 'not stated'}; allowed are {', '.join(allowed)}")
    return found


def main() -> int:
    """Check what `pip install trivet` and `trivet[postgres]` bring; 1 when a licence is refused."""
    plain, full = closure("trivet"), closure("trivet", ("postgres",))
    found = refused(plain, extra=False) + refused({k: v for k, v in full.items() if k not in plain}, extra=True)
    sys.stdout.write(f"Licences: {len(full)} packages checked, {len(found)} refused\n")
    sys.stderr.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
