"""The tool router over gRPC. Tells a router that is away from a tool that is down: the second is the LLM's concern."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc

from toolmesh.chat.v1.message_pb2 import ToolCall
from toolmesh.tool.v1.tool_pb2 import CallContext, Tool
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc
from toolmesh.tool_router.v1.tool_router_service_pb2 import InvocationResult, InvokeToolResponse
from toolmesh_core.error_status import CONNECTION_LOST
from toolmesh_core.errors import Cancelled, Internal, PermissionDenied, Unavailable
from toolmesh_planner.app.ports import ApprovalRequired, Invocation, OnProgress, Permission, RouterLost
from toolmesh_planner.domain.times import seconds_of

_CONNECT_S = 0.5
# As metadata, which the gateway lets no client set: the router must not believe a client that it was approved.
_KEY_KEY = "toolmesh-key"
_APPROVED_KEY = "toolmesh-approved"
Metadata = tuple[tuple[str, str], ...]


class GrpcToolRouter:
    """The ToolRouter port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._stub = tool_router_service_pb2_grpc.ToolRouterServiceStub(channel)
        # A stream of exactly one message is a unary answer on the wire, and gRPC reads that at half the cost.
        self._invoke_unary: Callable[..., Awaitable[InvokeToolResponse]] = channel.unary_unary(
            "/toolmesh.tool_router.v1.ToolRouterService/InvokeTool",
            request_serializer=tool_router_service_pb2.InvokeToolRequest.SerializeToString,
            response_deserializer=InvokeToolResponse.FromString,
        )

    async def get_tool(self, name: str) -> Tool:
        """A tool by name. NotFound where there is none."""
        response = await self._stub.GetTool(tool_router_service_pb2.GetToolRequest(tool=name))
        return response.tool

    async def invoke(
        self,
        call: ToolCall,
        context: CallContext,
        permission: Permission,
        timeout_s: float,
        on_progress: OnProgress | None,
    ) -> Invocation:
        """Makes a call; without `on_progress` only the result is asked for, which costs less.

        Raises:
            ApprovalRequired: a rule of the operator's policy holds the call until a person has approved it.
            RouterLost: the router went away. Any other error of the tree: the router's answer about this call.
        """
        await self._connected()
        request = tool_router_service_pb2.InvokeToolRequest(
            tool=call.tool,
            arguments_json=call.arguments_json,
            request_id=f"{context.run}/{call.id}",
            context=context,
            result_only=on_progress is None,
        )
        metadata = _metadata_of(permission)
        try:
            if on_progress is None:
                result = (await self._invoke_unary(request, timeout=timeout_s, metadata=metadata)).result
            else:
                result = await self._streamed(request, metadata, timeout_s, on_progress)
        except PermissionDenied as error:
            if error.reason == ApprovalRequired.default_reason:
                raise ApprovalRequired(_who_asks(error), metadata=error.metadata) from error
            raise
        except Cancelled as error:
            raise RouterLost(f"the tool router stopped: {error.message}", sent=True) from error
        except Unavailable as error:
            if error.reason == CONNECTION_LOST:
                raise RouterLost(f"the tool router went away: {error.message}", sent=True) from error
            raise
        return Invocation(result.tool_result, seconds_of(result.call_duration), max(1, result.attempts))

    async def _streamed(
        self,
        request: tool_router_service_pb2.InvokeToolRequest,
        metadata: Metadata,
        timeout_s: float,
        on_progress: OnProgress,
    ) -> InvocationResult:
        result: InvocationResult | None = None
        responses = self._stub.InvokeTool(request, timeout=timeout_s, metadata=metadata)
        try:
            # To the very end: the status that follows the result is on its way already, a cancel would be a call more.
            async for response in responses:
                match response.WhichOneof("event"):
                    case "result":
                        result = response.result
                    case "progress":
                        on_progress(response.progress.fraction, response.progress.message, "")
                    case "partial_output":
                        on_progress(0.0, "", response.partial_output)
        except asyncio.CancelledError:
            responses.cancel()
            raise
        if result is not None:
            return result
        raise Internal(f"the tool router ended the call of '{request.tool}' without a result", reason="NO_RESULT")

    async def _connected(self) -> None:
        """A call that is sent only over a standing connection is known not to be sent where there is none."""
        if self._channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY:
            return
        try:
            async with asyncio.timeout(_CONNECT_S):
                await self._channel.channel_ready()
        except TimeoutError as error:
            raise RouterLost("the tool router does not answer; is it running?", sent=False) from error


def _who_asks(error: PermissionDenied) -> str:
    why = error.metadata.get("why", "")
    return f"rule '{error.metadata.get('rule', '')}' of the policy asks for it" + (f": {why}" if why else "")


def _metadata_of(permission: Permission) -> Metadata:
    key = ((_KEY_KEY, permission.key),) if permission.key else ()
    approved = ((_APPROVED_KEY, "true"),) if permission.approved else ()
    return (*key, *approved)
