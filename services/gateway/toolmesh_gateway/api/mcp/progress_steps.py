"""A call's progress and partial output as notifications/progress, whose number must grow each time."""

from typing import Any

from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_gateway.api.mcp.json_rpc import Message

PROGRESS = "notifications/progress"
# What does not move a call on still counts as this much of it.
_LEAST = 1e-6


def progress_token_of(message: Message) -> str | int | None:
    """The token under which the client wants to hear of progress; None where it does not."""
    token = message.meta.get("progressToken")
    return token if isinstance(token, str | int) and not isinstance(token, bool) else None


class ProgressSteps:
    """Makes the notifications of one call, as parts of 1."""

    def __init__(self, token: str | int) -> None:
        self._token = token
        self._last = 0.0

    def step(self, response: tool_router_service_pb2.InvokeToolResponse) -> dict[str, Any]:
        """The parameters of a notification; partial output is its message, since MCP has no other place for it."""
        if response.WhichOneof("event") == "partial_output":
            return self._params(0.0, response.partial_output)
        return self._params(response.progress.fraction, response.progress.message)

    def _params(self, fraction: float, message: str) -> dict[str, Any]:
        self._last = fraction if fraction > self._last else round(self._last + _LEAST, 6)
        params: dict[str, Any] = {"progressToken": self._token, "progress": self._last, "total": 1}
        return params | {"message": message} if message else params
