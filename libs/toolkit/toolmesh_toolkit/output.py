"""Writes a tool's result as JSON and holds it to what the tool declares."""

import logging
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json

from toolmesh_core.errors import ToolError
from toolmesh_toolkit.argument_errors import line_of
from toolmesh_toolkit.signature import Signature

logger = logging.getLogger(__name__)


def output_json(name: str, signature: Signature, value: Any) -> str:
    """The result as JSON text.

    Args:
        name: the tool's.

    Raises:
        ToolError: BAD_OUTPUT, it is not what the tool declares; says where.
    """
    try:
        text = signature.result.dump_json(value, by_alias=True, warnings="error").decode()
    except PydanticSerializationError as error:
        raise _bad_output(name, _why_not_written(signature, value)) from error
    if signature.result_check is not None:
        problems = signature.result_check.errors(from_json(text), "output")
        if problems:
            raise _bad_output(name, problems)
    return text


def _why_not_written(signature: Signature, value: Any) -> list[tuple[str, str]]:
    try:
        signature.result.validate_python(value)
    except ValidationError as error:
        items = error.errors(include_url=False, include_context=False)
        return [(".".join(map(str, item["loc"])), line_of(item, "output")) for item in items]
    return [("", f"the output is not of the declared type but {type(value).__name__}")]


def _bad_output(name: str, problems: list[tuple[str, str]]) -> ToolError:
    """The log gets the places only, since values may be secret."""
    logger.error("tool broke its output schema", extra={"tool": name, "places": [place for place, _ in problems]})
    lines = "; ".join(line for _, line in problems)
    return ToolError(
        f"tool {name!r} gave what is not its declared output: {lines}; do not repeat this call", reason="BAD_OUTPUT"
    )
