"""Read the keys of a published planning problem: each by its name and kind, unknown ones refused."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Rates

Json = object
"""What JSON can hold; narrowed where it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One published problem.

    Attributes:
        id, kind, source: as the file says.
        input: what is given; expected: what is published, name to number.
        tolerance: relative.
    """

    id: str
    kind: str
    source: str
    input: "Keys"
    expected: Mapping[str, float]
    tolerance: float


class Keys:
    """A JSON object that says by name what is missing, wrong or unknown."""

    def __init__(self, values: Json, where: str) -> None:
        """Keep the object; `where` names it in messages."""
        if not isinstance(values, dict):
            raise InvalidInput(f"{where} is {_short(values)}: expected an object of keys and values")
        self.values: dict[str, Json] = values
        self.where = where

    def refuse_others(self, known: Iterable[str]) -> None:
        """Refuse keys that are not known, by name."""
        allowed = sorted(known)
        for key in self.values:
            if key not in allowed:
                near = get_close_matches(key, allowed, n=1)
                maybe = f" Maybe '{near[0]}'?" if near else ""
                raise InvalidInput(f"{self.where}: unknown key '{key}'. Known: {', '.join(allowed)}.{maybe}")

    def has(self, key: str) -> bool:
        """Tell whether a key is there with a value."""
        return self.values.get(key) is not None

    def get(self, key: str) -> Json:
        """Give the value of a key that must be there."""
        if key not in self.values:
            raise InvalidInput(f"{self.where}: key '{key}' is missing (there are: {', '.join(self.values) or 'none'})")
        return self.values[key]

    def text(self, key: str) -> str:
        """Give a text."""
        value = self.get(key)
        if not isinstance(value, str):
            raise InvalidInput(f"{self.where}: '{key}' is {_short(value)}: expected a text")
        return value

    def flag(self, key: str) -> bool:
        """Give true or false; absent = false."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise InvalidInput(f"{self.where}: '{key}' is {_short(value)}: expected true or false")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """Give a number; `default` where the key is absent or null."""
        if default is not None and not self.has(key):
            return default
        return self._number(self.get(key), key)

    def whole(self, key: str) -> int:
        """Give a whole number."""
        return self._whole(self.get(key), key)

    def numbers(self, key: str) -> Rates:
        """Give a list of numbers."""
        return np.array([self._number(value, key) for value in self.list(key)], dtype=np.float64)

    def wholes(self, key: str) -> list[int]:
        """Give a list of whole numbers."""
        return [self._whole(value, key) for value in self.list(key)]

    def list(self, key: str) -> Sequence[Json]:
        """Give a list that is not empty."""
        value = self.get(key)
        if not isinstance(value, list) or not value:
            raise InvalidInput(f"{self.where}: '{key}' is {_short(value)}: expected a list")
        return value

    def each(self, key: str, count: int, default: float | None = None) -> Rates:
        """Give `count` numbers: a list of that many, or one number for all; `default` where the key is absent."""
        if default is not None and not self.has(key):
            return np.full(count, default)
        if not isinstance(self.get(key), list):
            return np.full(count, self.number(key))
        values = self.numbers(key)
        if len(values) != count:
            raise InvalidInput(f"{self.where}: '{key}' has {len(values)} numbers: expected one, or {count}")
        return values

    def under(self, key: str) -> "Keys":
        """Give the object under a key; an empty one where the key is absent."""
        return Keys(self.values.get(key, {}), f"{self.where}, '{key}'")

    def _number(self, value: Json, key: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidInput(f"{self.where}: '{key}' holds {_short(value)}: expected a number")
        return float(value)

    def _whole(self, value: Json, key: str) -> int:
        number = self._number(value, key)
        if number != int(number):
            raise InvalidInput(f"{self.where}: '{key}' holds {number:g}: expected a whole number")
        return int(number)


def read_case(path: Path) -> Case:
    """Read one case file; InvalidInput says what is wrong with it, and where."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"{path.name} line {error.lineno} column {error.colno}: not valid JSON ({error.msg})"
        ) from error
    keys = Keys(found, path.name)
    keys.refuse_others(("id", "kind", "source", "input", "expected", "tol_rel", "note"))
    keys.get("input")
    expected = Keys(keys.get("expected"), f"{path.name}, 'expected'")
    if not expected.values:
        raise InvalidInput(f"{expected.where} is empty: expected at least one published number")
    return Case(
        id=keys.text("id"),
        kind=keys.text("kind"),
        source=keys.text("source") if keys.has("source") else "",
        input=Keys(keys.get("input"), f"{path.name}, 'input'"),
        expected={name: expected.number(name) for name in expected.values},
        tolerance=keys.number("tol_rel"),
    )


def _short(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
