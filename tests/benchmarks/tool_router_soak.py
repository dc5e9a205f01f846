"""Constant calls through a running tool router, and its memory meanwhile: `tool_router_overhead.py --soak`."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import grpc
import psutil

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb

CLIENTS = 16
USERS = 50
SAMPLE_S = 10.0
# The router remembers 10,000 finished calls by request id, so it is only full after more than that.
WARM_UP_CALLS = 12_000
INVOKE = "/toolmesh.tool_router.v1.ToolRouterService/InvokeTool"


@dataclass
class Soak:
    """What a soak gave.

    Attributes:
        memory_mib: proportional set size of the router, after the warm-up and every so many seconds, the end included.
    """

    memory_mib: list[float] = field(default_factory=list)
    calls: int = 0
    took_s: float = 0.0

    @property
    def growth(self) -> float:
        """How much larger the memory is at the end than after the warm-up, as a share."""
        return self.memory_mib[-1] / self.memory_mib[0] - 1


class _Calls:
    """Sixteen clients that never rest; each call has a request id of its own, every second client reads a stream."""

    def __init__(self, channel: grpc.aio.Channel, arguments_json: str, warm_up_calls: int) -> None:
        parts: dict[str, Any] = {
            "request_serializer": pb.InvokeToolRequest.SerializeToString,
            "response_deserializer": pb.InvokeToolResponse.FromString,
        }
        self._unary = channel.unary_unary(INVOKE, **parts)
        self._stream = channel.unary_stream(INVOKE, **parts)
        self._arguments_json = arguments_json
        self._numbers = count()
        self._warm_up_calls = warm_up_calls
        self.made = 0
        self.warm = asyncio.Event()

    async def client(self, is_streamed: bool) -> None:
        """One client, until it is cancelled."""
        while True:
            number = next(self._numbers)
            request = pb.InvokeToolRequest(
                tool="add",
                arguments_json=self._arguments_json,
                request_id=f"soak-{number}",
                result_only=not is_streamed,
                context=tool_pb2.CallContext(user=f"user {number % USERS}"),
            )
            if is_streamed:
                *_, last = [event async for event in self._stream(request, timeout=30)]
            else:
                last = await self._unary(request, timeout=30)
            if last.result.tool_result.output_json != "7":
                raise RuntimeError(f"call {number} gave {last}")
            self.made += 1
            if self.made == self._warm_up_calls:
                self.warm.set()


async def soak(
    channel: grpc.aio.Channel, arguments_json: str, memory_mib: Callable[[], float], minutes: float, warm_up_calls: int
) -> Soak:
    """Calls for so many minutes after the warm-up. A call that fails ends it with its error."""
    calls, found = _Calls(channel, arguments_json, warm_up_calls), Soak()

    async def sample() -> None:
        await calls.warm.wait()
        warm, begun = calls.made, time.monotonic()
        found.memory_mib.append(memory_mib())
        while (left_s := begun + minutes * 60 - time.monotonic()) > 0:
            await asyncio.sleep(min(SAMPLE_S, left_s))
            found.memory_mib.append(memory_mib())
        found.calls, found.took_s = calls.made - warm, time.monotonic() - begun

    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(calls.client(number % 2 == 1)) for number in range(CLIENTS)]
        await group.create_task(sample())
        for client in clients:
            client.cancel()
    return found


def memory_of(pid: int) -> float:
    """Proportional set size of a process in MiB: shared pages count by their share."""
    return float(psutil.Process(pid).memory_full_info().pss) / 2**20
