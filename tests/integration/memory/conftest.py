"""The memory service as it runs: over gRPC, in this process and as a process of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from toolmesh.memory.v1.memory_service_pb2_grpc import MemoryServiceStub
from toolmesh_core.channel import connect
from toolmesh_memory.bootstrap import bootstrap
from toolmesh_memory.settings import MemorySettings
from toolmesh_testing import serving


@pytest.fixture
def settings(tmp_path: Path) -> MemorySettings:
    return MemorySettings(data_dir=tmp_path / "memory", max_artifact_bytes=4 * 2**20, max_append_bytes=1000)


@pytest.fixture
async def memory(settings: MemorySettings) -> AsyncIterator[MemoryServiceStub]:
    async with bootstrap(settings) as service, serving(service) as address, connect(address) as channel:
        yield MemoryServiceStub(channel)


@pytest.fixture
def process_env(tmp_path: Path) -> dict[str, str]:
    return {"TOOLMESH_MEMORY_DATA_DIR": str(tmp_path / "memory")}
