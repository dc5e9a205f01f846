"""Requests and talks written by hand for tools of many fields, shipped with this package (`written/*.jsonl`).

A line is a tool: `requests` with their right arguments (some with a result and an answer), `lacking` ones that leave a
needed value out, `unfit` ones that it cannot serve, and `talks` of several turns. Or it is no tool but something to
`say` with an `answer` in words, where no tool is needed or none on offer fits.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from random import Random
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueMessage, DialogueTool, Kind, Language
from toolmesh_dialogues.gallery.from_schema import tool_from_schemas
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.held_back import is_held_back

SOURCE = "written"
_COUNTS_SHOWN = (1, 1, 2, 3, 4, 5, 6)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
Record = Mapping[str, Any]


def shipped() -> Traversable:
    """The folder in this package."""
    return files("toolmesh_dialogues.sources").joinpath("written")


class WrittenSource:
    """Reads all files of a folder. `left_out` counts the talks that call a tool which no file has."""

    def __init__(self, seed: int, folder: Traversable) -> None:
        self.left_out = 0
        self._seed = seed
        records = list(_records(folder))
        self._records = [record for record in records if "name" in record]
        self._answers = [record for record in records if "name" not in record]
        self._tools = {
            record["name"]: DialogueTool(record["name"], record["description"], record["parameters"])
            for record in self._records
        }
        self._gallery = Gallery(
            tool_from_schemas(tool.name, tool.description, tool.arguments_schema, {}) for tool in self._tools.values()
        )
        self._by_name = {tool.name: tool for tool in self._gallery.tools}

    def dialogues(self) -> Iterator[tuple[Dialogue, tuple[str, ...]]]:
        """Each dialogue with the names of the tools that it is about."""
        for record in self._records:
            name = record["name"]
            for number, talk in enumerate(_talks(record), 1):
                messages = tuple(_messages(talk))
                called = list(dict.fromkeys(call.tool for message in messages for call in message.tool_calls))
                about = called or [name]
                if not self._tools.keys() >= {*about}:
                    self.left_out += 1
                    continue
                identity = f"{SOURCE}-{name}-{number}"
                rng = Random(f"{self._seed}/{identity}")
                others = () if _serves_none(talk) else self._distractors(rng, about)
                shown = self._gallery.ranked(messages[0].content, [self._by_name[each] for each in (*about, *others)])
                tools = tuple(self._tools[tool.name] for tool in shown)
                kind: Kind = "common_api" if called else "api_agnostic"
                yield Dialogue(identity, kind, "en", SOURCE, tools, messages), tuple(about)
        yield from self._answered()

    def _answered(self) -> Iterator[tuple[Dialogue, tuple[str, ...]]]:
        """Answers in words, beside a few tools that have nothing to do with them; a tenth is held back."""
        for record in self._answers:
            say = str(record["say"])
            rng = Random(f"{self._seed}/{say}")
            side = is_held_back(say)
            tools = [tool for tool in self._drawn(rng, 24) if is_held_back(tool.name) == side]
            shown = self._gallery.ranked(say, tools[: rng.choice(_COUNTS_SHOWN)])
            messages = (DialogueMessage("user", say), DialogueMessage("assistant", str(record["answer"])))
            language: Language = "zh" if _CHINESE.search(say) else "en"
            identity = f"{SOURCE}-answer-{blake2b(say.encode(), digest_size=6).hexdigest()}"
            offered = tuple(self._tools[tool.name] for tool in shown)
            yield Dialogue(identity, "api_agnostic", language, SOURCE, offered, messages), (say,)

    def _distractors(self, rng: Random, about: Sequence[str]) -> list[str]:
        """Other tools of the same side, most of them near."""
        side = is_held_back(about[0])
        near = [tool.name for name in about for tool in self._gallery.near(name)]
        drawn = rng.sample(near, min(len(near), 4)) + [tool.name for tool in self._drawn(rng, 3)]
        others = [name for name in dict.fromkeys(drawn) if name not in about and is_held_back(name) == side]
        return others[: max(0, rng.choice(_COUNTS_SHOWN) - len(about))]

    def _drawn(self, rng: Random, count: int) -> list[GalleryTool]:
        return rng.sample(self._gallery.tools, min(count, len(self._gallery.tools)))


def _records(folder: Traversable) -> Iterator[Record]:
    names: set[str] = set()
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if not path.name.endswith(".jsonl"):
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                record = orjson.loads(line)
                name = str(record.get("name") or record["say"])
            except (orjson.JSONDecodeError, KeyError, AttributeError) as error:
                raise InvalidInput(f"{path.name}:{number}: neither a tool nor something said: {error}") from error
            if name in names:
                raise InvalidInput(f"{path.name}:{number}: '{name}' is there twice")
            names.add(name)
            yield record


def _talks(record: Record) -> Iterator[Sequence[Record]]:
    """All of a record as talks."""
    for request in record.get("requests", ()):
        call = {"call": record["name"], "arguments": request["arguments"], "result": request.get("result")}
        answered = [{"assistant": request["answer"]}] if "answer" in request else []
        yield [{"user": request["say"]}, call, *answered]
    for request in record.get("lacking", ()):
        yield [{"user": request["say"]}, {"assistant": request["ask"], "asks_for": record["name"]}]
    for request in record.get("unfit", ()):
        yield [{"user": request}, {"assistant": ""}]
    yield from record.get("talks", ())


def _serves_none(talk: Sequence[Record]) -> bool:
    """A near miss: another tool might serve it, so none is shown beside."""
    return talk[-1].get("assistant") == ""


def _messages(talk: Sequence[Record]) -> Iterator[DialogueMessage]:
    """The messages; calls in a row that need nothing of each other go out together."""
    waiting: list[tuple[DialogueCall, Any]] = []
    made = 0
    for line in talk:
        if waiting and ("call" not in line or _needs(line, waiting)):
            yield from _called(waiting)
            waiting = []
        if "call" in line:
            made += 1
            waiting.append((DialogueCall(f"call_{made}", line["call"], line["arguments"]), line.get("result")))
        elif "user" in line:
            yield DialogueMessage("user", line["user"])
        else:
            yield DialogueMessage("assistant", line["assistant"], asks_for=line.get("asks_for", ""))
    if waiting:
        yield from _called(waiting)


def _needs(line: Record, waiting: Sequence[tuple[DialogueCall, Any]]) -> bool:
    """Whether a call takes a value that a call before it gave."""
    given = {text for _, result in waiting for text in _values(result)}
    said = {text for call, _ in waiting for text in _values(call.arguments)}
    return bool((given - said) & _values(line["arguments"]))


def _values(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {text for item in value.values() for text in _values(item)}
    if isinstance(value, list):
        return {text for item in value for text in _values(item)}
    return set() if value is None or isinstance(value, bool) else {str(value)}


def _called(calls: Sequence[tuple[DialogueCall, Any]]) -> Iterator[DialogueMessage]:
    yield DialogueMessage("assistant", "", tuple(call for call, _ in calls))
    for call, result in calls:
        if result is not None:
            text = orjson.dumps(result).decode()
            yield DialogueMessage("tool", text, tool_call_id=call.id, tool=call.tool)
