"""Refuses what an LLM outside of a run may not call: tools whose owner wants a person to agree to each call."""

from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import PermissionDenied
from toolmesh_gateway.app.ports import SingleCall, SteadyClock

# As old as what the router says of a tool may be anyway, and new enough that most calls ask nothing.
_KEEP_S = 5.0
_MAX_TOOLS = 10_000


class HoldForApproval:
    """Knows which tools need approval, by asking the router about each at most every few seconds."""

    def __init__(self, get_tool: SingleCall, clock: SteadyClock) -> None:
        self._get_tool = get_tool
        self._clock = clock
        self._known: dict[str, tuple[float, bool]] = {}

    async def __call__(self, tool: str) -> None:
        """Returns where the tool may be called.

        Raises:
            PermissionDenied: it needs approval. NotFound: there is no such tool.
        """
        now = self._clock.monotonic()
        asked, needs_approval = self._known.get(tool, (0.0, False))
        if tool not in self._known or now - asked > _KEEP_S:
            found = await self._get_tool(tool_router_service_pb2.GetToolRequest(tool=tool))
            needs_approval = found.tool.needs_approval
            if len(self._known) >= _MAX_TOOLS:
                self._known.clear()
            self._known[tool] = (now, needs_approval)
        if needs_approval:
            raise PermissionDenied(
                f"tool {tool!r} needs a person's approval for each call; ask for it in a run, where it can wait",
                reason="APPROVAL_REQUIRED",
                metadata={"tool": tool},
            )
