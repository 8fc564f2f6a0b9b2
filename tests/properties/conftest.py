"""Property tests of the numbers share the small plan of tests/core."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))
