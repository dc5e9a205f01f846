"""A function's signature as two sides: what reads its arguments, and what writes and checks its result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from toolmesh_core.json_schema import JsonSchema
from toolmesh_toolkit.arguments_class import Fields, arguments_class
from toolmesh_toolkit.parameters import read_parameters
from toolmesh_toolkit.result_type import result_type
from toolmesh_toolkit.tool_schema import NO_JSON_FORM, adapter_and_schema


@dataclass(frozen=True)
class Signature:
    """What a function takes and gives.

    Attributes:
        arguments: validates a JSON object to an object whose __dict__ is the keyword arguments.
        arguments_schema: the JSON Schema of that object; unknown arguments are refused.
        context_parameter: the parameter that gets the ToolContext; empty where there is none.
        result: turns a returned value into JSON.
        result_schema: the JSON Schema of the result; None where it is not declared.
        result_check: the same, compiled, to hold each output to.
    """

    arguments: TypeAdapter[Any]
    arguments_schema: dict[str, Any]
    context_parameter: str
    result: TypeAdapter[Any]
    result_schema: dict[str, Any] | None
    result_check: JsonSchema | None


def read_signature(function: Callable[..., Any], name: str, descriptions: dict[str, str]) -> Signature:
    """The signature of a tool's function.

    Args:
        name: the tool's.
        descriptions: of parameters, from the docstring; what `Annotated` says wins.

    Raises:
        TypeError, ValueError: a parameter or the result cannot be one of a tool; the message says what to mend.
    """
    parameters = read_parameters(function, name, descriptions)
    arguments, arguments_schema = _arguments(name, parameters.fields)
    returned = result_type(function, name, parameters.returns)
    result, schema = adapter_and_schema(returned, f"tool {name!r}: its result", "serialization")
    declared = None if returned is Any else schema
    return Signature(
        arguments=arguments,
        arguments_schema=arguments_schema,
        context_parameter=parameters.context,
        result=result,
        result_schema=declared,
        # Formats are left out: pydantic writes naive dates and fractions of durations, which RFC 3339 has not.
        result_check=None if declared is None else JsonSchema(declared, check_formats=False),
    )


def _arguments(name: str, fields: Fields) -> tuple[TypeAdapter[Any], dict[str, Any]]:
    try:
        return adapter_and_schema(arguments_class(name, fields), f"tool {name!r}: its parameters", "validation")
    except NO_JSON_FORM:
        # One by one, so that the error names the parameter.
        for key, (annotation, _) in fields.items():
            adapter_and_schema(annotation, f"tool {name!r}: parameter {key!r}", "validation")
        raise
