"""JSON text in and out without loss: numbers keep their digits, keys their order."""

import json
from typing import Any

import jiter
import orjson

from toolmesh_core.errors import InvalidInput

_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1


def read_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259); decimals come as jiter.LosslessFloat.

    Raises:
        InvalidInput: not JSON, a key twice in one object, or nested too deeply.
    """
    try:
        return jiter.from_json(body, float_mode="lossless-float", allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise InvalidInput(f"the body is not valid JSON: {error}", reason="BAD_JSON") from error


def write_json(value: Any) -> bytes:
    """JSON text of a value; anything `read_json` gives comes out with the same digits."""
    try:
        return orjson.dumps(value, default=_fragment)
    except TypeError:
        # orjson knows 64-bit integers only.
        return orjson.dumps(_with_big_integers(value), default=_fragment)


def embed_json(text: str) -> Any:
    """A JSON text as a value for `write_json`, kept to the letter; a text that is not JSON becomes a JSON string."""
    if not text:
        return None
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        if not _is_json(text):
            return text
    return orjson.Fragment(text)


def _is_json(text: str) -> bool:
    """Whether a text is JSON that orjson is too strict for, such as one with a long number."""
    try:
        jiter.from_json(text.encode(), float_mode="lossless-float", allow_inf_nan=False)
    except (ValueError, UnicodeEncodeError):
        return False
    return True


def _fragment(value: Any) -> orjson.Fragment:
    if isinstance(value, jiter.LosslessFloat):
        return orjson.Fragment(bytes(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _with_big_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_big_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_big_integers(item) for item in value]
    if isinstance(value, int) and not _INT64_MIN <= value <= _UINT64_MAX:
        return orjson.Fragment(json.dumps(value))
    return value
