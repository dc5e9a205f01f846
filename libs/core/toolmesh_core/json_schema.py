"""JSON Schema (draft 2020-12) compiled once, with errors a language model can act on."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from toolmesh_core.errors import InvalidInput

_MOST_ERRORS = 10


class JsonSchema:
    """A compiled schema.

    Args:
        schema: as JSON text or as parsed.
        check_formats: hold values to "format" too, such as "date-time" as RFC 3339 has it.

    Raises:
        InvalidInput: it is not a JSON Schema.
    """

    def __init__(self, schema: str | Mapping[str, Any], *, check_formats: bool = True) -> None:
        try:
            parsed = json.loads(schema) if isinstance(schema, str) else dict(schema)
            self._validator = jsonschema_rs.Draft202012Validator(
                parsed, validate_formats=check_formats, retriever=_refuse_to_fetch
            )
        except (ValueError, TypeError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise InvalidInput(f"not a JSON Schema: {str(error).splitlines()[0]}", reason="BAD_SCHEMA") from error

    def is_valid(self, value: Any) -> bool:
        """Whether a parsed JSON value satisfies the schema."""
        return bool(self._validator.is_valid(value))

    def check(self, value: Any, noun: str = "argument") -> list[str]:
        """What is wrong with a parsed JSON value, one sentence an error; empty when it is valid.

        Args:
            noun: what a top-level property is called: `argument "amount" must be a number, got "ten"`.
        """
        if self._validator.is_valid(value):
            return []
        return [line for _, line in self.errors(value, noun)]

    def errors(self, value: Any, noun: str = "argument") -> list[tuple[str, str]]:
        """As check, with the path of each error, such as "items.0.price"."""
        found: list[tuple[str, str]] = []
        for error in self._validator.iter_errors(value):
            found.extend(_describe(error, noun))
            if len(found) >= _MOST_ERRORS:
                break
        return found[:_MOST_ERRORS]


def _refuse_to_fetch(uri: str) -> Any:
    """A schema comes from somebody else; what it points to is never fetched."""
    raise ValueError(f"the reference {uri!r} points outside the schema; write what it stands for under $defs")


def _describe(error: Any, noun: str) -> list[tuple[str, str]]:
    path = ".".join(str(part) for part in error.instance_path)
    subject = f'{noun} "{path}"' if path else f"the {noun}s"
    kind = error.kind.as_dict() if hasattr(error.kind, "as_dict") else {}
    keyword = error.kind.name
    got = _short(error.instance)
    if keyword == "required":
        name = kind.get("property", "")
        name = name if isinstance(name, str) else str(name)
        missing = f"{path}.{name}" if path else name
        return [(missing, f'{noun} "{missing}" is required and missing')]
    if keyword == "additionalProperties":
        names = [f"{path}.{name}" if path else str(name) for name in kind.get("unexpected", [])]
        return [(name, f'{noun} "{name}" is unknown; leave it out') for name in names]
    if keyword == "type":
        return [(path, f"{subject} must be {_type_words(kind.get('types'), error.message)}, got {got}")]
    if keyword == "enum":
        options = kind.get("options")
        return [(path, f"{subject} must be one of {_short(options, 300)}, got {got}")]
    return [(path, f"{subject}: {_first_line(error.message)}")]


def _type_words(types: Any, message: str) -> str:
    if not types:
        return _first_line(message)
    names = types if isinstance(types, list) else [types]
    return " or ".join(("an " if name[0] in "aeiou" else "a ") + name if name != "null" else "null" for name in names)


def _short(value: Any, most: int = 80) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else text[: most - 1] + "…"


def _first_line(text: str) -> str:
    return text.splitlines()[0][:300]
