"""/mcp: takes a client's messages, knows their protocol version and session, and has each answered."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import HttpProblem
from toolmesh_gateway.api.mcp.json_rpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    Message,
    RpcError,
    read_message,
)
from toolmesh_gateway.api.mcp.notification_stream import NotificationStreams
from toolmesh_gateway.api.mcp.origins import Origins
from toolmesh_gateway.api.mcp.rpc_exchange import RpcExchange, accepts
from toolmesh_gateway.api.mcp.server_facts import initialize_result
from toolmesh_gateway.api.mcp.stateless_headers import VERSION_HEADER, VERSION_KEY, check_stateless, unsupported_version
from toolmesh_gateway.app.ports import SteadyClock
from toolmesh_gateway.domain.mcp_sessions import McpSession, McpSessions, RequestId
from toolmesh_gateway.domain.mcp_versions import HANDSHAKE, STATELESS, SUPPORTED, negotiated

Method = Callable[[RpcExchange], Awaitable[None]]
SESSION_HEADER = b"mcp-session-id"


@dataclass(frozen=True, slots=True)
class Methods:
    """What answers the requests, by method, with and without a session."""

    in_session: Mapping[str, Method]
    stateless: Mapping[str, Method]


class McpFace:
    """Speaks MCP over streamable HTTP.

    Args:
        limit: bytes of a body.
    """

    def __init__(
        self,
        methods: Methods,
        streams: NotificationStreams,
        sessions: McpSessions,
        origins: Origins,
        clock: SteadyClock,
        limit: int,
    ) -> None:
        self._methods = methods
        self._streams = streams
        self._sessions = sessions
        self._origins = origins
        self._clock = clock
        self._limit = limit

    async def answer_message(self, exchange: Exchange) -> None:
        """POST: one message."""
        self._origins.check(exchange)
        if not (accepts(exchange, "application/json") or accepts(exchange, "text/event-stream")):
            raise HttpProblem(
                406, "NOT_ACCEPTABLE", "send 'Accept: application/json, text/event-stream'; answers are one of these"
            )
        request: RequestId | None = None
        try:
            message = await read_message(exchange, self._limit)
            request = message.id
            await self._answer(exchange, message)
        except RpcError as error:
            # Before the version was known, or by a method; both have a status of HTTP that fits every version.
            await exchange.respond_json(error.document(request), error.status or 400)

    async def open_stream(self, exchange: Exchange) -> None:
        """GET: the notifications of a session."""
        self._origins.check(exchange)
        _refuse_stateless_verb(exchange)
        await self._streams.of_session(exchange, self._session(exchange))

    async def end_session(self, exchange: Exchange) -> None:
        """DELETE: a client that needs its session no more."""
        self._origins.check(exchange)
        _refuse_stateless_verb(exchange)
        self._sessions.end(_key_of(exchange), self._session(exchange))
        await exchange.respond(204, b"")

    async def _answer(self, exchange: Exchange, message: Message) -> None:
        if _is_stateless(exchange, message):
            await self._answer_stateless(exchange, message)
        elif message.method == "initialize":
            await self._begin_session(exchange, message)
        else:
            await self._answer_in_session(exchange, message, self._session(exchange))

    async def _answer_stateless(self, exchange: Exchange, message: Message) -> None:
        if message.id is None:
            # A client ends a call by closing its answer; there is nothing that it could notify us of.
            await _accept(exchange)
            return
        if not message.method:
            raise RpcError(INVALID_REQUEST, "a response answers nothing: no request is sent from here", status=400)
        check_stateless(exchange, message)
        await _dispatch(self._methods.stateless, RpcExchange(exchange, message, STATELESS))

    async def _begin_session(self, exchange: Exchange, message: Message) -> None:
        if message.id is None:
            raise RpcError(INVALID_REQUEST, "'initialize' is a request and must have an id", status=400)
        version = negotiated(message.text("protocolVersion"))
        session = McpSession(secrets.token_urlsafe(24), version, self._clock.monotonic())
        self._sessions.begin(_key_of(exchange), session)
        headers = [(SESSION_HEADER, session.id.encode())]
        await RpcExchange(exchange, message, version, session).respond(initialize_result(version), headers)

    async def _answer_in_session(self, exchange: Exchange, message: Message, session: McpSession) -> None:
        if message.method == "notifications/cancelled":
            _cancel(session, message)
        if message.id is None or not message.method:
            await _accept(exchange)
            return
        await _dispatch(self._methods.in_session, RpcExchange(exchange, message, session.version, session))

    def _session(self, exchange: Exchange) -> McpSession:
        """The session that a request is part of.

        Raises:
            HttpProblem: 400 where it names none or speaks another version; 404 where there is none, so that the client
                begins a new one.
        """
        session_id = exchange.header(SESSION_HEADER)
        if not session_id:
            detail = "the header Mcp-Session-Id is missing; begin a session by 'initialize'"
            raise HttpProblem(400, "NO_SESSION", detail)
        session = self._sessions.find(_key_of(exchange), session_id, self._clock.monotonic())
        if session is None:
            raise HttpProblem(404, "SESSION_NOT_FOUND", "there is no such session (any more); begin a new one")
        said = exchange.header(VERSION_HEADER)
        if said and said != session.version:
            detail = f"MCP-Protocol-Version is {said[:40]!r}, but this session speaks {session.version}"
            raise HttpProblem(400, "WRONG_VERSION", detail)
        return session


def _is_stateless(exchange: Exchange, message: Message) -> bool:
    """Which of the two ways a message goes. RpcError: its version is spoken in neither."""
    said = exchange.header(VERSION_HEADER)
    if said in HANDSHAKE or (message.method == "initialize" and said != STATELESS):
        return False
    has_envelope = VERSION_KEY in message.meta
    if said and said not in SUPPORTED and not has_envelope:
        raise unsupported_version(said)
    return bool(said) or has_envelope


async def _dispatch(methods: Mapping[str, Method], rpc: RpcExchange) -> None:
    method = methods.get(rpc.message.method)
    try:
        if method is None:
            known = ", ".join(sorted(methods))
            raise RpcError(METHOD_NOT_FOUND, f"there is no method {rpc.message.method[:80]!r} here; known are {known}")
        await method(rpc)
    except RpcError as error:
        await rpc.fail(error)


def _cancel(session: McpSession, message: Message) -> None:
    request = message.params.get("requestId")
    if isinstance(request, bool) or not isinstance(request, str | int):
        raise RpcError(INVALID_PARAMS, "params.requestId must be the id of a request", status=400)
    session.cancel(request)


async def _accept(exchange: Exchange) -> None:
    await exchange.respond(202, b"")


def _key_of(exchange: Exchange) -> str:
    return exchange.key.name if exchange.key else ""


def _refuse_stateless_verb(exchange: Exchange) -> None:
    if exchange.header(VERSION_HEADER) == STATELESS:
        detail = f"protocol version {STATELESS} has no sessions; use POST, and subscriptions/listen for notifications"
        raise HttpProblem(405, "METHOD_NOT_ALLOWED", detail, headers=[(b"allow", b"POST")])
