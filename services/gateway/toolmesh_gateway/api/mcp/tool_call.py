"""tools/call: a call of a tool, with its progress, and cancelled as soon as nobody waits for it."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import Internal, ToolMeshError
from toolmesh_gateway.api.mcp.json_rpc import INVALID_PARAMS, REQUEST_CANCELLED, RpcError
from toolmesh_gateway.api.mcp.progress_steps import PROGRESS, ProgressSteps, progress_token_of
from toolmesh_gateway.api.mcp.resources import Resources
from toolmesh_gateway.api.mcp.rpc_exchange import Reply, RpcExchange, need_scope
from toolmesh_gateway.api.mcp.tool_outcome import failure, refusal, success
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.app.hold_for_approval import HoldForApproval
from toolmesh_gateway.app.ports import SingleCall, StreamCall
from toolmesh_gateway.domain.scopes import TOOLS_INVOKE

Request = tool_router_service_pb2.InvokeToolRequest
Result = tool_router_service_pb2.InvocationResult


class _UnderWay:
    """A call that a session can cancel."""

    def __init__(self, task: "asyncio.Task[Any]") -> None:
        self._task = task
        self.is_cancelled = False

    def cancel(self) -> None:
        """Ends the call; the one below it ends with it. A second time would hit the answer to the first."""
        if not self.is_cancelled:
            self.is_cancelled = True
            self._task.cancel()


class CallTool:
    """Calls tools.

    Args:
        keepalive_s: seconds of silence after which a slow call's answer becomes a stream.
    """

    def __init__(
        self,
        call: SingleCall,
        stream: StreamCall,
        hold: HoldForApproval,
        resources: Resources,
        keepalive_s: float,
    ) -> None:
        self._hold = hold
        self._call = call
        self._stream_call = stream
        self._resources = resources
        self._keepalive_s = keepalive_s

    async def __call__(self, rpc: RpcExchange) -> None:
        """Answers."""
        need_scope(rpc.exchange, TOOLS_INVOKE)
        request = _request_of(rpc)
        async with Reply(rpc, self._keepalive_s) as reply:
            try:
                with _cancellable(rpc):
                    result = await self._outcome(rpc, request, reply)
            except RpcError as error:
                await reply.fail(error)
            else:
                await reply.respond(result)

    async def _outcome(self, rpc: RpcExchange, request: Request, reply: Reply) -> dict[str, Any]:
        token = progress_token_of(rpc.message)
        try:
            await self._hold(request.tool)
            if token is None:
                result = await self._plain(request, reply)
            else:
                result = await self._with_progress(request, ProgressSteps(token), reply)
        except ToolMeshError as error:
            return refusal(error, rpc.version)
        is_failure = result.tool_result.WhichOneof("outcome") == "failure"
        answer = failure(result) if is_failure else success(result, is_stateless=rpc.is_stateless)
        artifacts = list(result.tool_result.artifacts)
        if artifacts:
            answer["content"] += await self._resources.blocks(rpc, artifacts)
        return answer

    async def _plain(self, request: Request, reply: Reply) -> Result:
        # Only one message comes, so the call may be a unary one, which costs half of a stream.
        request.result_only = True
        response = await reply.wait_for(self._call(request))
        if response.WhichOneof("event") != "result":
            raise _no_result(request.tool)
        return response.result  # type: ignore[no-any-return]

    async def _with_progress(self, request: Request, steps: ProgressSteps, reply: Reply) -> Result:
        responses = self._stream_call(request)
        try:
            events = aiter(responses)
            while (response := await reply.wait_for(_next_of(events))) is not None:
                if response.WhichOneof("event") == "result":
                    return response.result  # type: ignore[no-any-return]
                await reply.notify(PROGRESS, steps.step(response))
        finally:
            responses.cancel()
        raise _no_result(request.tool)


async def _next_of(events: Any) -> Any:
    return await anext(events, None)


@contextmanager
def _cancellable(rpc: RpcExchange) -> Iterator[None]:
    """Lets the session cancel what is done inside. RpcError: it did."""
    task = asyncio.current_task()
    session, request = rpc.session, rpc.message.id
    if session is None or request is None or task is None:
        yield
        return
    call = _UnderWay(task)
    session.enter(request, call)
    try:
        yield
    except asyncio.CancelledError:
        if not call.is_cancelled or rpc.exchange.client_is_gone:
            raise
        task.uncancel()
        raise RpcError(REQUEST_CANCELLED, "the request was cancelled") from None
    finally:
        session.leave(request, call)


def _request_of(rpc: RpcExchange) -> Request:
    arguments = rpc.message.params.get("arguments")
    if arguments is not None and not isinstance(arguments, dict):
        raise RpcError(INVALID_PARAMS, "params.arguments must be an object")
    return Request(
        tool=rpc.message.text("name"),
        arguments_json=write_json(arguments or {}).decode(),
        request_id=_request_id_of(rpc),
    )


def _request_id_of(rpc: RpcExchange) -> str:
    """Makes a request sent twice one call.

    A session uses no id for two requests. The ids of stateless requests are their client's own counting, so two
    clients may have the same; theirs join under an Idempotency-Key only.
    """
    given = rpc.exchange.header(b"idempotency-key")
    if given or rpc.session is None:
        return given
    # Hashed, since whoever knows a session's id may use the session.
    return hashlib.blake2b(f"{rpc.session.id}\n{rpc.message.id!r}".encode(), digest_size=16).hexdigest()


def _no_result(tool: str) -> Internal:
    return Internal(
        f"the call of tool {tool!r} ended without a result; look in the tool router's log", reason="NO_RESULT"
    )
