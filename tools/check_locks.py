"""Refuse a registry address in a lock file: the same lock must serve every mirror."""

import subprocess
import sys
from pathlib import Path

NAMES = ("requirements.lock", "oracle.lock", "package-lock.json", "uv.lock", "poetry.lock")


def find_addresses(root: Path) -> list[str]:
    """Name every line of a committed lock file that carries http(s)://, as `file:line: text`."""
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    locks = [root / name for name in listed.stdout.splitlines() if name.split("/")[-1] in NAMES]
    return [
        f"{lock.relative_to(root)}:{number}: {line.strip()}"
        for lock in locks
        for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), start=1)
        if "http://" in line or "https://" in line
    ]


if __name__ == "__main__":
    found = find_addresses(Path(__file__).parents[1])
    if found:
        sys.exit("A lock file names a registry; resolve it again with `make lock`:\n" + "\n".join(found))
