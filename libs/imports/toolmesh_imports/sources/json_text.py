"""Arguments and outputs between JSON text and JSON values."""

import json
from typing import Any

from toolmesh_core.errors import InvalidInput, ToolError


def object_of(tool: str, arguments_json: str) -> dict[str, Any]:
    """The arguments of a call.

    Raises:
        InvalidInput: BAD_ARGUMENTS, they are not the text of one JSON object.
    """
    try:
        value = json.loads(arguments_json or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _bad(tool, f"the arguments are not JSON ({error})") from error
    if not isinstance(value, dict):
        raise _bad(tool, f"the arguments must be a JSON object, got {json.dumps(value)[:80]}")
    return value


def text_of(tool: str, output: Any) -> str:
    """An output as JSON text that any service can carry: half a sign (a lone surrogate) becomes "?".

    Raises:
        ToolError: BAD_OUTPUT, it holds a number that JSON does not have.
    """
    try:
        text = json.dumps(output, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise ToolError(f"tool {tool!r}: its output is no JSON ({error})", reason="BAD_OUTPUT") from error
    return text.encode("utf-8", "replace").decode()


def _bad(tool: str, problem: str) -> InvalidInput:
    return InvalidInput(f"tool {tool!r}: {problem}", field="arguments_json", reason="BAD_ARGUMENTS")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
