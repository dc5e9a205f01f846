"""An import is deployed like any other tool service, with the real process that makes tools of it."""

from typing import Any

import pytest

from toolmesh.tool_host.v1 import source_pb2
from toolmesh.tool_host.v1 import tool_host_service_pb2 as pb
from toolmesh_core.errors import ToolMeshError

pytestmark = pytest.mark.asyncio(loop_scope="module")
Host = Any  # of the conftest


async def test_a_grpc_server_is_imported_by_its_reflection(host: Host) -> None:
    # The host's own server has reflection, so it can be its own peer.
    grpc = source_pb2.GrpcSource(address=host.process.address, services=["toolmesh.tool_host.v1.ToolHostService"])
    request = pb.DeployRequest(name="itself", source=source_pb2.DeploymentSource(grpc=grpc))
    responses = [response async for response in host.stub.Deploy(request, timeout=60)]
    deployed = responses[-1].deployment
    assert (deployed.kind, deployed.version) == ("grpc", 1)
    assert any("ListDeployments" in tool for tool in deployed.tools)
    await host.remove("itself")


async def test_an_import_of_what_does_not_answer_is_refused(host: Host) -> None:
    source = source_pb2.DeploymentSource(grpc=source_pb2.GrpcSource(address="127.0.0.1:1"))
    with pytest.raises(ToolMeshError):
        async for _ in host.stub.Deploy(pb.DeployRequest(name="nobody", source=source), timeout=60):
            pass
    assert (await host.get("nobody")).version == 0
