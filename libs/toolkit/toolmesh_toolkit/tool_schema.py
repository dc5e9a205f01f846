"""JSON Schemas of Python types by pydantic, short for the LLM, with errors that say whose type cannot be one."""

from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import PydanticOmit, SchemaError

NO_JSON_FORM = (PydanticUserError, PydanticUndefinedAnnotation, PydanticOmit, SchemaError, TypeError)
"""What pydantic raises for a type that it cannot write or describe."""
_REMEDY = "use what JSON can carry: numbers, text, lists, dict[str, ...], enums, dates, dataclasses, pydantic models"


def adapter_and_schema(
    annotation: Any, subject: str, mode: Literal["validation", "serialization"]
) -> tuple[TypeAdapter[Any], dict[str, Any]]:
    """What reads or writes a type, and its JSON Schema (draft 2020-12).

    Args:
        subject: whose type it is, for the error: "tool 'add': parameter 'a'".
        mode: the schema of what is read, or of what is written.

    Raises:
        TypeError: JSON cannot carry the type.
    """
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        return adapter, without_titles(adapter.json_schema(mode=mode))
    except NO_JSON_FORM as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TypeError(
            f"{subject} has the type {_name_of(annotation)}, which has no JSON form ({why}); {_REMEDY}"
        ) from (error)


def _name_of(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


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
