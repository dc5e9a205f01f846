"""Artifacts as MCP resources: those that a result refers to, and reading them by resources/list and resources/read."""

from base64 import b64encode
from typing import Any

from toolmesh.memory.v1 import artifact_pb2, memory_service_pb2
from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.errors import InvalidInput, NotFound, ToolMeshError
from toolmesh_gateway.api.mcp.json_rpc import INVALID_PARAMS, RpcError
from toolmesh_gateway.api.mcp.rpc_exchange import RpcExchange, need_scope
from toolmesh_gateway.api.mcp.tool_outcome import platform_failure
from toolmesh_gateway.app.ports import SingleCall, StreamCall
from toolmesh_gateway.domain.scopes import MEMORY_READ

_SCHEME = "toolmesh://artifacts/"
# Pictures within a result are for the LLM to see; what is larger is linked to. The official client takes events of at
# most 1 MiB, and Base64 adds a third.
_MAX_INLINE_BYTES = 640 * 2**10
_MAX_READ_BYTES = 5 * 2**20


class Resources:
    """The user's artifacts."""

    def __init__(self, get: SingleCall, read: StreamCall, list_artifacts: SingleCall) -> None:
        self._get = get
        self._read = read
        self._list_artifacts = list_artifacts

    async def blocks(self, rpc: RpcExchange, artifacts: list[tool_pb2.ArtifactRef]) -> list[dict[str, Any]]:
        """The content blocks of a result's artifacts: small pictures and sounds themselves, links to all else.

        A key that may not read artifacts gets links only.
        """
        key = rpc.exchange.key
        room = _MAX_INLINE_BYTES if key is not None and key.grants(MEMORY_READ) else 0
        blocks = []
        for artifact in artifacts:
            kind = artifact.media_type.partition("/")[0]
            block = None
            if kind in ("image", "audio") and artifact.size_bytes <= room:
                block = await self._inline(kind, artifact)
                room -= artifact.size_bytes
            blocks.append(block or _link(artifact))
        return blocks

    async def answer_list(self, rpc: RpcExchange) -> None:
        """resources/list: a page of the user's artifacts, newest first."""
        need_scope(rpc.exchange, MEMORY_READ)
        cursor = rpc.message.params.get("cursor", "")
        try:
            page = await self._list_artifacts(memory_service_pb2.ListArtifactsRequest(page_token=str(cursor)))
        except InvalidInput as error:
            raise RpcError(INVALID_PARAMS, "params.cursor must be nextCursor of the page before") from error
        except ToolMeshError as error:
            raise platform_failure(error) from error
        result: dict[str, Any] = {"resources": [_resource(artifact) for artifact in page.artifacts]}
        if page.next_page_token:
            result["nextCursor"] = page.next_page_token
        await rpc.respond(_cacheable(rpc, result))

    async def answer_templates(self, rpc: RpcExchange) -> None:
        """resources/templates/list: none, but clients ask."""
        await rpc.respond(_cacheable(rpc, {"resourceTemplates": []}))

    async def answer_read(self, rpc: RpcExchange) -> None:
        """resources/read: one artifact, as text where it is text."""
        need_scope(rpc.exchange, MEMORY_READ)
        uri = rpc.message.text("uri")
        name = uri.removeprefix(_SCHEME)
        if name == uri:
            raise _not_found(uri)
        try:
            found = (await self._get(memory_service_pb2.GetArtifactRequest(artifact=name))).artifact
            if found.size_bytes > _MAX_READ_BYTES:
                detail = f"{uri} has {found.size_bytes} bytes, over {_MAX_READ_BYTES}; get it from /v1/artifacts/{name}"
                raise RpcError(INVALID_PARAMS, detail)
            content = await self._content(name)
        except NotFound as error:
            raise _not_found(uri) from error
        except ToolMeshError as error:
            raise platform_failure(error) from error
        await rpc.respond(_cacheable(rpc, {"contents": [_contents(uri, found, content)]}))

    async def _inline(self, kind: str, artifact: tool_pb2.ArtifactRef) -> dict[str, Any] | None:
        try:
            content = await self._content(artifact.artifact)
        except ToolMeshError:
            # The call went well; what cannot be shown is still linked to.
            return None
        return {"type": kind, "data": b64encode(content).decode(), "mimeType": artifact.media_type}

    async def _content(self, name: str) -> bytes:
        responses = self._read(memory_service_pb2.ReadArtifactRequest(artifact=name))
        try:
            return b"".join([response.chunk async for response in responses])
        finally:
            responses.cancel()


def _link(artifact: tool_pb2.ArtifactRef) -> dict[str, Any]:
    facts = {"mimeType": artifact.media_type, "size": artifact.size_bytes}
    return {"type": "resource_link", "uri": _SCHEME + artifact.artifact, "name": artifact.artifact} | facts


def _resource(artifact: artifact_pb2.Artifact) -> dict[str, Any]:
    facts = {"mimeType": artifact.media_type, "size": artifact.size_bytes}
    return {"uri": _SCHEME + artifact.id, "name": artifact.file_name or artifact.id} | facts


def _contents(uri: str, artifact: artifact_pb2.Artifact, content: bytes) -> dict[str, Any]:
    described = {"uri": uri, "mimeType": artifact.media_type}
    if artifact.media_type.startswith(("text/", "application/json")):
        return described | {"text": content.decode(errors="replace")}
    return described | {"blob": b64encode(content).decode()}


def _cacheable(rpc: RpcExchange, result: dict[str, Any]) -> dict[str, Any]:
    return result | {"ttlMs": 0, "cacheScope": "private"} if rpc.is_stateless else result


def _not_found(uri: str) -> RpcError:
    return RpcError(INVALID_PARAMS, f"there is no resource {uri[:200]!r}; resources/list tells what there is")
