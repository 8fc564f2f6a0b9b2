"""Name the test folders of the rooms that differ from the last commit, for `make quick`."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def folders(changed: Iterable[str], root: Path) -> list[str]:
    """Give the folders under tests/ that mirror changed paths; the architecture tests always.

    A change outside the rooms (pyproject.toml, a tool) touches the architecture tests only.
    """
    rooms = {"architecture"}
    for name in changed:
        parts = Path(name).parts
        if parts[:2] == ("src", "trivet") and len(parts) > 3:
            rooms.add(parts[2])
        elif parts[:1] == ("tests",) and len(parts) > 2:
            rooms.add(parts[1])
    return [f"tests/{room}" for room in sorted(rooms) if (root / "tests" / room).is_dir()]


def changed_paths(root: Path) -> list[str]:
    """Give the paths that differ from HEAD, new ones included."""
    told = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all", "--no-renames"],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line[3:] for line in told.stdout.splitlines()]


if __name__ == "__main__":
    sys.stdout.write(" ".join(folders(changed_paths(ROOT), ROOT)) + "\n")
