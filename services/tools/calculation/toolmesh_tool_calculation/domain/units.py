"""Units of measure: names in English and Chinese, exact conversion with Pint over fractions."""

import difflib
import functools
import re
import threading
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pint

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.domain.numbers import Number, bounded, number_text
from toolmesh_tool_calculation.domain.unit_names import CHINESE, DEFINITIONS, ENGLISH, POWER_WORDS

Unit = Any
"""A pint.Unit; Pint's own types are made at run time."""

_FACTOR = re.compile(r"\s*([^\W\d]+(?:[ _-][^\W\d]+)*|°[CF]?)\s*(?:(?:\^|\*\*)?\s*(-?\d))?\s*")
_SIGNS = {
    "jin": "斤",
    "liang": "两",
    "mu_area": "亩",
    "li_distance": "里",
    "degree_Celsius": "°C",
    "degree_Fahrenheit": "°F",
    "square_foot": "ft²",
    "square_mile": "mi²",
    "square_yard": "yd²",
    "square_inch": "in²",
    "acre": "acre",
    "cup": "cup",
}
_SUPERSCRIPTS = str.maketrans("²³", "23")
MAX_UNIT_LENGTH = 80
_MAKING = threading.Lock()
"""Units of two registries do not mix, so there must be one whatever thread asks first."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of a unit.

    Attributes:
        exact: no rounding happened on the way to it.
    """

    amount: Fraction
    unit: Unit
    exact: bool = True


def registry() -> Any:
    """Pint's registry over exact fractions, made at first use since it takes 0.2 s."""
    with _MAKING:
        return _made_registry()


@functools.cache
def _made_registry() -> Any:
    made: Any = pint.UnitRegistry(non_int_type=Fraction)
    for definition in DEFINITIONS:
        made.define(definition)
    return made


def find_unit(text: str) -> Unit:
    """The unit that a person calls by this text, such as "km", "miles per hour", "m^2" or "公里".

    Raises:
        ToolError: UNKNOWN_UNIT, with names that look alike.
    """
    cleaned = unicodedata.normalize("NFKC", text.translate(_SUPERSCRIPTS)).strip().strip(".")
    if not cleaned or len(cleaned) > MAX_UNIT_LENGTH:
        raise ToolError(f"unit {text[:40]!r} must have 1 to {MAX_UNIT_LENGTH} characters", reason="UNKNOWN_UNIT")
    known = _known(cleaned)
    if known is not None:
        return known
    return _compound(cleaned)


def _compound(text: str) -> Unit:
    """Factors joined by * and / or "per"."""
    pieces = re.split(r"(\*(?!\*)|·|/|\bper\b|每)", text.replace("**", "^"))
    unit = registry().Unit("")
    for operator, piece in zip(["*", *pieces[1::2]], pieces[::2], strict=True):
        factor = _factor(piece, text)
        unit = unit * factor if operator in "*·" else unit / factor
    return unit


def _factor(text: str, whole: str) -> Unit:
    match = _FACTOR.fullmatch(text)
    if not match:
        raise unknown_unit(whole)
    name, exponent = match[1], int(match[2] or 1)
    first, _, rest = name.partition(" ")
    if rest and first.lower() in POWER_WORDS:
        name, exponent = rest, exponent * POWER_WORDS[first.lower()]
    unit = _known(name)
    if unit is None:
        raise unknown_unit(name)
    return unit**exponent


@functools.lru_cache(maxsize=1024)
def _known(name: str) -> Unit | None:
    """The unit of one name; an alias wins over Pint, where "C" is coulomb and "F" farad."""
    aliased = CHINESE.get(name) or ENGLISH.get(name.lower())
    for candidate in [aliased] if aliased else _spellings(name):
        try:
            return registry().Unit(candidate)
        except (pint.errors.UndefinedUnitError, pint.errors.DefinitionSyntaxError, ValueError):
            continue
    return None


def _spellings(name: str) -> list[str]:
    joined = re.sub(r"[ -]", "_", name)
    return [joined, joined.lower()] if joined.isidentifier() and len(joined) <= 40 else []


def is_unit_name(name: str) -> bool:
    """Whether a single word names a unit."""
    return _known(name) is not None


def unknown_unit(text: str) -> ToolError:
    """The refusal of a unit, with what may have been meant."""
    close = difflib.get_close_matches(text.lower(), [*ENGLISH, *COMMON_UNITS], n=3, cutoff=0.7)
    hint = f"; did you mean {', '.join(close)}?" if close else "; use a name such as km, mile, kg, celsius or liter"
    return ToolError(f"unknown unit {text[:60]!r}{hint}", reason="UNKNOWN_UNIT")


COMMON_UNITS = (
    *("meter", "kilometer", "centimeter", "millimeter", "mile", "yard", "foot", "feet", "inch", "gram", "kilogram"),
    *("pound", "ounce", "liter", "gallon", "pint", "quart", "cup", "second", "minute", "hour", "day", "week", "month"),
    *("year", "acre", "hectare", "joule", "watt", "volt", "ampere", "newton", "bar", "byte", "bit", "radian", "knot"),
)


def convert(quantity: Quantity, target: Unit) -> Quantity:
    """The same quantity in another unit.

    Raises:
        ToolError: INCOMPATIBLE_UNITS, one measures something else; TOO_LARGE.
    """
    try:
        converted = registry().Quantity(quantity.amount, quantity.unit).to(target)
    except pint.errors.DimensionalityError as error:
        raise incompatible(quantity.unit, target) from error
    return Quantity(bounded(_fraction(converted.magnitude)), target, quantity.exact)


def _fraction(magnitude: object) -> Fraction:
    """Pint gives a fraction, or a float for the few units defined by a root or logarithm."""
    return magnitude if isinstance(magnitude, Fraction) else Fraction(str(magnitude))


def incompatible(left: Unit, right: Unit) -> ToolError:
    """The refusal of metres as kilograms."""
    return ToolError(
        f"{unit_text(left)} cannot become {unit_text(right)}: one measures {kind(left)}, the other {kind(right)}",
        reason="INCOMPATIBLE_UNITS",
    )


def kind(unit: Unit) -> str:
    """What a unit measures: "length", "mass · time^-2"; "a plain number" where nothing."""
    parts = [(name.strip("[]"), power) for name, power in sorted(unit.dimensionality.items())]
    return " · ".join(name if power == 1 else f"{name}^{power}" for name, power in parts) or "a plain number"


def add(left: Quantity, right: Quantity, sign: int) -> Quantity:
    """left + sign * right, in the unit of the left.

    Raises:
        ToolError: INCOMPATIBLE_UNITS, also for sums of temperatures, which have two meanings.
    """
    if not registry().Quantity(1, left.unit)._is_multiplicative:
        raise ToolError(
            f"degrees such as {unit_text(left.unit)} cannot be added: convert them to kelvin first",
            reason="INCOMPATIBLE_UNITS",
        )
    amount = left.amount + sign * convert(right, left.unit).amount
    return Quantity(bounded(amount), left.unit, left.exact and right.exact)


def multiply(left: Quantity, right: Quantity, sign: int) -> Quantity | Number:
    """left * right, or left / right where the sign is -1; a number where the units cancel.

    Raises:
        ToolError: INCOMPATIBLE_UNITS for degrees, DIVISION_BY_ZERO.
    """
    if sign < 0 and right.amount == 0:
        raise ToolError("cannot divide by 0: give another divisor", reason="DIVISION_BY_ZERO")
    try:
        one = registry().Quantity(left.amount, left.unit)
        two = registry().Quantity(right.amount, right.unit)
        product = (one * two if sign > 0 else one / two).to_reduced_units()
    except pint.errors.OffsetUnitCalculusError as error:
        raise ToolError(
            "degrees of temperature cannot be multiplied: convert them to kelvin first", reason="INCOMPATIBLE_UNITS"
        ) from error
    amount, exact = bounded(_fraction(product.magnitude)), left.exact and right.exact
    return Number(amount, exact) if product.dimensionless else Quantity(amount, product.units, exact)


def unit_name(unit: Unit) -> str:
    """Pint's name of a unit that has a single factor; else nothing."""
    factors = list(unit._units.items())
    return str(factors[0][0]) if len(factors) == 1 and factors[0][1] == 1 else ""


def unit_text(unit: Unit) -> str:
    """The short sign: "km/h", "m²", "°C"."""
    above = [_factor_text(name, power) for name, power in sorted(unit._units.items()) if power > 0]
    below = [_factor_text(name, -power) for name, power in sorted(unit._units.items()) if power < 0]
    return "/".join(["·".join(above) or "1", *below])


def quantity_text(quantity: Quantity) -> str:
    """The amount with its unit; calendar units as words, since "60 d" reads badly."""
    name = unit_name(quantity.unit)
    amount = number_text(quantity.amount)
    if name in ("day", "week", "month", "year"):
        return f"{amount} {name}{'' if amount in ('1', '-1') else 's'}"
    return f"{amount} {unit_text(quantity.unit)}"


def _factor_text(name: str, power: Fraction) -> str:
    sign = _SIGNS.get(name) or registry().get_symbol(name)
    return f"{sign}{ {1: '', 2: '²', 3: '³'}.get(int(power)) if power in (1, 2, 3) else f'^{power}' }"
