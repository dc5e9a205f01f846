"""Waiting for a service to say that it is well (grpc.health.v1)."""

import asyncio
import contextlib

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TOOLS_VERSION_KEY = "toolmesh-tools-version"
"""Trailing metadata of a tool service's health: a text that is another one whenever its list of tools is."""

_OPTIONS = (("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200))
_RETRY_S = 0.05


async def wait_until_healthy(address: str) -> None:
    """Returns when the service at the address says SERVING; asks on as long as it does not answer."""
    async with grpc.aio.insecure_channel(address, _OPTIONS) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                async for answer in stub.Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True):
                    if answer.status == health_pb2.HealthCheckResponse.SERVING:
                        return
            await asyncio.sleep(_RETRY_S)
