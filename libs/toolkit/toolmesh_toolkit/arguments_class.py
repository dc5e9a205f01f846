"""Parameters as a class that pydantic reads from one JSON object."""

import types
from collections.abc import Mapping
from typing import Any

import pydantic.dataclasses
from pydantic import ConfigDict
from pydantic.fields import FieldInfo

Fields = Mapping[str, tuple[Any, FieldInfo]]
"""Annotation and field by the name of a parameter."""


def arguments_class(name: str, fields: Fields, *, validate_default: bool = False) -> type[Any]:
    """The class; what it does not know is refused.

    It is a dataclass and not a BaseModel, whose attributes would collide with parameters named `json` or `copy`.

    Args:
        validate_default: hold defaults to their types, too.
    """
    namespace: dict[str, Any] = {key: field for key, (_, field) in fields.items()}
    namespace["__annotations__"] = {key: annotation for key, (annotation, _) in fields.items()}
    plain = types.new_class(name, (), {}, lambda body: body.update(namespace))
    rules = ConfigDict(extra="forbid", arbitrary_types_allowed=False, validate_default=validate_default)
    return pydantic.dataclasses.dataclass(plain, kw_only=True, config=rules)
