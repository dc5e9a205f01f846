"""The neighbours: one gRPC channel each, their RPCs by full name, and whether they are healthy."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_gateway.app.descriptors import arity_of, class_of, descriptor_of
from toolmesh_gateway.app.ports import SingleCall, Stream, StreamCall
from toolmesh_gateway.domain.methods import METHOD_OF, METHODS


class Neighbours:
    """Calls to neighbours. Made by `connected`.

    Args:
        channels: by neighbour; one that is missing has no address.
    """

    def __init__(self, channels: Mapping[str, grpc.aio.Channel], ready_timeout_s: float) -> None:
        self._channels = channels
        self._ready_timeout_s = ready_timeout_s
        self._health = {name: health_pb2_grpc.HealthStub(channel) for name, channel in channels.items()}

    def single(self, rpc: str) -> SingleCall:
        """An RPC with one response."""
        call: SingleCall = self._bind(rpc, "unary_unary", _refuse_single)
        return call

    def stream(self, rpc: str) -> StreamCall:
        """An RPC with many responses."""
        call: StreamCall = self._bind(rpc, "unary_stream", _refuse_stream)
        return call

    def upload(self, rpc: str) -> SingleCall:
        """An RPC with many requests and one response."""
        call: SingleCall = self._bind(rpc, "stream_unary", _refuse_single)
        return call

    def raw(self, rpc: str) -> Any:
        """An RPC whose messages stay bytes, of its own arity; None where the neighbour has no address."""
        channel = self._channels.get(METHOD_OF[rpc].neighbour)
        return None if channel is None else getattr(channel, arity_of(rpc))(f"/{rpc}")

    async def check(self) -> dict[str, str]:
        """What is wrong with each neighbour; "" for one that is healthy."""
        names = sorted({method.neighbour for method in METHODS})
        return dict(zip(names, await asyncio.gather(*map(self._check_one, names)), strict=True))

    async def _check_one(self, name: str) -> str:
        stub = self._health.get(name)
        if stub is None:
            return "it has no address"
        try:
            response = await stub.Check(health_pb2.HealthCheckRequest(), timeout=self._ready_timeout_s)
        except ToolMeshError as error:
            return f"it does not answer: {error.reason}"
        serving = response.status == health_pb2.HealthCheckResponse.SERVING
        return "" if serving else "it says it is not serving"

    def _bind(self, rpc: str, arity: str, refuse: Any) -> Any:
        channel = self._channels.get(METHOD_OF[rpc].neighbour)
        if channel is None:
            return refuse(METHOD_OF[rpc].neighbour)
        method = descriptor_of(rpc)
        return getattr(channel, arity)(
            f"/{rpc}",
            request_serializer=class_of(method.input_type).SerializeToString,
            response_deserializer=class_of(method.output_type).FromString,
        )


@asynccontextmanager
async def connected(
    addresses: Mapping[str, str], ready_timeout_s: float, tls: TlsFiles | None = None
) -> AsyncIterator[Neighbours]:
    """The neighbours that have an address, until the end of the block."""
    channels = {}
    for name, address in addresses.items():
        if address:
            repeatable = [method.rpc for method in METHODS if method.neighbour == name and method.repeatable]
            channels[name] = connect(address, retry_methods=repeatable, tls=tls)
    try:
        yield Neighbours(channels, ready_timeout_s)
    finally:
        await asyncio.gather(*(channel.close(None) for channel in channels.values()))


def no_address(neighbour: str) -> Unavailable:
    """Why a neighbour without an address cannot be asked."""
    return Unavailable(
        f"{neighbour} has no address; set TOOLMESH_GATEWAY_{neighbour.upper()}_ADDRESS", reason="NO_ADDRESS"
    )


def _refuse_single(neighbour: str) -> SingleCall:
    async def refuse(request: Any, *, timeout: float | None = None) -> NoReturn:
        raise no_address(neighbour)

    return refuse


def _refuse_stream(neighbour: str) -> StreamCall:
    def refuse(request: Any, *, timeout: float | None = None) -> Stream:
        raise no_address(neighbour)

    return refuse
