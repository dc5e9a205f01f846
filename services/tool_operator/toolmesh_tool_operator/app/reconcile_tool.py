"""Brings the cluster to what one Tool says, and writes down how it is."""

import logging
from collections.abc import Mapping
from typing import Any

from toolmesh_core.clock import Clock
from toolmesh_core.errors import FailedPrecondition, InvalidInput, ToolMeshError
from toolmesh_tool_operator.app.ports import Cluster, ToolNames
from toolmesh_tool_operator.domain.drift import differs, is_owned
from toolmesh_tool_operator.domain.labels import Manifest, selector_of
from toolmesh_tool_operator.domain.manifests import CHILD_KINDS, DEPLOYMENT, TOOL, Kind, manifests
from toolmesh_tool_operator.domain.status import Finding, Rollout, failed, findings, rollout_of, status_of
from toolmesh_tool_operator.domain.stock import Stock
from toolmesh_tool_operator.domain.tool import Tool, read_tool

logger = logging.getLogger(__name__)
_ASK_FOR_TOOLS_AGAIN_S = 2.0


class ReconcileTool:
    """One look at one Tool: reads, applies only what differs, writes the status only where it changed."""

    def __init__(self, cluster: Cluster, names: ToolNames | None, stock: Stock, clock: Clock) -> None:
        self._cluster = cluster
        self._names = names
        self._stock = stock
        self._clock = clock

    async def __call__(self, namespace: str, name: str) -> float | None:
        """Returns seconds after which to look again, None for the usual.

        Raises:
            ToolMeshError: the API failed; it is in the conditions where that could be written, and to be tried again.
        """
        body = await self._cluster.get(TOOL, namespace, name)
        if body is None or body["metadata"].get("deletionTimestamp"):
            return None
        try:
            tool = read_tool(body)
        except InvalidInput as error:
            await self._tell_of_bad_spec(body, error)
            return None
        try:
            return await self._reconcile(tool, body.get("status") or {})
        except ToolMeshError as error:
            await self._write(
                tool, body.get("status") or {}, failed(_word(error), f"{error.message}; it is tried again")
            )
            raise

    async def _reconcile(self, tool: Tool, before: Mapping[str, Any]) -> float | None:
        found = {kind: await self._own(kind, tool) for kind in CHILD_KINDS}
        now = found[DEPLOYMENT]
        wanted = manifests(tool, self._stock, now["spec"].get("replicas") if now else None)
        for kind, manifest in wanted.items():
            if differs(manifest, found[kind]):
                found[kind] = await self._apply(kind, manifest)
        for kind in CHILD_KINDS:
            unwanted = found[kind]
            if kind not in wanted and unwanted is not None:
                await self._cluster.delete(kind, tool.namespace, tool.name, unwanted["metadata"]["uid"])
        return await self._report(tool, before, found[DEPLOYMENT] or wanted[DEPLOYMENT])

    async def _own(self, kind: Kind, tool: Tool) -> Manifest | None:
        found = await self._cluster.get(kind, tool.namespace, tool.name)
        if found is not None and not is_owned(found, tool.uid):
            raise FailedPrecondition(
                f"{kind.name} {tool.name!r} is there already and does not belong to this Tool; rename one of the two",
                reason="NameTaken",
            )
        return found

    async def _apply(self, kind: Kind, manifest: Manifest) -> Manifest:
        metadata = manifest["metadata"]
        logger.info("applied", extra={"kind": kind.name, "namespace": metadata["namespace"], "tool": metadata["name"]})
        return await self._cluster.apply(kind, manifest)

    async def _report(self, tool: Tool, before: Mapping[str, Any], deployment: Manifest) -> float | None:
        rollout = rollout_of(deployment)
        pods = [] if rollout.done else await self._cluster.list_pods(tool.namespace, selector_of(tool.name))
        told = findings(deployment, pods)
        tools = await self._names.tools_of(tool.namespace, tool.name) if self._names and rollout.ready else None
        await self._write(tool, before, told, rollout, tools)
        waits_for_names = self._names is not None and rollout.done and rollout.wanted > 0 and not tools
        return _ASK_FOR_TOOLS_AGAIN_S if waits_for_names else None

    async def _write(
        self,
        tool: Tool,
        before: Mapping[str, Any],
        told: Mapping[str, Finding],
        rollout: Rollout | None = None,
        tools: list[str] | None = None,
    ) -> None:
        status = status_of(tool.name, tool.generation, told, before, self._clock.now(), rollout=rollout, tools=tools)
        if status != before:
            await self._cluster.write_status(tool.namespace, tool.name, status)

    async def _tell_of_bad_spec(self, body: Mapping[str, Any], error: InvalidInput) -> None:
        """What runs is left as it is; only its owner can mend the spec."""
        metadata, before = body["metadata"], body.get("status") or {}
        told = failed("InvalidSpec", error.message)
        status = status_of(metadata["name"], metadata["generation"], told, before, self._clock.now())
        if status != before:
            await self._cluster.write_status(metadata["namespace"], metadata["name"], status)


def _word(error: ToolMeshError) -> str:
    """A reason as conditions have it: CamelCase, where the tree has UPPER_SNAKE."""
    return "".join(part.capitalize() for part in error.reason.split("_")) if error.reason.isupper() else error.reason
