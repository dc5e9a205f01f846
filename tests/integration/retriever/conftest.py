"""The retriever in process, with stand-ins for its neighbours."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from toolmesh.retriever.v1.retriever_service_pb2_grpc import RetrieverServiceStub
from toolmesh_core.channel import connect
from toolmesh_retriever.bootstrap import bootstrap
from toolmesh_retriever.settings import RetrieverSettings
from toolmesh_testing import serving

from .neighbours import StandInInference, StandInRouter
from .platform_tools import platform_tools


@asynccontextmanager
async def running(folder: Path, **settings: object) -> AsyncIterator[RetrieverServiceStub]:
    """A retriever whose data are in the folder."""
    made = RetrieverSettings.model_validate({"data_dir": folder, **settings})
    async with bootstrap(made) as service, serving(service) as address, connect(address) as channel:
        yield RetrieverServiceStub(channel)


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 20.0) -> None:
    """Waits for what a background task brings about."""
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 - it is asked over gRPC
            await asyncio.sleep(0.02)


@pytest.fixture
def router() -> StandInRouter:
    return StandInRouter(platform_tools())


@pytest.fixture
async def router_address(router: StandInRouter) -> AsyncIterator[str]:
    async with serving(router.service()) as address:
        yield address


@pytest.fixture
def inference() -> StandInInference:
    return StandInInference()


@pytest.fixture
async def inference_address(inference: StandInInference) -> AsyncIterator[str]:
    async with serving(inference.service()) as address:
        yield address
