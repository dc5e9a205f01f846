"""Values of databases as JSON has them: nothing loses digits, and nothing is longer than it may be."""

import base64
import json
import math
from datetime import date, datetime, time
from decimal import Decimal

_LARGEST_SAFE = 2**53


def json_cell(value: object, max_chars: int) -> object:
    """Numbers as numbers where JSON keeps their digits, else text; dates in ISO 8601, bytes in base64."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_SAFE else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _base64(bytes(value[: max_chars + 1]), len(value), max_chars)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | dict):
        return _nested(value, max_chars)
    return _text(value if isinstance(value, str) else _plain(value), max_chars)


def _plain(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) and value.is_finite() else str(value)


def _text(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else f"{text[:max_chars]}… ({len(text)} characters)"


def _base64(start: bytes, length: int, max_chars: int) -> str:
    text = base64.b64encode(start[: max_chars * 3 // 4]).decode()
    return text if length <= max_chars * 3 // 4 else f"{text}… ({length} bytes)"


def _nested(value: object, max_chars: int) -> object:
    """Arrays and JSON as they are where they are short."""
    text = json.dumps(value, ensure_ascii=False, default=lambda other: json_cell(other, max_chars))
    return json.loads(text) if len(text) <= max_chars else _text(text, max_chars)
