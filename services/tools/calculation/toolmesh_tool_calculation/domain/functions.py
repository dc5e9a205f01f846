"""The functions an expression may call, over plain numbers."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.domain import numbers
from toolmesh_tool_calculation.domain.numbers import PRECISE, Number, bounded, number_text, to_decimal

MAX_FACTORIAL = 800
MAX_EXPONENT = 5_600
"""e to this power has 8,079 bits."""
MAX_DIGITS = 100


def call(name: str, arguments: Sequence[Number]) -> Number:
    """The value of a function.

    Raises:
        ToolError: BAD_EXPRESSION for a wrong count of arguments, DOMAIN, TOO_LARGE.
    """
    values = [argument.value for argument in arguments]
    exact = all(argument.exact for argument in arguments)
    if name in _OF_MANY:
        return Number(bounded(_OF_MANY[name](values)), exact)
    if name in ("round", "log", "mod", "pow"):
        _expect(name, arguments, (1, 2) if name in ("round", "log") else (2,))
        return _OF_TWO[name](arguments)
    _expect(name, arguments, (1,))
    return _OF_ONE[name](arguments[0])


def _expect(name: str, arguments: Sequence[Number], counts: tuple[int, ...]) -> None:
    if len(arguments) not in counts:
        wanted = " or ".join(str(count) for count in counts)
        raise ToolError(f"{name} takes {wanted} argument(s), got {len(arguments)}", reason="BAD_EXPRESSION")


def _whole(value: Fraction, name: str) -> int:
    if value.denominator != 1:
        raise ToolError(f"{name} takes whole numbers, got {number_text(value)}", reason="DOMAIN")
    return value.numerator


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


_OF_MANY: dict[str, Callable[[Sequence[Fraction]], Fraction]] = {
    "min": min,
    "max": max,
    "sum": lambda values: sum(values, Fraction(0)),
    "avg": _mean,
    "mean": _mean,
    "average": _mean,
    "gcd": lambda values: Fraction(math.gcd(*(_whole(value, "gcd") for value in values))),
    "lcm": lambda values: Fraction(math.lcm(*(_whole(value, "lcm") for value in values))),
}


def modulo(left: Number, right: Number) -> Number:
    """The remainder with the sign of the divisor, as on a clock: -1 mod 12 is 11.

    Raises:
        ToolError: DIVISION_BY_ZERO.
    """
    if right.value == 0:
        raise ToolError(
            f"cannot divide {number_text(left.value)} by 0: give another divisor", reason="DIVISION_BY_ZERO"
        )
    return Number(bounded(left.value % right.value), left.exact and right.exact)


def _round(arguments: Sequence[Number]) -> Number:
    """Half away from zero, as people are taught; not to the even digit."""
    value = arguments[0].value
    digits = _whole(arguments[1].value, "round") if len(arguments) > 1 else 0
    if abs(digits) > MAX_DIGITS:
        raise ToolError(f"round keeps at most {MAX_DIGITS} digits, got {digits}", reason="TOO_LARGE")
    scale = Fraction(10) ** digits
    rounded = Fraction(math.floor(abs(value) * scale + Fraction(1, 2))) / scale
    return Number(-rounded if value < 0 else rounded, arguments[0].exact)


def _logarithm(arguments: Sequence[Number]) -> Number:
    """To base 10, or to the base given as second argument."""
    if len(arguments) == 1:
        return _log10(arguments[0])
    base = _positive(arguments[1], "log")
    if base == 1:
        raise ToolError("there is no logarithm to base 1", reason="DOMAIN")
    value = PRECISE.divide(PRECISE.ln(to_decimal(_positive(arguments[0], "log"))), PRECISE.ln(to_decimal(base)))
    return _snapped(Fraction(value))


def _positive(number: Number, name: str) -> Fraction:
    if number.value <= 0:
        raise ToolError(f"{name} takes numbers above 0, got {number_text(number.value)}", reason="DOMAIN")
    return number.value


def _log10(number: Number) -> Number:
    return _snapped(Fraction(PRECISE.log10(to_decimal(_positive(number, "log")))))


def _ln(number: Number) -> Number:
    return _snapped(Fraction(PRECISE.ln(to_decimal(_positive(number, "ln")))))


def _log2(number: Number) -> Number:
    return _logarithm([number, Number(Fraction(2))])


def _snapped(value: Fraction) -> Number:
    """A result that is a whole number but for the 50th digit is that number."""
    nearest = Fraction(round(value))
    return Number(nearest) if abs(value - nearest) < Fraction(1, 10**45) else Number(value, exact=False)


def _exponential(number: Number) -> Number:
    if abs(number.value) > MAX_EXPONENT:
        raise numbers.too_large()
    return Number(Fraction(PRECISE.exp(to_decimal(number.value))), exact=number.value == 0)


def _cube_root(number: Number) -> Number:
    size = abs(number.value)
    root = numbers.power(Number(size), Number(Fraction(1, 3))).value if size else Fraction(0)
    nearest = root.limit_denominator(10**9)
    found = Number(nearest, number.exact) if nearest**3 == size else Number(root, exact=False)
    return Number(-found.value, found.exact) if number.value < 0 else found


def factorial(number: Number) -> Number:
    """n!

    Raises:
        ToolError: DOMAIN for negative or broken numbers, TOO_LARGE.
    """
    value = _whole(number.value, "factorial")
    if value < 0:
        raise ToolError(f"factorial takes numbers from 0, got {value}", reason="DOMAIN")
    if value > MAX_FACTORIAL:
        raise ToolError(f"factorial takes numbers to {MAX_FACTORIAL}, got {value}", reason="TOO_LARGE")
    return Number(Fraction(math.factorial(value)), number.exact)


def _by_float(name: str, function: Callable[[float], float]) -> Callable[[Number], Number]:
    def computed(number: Number) -> Number:
        try:
            result = function(float(number.value))
        except (ValueError, OverflowError) as error:
            raise ToolError(f"{name} is not defined for {number_text(number.value)}", reason="DOMAIN") from error
        # A float's angle is off by 1e-16 a turn, so that sin(pi) would be 1.2e-16.
        return Number(Fraction(0) if abs(result) < 1e-15 else Fraction(repr(result)), exact=False)

    return computed


_OF_TWO: dict[str, Callable[[Sequence[Number]], Number]] = {
    "round": _round,
    "log": _logarithm,
    "mod": lambda arguments: modulo(*arguments),
    "pow": lambda arguments: numbers.power(*arguments),
}
_OF_ONE: dict[str, Callable[[Number], Number]] = {
    "sqrt": numbers.square_root,
    "cbrt": _cube_root,
    "abs": lambda number: Number(abs(number.value), number.exact),
    "floor": lambda number: Number(Fraction(math.floor(number.value)), number.exact),
    "ceil": lambda number: Number(Fraction(math.ceil(number.value)), number.exact),
    "ln": _ln,
    "log10": _log10,
    "log2": _log2,
    "exp": _exponential,
    "factorial": factorial,
    **{name: _by_float(name, getattr(math, name)) for name in ("sin", "cos", "tan", "asin", "acos", "atan")},
}
