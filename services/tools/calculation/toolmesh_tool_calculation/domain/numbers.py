"""Exact numbers within bounds: reading them, the operations that could grow without end, and writing them."""

import math
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from toolmesh_core.errors import ToolError

MAX_BITS = 8192
"""Numerator and denominator stay below this, so that no operation takes longer than a millisecond."""
EXACT_DIGITS = 40
ROUNDED_DIGITS = 15
PRECISE = Context(prec=50, Emax=99_999, Emin=-99_999)


@dataclass(frozen=True, slots=True)
class Number:
    """A number without a unit.

    Attributes:
        exact: no rounding happened on the way to it.
        percent: it was written with a percent sign; 15% has the value 15/100.
    """

    value: Fraction
    exact: bool = True
    percent: bool = False


def bounded(value: Fraction) -> Fraction:
    """The value itself.

    Raises:
        ToolError: TOO_LARGE, more than MAX_BITS bits.
    """
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise too_large()
    return value


def too_large() -> ToolError:
    """The refusal of a number nobody could read."""
    return ToolError("the result has more than 2,400 digits: use smaller numbers", reason="TOO_LARGE")


def power(base: Number, exponent: Number) -> Number:
    """base ** exponent; the size is checked before it is computed.

    Raises:
        ToolError: TOO_LARGE, DIVISION_BY_ZERO, or DOMAIN for a root of a negative number.
    """
    if base.value == 0 and exponent.value < 0:
        raise ToolError("0 has no negative power", reason="DIVISION_BY_ZERO")
    bits = max(abs(base.value.numerator).bit_length(), base.value.denominator.bit_length())
    if base.value not in (0, 1, -1) and bits * abs(exponent.value) > MAX_BITS + bits:
        raise too_large()
    exact = base.exact and exponent.exact
    if exponent.value.denominator == 1:
        return Number(bounded(_whole_power(base.value, exponent.value.numerator)), exact)
    if base.value < 0:
        raise ToolError(f"{number_text(base.value)} is negative: it has no power of a fraction", reason="DOMAIN")
    if exponent.value == Fraction(1, 2):
        return square_root(base)
    if base.value == 0:
        return Number(Fraction(0), exact)
    return Number(Fraction(PRECISE.power(to_decimal(base.value), to_decimal(exponent.value))), exact=False)


def _whole_power(base: Fraction, exponent: int) -> Fraction:
    if base in (0, 1, -1):
        return Fraction(1) if exponent == 0 else base if exponent % 2 else abs(base)
    return base**exponent


def square_root(number: Number) -> Number:
    """The square root, exact where it is a fraction.

    Raises:
        ToolError: DOMAIN, the number is negative.
    """
    value = number.value
    if value < 0:
        raise ToolError(f"{number_text(value)} is negative: it has no square root", reason="DOMAIN")
    root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    if root * root == value:
        return Number(root, number.exact)
    return Number(Fraction(PRECISE.sqrt(to_decimal(value))), exact=False)


def divide(left: Fraction, right: Fraction) -> Fraction:
    """left / right.

    Raises:
        ToolError: DIVISION_BY_ZERO.
    """
    if right == 0:
        raise ToolError(f"cannot divide {number_text(left)} by 0: give another divisor", reason="DIVISION_BY_ZERO")
    return bounded(left / right)


def to_decimal(value: Fraction) -> Decimal:
    """The value to 50 digits."""
    return PRECISE.divide(Decimal(value.numerator), Decimal(value.denominator))


def from_float(value: float, name: str) -> Fraction:
    """The number as it was written, since 0.1 means one tenth and not its nearest binary fraction.

    Raises:
        ToolError: BAD_NUMBER, it is infinite or not a number.
    """
    if not math.isfinite(value):
        raise ToolError(f"argument {name!r} must be a finite number, got {value}", reason="BAD_NUMBER")
    return Fraction(repr(value))


def has_finite_decimals(value: Fraction) -> bool:
    """Whether the value can be written out; 1/3 cannot."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def is_written_exactly(value: Fraction) -> bool:
    """Whether `number_text` loses nothing."""
    return has_finite_decimals(value) and Fraction(number_text(value)) == value


def number_text(value: Fraction) -> str:
    """Plain decimals: all digits where they end within EXACT_DIGITS, else ROUNDED_DIGITS significant ones."""
    if has_finite_decimals(value):
        exact = Context(prec=EXACT_DIGITS, Emax=99_999, Emin=-99_999)
        written = exact.divide(Decimal(value.numerator), Decimal(value.denominator))
        if Fraction(written) == value and abs(written.adjusted()) < EXACT_DIGITS:
            return plain(written)
    return rounded_text(value)


def rounded_text(value: Fraction) -> str:
    """At most ROUNDED_DIGITS significant digits."""
    context = Context(prec=ROUNDED_DIGITS, Emax=99_999, Emin=-99_999)
    rounded = context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    return plain(rounded) if -10 < rounded.adjusted() < EXACT_DIGITS else f"{rounded:e}"


def plain(value: Decimal) -> str:
    """Without an exponent and without trailing zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
