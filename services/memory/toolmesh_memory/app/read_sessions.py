"""Reads sessions and their messages, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_core.errors import InvalidInput
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_memory.app.append_messages import no_such_session
from toolmesh_memory.app.page_keys import page_key_of, page_token_of
from toolmesh_memory.app.ports import MessageRange, SessionStore
from toolmesh_memory.domain.session import Session, SessionMessage, check_user


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Sessions, last used first; an empty token on the last page."""

    sessions: Sequence[Session]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages in the order asked for; an empty token on the last page."""

    messages: Sequence[SessionMessage]
    next_page_token: str


async def get_session(store: SessionStore, user: str, session: str) -> Session:
    """The user's session; NotFound where there is none of that id."""
    found = await store.get(check_user(user), session)
    if found is None:
        raise no_such_session(session)
    return found


async def list_sessions(store: SessionStore, user: str, page_size: int, page_token: str) -> SessionPage:
    """One page of the user's sessions. A session used while the pages are read may be missed or come twice."""
    size = page_size_of(page_size)
    sessions = await store.list(check_user(user), size + 1, page_key_of(page_token))
    page = sessions[:size]
    more = len(sessions) > size
    return SessionPage(page, page_token_of(page[-1].update_time, page[-1].id) if more else "")


async def list_messages(
    store: SessionStore, user: str, session: str, wanted: MessageRange, page_token: str
) -> MessagePage:
    """One page of a session's messages; fewer than asked for where they are large. NotFound: no such session."""
    size = page_size_of(wanted.limit)
    after = _place_of(page_token)
    probe = MessageRange(size, wanted.max_bytes, after, wanted.newest_first)
    messages = await store.list_messages(check_user(user), session, probe)
    if messages is None:
        raise no_such_session(session)
    last = messages[-1].sequence if messages else 0
    # Places have no gaps, so the last place alone tells whether something follows.
    found = await get_session(store, user, session)
    ended = last <= 1 if wanted.newest_first else last >= found.message_count
    return MessagePage(messages, "" if not messages or ended else encode_page_token(last))


def _place_of(page_token: str) -> int | None:
    match decode_page_token(page_token):
        case []:
            return None
        case [int(place)] if 0 <= place < 2**63:
            return place
        case _:
            raise InvalidInput(
                f"'page_token' {page_token[:40]!r} is not of this list; pass next_page_token of the page before",
                field="page_token",
            )
