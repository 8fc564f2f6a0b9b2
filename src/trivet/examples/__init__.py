"""The example companies that ship with Trivet: Velmora Cycles (full) and a tiny one for the docs.

Both are company folders of files a person can open. `velmora` is written by the seeded generator in
`trivet.examples.generator`; its `truth.json` holds every parameter. `bikes` is written by hand.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def velmora() -> Path:
    """Give the folder of Velmora Cycles, the example company.

    >>> (velmora() / "company.toml").name
    'company.toml'
    """
    return _HERE / "velmora"


def bikes() -> Path:
    """Give the folder of the tiny company of the docs: four bicycles, two markets, one line.

    >>> (bikes() / "items.csv").read_text().splitlines()[0]
    'item,name,family'
    """
    return _HERE / "bikes"
