"""Picks the real parts of the tool router."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial

from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import add_ToolRouterServiceServicer_to_server
from toolmesh_core.channel import TlsFiles
from toolmesh_core.clock import Clock, SystemClock
from toolmesh_core.service import Service
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_tool_router.adapters.grpc_tool_service import GrpcConnector
from toolmesh_tool_router.adapters.kubernetes_tool_services import KubernetesToolServices, open_kubernetes
from toolmesh_tool_router.adapters.memory_artifacts import MemoryArtifacts
from toolmesh_tool_router.adapters.policy_file import PolicyFile
from toolmesh_tool_router.adapters.prometheus_meter import PrometheusMeter
from toolmesh_tool_router.adapters.redacting_log import redacted_log
from toolmesh_tool_router.adapters.sqlite_registry import MIGRATIONS, SqliteRegistry
from toolmesh_tool_router.api.servicer import ToolRouterServicer
from toolmesh_tool_router.app.admit_call import AdmitCall
from toolmesh_tool_router.app.call_tool_service import CallToolService
from toolmesh_tool_router.app.carry_out_call import CarryOutCall
from toolmesh_tool_router.app.discover_tool_services import DiscoverToolServices
from toolmesh_tool_router.app.follow_policy import FollowPolicy, first_policy
from toolmesh_tool_router.app.follow_tool_services import FollowToolServices
from toolmesh_tool_router.app.invoke_tool import InvokeTool
from toolmesh_tool_router.app.policy_in_force import PolicyInForce
from toolmesh_tool_router.app.ports import ArtifactStore, CallMeter
from toolmesh_tool_router.app.register_tool_service import RegisterToolService
from toolmesh_tool_router.app.running_call import RunningCall
from toolmesh_tool_router.app.shorten_result import ShortenResult
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.circuit_breaker import CircuitBreaker
from toolmesh_tool_router.domain.recent_calls import RecentCalls
from toolmesh_tool_router.domain.retry_policy import RetryPolicy
from toolmesh_tool_router.domain.time_limits import TimeLimits
from toolmesh_tool_router.settings import ToolRouterSettings


@asynccontextmanager
async def bootstrap(settings: ToolRouterSettings) -> AsyncIterator[Service]:
    """The service with everything it needs, closed at the end."""
    clock, meter, tls = SystemClock(), PrometheusMeter(), _tls(settings)
    source = PolicyFile(settings.policy_file) if settings.policy_file else None
    policy = PolicyInForce(first_policy(source), meter, clock)
    follow_policy = FollowPolicy(source, policy, meter, settings.policy_check_s) if source else None
    memory = (
        MemoryArtifacts(settings.memory_address, settings.artifact_timeout_s, tls) if settings.memory_address else None
    )
    directory = ToolDirectory(
        clock,
        meter,
        partial(CircuitBreaker, settings.breaker_failures, settings.breaker_open_s),
        settings.watch_queue,
    )
    async with SqliteDatabase.open(settings.data_dir / "registry.sqlite", MIGRATIONS) as database:
        register = RegisterToolService(
            directory, GrpcConnector(tls), SqliteRegistry(database), clock, settings.list_timeout_s
        )
        await register.restore()
        for name, address in settings.addresses().items():
            await register.expect(name, address)
        try:
            with redacted_log(lambda: policy.redaction), _asked_by_hang_up(follow_policy):
                async with _discovery(settings, register, directory) as discover:
                    service = _service(settings, clock, meter, directory, register, memory, policy)
                    service.background = [*service.background, discover.run]
                    if follow_policy is not None:
                        service.background = [*service.background, follow_policy.run]
                    yield service
        finally:
            await directory.close()
            if memory is not None:
                await memory.close()


def _service(
    settings: ToolRouterSettings,
    clock: Clock,
    meter: CallMeter,
    directory: ToolDirectory,
    register: RegisterToolService,
    artifacts: ArtifactStore | None,
    policy: PolicyInForce,
) -> Service:
    follow = FollowToolServices(
        directory,
        register,
        clock,
        every_s=settings.health_check_s,
        check_timeout_s=settings.health_timeout_s,
        relist_s=settings.relist_s,
    )
    invoke = _invoke_tool(settings, clock, meter, directory, artifacts, policy)
    expected = set(settings.addresses())
    ready_at = clock.monotonic() + settings.startup_wait_s

    async def ready() -> bool:
        return clock.monotonic() >= ready_at or follow.all_seen(expected)

    async def end_watches() -> None:
        directory.feed.close()

    servicer = ToolRouterServicer(directory, invoke, register)
    return Service(
        registrations=[(add_ToolRouterServiceServicer_to_server, servicer)],
        ready=ready,
        background=[follow.run],
        on_drain=end_watches,
    )


def _invoke_tool(
    settings: ToolRouterSettings,
    clock: Clock,
    meter: CallMeter,
    directory: ToolDirectory,
    artifacts: ArtifactStore | None,
    policy: PolicyInForce,
) -> InvokeTool:
    carry_out = CarryOutCall(
        CallToolService(directory, clock),
        AdmitCall(settings.max_concurrency, settings.max_queue),
        ShortenResult(artifacts, settings.max_result_bytes, settings.summary_characters),
        policy,
        meter,
        clock,
        RetryPolicy(settings.max_attempts),
        TimeLimits(settings.default_timeout_s, settings.call_timeout_s),
    )
    recent: RecentCalls[RunningCall] = RecentCalls(
        keep_s=settings.request_memory_s,
        max_calls=settings.request_memory_calls,
        max_bytes=settings.request_memory_bytes,
    )
    return InvokeTool(
        directory,
        carry_out,
        recent,
        policy,
        meter,
        clock,
        max_arguments_bytes=settings.max_arguments_bytes,
        max_partial_characters=settings.max_partial_characters,
    )


@asynccontextmanager
async def _discovery(
    settings: ToolRouterSettings, register: RegisterToolService, directory: ToolDirectory
) -> AsyncIterator[DiscoverToolServices]:
    """Looks for tool services in a cluster, where namespaces are set."""
    async with AsyncExitStack() as stack:
        watches = []
        if settings.namespaces():
            client = await stack.enter_async_context(open_kubernetes(settings.kube_config))
            watches = [KubernetesToolServices(client, namespace) for namespace in settings.namespaces()]
        discover = DiscoverToolServices(watches, register, directory)
        await discover.forget_other_namespaces()
        yield discover


@contextmanager
def _asked_by_hang_up(follow: FollowPolicy | None) -> Iterator[None]:
    """SIGHUP has the policy file read at once."""
    if follow is None:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, follow.ask)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _tls(settings: ToolRouterSettings) -> TlsFiles | None:
    """The router shows its own certificate to tool services that ask for one."""
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)
