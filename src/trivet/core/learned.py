"""What a forecast learned from a snapshot: trained once, kept, and predicted with by every plan of that snapshot.

The noise law: a scenario that mends one value of one series must move no other series. So whatever series teach
each other - the model of all series, what families and items teach their series, the season a young series borrows,
how wide bounds must be - is learned from the snapshot as imported and carried here (docs/decisions).
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import numpy as np

from trivet.core.forecasting import Method
from trivet.core.ids import Counts, Digest, Rates

LEVELS: Final = (80, 95)
"""Per cent of outcomes that fall between the bounds."""
_HEAD: Final = struct.Struct("<Q")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Widths:
    """How far outcomes fall from a forecast, in usual errors of a series, by step ahead: (steps,) each.

    Attributes:
        lower, upper: {level: (steps,)}, <= 0 and >= 0.
        middle: median.
    """

    lower: Mapping[int, Rates]
    upper: Mapping[int, Rates]
    middle: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """How far errors move together: 0 = each for itself (squares add), 1 = all alike (errors add).

    Attributes:
        family: series of one family.
        company: families.
        time: buckets of one series of sums.
    """

    family: float = 1.0
    company: float = 1.0
    time: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """What series of a snapshot teach each other.

    Attributes:
        model: what the forecaster trained.
        keys: name of each series known then.
        factors: (series, horizon) reconciled forecast as a part of the series' own.
        seasons: (series, season) index by place in the year that a young series borrows, places counted from the
            first open bucket; 1 where there is nobody to borrow from.
        elders: (series,) 1 where there is somebody.
        widths: of bounds; None = too little history.
        together: how bounds of sums follow.
        chosen: series -> method that was found the best for it, where that was asked for.
        own_widths: method -> widths of bounds where several methods forecast the snapshot; `widths` for others.
    """

    model: bytes
    keys: tuple[str, ...]
    factors: Rates
    seasons: Rates
    elders: Counts
    widths: Widths | None
    together: Together = Together()
    chosen: Mapping[str, Method] = field(default_factory=dict)
    own_widths: Mapping[Method, Widths] = field(default_factory=dict)

    def rows(self, keys: tuple[str, ...]) -> Counts:
        """Give the row of each series, -1 for one that was not known."""
        known = {key: row for row, key in enumerate(self.keys)}
        return np.array([known.get(key, -1) for key in keys], dtype=np.int64)

    def digest(self) -> Digest:
        """Give the sha256 over everything learned."""
        return Digest(sha256(self.pack()).hexdigest())

    def pack(self) -> bytes:
        """Write it as bytes, the same for the same values."""
        arrays = {"factors": self.factors, "seasons": self.seasons, "elders": self.elders.astype(np.float64)}
        if self.widths is not None:
            arrays |= _arrays_of(self.widths)
        for method, widths in sorted(self.own_widths.items()):
            arrays |= _arrays_of(widths, f" {method}")
        head = {
            "keys": self.keys,
            "arrays": {name: array.shape for name, array in arrays.items()},
            "together": [self.together.family, self.together.company, self.together.time],
        }
        if self.chosen or self.own_widths:  # what was learned without methods stays what it is, byte by byte
            head["chosen"] = dict(sorted(self.chosen.items()))
            head["own"] = sorted(self.own_widths)
        text = json.dumps(head, ensure_ascii=False).encode()
        body = b"".join(np.ascontiguousarray(array).astype("<f8").tobytes() for array in arrays.values())
        return _HEAD.pack(len(text)) + text + body + self.model


def unpack(packed: bytes) -> Learned:
    """Read what `Learned.pack` wrote."""
    at = _HEAD.size + _HEAD.unpack_from(packed)[0]
    head = json.loads(packed[_HEAD.size : at])
    arrays: dict[str, Rates] = {}
    for name, shape in head["arrays"].items():
        count = int(np.prod(shape))
        arrays[name] = np.frombuffer(packed, dtype="<f8", count=count, offset=at).reshape(shape).astype(np.float64)
        at += count * 8
    family, company, time = head["together"]
    return Learned(
        model=packed[at:],
        keys=tuple(head["keys"]),
        factors=arrays["factors"],
        seasons=arrays["seasons"],
        elders=arrays["elders"].astype(np.int64),
        widths=_widths_of(arrays) if "middle" in arrays else None,
        together=Together(family=family, company=company, time=time),
        chosen={key: Method(method) for key, method in head.get("chosen", {}).items()},
        own_widths={Method(name): _widths_of(arrays, f" {name}") for name in head.get("own", ())},
    )


def _arrays_of(widths: Widths, mark: str = "") -> dict[str, Rates]:
    arrays: dict[str, Rates] = {}
    for level in LEVELS:
        arrays[f"lower {level}{mark}"] = widths.lower[level]
        arrays[f"upper {level}{mark}"] = widths.upper[level]
    arrays[f"middle{mark}"] = widths.middle
    return arrays


def _widths_of(arrays: Mapping[str, Rates], mark: str = "") -> Widths:
    lower, upper = ({level: arrays[f"{side} {level}{mark}"] for level in LEVELS} for side in ("lower", "upper"))
    return Widths(lower=lower, upper=upper, middle=arrays[f"middle{mark}"])
