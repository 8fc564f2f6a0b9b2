"""The language of formulas: how a measure says what it is computed from.

A formula knows names of measures of its own grain, numbers, `+ - * /` and `min(a, b)`, `max(a, b)`,
`shift(x, n)` (the value n buckets earlier), `cumulate(x)` (running sum) and `roll(x, n)` (sum of the
last n buckets, its own included) — nothing more. Whole counts of one unit are added exactly; a product
or quotient is formed in float64 and rounded once, by `core.formula`, to the quantum of the result.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Flags, MeasureId, Rates
from trivet.core.measures import QUANTUM, Unit
from trivet.core.quantities import to_amounts

ARGUMENTS: Final[Mapping[str, int]] = {"min": 2, "max": 2, "shift": 2, "cumulate": 1, "roll": 2}
_SIGNS: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_PRINTED: Final = str.maketrans({"\u00d7": "*", "\u2212": "-", "\u00f7": "/"})
_LONGEST: Final = 500
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in a formula."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A measure a formula reads."""

    measure: MeasureId


@dataclass(frozen=True, slots=True)
class Call:
    """An operation: a sign or a function of ARGUMENTS, and what it is applied to."""

    function: str
    arguments: tuple["Expression", ...]


Expression = Number | Name | Call


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Value:
    """Numbers on their way through a formula.

    Attributes:
        amounts: float64 in units of `unit`; None while `counts` are exact.
        counts: int64 quanta of `unit`.
        unit: what they count; None = a plain number, or a product nobody named.
        present: where there is a value.
    """

    unit: Unit | None
    present: Flags
    counts: Counts | None = None
    amounts: Rates | None = None

    def floats(self) -> Rates:
        """Give the values as float64 in units."""
        if self.counts is None:
            return self.amounts if self.amounts is not None else np.zeros(())
        quantum = QUANTUM[self.unit] if self.unit else None
        return to_amounts(self.counts, quantum) if quantum else self.counts.astype(np.float64)


Source = Callable[[MeasureId], Value]


@lru_cache(maxsize=512)
def parse_formula(text: str) -> Expression:
    """Read a formula.

    Raises InvalidInput naming what is not understood and what a formula may hold.

    >>> parse_formula("units * price")
    Call(function='*', arguments=(Name(measure='units'), Name(measure='price')))
    """
    plain = text.translate(_PRINTED).strip()
    if len(plain) > _LONGEST:
        raise InvalidInput(f"formula of {len(plain)} characters; expected at most {_LONGEST}. Name a part of it.")
    try:
        tree = ast.parse(plain, mode="eval")
    except (SyntaxError, ValueError) as error:
        raise _not_understood(text, str(error)) from error
    return _expression(tree.body, text)


def _expression(node: ast.expr, text: str) -> Expression:
    match node:
        case ast.Constant(value=bool()):
            raise _not_understood(text, ast.unparse(node))
        case ast.Constant(value=int() | float() as value):
            return Number(float(value))
        case ast.Name(id=name):
            return Name(MeasureId(name))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return Call("-", (Number(0.0), _expression(inner, text)))
        case ast.BinOp(op=sign, left=left, right=right) if type(sign) in _SIGNS:
            return Call(_SIGNS[type(sign)], (_expression(left, text), _expression(right, text)))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if len(given) == ARGUMENTS.get(name):
            call = Call(name, tuple(_expression(argument, text) for argument in given))
            if name in ("shift", "roll"):
                _buckets(call, text)
            return call
        case _:
            raise _not_understood(text, ast.unparse(node))


def _not_understood(text: str, part: str) -> InvalidInput:
    return InvalidInput(
        f"formula '{text}': {part} is not understood; expected measures, numbers, + - * /, min(a, b), max(a, b), "
        "shift(x, n), cumulate(x) and roll(x, n). Write it with these."
    )


def _buckets(call: Call, text: str = "") -> int:
    """Give the whole number of buckets a shift or roll names."""
    match call.arguments[1]:
        case Number(value=value):
            number = value
        case Call(function="-", arguments=(Number(value=0.0), Number(value=value))):
            number = -value
        case _:
            raise _not_understood(text, f"the number of buckets of {call.function}")
    if number != int(number) or (call.function == "roll" and number < 1):
        raise _not_understood(text, f"{call.function} by {number:g} buckets")
    return int(number)


def names_in(expression: Expression) -> tuple[MeasureId, ...]:
    """Give the measures a formula reads, in order, without doubles."""
    match expression:
        case Name(measure=measure):
            return (measure,)
        case Call(arguments=arguments):
            return tuple(dict.fromkeys(name for argument in arguments for name in names_in(argument)))
        case _:
            return ()


def evaluate(expression: Expression, source: Source) -> Value:
    """Compute a formula on the values a source gives, element by element.

    Raises InvalidInput when different units are added or compared.
    """
    match expression:
        case Number(value=number):
            return Value(unit=None, present=np.ones((), dtype=np.bool_), amounts=np.asarray(number))
        case Name(measure=measure):
            return source(measure)
        case Call(function="shift" | "cumulate" | "roll" as function, arguments=arguments):
            buckets = 0 if function == "cumulate" else _buckets(expression)
            return _through_time(function, evaluate(arguments[0], source), buckets)
        case Call(function=function, arguments=(left, right)):
            one, other = evaluate(left, source), evaluate(right, source)
            return _scaled(function, one, other) if function in ("*", "/") else _joined(function, one, other)
        case _:
            raise ValueError(f"not a formula: {expression}")


def _joined(function: str, one: Value, other: Value) -> Value:
    """Add, subtract or compare values of one unit; exactly where both are counts. An absent part counts as 0."""
    unit = one.unit or other.unit
    if one.unit and other.unit and one.unit is not other.unit:
        raise InvalidInput(f"{one.unit} {function} {other.unit}: different units can't be joined; value one of them.")
    applied = {"+": np.add, "-": np.subtract, "min": np.minimum, "max": np.maximum}[function]
    present = one.present | other.present
    if one.counts is not None and other.counts is not None:
        return Value(unit=unit, present=present, counts=applied(one.counts, other.counts))
    return Value(unit=unit, present=present, amounts=applied(one.floats(), other.floats()))


def _scaled(function: str, one: Value, other: Value) -> Value:
    """Multiply or divide; absent where a part is absent or the divisor is 0."""
    left, right = one.floats(), other.floats()
    present = one.present & other.present
    if function == "*":
        return Value(unit=_product(one, other), present=present, amounts=left * right)
    divides = right != 0
    shape = np.broadcast_shapes(left.shape, right.shape)
    quotient = np.divide(left, right, out=np.zeros(shape), where=np.broadcast_to(divides, shape))
    return Value(unit=_quotient(one, other), present=present & divides, amounts=quotient)


def _product(one: Value, other: Value) -> Unit | None:
    """Name the unit of a product; None when nobody named it (quantity times rate)."""
    if _is_plain(one):
        return other.unit
    return one.unit if _is_plain(other) else None


def _quotient(one: Value, other: Value) -> Unit | None:
    """Name the unit of a quotient: like by like is a ratio."""
    if _is_plain(other):
        return one.unit
    return Unit.RATIO if one.unit is not None and one.unit is other.unit else None


def _is_plain(value: Value) -> bool:
    """Tell whether a value leaves the unit of what it is multiplied with: a number or a ratio."""
    return value.unit is Unit.RATIO or (value.unit is None and value.present.ndim == 0)


def _through_time(function: str, value: Value, buckets: int) -> Value:
    """Shift, cumulate or roll along the last axis, exactly where the values are counts."""
    given: Counts | Rates = value.floats() if value.counts is None else value.counts
    if given.ndim == 0:
        raise InvalidInput(f"{function} needs a measure, not a number")
    kept = np.where(value.present, given, 0)
    if function == "cumulate":
        moved = np.cumsum(kept, axis=-1)
        present = np.logical_or.accumulate(value.present, axis=-1)
    else:
        steps = range(buckets, buckets + 1) if function == "shift" else range(buckets)
        moved = sum((shift_array(kept, step) for step in steps), start=np.zeros_like(kept))
        masks = [shift_array(value.present, step) for step in steps]
        present = np.logical_or.reduce(masks)
    if value.counts is None:
        return Value(unit=value.unit, present=present, amounts=moved.astype(np.float64))
    return Value(unit=value.unit, present=present, counts=moved.astype(np.int64))


def shift_array(given: npt.NDArray[_Scalar], buckets: int) -> npt.NDArray[_Scalar]:
    """Move values `buckets` later along the last axis (earlier when below 0); zeros (False) come in."""
    moved = np.zeros_like(given)
    if buckets == 0:
        moved[...] = given
    elif buckets > 0:
        moved[..., buckets:] = given[..., :-buckets]
    else:
        moved[..., :buckets] = given[..., -buckets:]
    return moved
