"""What @tool makes of a function: name, description, schemas, and what it refuses."""

import json
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import pytest
from pydantic import Field

from toolmesh_toolkit import Example, Progress, Result, ToolContext, ToolFunction, tool


@dataclass
class Point:
    title: str
    x: float = 0.0


@tool(
    idempotent=True,
    read_only=True,
    timeout=timedelta(seconds=5),
    tags=("math",),
    version="2",
    examples=["how much is it", Example("3 and 4", {"a": 3})],
)
def add(a: Annotated[int, Field(description="First addend.", ge=0)], b: int = 4) -> int:
    """Add two whole numbers.

    Use it for sums.

    Args:
        a: hidden by the Field.
        b: Second addend,
            four by default.

    Returns:
        The sum.
    """
    return a + b


def arguments_of(made: ToolFunction[..., Any]) -> dict[str, Any]:
    schema = json.loads(made.definition.arguments_schema_json)
    assert isinstance(schema, dict)
    return schema


def test_a_decorated_function_stays_callable() -> None:
    assert add(3, b=5) == 8


def test_the_definition_says_all_that_the_decorator_was_told() -> None:
    made = add.definition
    assert (made.name, made.version, list(made.tags)) == ("add", "2", ["math"])
    assert (made.idempotent, made.read_only, made.needs_approval) == (True, True, False)
    assert made.timeout.ToTimedelta() == timedelta(seconds=5)
    assert list(made.examples) == ["how much is it", "3 and 4"]


def test_the_description_is_the_docstring_before_its_sections() -> None:
    assert add.definition.description == "Add two whole numbers.\n\nUse it for sums."


def test_parameters_become_a_closed_json_schema_in_their_order() -> None:
    assert arguments_of(add) == {
        "type": "object",
        "additionalProperties": False,
        "required": ["a"],
        "properties": {
            "a": {"type": "integer", "minimum": 0, "description": "First addend."},
            "b": {"type": "integer", "default": 4, "description": "Second addend, four by default."},
        },
    }
    assert list(arguments_of(add)["properties"]) == ["a", "b"]


def test_the_return_type_becomes_the_output_schema() -> None:
    assert json.loads(add.definition.output_schema_json) == {"type": "integer"}


def test_a_property_called_title_is_kept_though_titles_are_dropped() -> None:
    @tool
    def move(point: Point) -> Point:
        """Move a point."""
        return point

    properties = arguments_of(move)["$defs"]["Point"]["properties"]
    assert properties == {"title": {"type": "string"}, "x": {"type": "number", "default": 0.0}}


def test_parameters_may_bear_names_that_pydantic_models_use_themselves() -> None:
    @tool
    def odd(json: str, copy: int = 1, from_: Annotated[str, Field(alias="from")] = "x") -> str:
        """Take odd names."""
        return json

    assert list(arguments_of(odd)["properties"]) == ["json", "copy", "from"]


def test_the_context_is_not_in_the_schema() -> None:
    @tool
    def who(context: ToolContext[str]) -> str:
        """Say who asks."""
        return context.user

    assert arguments_of(who)["properties"] == {}
    assert who(ToolContext(user="ada")) == "ada"


def test_the_result_of_generators_is_what_they_return_or_wrap() -> None:
    @tool
    def steps() -> Generator[Progress | str, None, int]:
        """Count."""
        yield "one"
        return 1

    @tool
    async def waves() -> AsyncIterator[Progress | Result[list[int]]]:
        """Count."""
        yield Result([1])

    assert json.loads(steps.definition.output_schema_json) == {"type": "integer"}
    assert json.loads(waves.definition.output_schema_json) == {"type": "array", "items": {"type": "integer"}}


def test_an_undeclared_result_has_no_schema() -> None:
    @tool
    def free(a: int) -> Any:
        """Give anything."""
        return a

    assert free.definition.output_schema_json == ""


def test_a_function_without_a_docstring_is_refused() -> None:
    def silent(a: int) -> int:
        return a

    with pytest.raises(TypeError, match="'silent' has no docstring"):
        tool(silent)


def test_a_parameter_without_a_type_is_refused_by_name() -> None:
    def loose(a):  # type: ignore[no-untyped-def]
        """Loose."""
        return a

    with pytest.raises(TypeError, match="parameter 'a' has no type"):
        tool(loose)


def test_a_docstring_that_describes_a_parameter_that_is_not_there_is_refused() -> None:
    def stale(a: int) -> int:
        """Stale.

        Args:
            gone: was renamed.
        """
        return a

    with pytest.raises(TypeError, match="gone"):
        tool(stale)


def test_an_example_with_bad_arguments_is_refused() -> None:
    with pytest.raises(ValueError, match="example 'one' has bad arguments"):

        @tool(examples=[Example("one", {"a": "x"})])
        def one(a: int) -> int:
            """One."""
            return a


@pytest.mark.parametrize("name", ["a b", "x" * 65, "naïve"])
def test_a_name_outside_the_alphabet_is_refused(name: str) -> None:
    def fine(a: int) -> int:
        """Fine."""
        return a

    with pytest.raises(ValueError, match="must be 1 to 64"):
        tool(name=name)(fine)
