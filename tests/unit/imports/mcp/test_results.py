"""What becomes of a tool's answer."""

from base64 import b64encode
from typing import Any

import pytest
from mcp_types import CallToolResult

from toolmesh_core.errors import ToolError
from toolmesh_imports.mcp import Link, McpLimits, McpOptions, McpResult, Media
from toolmesh_imports.mcp.mcp_tool import read_tools
from toolmesh_imports.mcp.results import read_result
from toolmesh_imports.openapi.secrets import Redaction

PIXEL = b64encode(b"pixel").decode()


def read(
    *blocks: dict[str, Any], output: dict[str, Any] | None = None, limits: McpLimits | None = None, **more: Any
) -> McpResult:
    """The result of an answer with these blocks."""
    entry = {"name": "t", "inputSchema": {"type": "object"}, **({"outputSchema": output} if output else {})}
    (tool,), _ = read_tools("s", [entry], McpOptions())
    answer = CallToolResult.model_validate({"content": list(blocks), **more})
    return read_result(tool, answer, limits or McpLimits(), Redaction(["s3cr3t"]))


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def image(data: str = PIXEL, media_type: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "data": data, "mimeType": media_type}


def test_text_alone_is_the_output() -> None:
    assert read(text("a"), text("b")).output() == "a\nb"


def test_structured_content_is_the_output_where_there_is_some() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    assert read(text('{"n": 1}'), output=schema, structuredContent={"n": 1}).output() == {"n": 1}


def test_media_come_as_bytes_with_their_type() -> None:
    file = {"type": "resource", "resource": {"uri": "file:///a.bin", "blob": PIXEL, "mimeType": "application/zip"}}
    result = read(image(), {"type": "audio", "data": PIXEL, "mimeType": "audio/wav"}, file, text("seen"))
    assert result.media == (
        Media("image", "image/png", b"pixel"),
        Media("audio", "audio/wav", b"pixel"),
        Media("file", "application/zip", b"pixel", "file:///a.bin"),
    )
    assert result.output()["media"][0] == {"kind": "image", "media_type": "image/png", "size_bytes": 5}


def test_the_text_of_a_resource_is_text() -> None:
    block = {"type": "resource", "resource": {"uri": "file:///a.txt", "text": "inside"}}
    assert read(block).output() == "inside"


def test_a_link_is_told_and_not_followed() -> None:
    block = {"type": "resource_link", "uri": "http://127.0.0.1:1/x", "name": "a\nname"}
    result = read(block)
    assert result.links == (Link("http://127.0.0.1:1/x", "a name", "application/octet-stream"),)


def test_a_media_type_that_is_none_is_bytes() -> None:
    assert read(image(media_type="image/png\r\nX: y")).media[0].media_type == "application/octet-stream"


def test_an_error_is_told_to_the_llm_in_one_bounded_line() -> None:
    with pytest.raises(ToolError) as raised:
        read(text("no\nsuch city " + "x" * 5000), isError=True)
    assert raised.value.message.startswith("tool 's_t', its MCP server says: no such city")
    assert len(raised.value.message) < 1100


def test_secrets_are_hidden_everywhere() -> None:
    result = read(text("a s3cr3t"), structuredContent={"s3cr3t": ["s3cr3t"]})
    assert "s3cr3t" not in repr(result)
    with pytest.raises(ToolError, match=r"\[secret\]"):
        read(text("s3cr3t"), isError=True)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"structuredContent": {"n": "x"}, "output": {"properties": {"n": {"type": "integer"}}}}, "BAD_OUTPUT"),
        ({"blocks": [text("only text")], "output": {"type": "object"}}, "BAD_OUTPUT"),
        ({"blocks": [image("?")]}, "BAD_OUTPUT"),
        ({"blocks": [image()] * 3, "limits": McpLimits(media_bytes=14)}, "OUTPUT_TOO_LARGE"),
        ({"blocks": [text("x")] * 3, "limits": McpLimits(parts=2)}, "OUTPUT_TOO_LARGE"),
        ({"blocks": [text("x" * 11)], "limits": McpLimits(output_bytes=10)}, "OUTPUT_TOO_LARGE"),
        ({"structuredContent": {"a": "x" * 11}, "limits": McpLimits(output_bytes=10)}, "OUTPUT_TOO_LARGE"),
    ],
)
def test_an_output_that_is_not_as_it_should_be_is_a_tool_error(answer: dict[str, Any], reason: str) -> None:
    with pytest.raises(ToolError) as raised:
        read(*answer.pop("blocks", []), **answer)
    assert raised.value.reason == reason
