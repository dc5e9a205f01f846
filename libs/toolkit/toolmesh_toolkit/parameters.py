"""Reads a function's parameters as pydantic fields, and refuses what the LLM could not be told or could not send."""

import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError

from toolmesh_toolkit.arguments_class import arguments_class
from toolmesh_toolkit.tool_context import is_context
from toolmesh_toolkit.tool_schema import NO_JSON_FORM

_VARIADIC = {inspect.Parameter.VAR_POSITIONAL: "list[...]", inspect.Parameter.VAR_KEYWORD: "dict[str, ...]"}
_FIELD_REMEDY = "write `Annotated[TYPE, Field(...)] = DEFAULT`"


@dataclass(frozen=True)
class Parameters:
    """What a function takes.

    Attributes:
        fields: annotation and field of each parameter that the LLM fills, in order.
        context: the parameter that gets the ToolContext; empty where there is none.
        returns: the annotation of the result; Any where there is none.
    """

    fields: dict[str, tuple[Any, FieldInfo]]
    context: str
    returns: Any


def read_parameters(function: Callable[..., Any], name: str, descriptions: dict[str, str]) -> Parameters:
    """The parameters of a tool's function.

    Args:
        name: the tool's.
        descriptions: of parameters, from the docstring; what `Annotated` says wins.

    Raises:
        TypeError, ValueError: one cannot be an argument; the message names it and says what to mend.
    """
    hints = _type_hints(function, name)
    fields: dict[str, tuple[Any, FieldInfo]] = {}
    context = ""
    for parameter in inspect.signature(function).parameters.values():
        subject = f"tool {name!r}: parameter {parameter.name!r}"
        annotation = _annotation(parameter, hints, subject)
        if is_context(annotation):
            context = parameter.name
        else:
            if isinstance(parameter.default, FieldInfo):
                raise TypeError(f"{subject} has a Field as its default, which a plain call would get; {_FIELD_REMEDY}")
            fields[parameter.name] = annotation, _field(annotation, parameter, descriptions)
            _check_default(parameter, fields[parameter.name], subject)
    _refuse_unknown(name, descriptions.keys() - fields.keys() - {context}, fields)
    return Parameters(fields, context, hints.get("return", Any))


def _type_hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TypeError(
            f"tool {name!r}: the type {error.name!r} in its signature is not known when it is imported; define or "
            "import it at the top of the module, outside of `if TYPE_CHECKING`"
        ) from error


def _annotation(parameter: inspect.Parameter, hints: dict[str, Any], subject: str) -> Any:
    if parameter.kind in _VARIADIC:
        remedy = f"name each argument, or take one parameter of type {_VARIADIC[parameter.kind]}"
        raise TypeError(f"{subject} is written {str(parameter).split(':')[0]!r}, which has no JSON form; {remedy}")
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise TypeError(f"{subject} can only be given by position, and JSON gives names; remove the '/'")
    if parameter.name not in hints:
        if parameter.name in ("self", "cls"):
            raise TypeError(f"{subject} belongs to a method; put @tool on a function of the module")
        raise TypeError(f"{subject} has no type; annotate it, such as `{parameter.name}: str`")
    return hints[parameter.name]


def _check_default(parameter: inspect.Parameter, field: tuple[Any, FieldInfo], subject: str) -> None:
    """A default is what the tool gets where the LLM says nothing, so it must keep the parameter's own rules."""
    default = parameter.default
    if default is parameter.empty:
        return
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(
            arguments_class("Default", {parameter.name: field}, validate_default=True)
        )
        adapter.dump_json(adapter.validate_python({}), warnings="error")
    except NO_JSON_FORM:
        return  # The type itself is at fault, which is told where its schema is made.
    except (ValidationError, PydanticSerializationError) as error:
        remedy = "write `TYPE | None`" if default is None else "mend the default or the type"
        raise ValueError(f"{subject} has the default {default!r}, which is not of its type; {remedy}") from error


def _field(annotation: Any, parameter: inspect.Parameter, descriptions: dict[str, str]) -> FieldInfo:
    """The parameter as a pydantic field; its default is copied for each call where it can be changed."""
    facts: dict[str, Any] = {}
    said = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    if not any(isinstance(item, FieldInfo) and item.description for item in said):
        description = _told(said) or descriptions.get(parameter.name)
        facts = {"description": description} if description else {}
    field = Field(... if parameter.default is parameter.empty else parameter.default, **facts)
    assert isinstance(field, FieldInfo)  # noqa: S101 - pydantic declares Any
    return field


def _told(said: Iterable[Any]) -> str:
    """`Annotated[int, "How many."]`, and the same with `Doc` of PEP 727."""
    for item in said:
        text = item if isinstance(item, str) else getattr(item, "documentation", "")
        if isinstance(text, str) and text.strip():
            return " ".join(text.split())
    return ""


def _refuse_unknown(name: str, unknown: set[str], fields: Iterable[str]) -> None:
    if unknown:
        raise TypeError(
            f"tool {name!r}: its docstring describes {', '.join(map(repr, sorted(unknown)))}, which it does not take; "
            f"its parameters are {', '.join(fields) or 'none'}"
        )
