"""Sessions: conversations and their messages."""

from toolmesh_sdk.records.conversation import Session, SessionMessage
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.request import Query, Request, delete, get, post, read_page, read_record, segment


def create_session(session: str = "", *, title: str = "") -> Request[Session]:
    """Begins a session; with an id you already have, returns that one, and an empty id makes one."""
    body = {"session": session, "title": title}
    return post("/v1/sessions", read_record(Session), body, repeatable=bool(session))


def get_session(session: str) -> Request[Session]:
    """One session; NotFound where you have none of that id."""
    return get(f"/v1/sessions/{segment(session)}", read_record(Session))


def list_sessions(*, page_size: int = 0, page_token: str = "") -> Request[Page[Session]]:
    """Your sessions, last used first."""
    return get("/v1/sessions", read_page(Session, "sessions"), {"page_size": page_size, "page_token": page_token})


def delete_session(session: str) -> Request[None]:
    """Removes a session and its messages; an unknown one is no error."""
    return delete(f"/v1/sessions/{segment(session)}")


def list_messages(
    session: str, *, newest_first: bool = False, page_size: int = 0, page_token: str = ""
) -> Request[Page[SessionMessage]]:
    """A session's messages, oldest first unless newest_first."""
    query: Query = {"newest_first": newest_first, "page_size": page_size, "page_token": page_token}
    return get(f"/v1/sessions/{segment(session)}/messages", read_page(SessionMessage, "messages"), query)
