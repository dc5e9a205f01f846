"""Tools for arithmetic, units of measure and money."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_tool_calculation.bootstrap import Desk
from toolmesh_tool_calculation.domain import units
from toolmesh_tool_calculation.domain.currencies import convert_money
from toolmesh_tool_calculation.domain.evaluation import evaluate
from toolmesh_tool_calculation.domain.numbers import from_float, number_text
from toolmesh_toolkit import Example, ToolContext, tool

LIMIT = timedelta(seconds=5)


class Calculation(TypedDict):
    """A computed expression; `exact` is false where digits were rounded away."""

    expression: str
    result: str
    exact: bool


class UnitConversion(TypedDict):
    """An amount in two units."""

    value: float
    from_unit: str
    result: float
    to_unit: str
    text: str


class CurrencyConversion(TypedDict):
    """An amount in two currencies, and how old the rate is."""

    amount: float
    from_currency: str
    result: float
    to_currency: str
    rate: float
    rates_date: str
    rates_source: str


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("math",),
    version="1",
    examples=[
        Example("What is 3.5 times 12 plus 8?", {"expression": "3.5 * 12 + 8"}),
        Example("How much is a 15% tip on 80?", {"expression": "15% of 80"}),
        Example("Add 3 km and 200 m", {"expression": "3 km + 200 m"}),
        Example("What is the square root of 2 rounded to 3 digits?", {"expression": "round(sqrt(2), 3)"}),
        Example("计算 (25 + 17) × 3 等于多少", {"expression": "(25 + 17) * 3"}),
        Example("2的16次方是多少", {"expression": "2^16"}),
    ],
)
def calculate(
    expression: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500,
            description='The arithmetic to do, such as "(12.5 + 3) * 4", "15% of 80" or "sqrt(2)".',
        ),
    ],
    context: ToolContext[Desk],
) -> Calculation:
    """Calculate arithmetic exactly: add, subtract, multiply, divide, powers, percent, remainder, sqrt, round, min, max,
    average, log; also amounts with units such as "3 km + 200 m".
    """
    answer = evaluate(expression, context.state.today())
    return Calculation(expression=expression, result=answer.text, exact=answer.exact)


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("math", "units"),
    version="1",
    examples=[
        Example("How many kilometers are 26.2 miles?", {"value": 26.2, "from_unit": "miles", "to_unit": "km"}),
        Example(
            "Convert 100 degrees Fahrenheit to Celsius", {"value": 100, "from_unit": "fahrenheit", "to_unit": "celsius"}
        ),
        "How many milliliters are in 2 cups?",
        Example("5公斤等于多少磅", {"value": 5, "from_unit": "公斤", "to_unit": "磅"}),
        "把30平方米换算成平方英尺",
    ],
)
def convert_units(
    value: Annotated[float, Field(description="The amount to convert, such as 26.2.")],
    from_unit: Annotated[
        str, Field(min_length=1, max_length=80, description='The unit it is in, such as "miles" or "kg".')
    ],
    to_unit: Annotated[
        str, Field(min_length=1, max_length=80, description='The unit wanted, such as "km" or "pounds".')
    ],
) -> UnitConversion:
    """Convert a measurement from one unit to another: length, weight, volume, area, temperature, speed, time, energy,
    pressure or data size, such as miles to kilometers or Celsius to Fahrenheit."""
    amount = from_float(value, "value")
    source, target = units.find_unit(from_unit), units.find_unit(to_unit)
    given = units.Quantity(amount, source)
    converted = units.convert(given, target)
    return UnitConversion(
        value=value,
        from_unit=units.unit_text(source),
        result=float(number_text(converted.amount)),
        to_unit=units.unit_text(target),
        text=f"{units.quantity_text(given)} = {units.quantity_text(converted)}",
    )


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("math", "money"),
    version="1",
    examples=[
        Example("How much is 250 US dollars in euros?", {"amount": 250, "from_currency": "USD", "to_currency": "EUR"}),
        "Convert 5000 Japanese yen to British pounds",
        "What is the exchange rate from Swiss francs to dollars?",
        Example("100美元等于多少人民币", {"amount": 100, "from_currency": "美元", "to_currency": "人民币"}),
        "把2000日元换成港币",
    ],
)
def convert_currency(
    amount: Annotated[float, Field(description="How much money, such as 250; 1 gives the exchange rate.")],
    from_currency: Annotated[
        str, Field(min_length=1, max_length=40, description='Code or name of the currency it is in, such as "USD".')
    ],
    to_currency: Annotated[
        str, Field(min_length=1, max_length=40, description='Code or name of the currency wanted, such as "EUR".')
    ],
    context: ToolContext[Desk],
) -> CurrencyConversion:
    """Convert an amount of money from one currency to another, or find an exchange rate, by a stored table of rates
    whose date and source are told."""
    table = context.state.rates.table()
    converted = convert_money(from_float(amount, "amount"), from_currency, to_currency, table)
    return CurrencyConversion(
        amount=amount,
        from_currency=converted.from_code,
        result=float(converted.amount),
        to_currency=converted.to_code,
        rate=float(converted.rate),
        rates_date=table.as_of.isoformat(),
        rates_source=table.source,
    )
