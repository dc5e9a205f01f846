"""ToolHostService over gRPC: unpacks, calls the use case, packs."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from toolmesh.tool_host.v1 import tool_host_service_pb2 as pb
from toolmesh.tool_host.v1.tool_host_service_pb2_grpc import ToolHostServiceServicer
from toolmesh_core.errors import InvalidInput
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_tool_host.api.packing import pack_deployment, unpack_limits, unpack_source
from toolmesh_tool_host.app.deploy_version import DeployVersion
from toolmesh_tool_host.app.fleet import Fleet
from toolmesh_tool_host.app.ports import Logs
from toolmesh_tool_host.app.remove_deployment import RemoveDeployment

_USUAL_TAIL = 200
_LONGEST_TAIL = 100_000


@dataclass(frozen=True)
class ToolHostServicer(ToolHostServiceServicer):
    """Each method is one RPC of the contract."""

    fleet: Fleet
    deploy: DeployVersion
    remove: RemoveDeployment
    logs: Logs

    async def Deploy(self, request: pb.DeployRequest, context: Any) -> AsyncIterator[pb.DeployResponse]:
        source, limits = unpack_source(request.source), unpack_limits(request.limits)
        async with aclosing(self.deploy(request.name, source, limits)) as stages:
            async for stage in stages:
                yield pb.DeployResponse(stage=stage)
        yield pb.DeployResponse(deployment=pack_deployment(self.fleet.find(request.name).view()))

    async def ListDeployments(self, request: pb.ListDeploymentsRequest, context: Any) -> pb.ListDeploymentsResponse:
        size, after = page_size_of(request.page_size), decode_page_token(request.page_token)
        names = sorted(name for name in self.fleet.entries if not after or name > str(after[0]))
        page = [pack_deployment(self.fleet.entries[name].view()) for name in names[:size]]
        token = encode_page_token(names[size - 1]) if len(names) > size else ""
        return pb.ListDeploymentsResponse(deployments=page, next_page_token=token)

    async def GetDeployment(self, request: pb.GetDeploymentRequest, context: Any) -> pb.GetDeploymentResponse:
        return pb.GetDeploymentResponse(deployment=pack_deployment(self.fleet.find(request.name).view()))

    async def ReadLogs(self, request: pb.ReadLogsRequest, context: Any) -> AsyncIterator[pb.ReadLogsResponse]:
        if request.tail_lines < 0:
            raise InvalidInput(f"'tail_lines' must not be negative, got {request.tail_lines}", field="tail_lines")
        name = self.fleet.find(request.name).name
        count = min(request.tail_lines or _USUAL_TAIL, _LONGEST_TAIL)
        async with aclosing(self.logs.read(name, count, follow=request.follow)) as pieces:
            async for lines in pieces:
                yield pb.ReadLogsResponse(lines=lines)

    async def RemoveDeployment(self, request: pb.RemoveDeploymentRequest, context: Any) -> pb.RemoveDeploymentResponse:
        await self.remove(request.name)
        return pb.RemoveDeploymentResponse()
