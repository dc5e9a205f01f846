"""MCP sessions of the versions with a handshake: whose they are, what runs in them, and how many there may be."""

from dataclasses import dataclass, field
from typing import Protocol

from toolmesh_core.errors import ResourceExhausted

RequestId = str | int


class Cancellable(Protocol):
    """A call or a stream that can be ended from outside."""

    def cancel(self) -> None:
        """Ends it soon."""
        ...


@dataclass(slots=True, eq=False)
class McpSession:
    """One client's session.

    Attributes:
        id: known to the client only.
        version: the protocol version agreed on.
        used_at: when it was last used, in seconds of a steady clock.
        calls: what is under way, by the id of its request; a request sent twice is there twice.
        stream: the stream of notifications, where it is open.
    """

    id: str
    version: str
    used_at: float
    calls: dict[RequestId, list[Cancellable]] = field(default_factory=dict)
    stream: Cancellable | None = None

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer or listens."""
        return bool(self.calls) or self.stream is not None

    def enter(self, request: RequestId, call: Cancellable) -> None:
        """A call begins."""
        self.calls.setdefault(request, []).append(call)

    def leave(self, request: RequestId, call: Cancellable) -> None:
        """A call has ended."""
        running = self.calls[request]
        running.remove(call)
        if not running:
            del self.calls[request]

    def cancel(self, request: RequestId) -> None:
        """Cancels the call of a request; one that has ended is left as it is."""
        for call in list(self.calls.get(request, ())):
            call.cancel()

    def listen(self, stream: Cancellable) -> None:
        """A stream of notifications begins; it takes the place of one before, whose client may be long gone."""
        if self.stream is not None:
            self.stream.cancel()
        self.stream = stream

    def stop_listening(self, stream: Cancellable) -> None:
        """A stream has ended."""
        if self.stream is stream:
            self.stream = None

    def end(self) -> None:
        """Ends all that is under way."""
        for request in list(self.calls):
            self.cancel(request)
        if self.stream is not None:
            self.stream.cancel()


class McpSessions:
    """All sessions, by key; in memory, so a restart forgets them and clients begin anew.

    Args:
        max_per_key: a new session takes the place of the key's longest unused one beyond this.
        idle_s: seconds without use after which a session has ended.
    """

    def __init__(self, max_per_key: int, idle_s: float) -> None:
        self._max_per_key = max_per_key
        self._idle_s = idle_s
        self._by_key: dict[str, dict[str, McpSession]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def begin(self, key: str, session: McpSession) -> None:
        """Adds a session of a key.

        Raises:
            ResourceExhausted: the key has as many as it may, and all are in use.
        """
        sessions = self._by_key.setdefault(key, {})
        for old in [old for old in sessions.values() if self._is_over(old, session.used_at)]:
            del sessions[old.id]
        if len(sessions) >= self._max_per_key:
            unused = [old for old in sessions.values() if not old.is_busy]
            if not unused:
                raise ResourceExhausted(
                    f"the key has {len(sessions)} MCP sessions in use, its limit; end one by DELETE",
                    reason="TOO_MANY_SESSIONS",
                    retry_after_s=5.0,
                )
            del sessions[min(unused, key=lambda old: old.used_at).id]
        sessions[session.id] = session

    def find(self, key: str, session_id: str, now: float) -> McpSession | None:
        """The key's session of that id, used now; None where it has none, or it has ended."""
        session = self._by_key.get(key, {}).get(session_id)
        if session is None:
            return None
        if self._is_over(session, now):
            self.end(key, session)
            return None
        session.used_at = now
        return session

    def end(self, key: str, session: McpSession) -> None:
        """Forgets a session and ends what is under way in it."""
        del self._by_key[key][session.id]
        session.end()

    def _is_over(self, session: McpSession, now: float) -> bool:
        return not session.is_busy and now - session.used_at > self._idle_s
