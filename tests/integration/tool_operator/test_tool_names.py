"""The names of its tools come into a Tool's status from the router, and nothing waits for the router."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from fixtures.kubernetes_api import DEPLOYMENTS, TOOLS
from fixtures.tool_cluster import NAMESPACE, Cluster, Operator

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import ToolRouterServiceStub
from toolmesh_core.channel import connect
from toolmesh_core.service import serving_grpc
from toolmesh_testing import serving
from toolmesh_tool_router.bootstrap import bootstrap
from toolmesh_tool_router.settings import ToolRouterSettings
from toolmesh_toolkit import tool, tool_service


@tool
def greet(name: str) -> str:
    """Write a greeting.

    Args:
        name: whom to greet.
    """
    return f"Hello, {name}!"


async def router_with(stack: AsyncExitStack, folder: Path, name: str) -> str:
    """A tool router that knows one tool service; its address."""
    settings = ToolRouterSettings(data_dir=folder, listen="127.0.0.1:0")
    service = await stack.enter_async_context(bootstrap(settings))
    running = await stack.enter_async_context(serving_grpc(service, settings))
    pod = await stack.enter_async_context(serving(tool_service([greet])))
    async with connect(running.address) as channel:
        stub: Any = ToolRouterServiceStub(channel)
        await stub.RegisterToolService(pb.RegisterToolServiceRequest(name=name, address=pod))
    return running.address


async def made_ready(cluster: Cluster) -> None:
    await cluster.create("greeting", image="registry.test/greeting:1")
    await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
    await cluster.all_ready("greeting")
    await cluster.until(lambda: cluster.conditions("greeting").get("Ready") == ("True", "ReplicasReady"))


async def test_a_ready_tool_names_the_tools_that_the_router_lists(
    cluster: Cluster, operator: Operator, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        address = await router_with(stack, tmp_path / "router", f"{NAMESPACE}_greeting")
        async with operator(router_address=address):
            await made_ready(cluster)
            await cluster.until(lambda: cluster.get(TOOLS, "greeting")["status"].get("tools") == ["greet"])


async def test_a_router_that_is_away_holds_nothing_up(cluster: Cluster, operator: Operator) -> None:
    async with operator(router_address="127.0.0.1:1", request_timeout_s=1.0):
        await made_ready(cluster)
    assert "tools" not in cluster.get(TOOLS, "greeting")["status"]
