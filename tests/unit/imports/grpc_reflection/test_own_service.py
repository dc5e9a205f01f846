"""One of ToolMesh's own services, imported as any other server is."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_imports.grpc_reflection import GrpcImport, GrpcPeer, import_grpc
from toolmesh_memory.bootstrap import bootstrap
from toolmesh_memory.settings import MemorySettings
from toolmesh_testing import serving


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[GrpcImport]:
    settings = MemorySettings(data_dir=tmp_path / "memory")
    async with (
        bootstrap(settings) as service,
        serving(service) as address,
        await import_grpc(GrpcPeer(address)) as found,
    ):
        yield found


async def test_a_conversation_is_kept_and_read_through_imported_tools(memory: GrpcImport) -> None:
    tools = memory.tools
    assert memory.source == "reflection v1alpha"
    await tools["MemoryService_CreateSession"].call('{"user": "ada", "session": "s1", "title": "T"}')
    message = {"role": "ROLE_USER", "content": "北京天气?"}
    added = {"user": "ada", "session": "s1", "messages": [message]}
    await tools["MemoryService_AppendMessages"].call(json.dumps(added))
    listed = json.loads(await tools["MemoryService_ListMessages"].call('{"user": "ada", "session": "s1"}'))
    entry = listed["messages"][0]
    assert (entry["sequence"], entry["message"]["content"]) == ("1", "北京天气?")


async def test_its_errors_keep_their_reason(memory: GrpcImport) -> None:
    with pytest.raises(ToolError, match="the service answered NOT_FOUND") as caught:
        await memory.tools["MemoryService_GetSession"].call('{"user": "ada", "session": "gone"}')
    assert caught.value.reason == "NOT_FOUND"


async def test_its_uploads_are_left_out(memory: GrpcImport) -> None:
    assert "toolmesh.memory.v1.MemoryService.CreateArtifact" in {item.name for item in memory.left_out}
