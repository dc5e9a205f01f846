"""Picks the real parts of the tool operator."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from toolmesh_core.channel import TlsFiles
from toolmesh_core.clock import SystemClock
from toolmesh_core.service import Service
from toolmesh_tool_operator.adapters.cluster_login import ClusterLogin
from toolmesh_tool_operator.adapters.kubernetes_api import open_kubernetes_api
from toolmesh_tool_operator.adapters.router_tool_names import open_router_tool_names
from toolmesh_tool_operator.api.watch_cluster import WatchCluster
from toolmesh_tool_operator.app.reconcile_tool import ReconcileTool
from toolmesh_tool_operator.app.run_reconciles import RunReconciles
from toolmesh_tool_operator.domain.schedule import Schedule
from toolmesh_tool_operator.domain.stock import Stock
from toolmesh_tool_operator.settings import ToolOperatorSettings


@asynccontextmanager
async def bootstrap(settings: ToolOperatorSettings) -> AsyncIterator[Service]:
    """The service with everything it needs, closed at the end."""
    clock = SystemClock()
    login = ClusterLogin(settings.kube_config)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(
            open_kubernetes_api(await login.configuration(), settings.request_timeout_s)
        )
        await api.check_that_tools_exist(settings.namespace_list()[0])
        names = None
        if settings.router_address:
            router = open_router_tool_names(settings.router_address, settings.request_timeout_s, _tls(settings))
            names = await stack.enter_async_context(router)
        reconcile = ReconcileTool(api, names, _stock(settings), clock)
        turns = RunReconciles(Schedule(settings.resync_s, settings.first_wait_s), reconcile, clock)
        watch = WatchCluster(settings.namespace_list(), login.connection, turns)
        yield Service(ready=watch.ready, background=[turns.run, watch.run])


def _stock(settings: ToolOperatorSettings) -> Stock:
    return Stock(
        runner_image=settings.runner_image,
        router_namespace=settings.router_namespace,
        router_labels=settings.router_label_map(),
        metrics_namespace=settings.metrics_namespace,
    )


def _tls(settings: ToolOperatorSettings) -> TlsFiles | None:
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)
