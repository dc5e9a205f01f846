"""The process of a service: settings, logs, traces, gRPC with health and reflection, /metrics, drain on SIGTERM."""

import asyncio
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import grpc
import prometheus_client
import uvloop
from grpc_health.v1 import _async as health_aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_core.logs import set_up_logs
from toolmesh_core.rpc_server import SERVER_OPTIONS, AddServicer, WrappingServer
from toolmesh_core.settings import ServiceSettings, load_settings
from toolmesh_core.telemetry import flush_traces, set_up_traces

logger = logging.getLogger(__name__)
S = TypeVar("S", bound=ServiceSettings)
_READY_CHECK_S = 1.0


@dataclass
class Service:
    """What a bootstrap hands over.

    Attributes:
        registrations: pairs of `add_XServicer_to_server` and the servicer.
        ready: asked each second; False makes health NOT_SERVING. None means always ready.
        background: coroutines that run as long as the service; one that raises ends the process.
        generic_handlers: gRPC handlers that take calls as bytes, unwrapped.
        reflected: full names of more services that reflection should tell.
        health_facts: trailing metadata of each answer to a health check.
        on_drain: awaited when a drain begins, after health says NOT_SERVING; ends what would hold the drain up.
    """

    registrations: Sequence[tuple[AddServicer, Any]] = ()
    ready: Callable[[], Awaitable[bool]] | None = None
    background: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    generic_handlers: Sequence["grpc.GenericRpcHandler[Any, Any]"] = ()
    reflected: Sequence[str] = ()
    health_facts: Callable[[], Sequence[tuple[str, str]]] | None = None
    on_drain: Callable[[], Awaitable[None]] | None = None


Bootstrap = Callable[[S], AbstractAsyncContextManager[Service]]


@dataclass
class RunningService:
    """A service that answers."""

    address: str
    service: Service
    health: Any
    server: grpc.aio.Server
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def drain(self, timeout_s: float) -> None:
        """Health first, then no new calls, then what runs gets `timeout_s` seconds."""
        await self.health.enter_graceful_shutdown()
        stopping = asyncio.ensure_future(self.server.stop(timeout_s))
        if self.service.on_drain is not None:
            await self.service.on_drain()
        await stopping
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def run_service(name: str, settings_class: type[S], bootstrap: Bootstrap[S]) -> NoReturn:
    """Runs a service until SIGTERM or SIGINT, then exits: 0 after a drain, 1 with one line where it cannot start.

    Args:
        name: as in the architecture, such as "tool_router".
        bootstrap: picks the real parts; what it opened is closed when its context ends.
    """
    settings = load_settings(settings_class)
    set_up_logs(name, settings.log_level)
    set_up_traces(name, settings.otlp_endpoint)
    try:
        uvloop.run(_run(name, settings, bootstrap))
    except ToolMeshError as error:
        print(f"{name}: {error.message}", file=sys.stderr)
        raise SystemExit(1) from error
    finally:
        flush_traces()
    raise SystemExit(0)


async def _run(name: str, settings: S, bootstrap: Bootstrap[S]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    metrics_address = _serve_metrics(settings.metrics_listen)
    async with bootstrap(settings) as service, serving_grpc(service, settings) as running:
        print(json.dumps({"ready": name, "address": running.address, "metrics": metrics_address}), flush=True)
        # What a start leaves behind lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        await _until_stopped_or_failed(stop, running.tasks)
        logger.info("draining", extra={"timeout_s": settings.drain_timeout_s})
        await running.drain(settings.drain_timeout_s)


async def _until_stopped_or_failed(stop: asyncio.Event, tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Returns on a signal; raises what a background task raised. One that returns has just done its work."""
    waiting: set[asyncio.Task[Any]] = {asyncio.create_task(stop.wait()), *tasks}
    while not stop.is_set():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


class _Health(health_aio.HealthServicer):  # type: ignore[misc]  # it comes without types
    """grpc.health.v1, with what the service has to tell besides."""

    def __init__(self, facts: Callable[[], Sequence[tuple[str, str]]] | None) -> None:
        super().__init__()
        self._facts = facts

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        if self._facts is not None:
            context.set_trailing_metadata(tuple(self._facts()))
        return await super().Check(request, context)


@asynccontextmanager
async def serving_grpc(service: Service, settings: ServiceSettings) -> AsyncIterator[RunningService]:
    """Serves the service's RPCs, health and reflection; stopped at once at the end, so drain before."""
    # A caller looks up a name again only when a connection ends; calls that run are not cut.
    age_ms = int(settings.max_connection_age_s * 1000)
    options = [*SERVER_OPTIONS, *([("grpc.max_connection_age_ms", age_ms)] if age_ms else [])]
    server = grpc.aio.server(options=options)
    wrapping = WrappingServer(server)
    for add, servicer in service.registrations:
        add(servicer, wrapping)
    if service.generic_handlers:
        server.add_generic_rpc_handlers(service.generic_handlers)
    health = _Health(service.health_facts)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    names = [*wrapping.service_names, *service.reflected]
    reflection.enable_server_reflection((*names, "grpc.health.v1.Health", reflection.SERVICE_NAME), server)
    address = await _listen(server, settings)
    running = RunningService(address, service, health, server)
    health_names = ["", *wrapping.service_names]
    await _set_health(health, health_names, service.ready is None)
    running.tasks = [asyncio.create_task(work()) for work in service.background]
    if service.ready is not None:
        running.tasks.append(asyncio.create_task(_follow_readiness(health, health_names, service.ready)))
    try:
        yield running
    finally:
        for task in running.tasks:
            task.cancel()
        await asyncio.gather(*running.tasks, return_exceptions=True)
        await server.stop(0)


async def _listen(server: grpc.aio.Server, settings: ServiceSettings) -> str:
    listen = settings.listen
    path = Path(listen.removeprefix("unix:")) if listen.startswith("unix:") else None
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if settings.tls_cert_file and settings.tls_key_file:
            port = server.add_secure_port(listen, _credentials(settings))
        else:
            port = server.add_insecure_port(listen)
        await server.start()
    except (RuntimeError, OSError) as error:
        raise Unavailable(
            f"cannot listen on {listen}: is the port taken or the address not ours? Set another one"
        ) from error
    if path is None:
        return f"{listen.rpartition(':')[0]}:{port}"
    # Whoever may open the socket may call the service, without a key.
    os.chmod(path, 0o600)  # noqa: PTH101 - no loop is blocked by it
    return listen


def _credentials(settings: ServiceSettings) -> grpc.ServerCredentials:
    if not (settings.tls_cert_file and settings.tls_key_file):
        raise Unavailable("TLS needs both tls_cert_file and tls_key_file")
    pair = (settings.tls_key_file.read_bytes(), settings.tls_cert_file.read_bytes())
    authority = settings.tls_ca_file.read_bytes() if settings.tls_ca_file else None
    return grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)


async def _set_health(health: Any, names: Sequence[str], ready: bool) -> None:
    status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
    for name in names:
        await health.set(name, status)


async def _follow_readiness(health: Any, names: Sequence[str], ready: Callable[[], Awaitable[bool]]) -> None:
    known = False
    while True:
        now = await ready()
        if now != known:
            await _set_health(health, names, now)
            known = now
        # Quick until the first time, so that a start is not a second longer than it need be.
        await asyncio.sleep(_READY_CHECK_S if known else _READY_CHECK_S / 20)


def _serve_metrics(listen: str) -> str:
    if not listen:
        return ""
    host, _, port = listen.rpartition(":")
    try:
        server, _ = prometheus_client.start_http_server(int(port), host)
    except OSError as error:
        raise Unavailable(f"cannot serve /metrics on {listen}: {error.strerror}; set another port") from error
    return f"http://{host}:{server.server_port}/metrics"
