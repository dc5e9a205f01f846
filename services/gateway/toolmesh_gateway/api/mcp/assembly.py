"""Puts MCP's face together."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_gateway.api.mcp.mcp_face import McpFace, Method, Methods
from toolmesh_gateway.api.mcp.notification_stream import NotificationStreams
from toolmesh_gateway.api.mcp.origins import Origins
from toolmesh_gateway.api.mcp.resources import Resources
from toolmesh_gateway.api.mcp.rpc_exchange import RpcExchange
from toolmesh_gateway.api.mcp.server_facts import discover_result
from toolmesh_gateway.api.mcp.tool_call import CallTool
from toolmesh_gateway.api.mcp.tool_listing import ListTools
from toolmesh_gateway.app.follow_tool_changes import FollowToolChanges
from toolmesh_gateway.app.hold_for_approval import HoldForApproval
from toolmesh_gateway.app.ports import SteadyClock, Upstream
from toolmesh_gateway.domain.mcp_sessions import McpSessions
from toolmesh_gateway.domain.methods import MEMORY_SERVICE, TOOL_ROUTER_SERVICE


@dataclass(frozen=True, slots=True)
class McpLimits:
    """How much MCP may be used, and by which pages.

    Attributes:
        sessions_per_key: sessions, and beside them open subscriptions, of one key.
        session_idle_s: seconds without use after which a session has ended.
        notification_pause_s: the least seconds between two notifications on a stream.
        origins: web origins that may speak MCP, besides this machine's.
    """

    sessions_per_key: int = 1000
    session_idle_s: float = 1800.0
    notification_pause_s: float = 1.0
    origins: Sequence[str] = ()


def mcp_face(
    upstream: Upstream, clock: SteadyClock, limits: McpLimits, *, body_bytes: int, keepalive_s: float
) -> McpFace:
    """The face."""
    streams = NotificationStreams(
        FollowToolChanges(upstream.stream(f"{TOOL_ROUTER_SERVICE}/WatchTools")),
        max_per_key=limits.sessions_per_key,
        keepalive_s=keepalive_s,
        pause_s=limits.notification_pause_s,
    )
    return McpFace(
        _methods(
            upstream, streams, HoldForApproval(upstream.single(f"{TOOL_ROUTER_SERVICE}/GetTool"), clock), keepalive_s
        ),
        streams,
        McpSessions(limits.sessions_per_key, limits.session_idle_s),
        Origins(limits.origins),
        clock,
        body_bytes,
    )


def _methods(upstream: Upstream, streams: NotificationStreams, hold: HoldForApproval, keepalive_s: float) -> Methods:
    resources = Resources(
        upstream.single(f"{MEMORY_SERVICE}/GetArtifact"),
        upstream.stream(f"{MEMORY_SERVICE}/ReadArtifact"),
        upstream.single(f"{MEMORY_SERVICE}/ListArtifacts"),
    )
    invoke = f"{TOOL_ROUTER_SERVICE}/InvokeTool"
    call_tool = CallTool(upstream.single(invoke), upstream.stream(invoke), hold, resources, keepalive_s)
    always: dict[str, Method] = {
        "tools/list": ListTools(upstream.single(f"{TOOL_ROUTER_SERVICE}/ListTools")),
        "tools/call": call_tool,
        "resources/list": resources.answer_list,
        "resources/read": resources.answer_read,
        "resources/templates/list": resources.answer_templates,
    }
    return Methods(
        in_session=always | {"ping": _answer_ping},
        stateless=always | {"server/discover": _answer_discover, "subscriptions/listen": streams.of_subscription},
    )


async def _answer_ping(rpc: RpcExchange) -> None:
    await rpc.respond({})


async def _answer_discover(rpc: RpcExchange) -> None:
    await rpc.respond(discover_result())
