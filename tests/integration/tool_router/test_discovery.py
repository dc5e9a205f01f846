"""A router that is told namespaces of a cluster lists what they show, and forgets it with the setting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fixtures.kubernetes_api import SERVICES, kube_config, kubernetes_api

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import ToolRouterServiceStub
from toolmesh_core.channel import connect
from toolmesh_core.service import serving_grpc
from toolmesh_tool_router.bootstrap import bootstrap
from toolmesh_tool_router.settings import ToolRouterSettings

BODY = {
    "metadata": {"name": "greeting", "namespace": "tools", "labels": {"toolmesh.dev/tool": "true"}},
    "spec": {"ports": [{"name": "grpc", "port": 7000}]},
}


@asynccontextmanager
async def router(folder: Path, **settings: Any) -> AsyncIterator[Any]:
    chosen = ToolRouterSettings(data_dir=folder, listen="127.0.0.1:0", startup_wait_s=0, **settings)
    async with (
        bootstrap(chosen) as service,
        serving_grpc(service, chosen) as running,
        connect(running.address) as channel,
    ):
        yield ToolRouterServiceStub(channel)


async def services(stub: Any) -> dict[str, str]:
    found = await stub.ListToolServices(pb.ListToolServicesRequest())
    return {service.name: service.address for service in found.tool_services}


async def test_the_services_of_a_namespace_are_listed_until_it_is_taken_away(tmp_path: Path) -> None:
    async with kubernetes_api() as api:
        await api.create(SERVICES, BODY)
        config = kube_config(api, tmp_path)
        async with router(tmp_path / "data", kubernetes_namespaces="tools", kube_config=config) as stub:
            await api.until(lambda: ("watch", "services") in api.asked)
            assert await services(stub) == {"tools_greeting": "dns:///greeting.tools.svc:7000"}
    async with router(tmp_path / "data") as stub:
        assert await services(stub) == {}
