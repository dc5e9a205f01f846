"""Calls to neighbours: a deadline on each, context and trace passed on, failures raised from our own tree."""

import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc

from toolmesh_core.call_context import current_call
from toolmesh_core.error_status import error_of_rpc
from toolmesh_core.errors import DeadlineExceeded
from toolmesh_core.telemetry import TRACEPARENT_KEY, current_traceparent

# The stubs of grpc.aio leave it out.
_EOF: Any = vars(grpc.aio)["EOF"]
MAX_MESSAGE_BYTES = 32 * 2**20
_OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A restarted neighbour is found again within a second instead of gRPC's two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # The same for names: a pod that came back has another address. gRPC would look it up twice a minute at most.
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    # Its own connections: shared ones would bring along the back-off of an earlier channel to a reused port.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: own certificate and key, and the authority that signs the neighbours'."""

    ca: Path
    cert: Path | None = None
    key: Path | None = None


def connect(
    address: str,
    *,
    default_timeout_s: float = 30.0,
    retry_methods: Sequence[str] = (),
    tls: TlsFiles | None = None,
) -> grpc.aio.Channel:
    """A channel for generated stubs.

    Args:
        address: a gRPC target.
        default_timeout_s: deadline of a call that has neither `timeout=` nor a caller with a deadline.
            `timeout=math.inf` on a call means none. A call for one response also takes `on_trailing=`, which is given
            the trailing metadata.
        retry_methods: idempotent methods, "package.Service/Method"; retried on UNAVAILABLE.
    """
    options: list[tuple[str, Any]] = [*_OPTIONS, ("grpc.service_config", _service_config(retry_methods))]
    # Each costs a tenth of a hop's time where it is of no use.
    if not retry_methods:
        options.append(("grpc.enable_retries", 0))
    if address.startswith("unix:"):
        options.append(("grpc.http2.bdp_probe", 0))
    if tls is None:
        inner = grpc.aio.insecure_channel(address, options)
    else:
        credentials = grpc.ssl_channel_credentials(
            tls.ca.read_bytes(),
            tls.key.read_bytes() if tls.key else None,
            tls.cert.read_bytes() if tls.cert else None,
        )
        inner = grpc.aio.secure_channel(address, credentials, options)
    return _Channel(inner, default_timeout_s)


def _service_config(retry_methods: Sequence[str]) -> str:
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if retry_methods:
        names = [dict(zip(("service", "method"), method.split("/"), strict=True)) for method in retry_methods]
        policy = {
            "maxAttempts": 4,
            "initialBackoff": "0.1s",
            "maxBackoff": "1s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"],
        }
        config["methodConfig"] = [{"name": names, "retryPolicy": policy}]
    return json.dumps(config)


def _timeout_of(timeout: float | None, default_s: float, method: str) -> float | None:
    """Seconds for a call: what was asked, but never more than the caller has left."""
    deadline = current_call().deadline
    if deadline is None:
        left = default_s if timeout is None else timeout
    else:
        left = deadline - time.monotonic()
        if timeout is not None:
            left = min(left, timeout)
    if left <= 0:
        raise DeadlineExceeded(f"no time left to call {method}; allow the request more time")
    return None if left == math.inf else left


def _metadata_of(metadata: Iterable[tuple[str, str | bytes]] | None) -> list[tuple[str, str | bytes]]:
    pairs: list[tuple[str, str | bytes]] = [*current_call().metadata(), *(metadata or ())]
    traceparent = current_traceparent()
    if traceparent:
        pairs.append((TRACEPARENT_KEY, traceparent))
    return pairs


class ResponseStream:
    """The responses of a streaming call; leaving `async with` ends the call."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            message = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise error_of_rpc(error) from error
        if message is _EOF:
            raise StopAsyncIteration
        return message

    async def __aenter__(self) -> "ResponseStream":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()

    def cancel(self) -> None:
        """Ends the call; the server is told."""
        self._call.cancel()


class _Channel(grpc.aio.Channel):
    """A grpc.aio channel whose calls carry our habits. Wrapping costs less than interceptors do."""

    def __init__(self, inner: grpc.aio.Channel, default_timeout_s: float) -> None:
        self._inner = inner
        self._default_timeout_s = default_timeout_s

    def _awaiting(
        self, factory: Callable[..., Any], method: str, args: Any, kwargs: Any
    ) -> Callable[..., Awaitable[Any]]:
        inner = factory(method, *args, **kwargs)

        async def call(
            request: Any,
            *,
            timeout: float | None = None,
            metadata: Iterable[tuple[str, str | bytes]] | None = None,
            wait_for_ready: bool | None = None,
            on_trailing: Callable[[dict[str, Any]], None] | None = None,
        ) -> Any:
            left = _timeout_of(timeout, self._default_timeout_s, method)
            pending = inner(request, timeout=left, metadata=_metadata_of(metadata), wait_for_ready=wait_for_ready)
            try:
                response = await pending
            except grpc.aio.AioRpcError as error:
                raise error_of_rpc(error) from error
            if on_trailing is not None:
                on_trailing(dict(await pending.trailing_metadata() or ()))
            return response

        return call

    def _streaming(
        self, factory: Callable[..., Any], method: str, args: Any, kwargs: Any
    ) -> Callable[..., ResponseStream]:
        inner = factory(method, *args, **kwargs)

        def call(
            request: Any,
            *,
            timeout: float | None = None,
            metadata: Iterable[tuple[str, str | bytes]] | None = None,
            wait_for_ready: bool | None = None,
        ) -> ResponseStream:
            left = _timeout_of(timeout, self._default_timeout_s, method)
            return ResponseStream(
                inner(request, timeout=left, metadata=_metadata_of(metadata), wait_for_ready=wait_for_ready)
            )

        return call

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""
        return self._awaiting(self._inner.unary_unary, method, args, kwargs)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Many requests, one response."""
        return self._awaiting(self._inner.stream_unary, method, args, kwargs)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, many responses."""
        return self._streaming(self._inner.unary_stream, method, args, kwargs)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Many requests, many responses."""
        return self._streaming(self._inner.stream_stream, method, args, kwargs)

    async def close(self, grace: float | None = None) -> None:
        """Ends all calls, after `grace` seconds."""
        await self._inner.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Whether the neighbour is reached."""
        return self._inner.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Returns when the state is no longer the given one."""
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Returns when the neighbour is reached."""
        await self._inner.channel_ready()

    async def __aenter__(self) -> "grpc.aio.Channel":
        return cast("grpc.aio.Channel", self)

    async def __aexit__(self, *_: object) -> None:
        await self.close()
