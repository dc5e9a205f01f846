"""An MCP server whose tools are ours: connected, listed, called, and connected to again when it dies."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.shared.exceptions import MCPError

from toolmesh_core.call_context import remaining_s
from toolmesh_core.errors import DeadlineExceeded, NotFound, ToolError, ToolMeshError, Unavailable
from toolmesh_imports.mcp.back_off import BackOff
from toolmesh_imports.mcp.call_errors import error_of_call, error_of_session
from toolmesh_imports.mcp.mcp_tool import LeftOut, McpTool
from toolmesh_imports.mcp.options import McpOptions, checked_server_name
from toolmesh_imports.mcp.peers import McpPeer
from toolmesh_imports.mcp.results import McpResult, read_result
from toolmesh_imports.mcp.server_state import OnChange, OnProgress, ServerState
from toolmesh_imports.mcp.session import Session

_SESSION_ERRORS = (MCPError, ToolError, OSError, ValueError, RuntimeError, ExceptionGroup)


class McpServer:
    """The tools of one server, for as long as it is entered.

    Args:
        name: begins the name of each of its tools.
        on_change: called with each new state; it must not wait.

    Raises:
        InvalidInput: the name cannot be part of a tool's name.
    """

    def __init__(
        self, name: str, peer: McpPeer, options: McpOptions | None = None, *, on_change: OnChange | None = None
    ) -> None:
        self.name = checked_server_name(name)
        self.state = ServerState()
        self._peer = peer
        self._options = options or McpOptions()
        self._on_change = on_change
        self._session: Session | None = None
        self._up = asyncio.Event()
        self._sessions: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connects and lists.

        Raises:
            FailedPrecondition: it cannot be started or refuses, its host is not allowed, or a secret is missing.
            Unavailable, DeadlineExceeded: it cannot be reached, ends at once, or is not ready in time.
        """
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sessions = asyncio.create_task(self._keep_connected(first))
        try:
            await asyncio.wait({first, self._sessions}, return_when=asyncio.FIRST_COMPLETED)
            if not first.done():
                # A defect of ours, which it raises.
                await self._sessions
            first.result()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def call(self, name: str, arguments: Mapping[str, Any], on_progress: OnProgress | None = None) -> McpResult:
        """Calls a tool by our name for it. Nothing is called twice: who retries knows whether it may.

        Args:
            on_progress: called with each progress that the server tells; it must not wait.

        Raises:
            NotFound: the server has no such tool, or no longer.
            ToolError: the arguments are wrong, the tool said no, or its output is too large or not what it declares.
            Unavailable, DeadlineExceeded: the server is gone, or does not answer in time.
        """
        tool = self.state.tools.get(name)
        if tool is None:
            raise NotFound(f"MCP server {self.name!r} has no tool {name!r}; see its list of tools")
        _check(tool, arguments, self._options.limits.message_bytes)
        try:
            async with asyncio.timeout(self._limit_s(name)) as limit:
                session = await self._ready(name)
                return await self._called(session, tool, arguments, on_progress)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise DeadlineExceeded(
                f"tool {name!r} was not done in time and was stopped", reason="TOOL_TIMEOUT"
            ) from error

    async def _called(
        self, session: Session, tool: McpTool, arguments: Mapping[str, Any], on_progress: OnProgress | None
    ) -> McpResult:
        try:
            answer = await session.call(tool, arguments, on_progress)
        except MCPError as error:
            failure: ToolError | ToolMeshError = error_of_call(error, tool.name, session.watch, session.redaction)
        except ValueError:
            failure = ToolError(f"tool {tool.name!r}: its answer is not what MCP says", reason="BAD_OUTPUT")
        else:
            return read_result(tool, answer, self._options.limits, session.redaction)
        # Outside the handlers: the SDK's error would come along, with whatever the server wrote into it.
        raise failure

    def _limit_s(self, name: str) -> float:
        left = remaining_s()
        if left is not None and left <= 0:
            raise DeadlineExceeded(f"no time left to call {name!r}; allow the request more time")
        return self._options.timeout_s if left is None else min(left, self._options.timeout_s)

    async def _ready(self, name: str) -> Session:
        if (session := self._live()) is None:
            # It may still be closing; the next one sets it again.
            self._up.clear()
            await self._wait_until_up()
            session = self._live()
        if session is None:
            why = self.state.reason or f"MCP server {self.name!r} is not connected"
            raise Unavailable(f"tool {name!r} cannot be called: {why}")
        return session

    def _live(self) -> Session | None:
        return None if self._session is None or self._session.watch.ended.is_set() else self._session

    async def _wait_until_up(self) -> None:
        with anyio.move_on_after(self._options.ready_wait_s):
            await self._up.wait()

    async def _keep_connected(self, first: asyncio.Future[None]) -> None:
        back_off = BackOff(self._options.first_retry_s, self._options.last_retry_s)
        while True:
            error = await self._one_session(back_off, first)
            if not first.done():
                first.set_exception(error)
                return
            self._change(replace(self.state, up=False, reason=error.message))
            await asyncio.sleep(back_off.wait_s())

    async def _one_session(self, back_off: BackOff, first: asyncio.Future[None]) -> ToolMeshError:
        """Opens a session and stays until it ends; gives why it did."""
        session = Session(self.name, self._peer, self._options)
        cause: BaseException | None = None

        def listed(tools: list[McpTool], left_out: list[LeftOut]) -> None:
            by_name = {tool.name: tool for tool in tools}
            self._change(ServerState(True, by_name, tuple(left_out), session.protocol_version))

        try:
            async with session.open(listed):
                self._session = session
                self._up.set()
                back_off.opened()
                if not first.done():
                    first.set_result(None)
                await session.follow(listed)
        except _SESSION_ERRORS as error:
            cause = error
        finally:
            self._session = None
            self._up.clear()
        return error_of_session(cause, self.name, session.watch, session.last_words(), session.redaction)

    def _change(self, state: ServerState) -> None:
        self.state = state
        if self._on_change is not None:
            self._on_change(state)

    async def _stop(self) -> None:
        assert self._sessions is not None  # noqa: S101 - entered before
        self._sessions.cancel()
        await asyncio.wait([self._sessions])
        self.state = replace(self.state, up=False, reason=f"MCP server {self.name!r} is not connected")


def _check(tool: McpTool, arguments: Mapping[str, Any], most_bytes: int) -> None:
    if wrong := tool.arguments.check(arguments):
        raise ToolError(f"tool {tool.name!r}: {'; '.join(wrong)}", reason="BAD_ARGUMENTS")
    try:
        size = len(json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as error:
        # What cannot be sent would end the session with all its calls.
        raise ToolError(
            f"tool {tool.name!r}: the arguments hold NaN, an infinite number or half of a sign (a lone surrogate)",
            reason="BAD_ARGUMENTS",
        ) from error
    if size > most_bytes:
        raise ToolError(f"tool {tool.name!r}: the arguments have over {most_bytes} bytes", reason="BAD_ARGUMENTS")
