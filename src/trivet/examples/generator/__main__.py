"""`python -m trivet.examples.generator [--out DIR]`: write the example company's files."""

import argparse
import sys
from pathlib import Path

from trivet.examples import velmora
from trivet.examples.generator.write import write_velmora


def main() -> int:
    """Write the folder named by --out, else the one shipped in the package."""
    parser = argparse.ArgumentParser(prog="python -m trivet.examples.generator", description=__doc__)
    parser.add_argument("--out", type=Path, default=velmora(), help="folder to write (default: the shipped one)")
    out: Path = parser.parse_args().out
    write_velmora(out)
    size = sum(file.stat().st_size for file in out.iterdir() if file.is_file())
    sys.stdout.write(f"wrote {out}: {len(list(out.iterdir()))} files, {size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
