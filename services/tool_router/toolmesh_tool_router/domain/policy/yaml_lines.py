"""Reads YAML as plain values and remembers in which line each of them stands."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_DEEPEST = 32
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
# Those that PyYAML itself gives to values without a tag.
_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
)


class BadYaml(Exception):
    """The text is no YAML, or more than a file of settings needs."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Lined:
    """A value and where it is.

    Attributes:
        line: from 1; of a member of a mapping, the line of its name.
        value: dict[str, Lined], list[Lined], or a plain scalar.
    """

    line: int
    value: Any

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {name: item.plain() for name, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def line_of(self, path: tuple[int | str, ...]) -> int:
        """The line of what is at a path, or of the last thing on the way that there is."""
        found = self
        for step in path:
            inner: Any = found.value
            if isinstance(inner, dict):
                found = inner.get(step, found)
            elif isinstance(inner, list) and isinstance(step, int) and step < len(inner):
                found = inner[step]
        return found.line


def read_yaml(text: str) -> Lined:
    """One document. Only true and false are flags, so that "no" is a text and "on" too; dates are texts.

    Raises:
        BadYaml: with the line.
    """
    try:
        _check_depth(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return Lined(1, {}) if root is None else _read(root, set())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYaml(mark.line + 1 if mark else 1, error.problem or error.context or "is no YAML") from error
    except yaml.reader.ReaderError as error:
        raise BadYaml(text.count("\n", 0, error.position) + 1, f"{error.reason}") from error


def _check_depth(text: str) -> None:
    """Before it is composed, which recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            mark = event.start_mark
            raise BadYaml(mark.line + 1 if mark else 1, "is nested too deeply")


def _read(node: Any, seen: set[int], line: int = 0) -> Lined:
    line = line or node.start_mark.line + 1
    if id(node) in seen:
        raise BadYaml(line, "anchors and aliases are not read; write it out")
    seen.add(id(node))
    if node.tag not in _TAGS:
        raise BadYaml(line, f"the tag {node.tag!r} is not known")
    if isinstance(node, yaml.MappingNode):
        return Lined(line, _mapping(node, seen))
    if isinstance(node, yaml.SequenceNode):
        return Lined(line, [_read(item, seen) for item in node.value])
    return Lined(line, _scalar(node))


def _mapping(node: Any, seen: set[int]) -> dict[str, Lined]:
    found: dict[str, Lined] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise BadYaml(line, "a name must be a text")
        if key.value in found:
            raise BadYaml(line, f"{key.value!r} is there twice")
        found[key.value] = _read(value, seen, line)
    return found


def _scalar(node: Any) -> Any:
    text = node.value
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
