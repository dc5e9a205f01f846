"""Begins a session, or finds the one the user already has under that id."""

from toolmesh_core.clock import Clock
from toolmesh_core.ids import new_id
from toolmesh_memory.app.ports import SessionStore
from toolmesh_memory.domain.session import Session, check_session_id, check_title, check_user


async def create_session(store: SessionStore, clock: Clock, user: str, session: str, title: str) -> Session:
    """Creates a session; an empty id makes one.

    Raises InvalidInput for a bad id or title, AlreadyExists where another user has the id.
    """
    identity = check_session_id(session) if session else new_id("session")
    now = clock.now()
    return await store.create(Session(identity, check_user(user), check_title(title), 0, now, now))
