"""A gRPC server for these tests: the services of protos/, with reflection of either version, or a bent one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2
from unit.imports.grpc_reflection.compiled_protos import message_class

CODES = {code.value[0]: code for code in grpc.StatusCode}
SERVICES = ("kinds.v1.Kinds", "legacy.Old", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection")


@dataclass
class Seen:
    """What the server was sent."""

    requests: list[Any] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Kinds:
    """The service of kinds.proto and the one of legacy.proto, on messages of a pool."""

    def __init__(self, pool: DescriptorPool, seen: Seen) -> None:
        self._seen = seen
        self.number = message_class(pool, "kinds.v1.Number")
        self.tree = message_class(pool, "kinds.v1.Tree")

    def _note(self, request: Any, context: Any) -> None:
        self._seen.requests.append(request)
        self._seen.metadata.append(dict(context.invocation_metadata()))
        self._seen.deadlines.append(context.time_remaining())

    async def echo(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        return request

    async def count(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self._note(request, context)
        try:
            for value in range(request.upto):
                yield self.number(value=value, padding=b"x" * request.padding)
        finally:
            self._seen.ended.set()

    async def fail(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        if request.with_details:
            context.set_trailing_metadata((("grpc-status-details-bin", details(request)),))
        await context.abort(CODES[request.code], request.message)

    async def wait(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        try:
            await asyncio.Event().wait()
        finally:
            self._seen.ended.set()

    async def swell(self, request: Any, context: Any) -> Any:
        return self.tree(branches=[self.tree()] * request.upto)

    async def get_page(self, request: Any, context: Any) -> Any:
        return self.number(value=request.upto)


def details(request: Any) -> bytes:
    """The google.rpc.Status of a refused request, with a reason and a wrong field."""
    info, bad = AnyMessage(), AnyMessage()
    info.Pack(error_details_pb2.ErrorInfo(reason="NO_SUCH_TREE"))
    violation = error_details_pb2.BadRequest.FieldViolation(field="code", description="must be even")
    bad.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    return status_pb2.Status(code=request.code, message=request.message, details=[info, bad]).SerializeToString()


def _handlers(pool: DescriptorPool, kinds: Kinds) -> Sequence[Any]:
    methods: dict[str, dict[str, Any]] = {"kinds.v1.Kinds": {}, "legacy.Old": {}}
    served = {
        "Count": kinds.count,
        "GetHTTPPage": kinds.get_page,
        "Fail": kinds.fail,
        "Wait": kinds.wait,
        "Swell": kinds.swell,
    }
    for service, handlers in methods.items():
        for method in pool.FindServiceByName(service).methods:
            if method.client_streaming:
                continue
            wrap = (
                grpc.unary_stream_rpc_method_handler if method.server_streaming else grpc.unary_unary_rpc_method_handler
            )
            request, reply = (message_class(pool, kind.full_name) for kind in (method.input_type, method.output_type))
            handlers[method.name] = wrap(
                served.get(method.name, kinds.echo), request.FromString, reply.SerializeToString
            )
    return [grpc.method_handlers_generic_handler(service, handlers) for service, handlers in methods.items()]


def reflection_handler(version: str, reflect: Any) -> Any:
    """Reflection under the name of a version; the messages of v1 are those of v1alpha."""
    method = grpc.stream_stream_rpc_method_handler(
        reflect,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(
        f"grpc.reflection.{version}.ServerReflection", {"ServerReflectionInfo": method}
    )


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    address: str
    seen: Seen


@asynccontextmanager
async def serving_kinds(
    pool: DescriptorPool,
    versions: Sequence[str] = ("v1",),
    *,
    reflect: Any = None,
    credentials: grpc.ServerCredentials | None = None,
    port: int = 0,
) -> AsyncIterator[Running]:
    """Serves on a loopback port, a free one by default.

    Args:
        versions: of reflection.
        reflect: a bent reflection instead of the right one.
    """
    server, seen = grpc.aio.server(), Seen()
    right = reflection.aio.ReflectionServicer(SERVICES, pool=pool)
    handlers = [reflection_handler(version, reflect or right.ServerReflectionInfo) for version in versions]
    server.add_generic_rpc_handlers((*_handlers(pool, Kinds(pool, seen)), *handlers))
    if credentials is None:
        port = server.add_insecure_port(f"127.0.0.1:{port}")
    else:
        port = server.add_secure_port(f"127.0.0.1:{port}", credentials)
    await server.start()
    try:
        yield Running(f"127.0.0.1:{port}", seen)
    finally:
        await server.stop(0)
