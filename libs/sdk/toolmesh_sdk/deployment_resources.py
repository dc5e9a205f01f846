"""The group of calls of tool deployments, of which two are streams: deploying, and following a log."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from os import PathLike
from typing import Any

from toolmesh_sdk.endpoint import AsyncResource, EachItem, Endpoint, SyncResource
from toolmesh_sdk.endpoints import tool_deployments
from toolmesh_sdk.records.tool_deployment import DeploymentSource, ResourceLimits, ToolDeployment


class ToolDeploymentCalls:
    """Calls of tool deployments."""

    list = Endpoint(tool_deployments.list_tool_deployments)
    each = EachItem(tool_deployments.list_tool_deployments)
    get = Endpoint(tool_deployments.get_tool_deployment)
    logs = Endpoint(tool_deployments.read_tool_logs)
    remove = Endpoint(tool_deployments.remove_tool_deployment)


class ToolDeployments(ToolDeploymentCalls, SyncResource):
    """Tool services that the platform runs from what you give it."""

    def deploy(
        self,
        source: str | PathLike[str] | DeploymentSource | Mapping[str, Any],
        *,
        name: str = "",
        limits: ResourceLimits | None = None,
        secrets: Sequence[str] = (),
        on_stage: Callable[[str], None] | None = None,
    ) -> ToolDeployment:
        """Deploys a Python file, a folder, or any other source; returns when its tools can be called.

        A version that does not become healthy is refused, and the one before keeps serving.

        Args:
            source: a path, or a source such as `python_source(path)`, also as the JSON object that it is.
            name: of the deployment; the file's or folder's where it is empty.
            limits: bounds of its processes.
            secrets: names of secrets of the host that a path's process gets as environment variables.
            on_stage: told each stage.
        """
        request = tool_deployments.deploy_tools(source, name=name, limits=limits, secrets=secrets)
        for event in self._transport.server_events(request):
            stage, deployed = tool_deployments.read_stage(event)
            if deployed is not None:
                return deployed
            if on_stage is not None and stage:
                on_stage(stage)
        raise tool_deployments.broken_off()

    def follow_logs(self, name: str, *, tail_lines: int = 0) -> Iterator[str]:
        """The last lines of a deployment's log, then new ones as they come."""
        for event in self._transport.server_events(tool_deployments.follow_tool_logs(name, tail_lines=tail_lines)):
            yield from tool_deployments.read_lines(event)


class AsyncToolDeployments(ToolDeploymentCalls, AsyncResource):
    """Tool services that the platform runs from what you give it."""

    async def deploy(
        self,
        source: str | PathLike[str] | DeploymentSource | Mapping[str, Any],
        *,
        name: str = "",
        limits: ResourceLimits | None = None,
        secrets: Sequence[str] = (),
        on_stage: Callable[[str], None] | None = None,
    ) -> ToolDeployment:
        """Deploys a Python file, a folder, or any other source; arguments and errors are those of ToolDeployments."""
        request = await asyncio.to_thread(
            tool_deployments.deploy_tools, source, name=name, limits=limits, secrets=secrets
        )
        async with aclosing(self._transport.server_events(request)) as events:
            async for event in events:
                stage, deployed = tool_deployments.read_stage(event)
                if deployed is not None:
                    return deployed
                if on_stage is not None and stage:
                    on_stage(stage)
        raise tool_deployments.broken_off()

    async def follow_logs(self, name: str, *, tail_lines: int = 0) -> AsyncIterator[str]:
        """The last lines of a deployment's log, then new ones as they come."""
        request = tool_deployments.follow_tool_logs(name, tail_lines=tail_lines)
        async with aclosing(self._transport.server_events(request)) as events:
            async for event in events:
                for line in tool_deployments.read_lines(event):
                    yield line
