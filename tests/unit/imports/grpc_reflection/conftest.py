"""The compiled protos, a server with v1 reflection, and its import."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from unit.imports.grpc_reflection.compiled_protos import compile_protos, pool_of
from unit.imports.grpc_reflection.kinds_server import Running, serving_kinds

from toolmesh_imports.grpc_reflection import GrpcImport, GrpcPeer, import_grpc


@pytest.fixture(scope="session")
def descriptor_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_protos(tmp_path_factory.mktemp("protos") / "kinds.binpb")


@pytest.fixture(scope="session")
def pool(descriptor_set: Path) -> DescriptorPool:
    return pool_of(descriptor_set)


@pytest.fixture
async def server(pool: DescriptorPool) -> AsyncIterator[Running]:
    async with serving_kinds(pool) as running:
        yield running


@pytest.fixture
async def kinds(server: Running) -> AsyncIterator[GrpcImport]:
    async with await import_grpc(GrpcPeer(server.address)) as imported:
        yield imported
