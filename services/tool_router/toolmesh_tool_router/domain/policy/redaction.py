"""Blots secrets out of what a tool says, before anybody else sees it, and out of the router's log."""

from collections.abc import Sequence
from typing import Any

import orjson
import re2  # type: ignore[import-untyped]

BLOT = "[redacted]"


def secret_pattern(text: str) -> str:
    """The pattern itself. ValueError where RE2 does not know it."""
    options = re2.Options()
    options.log_errors = False
    try:
        empty = re2.compile(text, options).fullmatch("") is not None
    except re2.error as error:
        raise ValueError(f"{text!r} is no regular expression: {_words(error)}") from error
    if empty:
        raise ValueError(f"{text!r} fits an empty text, so it would blot out everything")
    return text


class Redaction:
    """What counts as a secret.

    RE2, since the texts come from strangers: its time is linear in them.

    Args:
        patterns: regular expressions; what fits one, anywhere in a text, is blotted out.
        fields: names of object members, in any case, whose whole value is blotted out.
    """

    def __init__(self, patterns: Sequence[str] = (), fields: Sequence[str] = ()) -> None:
        joined = "|".join(f"(?:{secret_pattern(pattern)})" for pattern in patterns)
        self._secret = re2.compile(joined) if joined else None
        self._fields = frozenset(field.casefold() for field in fields)

    def __bool__(self) -> bool:
        return self._secret is not None or bool(self._fields)

    def text(self, text: str) -> str:
        """The text without its secrets."""
        return str(self._secret.sub(BLOT, text)) if self._secret is not None else text

    def json_text(self, text: str) -> str:
        """JSON text without its secrets; what is no JSON is taken as text. Unchanged where there are none."""
        if not self:
            return text
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self.text(text)
        try:
            blotted = self.value(value)
            return text if blotted == value else orjson.dumps(blotted).decode()
        except (RecursionError, orjson.JSONEncodeError):
            # Nested beyond reason, by a stranger: what cannot be looked through is not passed on.
            return orjson.dumps(BLOT).decode()

    def value(self, value: Any) -> Any:
        """A parsed JSON value without its secrets, names of members included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {
                self.text(name): BLOT if name.casefold() in self._fields else self.value(item)
                for name, item in value.items()
            }
        return value


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode() if isinstance(said, bytes) else str(said)
