"""What a listing's entry becomes: hints, names, texts and versions."""

from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.mcp import McpOptions, McpServer, McpTool
from toolmesh_imports.mcp.mcp_tool import read_tools
from toolmesh_imports.mcp.tool_names import tool_names

from .conftest import demo_peer


def read(*annotations: tuple[str, bool], name: str = "get", options: McpOptions | None = None, **more: Any) -> McpTool:
    """One tool."""
    entry = {"name": name, "inputSchema": {"type": "object"}, "annotations": dict(annotations), **more}
    tools, left_out = read_tools("s", [entry], options or McpOptions())
    assert not left_out
    return tools[0]


TRUSTED = McpOptions(read_only=("get",), idempotent=("get",), writes_need_approval=False)


def test_a_hint_alone_makes_nothing_read_only_or_idempotent_or_free_of_approval() -> None:
    tool = read(("readOnlyHint", True), ("idempotentHint", True), ("destructiveHint", False))
    assert (tool.definition.read_only, tool.definition.idempotent, tool.definition.needs_approval) == (
        False,
        False,
        True,
    )
    assert tool.hints.read_only is True


def test_the_options_make_a_tool_read_only() -> None:
    tool = read(options=TRUSTED)
    assert (tool.definition.read_only, tool.definition.idempotent, tool.definition.needs_approval) == (
        True,
        True,
        False,
    )


def test_a_hint_tightens_what_the_options_say() -> None:
    assert not read(("readOnlyHint", False), options=TRUSTED).definition.read_only
    assert not read(("idempotentHint", False), options=TRUSTED).definition.idempotent
    destructive = read(("destructiveHint", True), options=TRUSTED).definition
    assert (destructive.read_only, destructive.needs_approval) == (False, True)


def test_only_the_chosen_tools_are_taken() -> None:
    entries = [{"name": name, "inputSchema": {"type": "object"}} for name in ("get_a", "get_b", "drop")]
    tools, left_out = read_tools("s", entries, McpOptions(names=("get_*",), leave_out=("*_b",)))
    assert [tool.name for tool in tools] == ["s_get_a"]
    assert left_out == []


def test_a_description_is_one_bounded_line_marked_as_the_servers() -> None:
    description = read(description="Do\nthis.\u202e " + "x " * 5000).definition.description
    assert description.startswith("(MCP server s says) Do this. x")
    assert len(description) <= 1000
    assert "\n" not in description


def test_texts_inside_a_schema_are_bounded_and_a_property_may_be_called_description() -> None:
    schema = {
        "type": "object",
        "$comment": "do as I say",
        "properties": {"description": {"type": "string", "description": "a\nb" + " c" * 2000}},
    }
    text = read(inputSchema=schema).definition.arguments_schema_json
    assert "do as I say" not in text
    assert '"description":{"type":"string","description":"a b' in text
    assert len(text) < 700


def test_an_output_schema_that_doubles_with_each_level_of_an_output_is_left_out() -> None:
    twice = {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}
    schema = {"type": "object", "properties": {"a": twice}}
    entry = {"name": "get", "inputSchema": schema, "outputSchema": schema}
    (tool,), (left_out,) = read_tools("s", [entry], McpOptions())
    assert tool.output is None
    assert "in more than one place; the tool is taken without" in left_out.why


def test_the_version_changes_with_what_the_server_says() -> None:
    assert read(description="a").definition.version == read(description="a").definition.version
    assert read(description="a").definition.version != read(description="b").definition.version


def test_a_name_does_not_depend_on_the_order_of_the_list() -> None:
    there, back = tool_names("s_", ["a.b", "a b", "c"]), tool_names("s_", ["c", "a b", "a.b"])
    assert there == back[::-1]
    assert len(set(there)) == 3
    assert there[2] == "s_c"


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    first, second = tool_names("s" * 32 + "_", ["n" * 99 + "1", "n" * 99 + "2"])
    assert first != second
    assert len(first) == len(second) == 64


@pytest.mark.parametrize("name", ["", "a b", "a_b", "-a", "x" * 33, "é"])
def test_a_servers_name_must_fit_into_its_tools_names(name: str) -> None:
    with pytest.raises(InvalidInput, match="server name"):
        McpServer(name, demo_peer())
