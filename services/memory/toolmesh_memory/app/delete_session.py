"""Removes a session with its messages."""

from toolmesh_memory.app.ports import SessionStore
from toolmesh_memory.domain.session import check_user


async def delete_session(store: SessionStore, user: str, session: str) -> None:
    """Removes the user's session; where there is none of that id, all is well already."""
    await store.delete(check_user(user), session)
