"""What every SessionStore must do."""

from datetime import UTC, datetime, timedelta

import pytest

from toolmesh_core.errors import AlreadyExists
from toolmesh_memory.app.ports import Addition, MessageRange, PageKey, SessionStore
from toolmesh_memory.domain.session import Message, Session, ToolCall

NOON = datetime(2030, 1, 1, 12, 0, 0, 123_456, tzinfo=UTC)
ALL = MessageRange(limit=1000, max_bytes=2**20)


def session(identity: str = "s1", user: str = "ada", at: datetime = NOON) -> Session:
    return Session(identity, user, "Title", 0, at, at)


def addition(*texts: str, request_id: str = "", at: datetime = NOON) -> Addition:
    return Addition([Message("user", text) for text in texts], "run_1", request_id, at)


async def texts(store: SessionStore, user: str, identity: str, wanted: MessageRange = ALL) -> list[str]:
    found = await store.list_messages(user, identity, wanted)
    assert found is not None
    return [entry.message.content for entry in found]


async def test_a_created_session_is_found_again(sessions: SessionStore) -> None:
    assert await sessions.create(session()) == session()
    assert await sessions.get("ada", "s1") == session()


async def test_creating_a_session_again_returns_the_first(sessions: SessionStore) -> None:
    await sessions.create(session())
    later = session(at=NOON + timedelta(hours=1))
    assert await sessions.create(later) == session()


async def test_an_id_of_another_user_already_exists(sessions: SessionStore) -> None:
    await sessions.create(session())
    with pytest.raises(AlreadyExists, match="'s1' is taken"):
        await sessions.create(session(user="bob"))


async def test_what_belongs_to_another_user_is_absent(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.append("ada", "s1", addition("secret"))
    assert await sessions.get("bob", "s1") is None
    assert await sessions.list("bob", 10, None) == []
    assert await sessions.list_messages("bob", "s1", ALL) is None
    assert await sessions.append("bob", "s1", addition("forged")) is None
    await sessions.delete("bob", "s1")
    assert await texts(sessions, "ada", "s1") == ["secret"]


async def test_messages_get_places_from_one_without_gaps(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.append("ada", "s1", addition("a", "b"))
    added = await sessions.append("ada", "s1", addition("c"))
    assert added is not None
    assert [entry.sequence for entry in added] == [3]
    entries = await sessions.list_messages("ada", "s1", ALL)
    assert entries is not None
    assert [(entry.sequence, entry.message.content) for entry in entries] == [(1, "a"), (2, "b"), (3, "c")]


async def test_a_message_comes_back_whole(sessions: SessionStore) -> None:
    calls = (ToolCall("call_1", "weather", '{"city": "北京"}'), ToolCall("call_2", "clock", "{}"))
    messages = [
        Message("user", "北京天气 \x00 \N{GRINNING FACE} \n"),
        Message("assistant", "", calls),
        Message("tool", '{"t": 3}', (), "call_1", "weather"),
    ]
    await sessions.create(session())
    await sessions.append("ada", "s1", Addition(messages, "run_7", "", NOON))
    entries = await sessions.list_messages("ada", "s1", ALL)
    assert entries is not None
    assert [entry.message for entry in entries] == messages
    assert {(entry.run, entry.create_time) for entry in entries} == {("run_7", NOON)}


async def test_adding_counts_messages_and_moves_the_update_time(sessions: SessionStore) -> None:
    await sessions.create(session())
    later = NOON + timedelta(minutes=5)
    await sessions.append("ada", "s1", addition("a", "b", at=later))
    found = await sessions.get("ada", "s1")
    assert found is not None
    assert (found.message_count, found.create_time, found.update_time) == (2, NOON, later)


async def test_a_clock_that_went_back_does_not_make_a_session_older(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.append("ada", "s1", addition("a", at=NOON - timedelta(days=1)))
    found = await sessions.get("ada", "s1")
    assert found is not None
    assert found.update_time == NOON


async def test_a_repeated_request_id_returns_the_first_result_and_adds_nothing(sessions: SessionStore) -> None:
    await sessions.create(session())
    first = await sessions.append("ada", "s1", addition("a", "b", request_id="r1"))
    await sessions.append("ada", "s1", addition("c", request_id="r2"))
    again = await sessions.append("ada", "s1", addition("other", request_id="r1", at=NOON + timedelta(hours=1)))
    assert again == first
    assert await texts(sessions, "ada", "s1") == ["a", "b", "c"]


async def test_a_request_id_counts_within_its_session_only(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.create(session("s2", "bob"))
    await sessions.append("ada", "s1", addition("a", request_id="r1"))
    await sessions.append("bob", "s2", addition("b", request_id="r1"))
    assert await texts(sessions, "bob", "s2") == ["b"]


async def test_without_a_request_id_every_call_adds(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.append("ada", "s1", addition("a"))
    await sessions.append("ada", "s1", addition("a"))
    assert await texts(sessions, "ada", "s1") == ["a", "a"]


async def test_nothing_is_added_to_an_unknown_session(sessions: SessionStore) -> None:
    assert await sessions.append("ada", "nowhere", addition("a")) is None
    assert await sessions.list_messages("ada", "nowhere", ALL) is None


async def test_a_deleted_session_is_gone_with_its_messages_and_request_ids(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.append("ada", "s1", addition("old", request_id="r1"))
    await sessions.delete("ada", "s1")
    await sessions.delete("ada", "s1")
    assert await sessions.get("ada", "s1") is None
    await sessions.create(session(user="bob"))
    await sessions.append("bob", "s1", addition("new", request_id="r1"))
    assert await texts(sessions, "bob", "s1") == ["new"]


async def test_sessions_are_listed_last_used_first_and_a_key_goes_on_after_it(sessions: SessionStore) -> None:
    for minute, identity in enumerate(["s1", "s2", "s3"]):
        await sessions.create(session(identity, at=NOON + timedelta(minutes=minute)))
    await sessions.create(session("s4", at=NOON + timedelta(minutes=2)))
    await sessions.append("ada", "s1", addition("used", at=NOON + timedelta(hours=1)))
    first = await sessions.list("ada", 2, None)
    assert [found.id for found in first] == ["s1", "s4"]
    rest = await sessions.list("ada", 10, PageKey(first[-1].update_time, first[-1].id))
    assert [found.id for found in rest] == ["s3", "s2"]


async def test_messages_are_read_from_a_place_in_both_directions(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.append("ada", "s1", addition("a", "b", "c", "d"))
    assert await texts(sessions, "ada", "s1", MessageRange(2, 2**20, after=1)) == ["b", "c"]
    assert await texts(sessions, "ada", "s1", MessageRange(2, 2**20, newest_first=True)) == ["d", "c"]
    assert await texts(sessions, "ada", "s1", MessageRange(9, 2**20, after=3, newest_first=True)) == ["b", "a"]


async def test_a_page_of_large_messages_ends_before_the_limit_of_bytes_but_holds_one(sessions: SessionStore) -> None:
    await sessions.create(session())
    await sessions.append("ada", "s1", addition("x" * 100, "y" * 10, "z" * 10))
    assert await texts(sessions, "ada", "s1", MessageRange(9, max_bytes=50)) == ["x" * 100]
    assert await texts(sessions, "ada", "s1", MessageRange(9, max_bytes=20, after=1)) == ["y" * 10, "z" * 10]
