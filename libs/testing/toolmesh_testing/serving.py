"""A service in the test's own process, wrapped as in production."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from toolmesh_core.service import Service, serving_grpc
from toolmesh_core.settings import ServiceSettings


@asynccontextmanager
async def serving(service: Service, listen: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """Serves on a free loopback port; gives the address."""
    async with serving_grpc(service, ServiceSettings(listen=listen)) as running:
        yield running.address
