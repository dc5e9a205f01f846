"""Picks the real parts of the tool host: folders, virtual environments, processes, the tool router over gRPC."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from toolmesh.tool_host.v1.tool_host_service_pb2_grpc import add_ToolHostServiceServicer_to_server
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.clock import SystemClock
from toolmesh_core.service import Service
from toolmesh_tool_host.adapters.deployment_logs import DeploymentLogs
from toolmesh_tool_host.adapters.folder_store import FolderStore
from toolmesh_tool_host.adapters.grpc_tool_router import RETRIED, GrpcToolRouter
from toolmesh_tool_host.adapters.held_secrets import HeldSecrets
from toolmesh_tool_host.adapters.host_folder import host_folder, marker_of
from toolmesh_tool_host.adapters.process_launcher import ProcessLauncher
from toolmesh_tool_host.adapters.python_environments import PythonEnvironments
from toolmesh_tool_host.adapters.resource_watch import ResourceWatch
from toolmesh_tool_host.api.tool_host_servicer import ToolHostServicer
from toolmesh_tool_host.app.deploy_version import DeployVersion
from toolmesh_tool_host.app.fleet import Fleet
from toolmesh_tool_host.app.keep_registered import KeepRegistered
from toolmesh_tool_host.app.ports import ToolRouter
from toolmesh_tool_host.app.remove_deployment import RemoveDeployment
from toolmesh_tool_host.app.restore_deployments import RestoreDeployments
from toolmesh_tool_host.app.retire_version import RetireVersion
from toolmesh_tool_host.domain.deployment import ResourceLimits
from toolmesh_tool_host.domain.source import SourceBounds
from toolmesh_tool_host.settings import ToolHostSettings


@asynccontextmanager
async def bootstrap(settings: ToolHostSettings) -> AsyncIterator[Service]:
    """Takes the data folder, hands over the service; at the end all its processes are stopped."""
    data = settings.data_dir.absolute()
    with host_folder(data) as sockets:
        async with connect(settings.tool_router_address, retry_methods=RETRIED, tls=_tls(settings)) as channel:
            fleet = Fleet()
            try:
                yield await _service(settings, data, sockets, fleet, GrpcToolRouter(channel))
            finally:
                await fleet.close(settings.stop_grace_s)


async def _service(settings: ToolHostSettings, data: Path, sockets: Path, fleet: Fleet, router: ToolRouter) -> Service:
    """The use cases, wired."""
    store = FolderStore(data / "deployments")
    environments = PythonEnvironments(data / "environments", settings.install_timeout_s)
    logs = DeploymentLogs(store.folder, settings.log_bytes)
    launcher = ProcessLauncher(
        sockets, store.folder, environments.python, logs, _told_to_tools(settings), marker_of(data)
    )
    secrets = HeldSecrets(os.environ, settings.secrets_dir)
    defaults = ResourceLimits(settings.memory_bytes, settings.open_files, settings.processes)
    retire = RetireVersion(fleet, store, environments, switch_s=settings.switch_s, drain_s=settings.old_version_drain_s)
    remove = RemoveDeployment(fleet, store, router, logs, retire)
    deploy = DeployVersion(
        fleet,
        store,
        environments,
        launcher,
        router,
        secrets,
        logs,
        retire,
        SystemClock(),
        bounds=SourceBounds(settings.max_source_bytes, settings.max_source_files),
        defaults=defaults,
        start_timeout_s=settings.start_timeout_s,
    )
    restore = RestoreDeployments(fleet, store, environments, launcher, secrets, remove, defaults)
    await restore.load()
    keep = KeepRegistered(fleet, router)
    clock = SystemClock()
    ready_at = clock.monotonic() + settings.startup_wait_s

    async def ready() -> bool:
        return clock.monotonic() >= ready_at or keep.all_registered()

    async def drain() -> None:
        logs.close()
        await fleet.end_work()

    return Service(
        registrations=[(add_ToolHostServiceServicer_to_server, ToolHostServicer(fleet, deploy, remove, logs))],
        ready=ready,
        background=[restore.run, keep.run, ResourceWatch(launcher.running, settings.watch_s).run, retire.tidy],
        on_drain=drain,
    )


def _told_to_tools(settings: ToolHostSettings) -> dict[str, str]:
    """The settings that every deployment's process gets; it drains as long as an old version may."""
    told = {
        "LOG_LEVEL": settings.log_level,
        "OTLP_ENDPOINT": settings.otlp_endpoint,
        "DRAIN_TIMEOUT_S": f"{settings.old_version_drain_s:g}",
    }
    return {name: value for name, value in told.items() if value}


def _tls(settings: ToolHostSettings) -> TlsFiles | None:
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)
