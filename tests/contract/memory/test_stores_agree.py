"""Any sequence of calls: SQLite answers what the plain dictionaries answer, so order and isolation hold for both."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from toolmesh_core.errors import AlreadyExists
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_memory.adapters.in_memory_store import InMemorySessionStore
from toolmesh_memory.adapters.sqlite_schema import MIGRATIONS
from toolmesh_memory.adapters.sqlite_session_store import SqliteSessionStore
from toolmesh_memory.app.ports import Addition, MessageRange, SessionStore
from toolmesh_memory.domain.session import Message, Session

START = datetime(2030, 1, 1, tzinfo=UTC)
Operation = Callable[[SessionStore, datetime], Awaitable[Any]]

users = st.sampled_from(["ada", "bob"])
ids = st.sampled_from(["s1", "s2", "s3"])
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def create(user: str, identity: str) -> Operation:
    return lambda store, now: store.create(Session(identity, user, "", 0, now, now))


def append(user: str, identity: str, texts: list[str], request_id: str) -> Operation:
    messages = [Message("user", f"{user}:{content}") for content in texts]
    return lambda store, now: store.append(user, identity, Addition(messages, "", request_id, now))


def delete(user: str, identity: str) -> Operation:
    return lambda store, now: store.delete(user, identity)


def list_sessions(user: str) -> Operation:
    return lambda store, now: store.list(user, 10, None)


def list_messages(user: str, identity: str, wanted: MessageRange) -> Operation:
    return lambda store, now: store.list_messages(user, identity, wanted)


ranges = st.builds(MessageRange, st.integers(1, 4), st.integers(1, 60), st.none() | st.integers(0, 5), st.booleans())
operations = st.one_of(
    st.builds(create, users, ids),
    st.builds(append, users, ids, st.lists(text, min_size=1, max_size=3), st.sampled_from(["", "r1", "r2"])),
    st.builds(delete, users, ids),
    st.builds(list_sessions, users),
    st.builds(list_messages, users, ids, ranges),
)


async def outcomes(store: SessionStore, calls: list[Operation]) -> list[Any]:
    results: list[Any] = []
    for second, call in enumerate(calls):
        try:
            results.append(await call(store, START + timedelta(seconds=second)))
        except AlreadyExists as error:
            results.append(error.message)
    return results


async def compare(calls: list[Operation]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with SqliteDatabase.open(Path(folder) / "memory.sqlite3", MIGRATIONS) as database:
            sqlite = SqliteSessionStore(database)
            assert await outcomes(sqlite, calls) == await outcomes(InMemorySessionStore(), calls)
            for user, other in (("ada", "bob"), ("bob", "ada")):
                await check_isolated(sqlite, user, other)


async def check_isolated(store: SessionStore, user: str, other: str) -> None:
    for session in await store.list(user, 10, None):
        assert session.user == user
        assert await store.get(other, session.id) is None
        entries = await store.list_messages(user, session.id, MessageRange(1000, 2**20))
        assert entries is not None
        assert [entry.sequence for entry in entries] == list(range(1, session.message_count + 1))
        assert all(entry.message.content.startswith(f"{user}:") for entry in entries)


@settings(max_examples=40, deadline=None)
@given(st.lists(operations, max_size=25))
def test_any_calls_have_the_same_outcome_in_every_store_and_keep_users_apart(calls: list[Operation]) -> None:
    asyncio.run(compare(calls))
