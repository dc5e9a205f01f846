"""What tools have said in a run, and which arguments of a later call took their text from it.

A tool's words are data of a stranger. Where they turn up again in the arguments of a call, that call may be the
stranger's wish and not the user's; the operator's policy decides what becomes of it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from toolmesh.chat.v1.message_pb2 import ROLE_TOOL, Message

# A shorter text stands in most results by chance unless it stands there as a word of its own.
_SHORTEST_PART = 4
# A shorter text of a tool is in most arguments by chance.
_SHORTEST_SOURCE = 8
# Any run of 2 * _CHUNK - 1 characters that an argument shares with a result holds one of the result's chunks.
_CHUNK = 16
_WORD = re.compile(r"[^\W_]+")


class UntrustedText:
    """The words of tools; grows with the conversation."""

    def __init__(self) -> None:
        self._read = 0
        self._texts: list[str] = []
        self._sources: set[str] = set()
        self._chunks: set[str] = set()
        self._words: set[str] = set()

    def read(self, messages: Sequence[Message]) -> None:
        """Takes in the tool messages that came since the last time; the conversation only ever grows."""
        for message in messages[self._read :]:
            if message.role == ROLE_TOOL:
                self._take(message.content)
        self._read = len(messages)

    def arguments_from_it(self, arguments_json: str) -> list[str]:
        """JSON Pointers (RFC 6901) of the arguments whose text occurs in what a tool said, contains what a tool said,
        or shares a run of 31 characters with it. Case and white space do not matter, nor do true, false and null.

        "" stands for all arguments, where they are nested too deeply to be looked at.
        """
        if not self._texts:
            return []
        try:
            arguments = json.loads(arguments_json or "{}")
        except ValueError:
            # The router refuses it, whoever wrote it.
            return []
        except RecursionError:
            return [""]
        return [pointer for pointer, text in _leaves(arguments) if self._is_source_of(_folded(text))]

    def _take(self, content: str) -> None:
        try:
            output = json.loads(content)
        except (ValueError, RecursionError):
            output = content
        folded = [text for text in (_folded(leaf) for _, leaf in _leaves(output)) if text]
        # Joined by a sign that no folded text has, so that nothing is found across two of them.
        said = "\n".join([*folded, *map(_folded, _names(output))])
        self._texts.append(said)
        self._words.update(_WORD.findall(said))
        self._sources.update(text for text in folded if len(text) >= _SHORTEST_SOURCE)
        for text in folded:
            self._chunks.update(text[at : at + _CHUNK] for at in range(0, len(text) - _CHUNK + 1, _CHUNK))

    def _is_source_of(self, text: str) -> bool:
        if not text:
            return False
        return (
            self._occurs(text)
            or any(source in text for source in self._sources)
            or any(text[at : at + _CHUNK] in self._chunks for at in range(len(text) - _CHUNK + 1))
        )

    def _occurs(self, text: str) -> bool:
        """Whether a text stands in a result; a short one or a number only as words of its own: "3" is not in "2030"."""
        whole_words = len(text) < _SHORTEST_PART or text.replace(".", "").isdigit()
        if whole_words and _WORD.fullmatch(text):
            return text in self._words
        found = [said for said in self._texts if text in said]
        if not whole_words:
            return bool(found)
        pattern = re.compile(rf"(?<![^\W_]){re.escape(text)}(?![^\W_])")
        return any(pattern.search(said) for said in found)


def _leaves(value: Any) -> Iterator[tuple[str, str]]:
    """The texts and numbers in a JSON value, each with its pointer."""
    for pointer, item in _walk(value):
        if isinstance(item, str):
            yield pointer, item
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield pointer, json.dumps(int(item) if item == item // 1 else item)


def _names(value: Any) -> Iterator[str]:
    """The names of the members in a JSON value."""
    for _, item in _walk(value):
        if isinstance(item, dict):
            yield from item


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """All values in a JSON value, in order; without recursion, since a stranger says how deep they lie."""
    left = [("", value)]
    while left:
        pointer, item = left.pop()
        yield pointer, item
        if isinstance(item, dict):
            inner = [(name.replace("~", "~0").replace("/", "~1"), member) for name, member in item.items()]
        elif isinstance(item, list):
            inner = [(str(place), member) for place, member in enumerate(item)]
        else:
            continue
        left.extend((f"{pointer}/{step}", member) for step, member in reversed(inner))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
