"""One session with a server, from its start to its end.

We offer a server nothing it could ask us for: no sampling, no elicitation, and roots only where they are chosen.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
from mcp.client import Client, ClientRequestContext, IncomingMessage
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared.exceptions import MCPError
from mcp_types import (
    HEADER_MISMATCH,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    InputRequiredResult,
    ListRootsResult,
    Root,
    ToolListChangedNotification,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import TypeAdapter

from toolmesh_imports.mcp.back_off import BackOff
from toolmesh_imports.mcp.call_errors import input_refused
from toolmesh_imports.mcp.listing import list_entries
from toolmesh_imports.mcp.mcp_tool import LeftOut, McpTool, read_tools
from toolmesh_imports.mcp.options import McpOptions
from toolmesh_imports.mcp.peers import McpPeer, Opening
from toolmesh_imports.mcp.secret_values import SecretReader
from toolmesh_imports.mcp.server_state import OnProgress, progress_of
from toolmesh_imports.mcp.session_watch import SessionWatch, watched
from toolmesh_imports.mcp.stdio_transport import LastWords
from toolmesh_imports.openapi.secrets import Redaction

_ANSWER: TypeAdapter[CallToolResult | InputRequiredResult] = TypeAdapter(CallToolResult | InputRequiredResult)
_ABOUT_US = Implementation(name="toolmesh", version="0.1")
# What these log is a server's text, or its session id.
_TALKATIVE = ("client", "mcp.client")

OnTools = Callable[[list[McpTool], list[LeftOut]], None]


class Session:
    """A session that is opened once.

    Attributes:
        watch: whether it goes on, and why not.
    """

    def __init__(self, server: str, peer: McpPeer, options: McpOptions) -> None:
        self.watch = SessionWatch(options.limits.unasked_messages)
        self._server = server
        self._options = options
        self._secrets = SecretReader(peer.secrets)
        self._last_words = LastWords(options.limits.stderr_bytes)
        opening = Opening(options.limits, self.watch, self._secrets, self._last_words)
        self._client = Client(
            watched(peer.open(opening), self.watch),
            cache=None,
            client_info=_ABOUT_US,
            list_roots_callback=self._roots if options.roots else None,
            message_handler=self._notice,
            read_timeout_seconds=options.connect_timeout_s,
        )

    @property
    def protocol_version(self) -> str:
        """What was agreed on."""
        return self._client.protocol_version

    @property
    def redaction(self) -> Redaction:
        """Of the secrets that the server was given."""
        return self._secrets.redaction

    def last_words(self) -> str:
        """The end of what a command wrote to stderr."""
        return self._last_words.text()

    @asynccontextmanager
    async def open(self, on_tools: OnTools) -> AsyncGenerator[None]:
        """Starts and lists.

        Raises:
            mcp.MCPError, ToolError, OSError, TimeoutError, ValueError, RuntimeError, ExceptionGroup: it cannot; see
                `call_errors.error_of_session`.
        """
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        async with AsyncExitStack() as stack:
            # Without a reason: whatever ended it before has said more.
            stack.callback(self.watch.end, "")
            async with asyncio.timeout(self._options.connect_timeout_s):
                await stack.enter_async_context(self._client)
                on_tools(*await self._list())
            yield

    async def follow(self, on_tools: OnTools) -> None:
        """Lists anew whenever the server says that its tools changed; returns when the session has ended."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._subscribe)
            while await self._changed():
                async with asyncio.timeout(self._options.connect_timeout_s):
                    on_tools(*await self._list())
                with anyio.move_on_after(self._options.refresh_pause_s):
                    await self.watch.ended.wait()
            tasks.cancel_scope.cancel()

    async def call(self, tool: McpTool, arguments: Mapping[str, Any], on_progress: OnProgress | None) -> CallToolResult:
        """The answer to one call; cancelling tells the server to stop.

        Raises:
            mcp.MCPError: the server said no, or is gone.
            ToolError: INPUT_REQUIRED.
            ValueError: the answer is not what MCP says.
        """

        async def report(progress: float, total: float | None, message: str | None) -> None:
            if on_progress is not None:
                on_progress(progress_of(progress, total, self.redaction.clean(message or "")))

        request = CallToolRequest(params=CallToolRequestParams(name=tool.original, arguments=dict(arguments)))
        try:
            # Not the client's call_tool: it checks outputs with a slower validator, on patterns that may never end.
            answer = await self._client.session.send_request(
                request,
                _ANSWER,
                # The caller has a limit of its own, which comes first.
                request_read_timeout_seconds=self._options.timeout_s * 2,
                progress_callback=report if on_progress else None,
            )
        except MCPError as error:
            if error.code == HEADER_MISMATCH:
                # The tool's schema is another now.
                self.watch.changed.set()
            raise
        if isinstance(answer, InputRequiredResult):
            raise input_refused(tool.name)
        return answer

    async def _list(self) -> tuple[list[McpTool], list[LeftOut]]:
        if self._client.server_capabilities.tools is None:
            return [], [LeftOut("*", "the server says that it has no tools")]
        entries, left_out = await list_entries(self._client, self.watch, self._options.limits)
        entries = self.redaction.clean_json(entries)
        # Thousands of schemas take a while, which others should not wait for.
        tools, more = await asyncio.to_thread(read_tools, self._server, entries, self._options)
        return tools, left_out + more

    async def _changed(self) -> bool:
        await self.watch.changed.wait()
        self.watch.changed.clear()
        return not self.watch.ended.is_set()

    async def _subscribe(self) -> None:
        """From 2026-07-28 on a server tells only who asked; before, it tells by itself."""
        tools = self._client.server_capabilities.tools
        if self._client.protocol_version not in MODERN_PROTOCOL_VERSIONS or not (tools and tools.list_changed):
            return
        back_off = BackOff(self._options.refresh_pause_s, self._options.last_retry_s)
        while not self.watch.ended.is_set():
            try:
                async with self._client.listen(tools_list_changed=True) as events:
                    back_off.opened()
                    async for _ in events:
                        self.watch.changed.set()
            except (MCPError, SubscriptionLost, TimeoutError):
                # Nothing to tell: it is asked for again, and where the server is gone the watch says so.
                pass
            with anyio.move_on_after(back_off.wait_s()):
                await self.watch.ended.wait()
            # What changed in between, nobody told.
            self.watch.changed.set()

    async def _notice(self, message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification):
            self.watch.changed.set()

    async def _roots(self, context: ClientRequestContext) -> ListRootsResult:
        return ListRootsResult(roots=[Root.model_validate({"uri": uri}) for uri in self._options.roots])
