"""The gRPC server of every service: each method is wrapped once, at registration, with our habits.

The wrapping (context, trace, metrics, errors) costs less than interceptors, which gRPC runs again for each call.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, NoReturn, Protocol

import grpc
from opentelemetry.trace import SpanKind

from toolmesh_core.call_context import context_of_metadata, enter_call
from toolmesh_core.channel import MAX_MESSAGE_BYTES
from toolmesh_core.error_status import DETAILS_KEY, status_details
from toolmesh_core.errors import Cancelled, InvalidInput, ToolMeshError
from toolmesh_core.telemetry import TRACEPARENT_KEY, current_trace_id, gauge, histogram, span

logger = logging.getLogger(__name__)

_DURATION = histogram(
    "toolmesh_rpc_duration_seconds", "Time a served RPC took, by RPC and gRPC status.", ("rpc", "code")
)
_IN_FLIGHT = gauge("toolmesh_rpc_in_flight_count", "RPCs that are being served.", ("rpc",))
SERVER_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Two processes on one port would share its calls by chance; a taken port must fail instead.
    ("grpc.so_reuseport", 0),
)


class AddServicer(Protocol):
    """A generated `add_XServicer_to_server`."""

    def __call__(self, servicer: Any, server: Any) -> None:
        """Registers the servicer's methods."""
        ...


class WrappingServer:
    """Stands in for the server in `add_XServicer_to_server`, and wraps what it registers."""

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server
        self.service_names: list[str] = []

    def add_generic_rpc_handlers(self, handlers: Sequence["grpc.GenericRpcHandler[Any, Any]"]) -> None:
        """Left out: the same methods come by name in add_registered_method_handlers."""

    def add_registered_method_handlers(
        self, service: str, handlers: dict[str, "grpc.RpcMethodHandler[Any, Any]"]
    ) -> None:
        """Wraps the methods of a service and registers them."""
        wrapped = {name: _wrap(f"{service}/{name}", handler) for name, handler in handlers.items()}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, wrapped),))
        self.service_names.append(service)


def _wrap(rpc: str, handler: Any) -> "grpc.RpcMethodHandler[Any, Any]":
    """The same method with context, trace, metrics and errors, and with bad bytes refused in one line."""
    method = _Method(rpc)
    read = _reader(handler.request_deserializer)
    write = handler.response_serializer
    if handler.request_streaming and handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(method.streaming(handler.stream_stream), read, write)
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler(method.single(handler.stream_unary), read, write)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(method.streaming(handler.unary_stream), read, write)
    return grpc.unary_unary_rpc_method_handler(method.single(handler.unary_unary), read, write)


def _reader(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except Exception as error:  # noqa: BLE001 - an edge: whatever the parser raises means bad bytes
            return _BadBytes(f"the request's {len(data)} bytes are not the expected message: {error}")

    return read


class _BadBytes:
    """Stands where a request could not be parsed."""

    def __init__(self, message: str) -> None:
        self.message = message


class _Method:
    """What is done around each call of one method."""

    def __init__(self, rpc: str) -> None:
        self._rpc = rpc
        self._in_flight = _IN_FLIGHT.labels(rpc)
        self._durations: dict[str, Any] = {}

    def single(self, function: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
        async def call(request: Any, context: Any) -> Any:
            outcome = _Outcome()
            with self._around(context, outcome):
                try:
                    return await function(_checked(request, context), context)
                except ToolMeshError as error:
                    await _abort(context, error, outcome)
                except (asyncio.CancelledError, grpc.aio.AbortError):
                    raise
                except Exception as error:  # noqa: BLE001 - the edge of the process
                    await self._abort_defect(context, error, outcome)

        return call

    def streaming(
        self, function: Callable[[Any, Any], AsyncGenerator[Any]]
    ) -> Callable[[Any, Any], AsyncGenerator[Any]]:
        async def call(request: Any, context: Any) -> AsyncGenerator[Any]:
            outcome = _Outcome()
            with self._around(context, outcome):
                try:
                    async with aclosing(function(_checked(request, context), context)) as responses:
                        async for response in responses:
                            yield response
                except ToolMeshError as error:
                    await _abort(context, error, outcome)
                except (asyncio.CancelledError, grpc.aio.AbortError, GeneratorExit):
                    raise
                except Exception as error:  # noqa: BLE001 - the edge of the process
                    await self._abort_defect(context, error, outcome)

        return call

    @contextmanager
    def _around(self, context: Any, outcome: "_Outcome") -> Iterator[None]:
        started = time.monotonic()
        left = context.time_remaining()
        metadata = dict(context.invocation_metadata() or ())
        enter_call(context_of_metadata(metadata, None if left is None else started + left))
        self._in_flight.inc()
        try:
            with span(self._rpc, kind=SpanKind.SERVER, parent=metadata.get(TRACEPARENT_KEY)):
                yield
        except asyncio.CancelledError:
            outcome.code = grpc.StatusCode.CANCELLED
            raise
        finally:
            self._in_flight.dec()
            self._duration_of(outcome.code.name).observe(time.monotonic() - started)

    def _duration_of(self, code: str) -> Any:
        found = self._durations.get(code)
        if found is None:
            found = self._durations[code] = _DURATION.labels(self._rpc, code)
        return found

    async def _abort_defect(self, context: Any, error: Exception, outcome: "_Outcome") -> NoReturn:
        logger.exception("defect in %s", self._rpc)
        outcome.code = grpc.StatusCode.INTERNAL
        await context.abort(
            grpc.StatusCode.INTERNAL,
            f"{self._rpc} failed with {type(error).__name__}; look in the log for trace {current_trace_id()}",
        )
        raise AssertionError("abort returned") from error


class _Outcome:
    """How a call ended, for the metrics."""

    code = grpc.StatusCode.OK


def _checked(request: Any, context: Any) -> Any:
    """The request or stream of requests; InvalidInput where one could not be parsed."""
    if isinstance(request, _BadBytes):
        raise InvalidInput(request.message, reason="MALFORMED_MESSAGE")
    return _checked_each(request, context) if hasattr(request, "__aiter__") else request


async def _checked_each(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
    async for request in requests:
        yield _checked(request, context)
    # grpc.aio ends the stream of a caller that went away like any other, and tells of the cancel a moment later.
    await asyncio.sleep(0)
    if context.cancelled():
        raise Cancelled("the caller went away before it had sent everything")


async def _abort(context: Any, error: ToolMeshError, outcome: _Outcome) -> NoReturn:
    outcome.code = error.code
    await context.abort(error.code, error.message, ((DETAILS_KEY, status_details(error)),))
    raise AssertionError("abort returned") from error
