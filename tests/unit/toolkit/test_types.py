"""Every type that a tool may take or give: read from JSON, described, and written back under its own schema."""

import json
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field
from typing_extensions import Doc, TypedDict

from toolmesh.tool.v1 import tool_service_pb2
from toolmesh_core.json_schema import JsonSchema
from toolmesh_toolkit import Progress, Result, ToolFunction, ToolServicer, tool


class Color(Enum):
    RED = "red"
    GREEN = "green"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Line:
    item: str
    price: Decimal
    colors: list[Color] = field(default_factory=list)


class Address(TypedDict, total=False):
    street: str
    floor: int


class Order(BaseModel):
    lines: list[Line]
    to: Address | None = None


class Folder(BaseModel):
    name: str
    inside: list["Folder"] = []


class Square(BaseModel):
    kind: Literal["square"] = "square"
    side: float


class Circle(BaseModel):
    kind: Literal["circle"] = "circle"
    radius: float


Shape = Annotated[Square | Circle, Field(discriminator="kind")]
MOMENT = datetime(2024, 2, 29, 12, tzinfo=UTC)
PEN = {"item": "pen", "price": "1", "colors": []}
SAMPLES: list[tuple[Any, Any, Any]] = [
    # the type, a value as JSON, the same in Python
    (Color, "red", Color.RED),
    (Level, 2, Level.HIGH),
    (Literal["en", "zh"], "zh", "zh"),
    (int | str, "x", "x"),
    (int | None, None, None),
    (list[list[int]], [[1], []], [[1], []]),
    (set[int], [1], {1}),
    (tuple[int, str], [1, "a"], (1, "a")),
    (dict[str, Line], {"a": PEN | {"colors": ["red"]}}, {"a": Line("pen", Decimal(1), [Color.RED])}),
    (date, "2024-02-29", date(2024, 2, 29)),
    (datetime, "2024-02-29T12:00:00Z", MOMENT),
    (datetime, "2024-02-29T12:00:00", MOMENT.replace(tzinfo=None)),
    (time, "12:30:00", time(12, 30)),
    (timedelta, "PT0.5S", timedelta(seconds=0.5)),
    (UUID, "00000000-0000-0000-0000-000000000001", UUID(int=1)),
    (Decimal, "0.1", Decimal("0.1")),
    (Line, PEN, Line("pen", Decimal(1))),
    (Address, {"floor": 2}, {"floor": 2}),
    (Order, {"lines": [PEN], "to": {"street": "x"}}, Order(lines=[Line("pen", Decimal(1))], to={"street": "x"})),
    (Folder, {"name": "a", "inside": [{"name": "b", "inside": []}]}, Folder(name="a", inside=[Folder(name="b")])),
    (Shape, {"kind": "circle", "radius": 2.0}, Circle(radius=2)),
]  # fmt: skip


async def call(made: ToolFunction[..., Any], arguments: Any) -> Any:
    request = tool_service_pb2.InvokeToolRequest(tool=made.name, arguments_json=json.dumps(arguments))
    context: Any = None
    return [event async for event in ToolServicer([made]).InvokeTool(request, context)][-1].result


@pytest.mark.parametrize(("kind", "as_json", "value"), SAMPLES, ids=[str(kind) for kind, _, _ in SAMPLES])
async def test_a_type_is_read_described_and_written(kind: Any, as_json: Any, value: Any) -> None:
    got: list[Any] = []

    def echo(given):  # type: ignore[no-untyped-def]
        """Give back what is given."""
        got.append(given)
        return given

    echo.__annotations__ = {"given": kind, "return": kind}
    made = tool(echo)
    result = await call(made, {"given": as_json})
    assert (got, json.loads(result.output_json)) == ([value], as_json), result
    schema = JsonSchema(made.definition.arguments_schema_json)
    assert not schema.is_valid({"given": {"no": ["such", 0.5]}})
    assert not schema.is_valid({})


def test_a_recursive_model_refers_to_itself() -> None:
    @tool
    def count(folder: Folder) -> Folder:
        """Count what is inside."""
        return folder

    for text in (count.definition.arguments_schema_json, count.definition.output_schema_json):
        assert json.loads(text)["$defs"]["Folder"]["properties"]["inside"]["items"] == {"$ref": "#/$defs/Folder"}


def test_what_annotated_says_is_the_description_whichever_way_it_says_it() -> None:
    @tool
    def say(
        a: Annotated[int, Field(description="by Field")],
        b: Annotated[int, "by text"],
        c: Annotated[int, Doc("by Doc")],
        d: int = 1,
    ) -> int:
        """Say.

        Args:
            b: not taken.
            d: by docstring
        """
        return a

    properties = json.loads(say.definition.arguments_schema_json)["properties"]
    assert [facts["description"] for facts in properties.values()] == ["by Field", "by text", "by Doc", "by docstring"]


GOOGLE = """
Args:
    a: First,
        of two.
    b (int): Second.

Returns:
    The sum.
"""
NUMPY = """
Parameters
----------
a : int
    First,
    of two.
b : int, optional
    Second.

Returns
-------
int
    The sum.
"""
SPHINX = """
:param a: First,
    of two.
:param int b: Second.
:returns: the sum
:raises ValueError: no
"""


@pytest.mark.parametrize("sections", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_a_docstring_of_any_usual_style_is_read(sections: str) -> None:
    def add(a: int, b: int = 0) -> int:
        return a + b

    add.__doc__ = f"Add.\n\nUse it for sums.\n{sections}"
    made = tool(add)
    properties = json.loads(made.definition.arguments_schema_json)["properties"]
    assert made.definition.description == "Add.\n\nUse it for sums."
    assert [facts["description"] for facts in properties.values()] == ["First, of two.", "Second."]


@tool
def typed() -> Annotated[int, Field(ge=0)]:
    """Break a rule of the result."""
    return -1


@tool
def lying() -> list[int]:
    """Give text for a number."""
    return [1, "secret"]  # type: ignore[list-item]


@tool
def not_a_number() -> float:
    """Give what JSON has not."""
    return float("nan")


@pytest.mark.parametrize(
    ("made", "why"),
    [(typed, "-1 is less than the minimum of 0"), (lying, 'output "1" must be'), (not_a_number, "must be a number")],
)
async def test_an_output_is_held_to_its_schema_and_its_value_stays_out_of_the_log(
    made: ToolFunction[..., Any], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    failure = (await call(made, {})).failure
    assert failure.reason == "BAD_OUTPUT"
    assert why in failure.message
    assert "secret" not in str([record.__dict__ for record in caplog.records])
    assert "tool broke its output schema" in caplog.text


async def test_a_generator_may_give_its_result_by_return_or_by_result() -> None:
    @tool
    def returned() -> Generator[Progress | str, None, int]:
        """Return it."""
        yield Progress(0.5, "half")
        return 1

    @tool
    def wrapped() -> Iterator[str | Result[int]]:
        """Wrap it."""
        yield "partial"
        yield Result(1)

    @tool
    async def waited() -> AsyncIterator[Progress | Result[int]]:
        """Wait for it."""
        yield Result(1)

    for made in (returned, wrapped, waited):
        assert made.definition.output_schema_json == '{"type":"integer"}'
        assert not made.definition.result_only
        assert (await call(made, {})).output_json == "1"
