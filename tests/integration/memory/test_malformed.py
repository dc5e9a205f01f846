"""Bytes that are no message are refused as the caller's mistake."""

import grpc
import pytest

from toolmesh_memory.bootstrap import bootstrap
from toolmesh_memory.settings import MemorySettings
from toolmesh_testing import serving


async def test_a_malformed_upload_is_an_invalid_argument(settings: MemorySettings) -> None:
    async def garbage() -> object:
        yield b"\xff\xff\xff"

    async with (
        bootstrap(settings) as service,
        serving(service) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        create = channel.stream_unary("/toolmesh.memory.v1.MemoryService/CreateArtifact")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await create(garbage())
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
