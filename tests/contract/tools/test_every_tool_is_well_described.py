"""What each tool says of itself is enough for an LLM and for search."""

import json
import re
from collections import Counter
from typing import Any

from toolmesh_core.json_schema import JsonSchema
from toolmesh_toolkit import ToolFunction

Tools = list[ToolFunction[..., Any]]


def arguments_of(tool: ToolFunction[..., Any]) -> dict[str, Any]:
    schema = json.loads(tool.definition.arguments_schema_json)
    assert isinstance(schema, dict)
    return schema


def test_each_package_has_tools_and_no_name_is_there_twice(all_tools: dict[str, Tools]) -> None:
    assert [folder for folder, tools in all_tools.items() if not tools] == []
    counted = Counter(tool.name for tools in all_tools.values() for tool in tools)
    assert [name for name, times in counted.items() if times > 1] == []


def test_names_are_what_an_llm_and_a_url_can_say(tools: Tools) -> None:
    assert [tool.name for tool in tools if not re.fullmatch(r"[a-z][a-z0-9_]{1,63}", tool.name)] == []


def test_descriptions_say_what_a_tool_does(tools: Tools) -> None:
    assert [tool.name for tool in tools if len(tool.definition.description.split()) < 4] == []


def test_arguments_are_closed_objects_and_each_is_described(tools: Tools) -> None:
    bad = []
    for tool in tools:
        schema = arguments_of(tool)
        JsonSchema(schema)
        if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
            bad.append(f"{tool.name}: not a closed object")
        bad += [
            f"{tool.name}.{name}: no description" for name, facts in schema["properties"].items() if not _said(facts)
        ]
    assert bad == []


def _said(facts: dict[str, Any]) -> bool:
    return bool(facts.get("description", "").strip())


def test_outputs_are_declared(tools: Tools) -> None:
    assert [tool.name for tool in tools if not tool.definition.output_schema_json] == []
    for tool in tools:
        JsonSchema(tool.definition.output_schema_json)


def test_examples_are_there_and_their_arguments_are_valid(tools: Tools) -> None:
    bad = [f"{tool.name}: no example with arguments" for tool in tools if not tool.examples]
    for tool in tools:
        schema = JsonSchema(tool.definition.arguments_schema_json)
        for example in tool.examples:
            bad += [f"{tool.name}: {example.request!r}: {line}" for line in schema.check(dict(example.arguments))]
    assert bad == []


def test_what_changes_nothing_may_be_called_again_and_needs_no_approval(tools: Tools) -> None:
    readers = [tool.definition for tool in tools if tool.definition.read_only]
    assert [tool.name for tool in readers if tool.needs_approval or not tool.idempotent] == []


def test_time_limits_are_declared_within_reason(tools: Tools) -> None:
    assert [tool.name for tool in tools if tool.timeout_s is not None and not 0 < tool.timeout_s <= 120] == []
