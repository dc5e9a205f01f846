"""What a call gave, as typed values; nothing that a result links to is ever fetched."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from toolmesh_core.errors import ToolError
from toolmesh_imports.mcp.mcp_tool import McpTool
from toolmesh_imports.mcp.options import McpLimits
from toolmesh_imports.mcp.schema_bounds import compact
from toolmesh_imports.openapi.secrets import Redaction
from toolmesh_imports.openapi.texts import one_line

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}")
_ANY_BYTES = "application/octet-stream"
_MAX_ERROR_CHARS = 1000
_MAX_URI_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Media:
    """Bytes of a result.

    Attributes:
        uri: the server's name for a file; empty for images and audio.
    """

    kind: Literal["image", "audio", "file"]
    media_type: str
    data: bytes
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Something that a server says it has."""

    uri: str
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class McpResult:
    """A successful result.

    Attributes:
        text: all text, a line break between blocks.
        structured: a JSON value that fits the tool's output schema, where it has one; None where there is none.
    """

    text: str
    structured: Any = None
    media: tuple[Media, ...] = ()
    links: tuple[Link, ...] = ()

    def output(self) -> Any:
        """The result as one JSON value; of media it has what is known of them, not the bytes."""
        if self.structured is not None:
            return self.structured
        if not self.media and not self.links:
            return self.text
        found: dict[str, Any] = {"text": self.text}
        if self.media:
            found["media"] = [
                {"kind": item.kind, "media_type": item.media_type, "size_bytes": len(item.data)} for item in self.media
            ]
        if self.links:
            found["links"] = [{"uri": link.uri, "name": link.name} for link in self.links]
        return found


def read_result(tool: McpTool, answer: CallToolResult, limits: McpLimits, redaction: Redaction) -> McpResult:
    """The result of a call.

    Raises:
        ToolError: TOOL_ERROR, the tool said no; OUTPUT_TOO_LARGE; BAD_OUTPUT, it does not fit what the tool declares.
    """
    if len(answer.content) > limits.parts:
        raise _too_large(tool, f"{limits.parts} parts")
    text = redaction.clean("\n".join(_texts(answer.content)))
    if answer.is_error:
        said = one_line(text, _MAX_ERROR_CHARS) or "it failed and does not say why"
        raise ToolError(f"tool {tool.name!r}, its MCP server says: {said}", reason="TOOL_ERROR")
    structured = redaction.clean_json(answer.structured_content)
    if len(text.encode()) + len(compact(structured).encode()) > limits.output_bytes:
        raise _too_large(tool, f"{limits.output_bytes} bytes")
    _check_structured(tool, structured)
    media = tuple(_media(tool, answer.content, limits, redaction))
    links = tuple(_link(block, redaction) for block in answer.content if isinstance(block, ResourceLink))
    return McpResult(text, structured, media, links)


def _texts(blocks: Iterable[ContentBlock]) -> Iterable[str]:
    for block in blocks:
        if isinstance(block, TextContent):
            yield block.text
        elif isinstance(block, EmbeddedResource) and isinstance(block.resource, TextResourceContents):
            yield block.resource.text


def _check_structured(tool: McpTool, structured: Any) -> None:
    if tool.output is None:
        return
    wrong = tool.output.check(structured, "output") if structured is not None else ["it has none"]
    if wrong:
        raise ToolError(
            f"tool {tool.name!r}: its structured output is not what it declares: {one_line('; '.join(wrong), 500)}",
            reason="BAD_OUTPUT",
        )


def _media(tool: McpTool, blocks: Iterable[ContentBlock], limits: McpLimits, redaction: Redaction) -> Iterable[Media]:
    left = limits.media_bytes
    for block in blocks:
        match block:
            case ImageContent(data=data, mime_type=media_type):
                item = Media("image", _media_type(media_type), _unpacked(tool, data))
            case AudioContent(data=data, mime_type=media_type):
                item = Media("audio", _media_type(media_type), _unpacked(tool, data))
            case EmbeddedResource(resource=BlobResourceContents() as resource):
                uri = one_line(redaction.clean(resource.uri), _MAX_URI_CHARS)
                item = Media("file", _media_type(resource.mime_type), _unpacked(tool, resource.blob), uri)
            case _:
                continue
        left -= len(item.data)
        if left < 0:
            raise _too_large(tool, f"{limits.media_bytes} bytes of media")
        yield item


def _unpacked(tool: McpTool, data: str) -> bytes:
    try:
        return b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ToolError(f"tool {tool.name!r}: it gave media that are not base64", reason="BAD_OUTPUT") from error


def _media_type(said: str | None) -> str:
    return said.lower() if said and _MEDIA_TYPE.fullmatch(said) else _ANY_BYTES


def _link(block: ResourceLink, redaction: Redaction) -> Link:
    uri = one_line(redaction.clean(block.uri), _MAX_URI_CHARS)
    return Link(uri, one_line(redaction.clean(block.name), 200), _media_type(block.mime_type))


def _too_large(tool: McpTool, most: str) -> ToolError:
    return ToolError(f"tool {tool.name!r}: its output has over {most}: ask for less of it", reason="OUTPUT_TOO_LARGE")
