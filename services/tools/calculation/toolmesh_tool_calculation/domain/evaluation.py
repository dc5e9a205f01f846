"""Computes an expression: numbers, percentages, quantities with units, and dates."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.domain import functions, tree, units
from toolmesh_tool_calculation.domain.calendar_dates import shifted
from toolmesh_tool_calculation.domain.numbers import Number, bounded, divide, is_written_exactly, number_text, power
from toolmesh_tool_calculation.domain.syntax import parse
from toolmesh_tool_calculation.domain.units import Quantity

Value = Number | Quantity | date

_PI = Fraction("3.14159265358979323846264338327950288419716939937511")
_E = Fraction("2.71828182845904523536028747135266249775724709369996")
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "year": 12, "decade": 120, "century": 1200}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expression comes to.

    Attributes:
        text: the value with its unit.
        exact: false where digits were rounded away.
    """

    text: str
    exact: bool


def evaluate(expression: str, today: date) -> Answer:
    """The value of an expression.

    Raises:
        ToolError: it cannot be read or computed, or is too large.
    """
    value = _value(parse(expression, today))
    if isinstance(value, date):
        return Answer(value.isoformat(), exact=True)
    if isinstance(value, Quantity):
        return Answer(units.quantity_text(value), value.exact and is_written_exactly(value.amount))
    return Answer(number_text(value.value), value.exact and is_written_exactly(value.value))


def _value(node: tree.Node) -> Value:
    match node:
        case tree.Literal(value):
            return value if isinstance(value, date) else Number(value)
        case tree.Constant(name):
            return Number(_E if name == "e" else _PI, exact=False)
        case tree.Measured(amount, unit):
            number = _number(_value(amount), "the amount of a unit")
            return Quantity(number.value, unit, number.exact)
        case tree.Unary(operator, operand):
            return _unary(operator, _value(operand))
        case tree.Binary(operator, left, right):
            return _binary(operator, _value(left), _value(right))
        case tree.Call(function, arguments):
            return _call(function, [_value(argument) for argument in arguments])
        case tree.Convert(operand, unit):
            return _converted(_value(operand), unit)


def _number(value: Value, what: str) -> Number:
    if isinstance(value, Number):
        return value
    shown = value.isoformat() if isinstance(value, date) else units.quantity_text(value)
    raise ToolError(f"{what} must be a plain number, got {shown}", reason="BAD_EXPRESSION")


def _unary(operator: str, value: Value) -> Value:
    if operator == "-" and isinstance(value, Quantity):
        return Quantity(-value.amount, value.unit, value.exact)
    number = _number(value, f"the operand of {operator}")
    if operator == "-":
        return Number(-number.value, number.exact, number.percent)
    if operator == "%":
        return Number(number.value / 100, number.exact, percent=True)
    return functions.factorial(number)


def _binary(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, date) or isinstance(right, date):
        return _with_dates(operator, left, right)
    if isinstance(left, Quantity) or isinstance(right, Quantity):
        return _with_units(operator, left, right)
    return _with_numbers(operator, left, right)


def _with_numbers(operator: str, left: Number, right: Number) -> Number:
    exact = left.exact and right.exact
    if operator in "+-":
        # "200 + 10%" is 220 on every pocket calculator; "5% + 10%" is 15%.
        change = right.value * left.value if right.percent and not left.percent else right.value
        value = left.value + change if operator == "+" else left.value - change
        return Number(bounded(value), exact, left.percent and right.percent)
    if operator == "*":
        return Number(bounded(left.value * right.value), exact)
    if operator == "/":
        return Number(divide(left.value, right.value), exact)
    if operator == "//":
        return Number(Fraction(divide(left.value, right.value).__floor__()), exact)
    if operator == "mod":
        return functions.modulo(left, right)
    return power(left, right)


def _with_units(operator: str, left: Number | Quantity, right: Number | Quantity) -> Number | Quantity:
    if operator == "^":
        return _quantity_power(left, right)
    if operator in "*/":
        return units.multiply(_quantity(left), _quantity(right), 1 if operator == "*" else -1)
    if operator in "+-" and isinstance(left, Quantity):
        if isinstance(right, Number) and right.percent:
            right = Quantity(left.amount * right.value, left.unit, right.exact)
        return units.add(left, _quantity(right), 1 if operator == "+" else -1)
    if operator in "+-":
        raise units.incompatible(_quantity(right).unit, _quantity(left).unit)
    raise ToolError(f"'{operator}' works on plain numbers, not on units", reason="BAD_EXPRESSION")


def _quantity(value: Number | Quantity) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(value.value, units.registry().Unit(""), value.exact)


def _quantity_power(base: Number | Quantity, exponent: Number | Quantity) -> Number | Quantity:
    number = _number(exponent, "an exponent")
    if isinstance(base, Number):
        return power(base, number)
    if number.value not in (1, 2, 3):
        raise ToolError(
            f"a unit can have the exponents 1 to 3, got {number_text(number.value)}", reason="BAD_EXPRESSION"
        )
    result: Number | Quantity = base
    for _ in range(int(number.value) - 1):
        result = units.multiply(_quantity(result), base, 1)
    return result


def _with_dates(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, date) and isinstance(right, date):
        if operator != "-":
            raise ToolError("two dates can only be subtracted, as in 2024-03-01 - 2024-01-01", reason="BAD_EXPRESSION")
        return Quantity(Fraction((left - right).days), units.find_unit("day"))
    if isinstance(right, date) and operator == "+":
        left, right = right, left
    if operator not in "+-" or not isinstance(left, date) or isinstance(right, date):
        raise ToolError("a date takes + or - and a span, as in 2024-03-01 + 45 days", reason="BAD_EXPRESSION")
    return _shifted(left, right, 1 if operator == "+" else -1)


def _shifted(day: date, span: Number | Quantity, sign: int) -> date:
    """A plain number counts days."""
    amount, unit = (span.amount, units.unit_name(span.unit)) if isinstance(span, Quantity) else (span.value, "day")
    if amount.denominator != 1 or unit not in _DAYS.keys() | _MONTHS.keys():
        raise ToolError(
            f"a date takes whole days, weeks, months or years, got {number_text(amount)} {unit or 'of another unit'}",
            reason="BAD_EXPRESSION",
        )
    steps = sign * amount.numerator
    return shifted(day, months=steps * _MONTHS[unit]) if unit in _MONTHS else shifted(day, days=steps * _DAYS[unit])


def _call(function: str, arguments: list[Value]) -> Value:
    first = arguments[0]
    if isinstance(first, Quantity) and function in ("sin", "cos", "tan"):
        angle = units.convert(first, units.registry().radian)
        return functions.call(function, [Number(angle.amount, exact=False)])
    if isinstance(first, Quantity) and function in ("round", "abs", "floor", "ceil"):
        rest = [_number(argument, f"the second argument of {function}") for argument in arguments[1:]]
        rounded = functions.call(function, [Number(first.amount, first.exact), *rest])
        return Quantity(rounded.value, first.unit, rounded.exact)
    if isinstance(first, Quantity) and function in ("min", "max", "sum", "avg", "mean", "average"):
        return _over_quantities(function, first, arguments)
    return functions.call(function, [_number(argument, f"an argument of {function}") for argument in arguments])


def _over_quantities(function: str, first: Quantity, arguments: list[Value]) -> Quantity:
    amounts = []
    for argument in arguments:
        if not isinstance(argument, Quantity):
            raise ToolError(f"{function} takes amounts that all have units, or none that has", reason="BAD_EXPRESSION")
        converted = units.convert(argument, first.unit)
        amounts.append(Number(converted.amount, converted.exact))
    result = functions.call(function, amounts)
    return Quantity(result.value, first.unit, result.exact)


def _converted(value: Value, unit: units.Unit) -> Quantity:
    if isinstance(value, Quantity):
        return units.convert(value, unit)
    raise ToolError(
        f"only an amount with a unit can become {units.unit_text(unit)}; for money use convert_currency",
        reason="INCOMPATIBLE_UNITS",
    )
