"""A value of an OpenAPI document that knows its place, so that whatever is wrong is told with it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.openapi.written_as_text import flag_of, number_of

_MOST_HOPS = 50


class Document:
    """A whole document."""

    def __init__(self, value: Any) -> None:
        self.root = Node(self, value, "#")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place.

    Attributes:
        pointer: a JSON pointer as in `$ref`, such as "#/paths/~1albums/get".
    """

    document: Document
    value: Any
    pointer: str

    def wrong(self, why: str) -> InvalidInput:
        """The error that says what is wrong here, in one line."""
        return InvalidInput(f"{self.pointer}: {why}", field=self.pointer, reason="BAD_OPENAPI")

    def at(self, key: str | int) -> "Node":
        """What is under a key, None where there is nothing."""
        inside = self.value.get(key) if isinstance(self.value, dict) else self.value[int(key)]
        return Node(self.document, inside, f"{self.pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")

    def get(self, key: str) -> "Node | None":
        """What is under a key of this mapping, if anything is."""
        return self.at(key) if self.mapping().get(key) is not None else None

    def mapping(self) -> Mapping[str, Any]:
        """The value, which must be a mapping."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"must be an object, got {shown(self.value)}")
        return self.value

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """The entries of this mapping."""
        for key in self.mapping():
            yield str(key), self.at(key)

    def elements(self) -> Iterator["Node"]:
        """The elements of this list."""
        if not isinstance(self.value, list):
            raise self.wrong(f"must be a list, got {shown(self.value)}")
        for index in range(len(self.value)):
            yield self.at(index)

    def texts(self) -> list[str]:
        """The elements of this list, which must be text."""
        return [element.as_text() for element in self.elements()]

    def as_text(self) -> str:
        """The value, which must be text."""
        if not isinstance(self.value, str):
            raise self.wrong(f"must be text, got {shown(self.value)}")
        return self.value

    def as_flag(self) -> bool:
        """The value, which must be a boolean; also "true" and "false" as text."""
        if (flag := flag_of(self.value)) is not None:
            return flag
        raise self.wrong(f"must be true or false, got {shown(self.value)}")

    def as_number(self) -> int | float:
        """The value, which must be a number; also one as text."""
        if (number := number_of(self.value)) is not None:
            return number
        raise self.wrong(f"must be a number, got {shown(self.value)}")

    def text(self, key: str, default: str = "") -> str:
        """The text under a key."""
        found = self.get(key)
        return default if found is None else found.as_text()

    def flag(self, key: str, default: bool = False) -> bool:
        """The boolean under a key."""
        found = self.get(key)
        return default if found is None else found.as_flag()

    def followed(self) -> "Node":
        """What is meant here: the target of a `$ref`, and of its `$ref`, or the value itself."""
        node = self
        for _ in range(_MOST_HOPS):
            if not (isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str)):
                return node
            node = node.target()
        raise self.wrong(f"the reference {self.value['$ref']!r} leads back to itself")

    def target(self) -> "Node":
        """Where the `$ref` of this mapping points."""
        reference = self.at("$ref").as_text()
        if not (reference == "#" or reference.startswith("#/")):
            raise self.wrong(f"the reference {reference!r} leads outside: bundle all into one document first")
        node = self.document.root
        for token in unquote(reference[1:]).split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if not _has(node.value, key):
                raise self.wrong(f"the reference {reference!r} points to nothing")
            node = node.at(key)
        return node


def _has(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value
    return isinstance(value, list) and key.isdecimal() and int(key) < len(value)


def shown(value: Any) -> str:
    """A value in a message, cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:80]}..."
