"""Adds turns to a session, all or none, once for each request_id."""

from collections.abc import Sequence

from toolmesh_core.clock import Clock
from toolmesh_core.errors import NotFound
from toolmesh_memory.app.ports import Addition, SessionStore
from toolmesh_memory.domain.session import Message, SessionMessage, check_messages, check_user


async def append_messages(
    store: SessionStore,
    clock: Clock,
    *,
    user: str,
    session: str,
    messages: Sequence[Message],
    run: str,
    request_id: str,
    max_bytes: int,
) -> Sequence[SessionMessage]:
    """Adds the messages in order and returns them with their places.

    Raises InvalidInput for nothing or too much to add, NotFound where the user has no such session.
    """
    check_messages(messages, max_bytes)
    addition = Addition(messages, run, request_id, clock.now())
    added = await store.append(check_user(user), session, addition)
    if added is None:
        raise no_such_session(session)
    return added


def no_such_session(session: str) -> NotFound:
    """The error for a session that is absent or another user's: the two are told alike."""
    return NotFound(f"there is no session {session[:80]!r}; create it first, or list the sessions there are")
