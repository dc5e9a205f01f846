"""The built-in gallery: tools written by hand in `everyday/*.toml`, with templates of requests in English and Chinese.

A parameter is one line, `name?: type = draw | description | Chinese name`, where `?` marks an optional one and
a type is string, integer, number, boolean, enum(a,b), array(type) or object(name:type,...).
"""

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.values.guess import guessed_draw

_HEAD = re.compile(r"(?P<name>\w+)(?P<optional>\?)?: (?P<type>[^=]+?)(?: = (?P<draw>.+))?$")
_COMPOUND = re.compile(r"(enum|array|object)\((.*)\)$")


def built_in_tools() -> list[GalleryTool]:
    """All tools of the built-in gallery, in a fixed order."""
    folder = files("toolmesh_dialogues.gallery").joinpath("everyday")
    found: list[GalleryTool] = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        topic = file.name.removesuffix(".toml")
        found += [_tool(record, topic) for record in tomllib.loads(file.read_text("utf-8"))["tool"]]
    return found


def _tool(record: Mapping[str, Any], topic: str) -> GalleryTool:
    requests: dict[Language, tuple[str, ...]] = {"en": tuple(record["en"])}
    answers: dict[Language, str] = {"en": record["answer"]}
    if "zh" in record:
        requests["zh"] = tuple(record["zh"])
        answers["zh"] = record["answer_zh"]
    return GalleryTool(
        base_name=record["name"],
        name=record["name"],
        description=record["description"],
        description_zh=record.get("description_zh", ""),
        parameters=tuple(_parameter(line, record) for line in record.get("args", ())),
        returns=tuple(_parameter(line, record) for line in record.get("returns", ())),
        topic=topic,
        is_model=topic == "models",
        requests=requests,
        answers=answers,
    )


def _parameter(line: str, record: Mapping[str, Any]) -> Parameter:
    head, description, label_zh = [*line.split(" | "), "", ""][:3]
    match = _HEAD.match(head)
    if not match:
        raise InvalidInput(f"tool {record['name']!r}: {line!r} must be like 'name: type = draw | description'")
    name, schema = match["name"], _schema(match["type"].strip())
    spoken = record.get("spoken", {}).get(name, {})
    draw = match["draw"] or guessed_draw(name, description, schema)
    return Parameter(name, schema, draw, not match["optional"], description, spoken, label_zh)


def _schema(text: str) -> dict[str, Any]:
    compound = _COMPOUND.match(text)
    if not compound:
        return {"type": text}
    kind, inside = compound.groups()
    if kind == "enum":
        return {"type": "string", "enum": [value.strip() for value in inside.split(",")]}
    if kind == "array":
        return {"type": "array", "items": _schema(inside)}
    pairs = [pair.split(":") for pair in inside.split(",")]
    properties = {name.strip(): _schema(kind.strip()) for name, kind in pairs}
    return {"type": "object", "properties": properties, "required": list(properties)}
