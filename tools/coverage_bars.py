"""Hold the bars of branch coverage that pyproject.toml sets by room ([tool.trivet.coverage])."""

import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
Counted = tuple[int, int]
"""(lines and branches that ran, lines and branches there are)."""


def count_rooms(files: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, Counted]:
    """Add up the files of a coverage report by room; `total` is all of them.

    Args:
        files: `files` of `coverage json`: path -> {"summary": counts}.
    """
    rooms: defaultdict[str, Counted] = defaultdict(lambda: (0, 0))
    for path, report in files.items():
        parts = Path(path).parts
        inside = parts[parts.index("trivet") + 1 :]
        room = inside[0] if len(inside) > 1 else "trivet"
        summary = report["summary"]
        ran = summary["covered_lines"] + summary["covered_branches"]
        there = summary["num_statements"] + summary["num_branches"]
        for name in (room, "total"):
            rooms[name] = (rooms[name][0] + ran, rooms[name][1] + there)
    return dict(rooms)


def compare(rooms: Mapping[str, Counted], bars: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Give the table to print, and the bars that are missed."""
    lines, missed = [], []
    for name in sorted(rooms, key=lambda room: (room == "total", room)):
        ran, there = rooms[name]
        percent = 100.0 * ran / there if there else 100.0
        bar = bars.get(name)
        lines.append(f"  {name:<12}{percent:6.1f} %" + (f"   bar {bar} %" if bar is not None else ""))
        if bar is not None and percent < bar:
            missed.append(f"branch coverage of {name} is {percent:.2f} %, the bar is {bar} %")
    missed += [f"no file of room {name} was measured" for name in bars if name not in rooms]
    return lines, missed


def main(report: Path) -> int:
    """Print coverage by room; 1 when a bar is missed."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    bars: dict[str, float] = settings["tool"]["trivet"]["coverage"]
    lines, missed = compare(count_rooms(json.loads(report.read_text(encoding="utf-8"))["files"]), bars)
    sys.stdout.write("Branch coverage by room\n" + "\n".join(lines) + "\n")
    sys.stderr.write("".join(f"{line}\n" for line in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
