"""Reads a function's signature: its arguments and result as pydantic validators and JSON Schemas."""

import inspect
import types
import typing
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

import pydantic.dataclasses
from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.fields import FieldInfo

from toolmesh_toolkit.pieces import Result
from toolmesh_toolkit.tool_context import is_context

_STREAMS = (AsyncGenerator, AsyncIterator, Generator, Iterator)
_ARGUMENT_RULES = ConfigDict(extra="forbid", arbitrary_types_allowed=False)


@dataclass(frozen=True)
class Signature:
    """What a function takes and gives.

    Attributes:
        arguments: validates a JSON object to an object whose __dict__ is the keyword arguments.
        arguments_schema: the JSON Schema of that object; unknown arguments are refused.
        context_parameter: the parameter that gets the ToolContext; empty where there is none.
        result: turns a returned value into JSON.
        result_schema: the JSON Schema of the result; None where it is not declared.
    """

    arguments: TypeAdapter[Any]
    arguments_schema: dict[str, Any]
    context_parameter: str
    result: TypeAdapter[Any]
    result_schema: dict[str, Any] | None


def read_signature(function: Callable[..., Any], descriptions: dict[str, str]) -> Signature:
    """The signature of a function.

    Args:
        descriptions: of parameters, from the docstring; a Field's own description wins.

    Raises:
        TypeError: a parameter has no type, or one that JSON cannot carry.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    fields: dict[str, tuple[Any, FieldInfo]] = {}
    context_parameter = ""
    for parameter in inspect.signature(function).parameters.values():
        annotation = _annotation(function, parameter, hints)
        if is_context(annotation):
            context_parameter = parameter.name
        else:
            fields[parameter.name] = (annotation, _field(annotation, parameter, descriptions))
    _refuse_unknown(function, descriptions.keys() - fields.keys() - {context_parameter})
    arguments: TypeAdapter[Any] = TypeAdapter(_arguments_class(function.__name__, fields))
    result_type = _result_type(hints.get("return", Any))
    result: TypeAdapter[Any] = TypeAdapter(result_type)
    return Signature(
        arguments=arguments,
        arguments_schema=without_titles(arguments.json_schema()),
        context_parameter=context_parameter,
        result=result,
        result_schema=None if result_type is Any else without_titles(result.json_schema(mode="serialization")),
    )


def _annotation(function: Callable[..., Any], parameter: inspect.Parameter, hints: dict[str, Any]) -> Any:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise TypeError(f"tool {function.__name__!r}: parameter {parameter} must be a plain named one")
    if parameter.name not in hints:
        raise TypeError(f"tool {function.__name__!r}: parameter {parameter.name!r} has no type; annotate it")
    return hints[parameter.name]


def _field(annotation: Any, parameter: inspect.Parameter, descriptions: dict[str, str]) -> FieldInfo:
    """The parameter as a pydantic field; its default is copied for each call where it can be changed."""
    facts: dict[str, Any] = {}
    described = any(isinstance(item, FieldInfo) and item.description for item in get_args(annotation)[1:])
    if parameter.name in descriptions and not described:
        facts["description"] = descriptions[parameter.name]
    default = ... if parameter.default is parameter.empty else parameter.default
    field = Field(default, **facts)
    assert isinstance(field, FieldInfo)  # noqa: S101 - pydantic declares Any
    return field


def _refuse_unknown(function: Callable[..., Any], names: set[str]) -> None:
    if names:
        raise TypeError(f"tool {function.__name__!r}: its docstring describes {sorted(names)}, which it does not take")


def _arguments_class(name: str, fields: dict[str, tuple[Any, FieldInfo]]) -> type[Any]:
    """A dataclass and not a BaseModel, whose attributes would collide with parameters named `json` or `copy`."""
    namespace: dict[str, Any] = {key: field for key, (_, field) in fields.items()}
    namespace["__annotations__"] = {key: annotation for key, (annotation, _) in fields.items()}
    plain = types.new_class(name, (), {}, lambda body: body.update(namespace))
    return pydantic.dataclasses.dataclass(plain, kw_only=True, config=_ARGUMENT_RULES)


def _result_type(annotation: Any) -> Any:
    """The type of the result: of a generator its return value, of an async one what Result holds."""
    origin = get_origin(annotation)
    if origin not in _STREAMS:
        return annotation
    parts = get_args(annotation)
    if origin is Generator:
        return parts[2] if len(parts) > 2 else Any
    if origin is Iterator or not parts:
        return Any
    yielded = get_args(parts[0]) if get_origin(parts[0]) in (Union, types.UnionType) else (parts[0],)
    for part in yielded:
        if get_origin(part) is Result:
            return get_args(part)[0]
    return Any


def without_titles(schema: Any, *, names: bool = False) -> Any:
    """The schema less pydantic's titles, which cost the LLM tokens and say nothing new.

    Args:
        names: this object's keys are names of properties or definitions, so one may be called "title".
    """
    if isinstance(schema, list):
        return [without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value
        if key in ("default", "const", "enum", "examples") and not names
        else without_titles(value, names=_holds_names(key) and not names)
        for key, value in schema.items()
        if names or key != "title"
    }


def _holds_names(key: str) -> bool:
    return key in ("properties", "$defs", "patternProperties", "dependentSchemas")
