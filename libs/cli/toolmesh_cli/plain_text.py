"""Text from tools, models and files made harmless for a terminal: it can neither move the cursor nor hide itself."""

import json
import re
from typing import Any

# C0 and C1 controls except tab and newline, DEL, and the marks that reorder text (Unicode bidirectional controls).
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PICTURES = 0x2400


def plain(text: str) -> str:
    """The text with each control character shown instead of obeyed: ESC becomes ␛, a right-to-left override \\u202e."""
    return _CONTROL.sub(_shown, text)


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line, cut with "…" where it is longer than the limit."""
    line = plain(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def compact_json(value: Any) -> str:
    """JSON on one line, as people read it: any script as it is."""
    return _escape(json.dumps(value, ensure_ascii=False))


def pretty_json(value: Any) -> str:
    """JSON over several lines."""
    return _escape(json.dumps(value, ensure_ascii=False, indent=2))


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(_PICTURES + code)
    return "␡" if code == 0x7F else f"\\u{code:04x}"


def _escape(text: str) -> str:
    # Inside JSON these can only stand in strings, where the escape means the same character.
    return _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
