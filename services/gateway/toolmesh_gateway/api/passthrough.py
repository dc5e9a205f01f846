"""gRPC for clients: calls of allowed methods go on to their neighbour as bytes, never decoded, after key and limits."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import grpc
from opentelemetry.trace import SpanKind

from toolmesh_core.call_context import CallContext, enter_call
from toolmesh_core.error_status import DETAILS_KEY, status_details
from toolmesh_core.errors import ResourceExhausted, ToolMeshError, Unavailable
from toolmesh_core.telemetry import TRACEPARENT_KEY, span
from toolmesh_gateway.api.http.metrics import RATE_LIMITED, RPC_DURATION
from toolmesh_gateway.app.authenticate import Authenticate
from toolmesh_gateway.app.descriptors import arity_of
from toolmesh_gateway.app.limit_rate import LimitRate
from toolmesh_gateway.domain.methods import METHODS, Method

# Of a single answer whose client sets no deadline; a stream without one lasts as long as its client.
_SINGLE_TIMEOUT_S = 330.0


class RawUpstream(Protocol):
    """The neighbours' RPCs, their messages as bytes."""

    def raw(self, rpc: str) -> Any:
        """An RPC of its own arity; None where its neighbour has no address."""
        ...


if TYPE_CHECKING:
    # Only the stubs know it as generic.
    _GenericHandler = grpc.GenericRpcHandler[Any, Any]
else:
    _GenericHandler = grpc.GenericRpcHandler


class Passthrough(_GenericHandler):
    """Handles every method of the table."""

    def __init__(self, upstream: RawUpstream, authenticate: Authenticate, limit_rate: LimitRate) -> None:
        self._handlers = {
            f"/{method.rpc}": _handler(
                arity_of(method.rpc), _Passing(method, upstream.raw(method.rpc), authenticate, limit_rate)
            )
            for method in METHODS
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """The handler of a call; None, which becomes UNIMPLEMENTED, for a method that clients may not call."""
        return self._handlers.get(handler_call_details.method)


def _handler(arity: str, passing: "_Passing") -> "grpc.RpcMethodHandler[Any, Any]":
    make: Callable[..., grpc.RpcMethodHandler[Any, Any]] = getattr(grpc, f"{arity}_rpc_method_handler")
    return make(passing.stream if arity.endswith("stream") else passing.single)


class _Passing:
    """Passes the calls of one method on."""

    def __init__(self, method: Method, call: Any, authenticate: Authenticate, limit_rate: LimitRate) -> None:
        self._method = method
        self._call = call
        self._authenticate = authenticate
        self._limit_rate = limit_rate
        self._durations: dict[str, Any] = {}

    async def single(self, request: Any, context: Any) -> bytes:
        """A call with one response; `request` is bytes, or an iterator of bytes."""
        outcome = _Outcome()
        with self._around(context, outcome):
            try:
                self._admit(context)
                response: bytes = await self._reachable()(request, timeout=_SINGLE_TIMEOUT_S)
                return response
            except ToolMeshError as error:
                return await self._abort(context, error, outcome)

    async def stream(self, request: Any, context: Any) -> AsyncIterator[bytes]:
        """A call with many responses."""
        outcome = _Outcome()
        responses = None
        with self._around(context, outcome):
            try:
                self._admit(context)
                responses = self._reachable()(request, timeout=math.inf)
                async for response in responses:
                    yield response
            except ToolMeshError as error:
                await self._abort(context, error, outcome)
            finally:
                if responses is not None:
                    responses.cancel()

    def _admit(self, context: Any) -> None:
        """Knows the key and makes its user the call's; what the client says of users and runs stays behind."""
        metadata = dict(context.invocation_metadata() or ())
        key = self._authenticate(str(metadata.get("authorization", "")), self._method.scope)
        try:
            self._limit_rate(key)
        except ResourceExhausted:
            RATE_LIMITED.inc()
            raise
        left = context.time_remaining()
        deadline = None if left is None else time.monotonic() + left
        enter_call(CallContext(user=key.user, deadline=deadline, key=key.name))

    def _reachable(self) -> Any:
        if self._call is None:
            raise Unavailable(f"{self._method.neighbour} has no address; set it in the gateway", reason="NO_ADDRESS")
        return self._call

    @contextmanager
    def _around(self, context: Any, outcome: "_Outcome") -> Iterator[None]:
        started = time.perf_counter()
        parent = dict(context.invocation_metadata() or ()).get(TRACEPARENT_KEY)
        try:
            with span(self._method.rpc, kind=SpanKind.SERVER, parent=parent):
                yield
        except asyncio.CancelledError:
            outcome.code = grpc.StatusCode.CANCELLED
            raise
        finally:
            self._duration_of(outcome.code.name).observe(time.perf_counter() - started)

    def _duration_of(self, code: str) -> Any:
        found = self._durations.get(code)
        if found is None:
            found = self._durations[code] = RPC_DURATION.labels(self._method.rpc, code)
        return found

    async def _abort(self, context: Any, error: ToolMeshError, outcome: "_Outcome") -> NoReturn:
        outcome.code = error.code
        message = error.message
        if isinstance(error, Unavailable) and error.reason == Unavailable.default_reason:
            # gRPC's own text tells addresses, which are nobody's business outside.
            message = f"{self._method.neighbour} does not answer; try again in a moment"
        await context.abort(error.code, message, ((DETAILS_KEY, status_details(error)),))
        raise AssertionError("abort returned") from error


class _Outcome:
    """How a call ended, for the metrics."""

    code = grpc.StatusCode.OK
