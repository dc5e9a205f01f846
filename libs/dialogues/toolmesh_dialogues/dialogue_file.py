"""Dialogues as JSON lines: a header line, then one dialogue a line. Errors name the file, the line and the field."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import (
    KINDS,
    LANGUAGES,
    ROLES,
    Dialogue,
    DialogueCall,
    DialogueHeader,
    DialogueMessage,
    DialogueTool,
)

FORMAT = "toolmesh.dialogues/1"
_T = TypeVar("_T")


def read_header(path: Path) -> DialogueHeader:
    """The file's header. Raises InvalidInput where the first line is not one."""
    with path.open("rb") as lines:
        first = lines.readline()
    record = _object(first, f"{path}:1")
    if record.get("format") != FORMAT:
        raise InvalidInput(f'{path}:1: "format" must be "{FORMAT}", got {record.get("format")!r}')
    sources = tuple(str(source) for source in record.get("sources", []))
    return DialogueHeader(name=str(record.get("name", "")), seed=int(record.get("seed", 0)), sources=sources)


def read_dialogues(path: Path) -> Iterator[Dialogue]:
    """The dialogues of a file, one at a time. Raises InvalidInput naming file and line of what is wrong."""
    read_header(path)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if number > 1 and line.strip():
                yield dialogue_of(_object(line, f"{path}:{number}"), f"{path}:{number}")


def write_dialogues(path: Path, header: DialogueHeader, dialogues: Iterable[Dialogue]) -> int:
    """Write header and dialogues; returns how many. The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    count = 0
    with unfinished.open("wb") as out:
        head = {"format": FORMAT, "name": header.name, "seed": header.seed, "sources": list(header.sources)}
        out.write(orjson.dumps(head) + b"\n")
        for dialogue in dialogues:
            out.write(orjson.dumps(record_of(dialogue)) + b"\n")
            count += 1
    unfinished.replace(path)
    return count


def record_of(dialogue: Dialogue) -> dict[str, Any]:
    """The JSON object of a dialogue, as it stands in a line."""
    return {
        "id": dialogue.id,
        "kind": dialogue.kind,
        "language": dialogue.language,
        "source": dialogue.source,
        "tools": [_tool_record(tool) for tool in dialogue.tools],
        "messages": [_message_record(message) for message in dialogue.messages],
    }


def dialogue_of(record: Mapping[str, Any], where: str) -> Dialogue:
    """The dialogue of a JSON object; `where` stands before each error."""
    return Dialogue(
        id=_field(record, "id", str, where),
        kind=_one_of(record, "kind", KINDS, where),
        language=_one_of(record, "language", LANGUAGES, where),
        source=_field(record, "source", str, where),
        tools=tuple(_tool_of(tool, f"{where}: tools") for tool in _field(record, "tools", list, where)),
        messages=tuple(
            _message_of(message, f"{where}: messages") for message in _field(record, "messages", list, where)
        ),
    )


def _tool_record(tool: DialogueTool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "arguments_schema": tool.arguments_schema,
        "examples": list(tool.examples),
    }


def _message_record(message: DialogueMessage) -> dict[str, Any]:
    record: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        record["tool_calls"] = [
            {"id": call.id, "tool": call.tool, "arguments": call.arguments} for call in message.tool_calls
        ]
    if message.role == "tool":
        record |= {"tool_call_id": message.tool_call_id, "tool": message.tool}
    if message.asks_for:
        record["asks_for"] = message.asks_for
    return record


def _tool_of(record: Any, where: str) -> DialogueTool:
    return DialogueTool(
        name=_field(record, "name", str, where),
        description=_field(record, "description", str, where),
        arguments_schema=_field(record, "arguments_schema", dict, where),
        examples=tuple(_optional(record, "examples", list, where)),
    )


def _message_of(record: Any, where: str) -> DialogueMessage:
    return DialogueMessage(
        role=_one_of(record, "role", ROLES, where),
        content=_field(record, "content", str, where),
        tool_calls=tuple(
            _call_of(call, f"{where}: tool_calls") for call in _optional(record, "tool_calls", list, where)
        ),
        tool_call_id=_optional(record, "tool_call_id", str, where),
        tool=_optional(record, "tool", str, where),
        asks_for=_optional(record, "asks_for", str, where),
    )


def _call_of(record: Any, where: str) -> DialogueCall:
    return DialogueCall(
        id=_field(record, "id", str, where),
        tool=_field(record, "tool", str, where),
        arguments=_field(record, "arguments", dict, where),
    )


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{where}: not JSON: {error}") from error
    if not isinstance(record, dict):
        raise InvalidInput(f"{where}: must be a JSON object, got {type(record).__name__}")
    return cast(dict[str, Any], record)


def _field(record: Any, name: str, kind: type[_T], where: str) -> _T:
    if not isinstance(record, Mapping):
        raise InvalidInput(f"{where}: must be a JSON object, got {record!r}")
    value = record.get(name)
    if not isinstance(value, kind):
        raise InvalidInput(f'{where}: "{name}" must be {_NAMES[kind]}, got {value!r}')
    return value


def _optional(record: Any, name: str, kind: type[_T], where: str) -> _T:
    return _field(record, name, kind, where) if record.get(name) is not None else kind()


def _one_of(record: Any, name: str, allowed: tuple[_T, ...], where: str) -> _T:
    value = _field(record, name, str, where)
    if value not in allowed:
        raise InvalidInput(f'{where}: "{name}" must be one of {", ".join(map(str, allowed))}, got {value!r}')
    return cast(_T, value)


_NAMES: Mapping[type, str] = {str: "text", list: "a list", dict: "an object"}
