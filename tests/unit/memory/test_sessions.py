"""The use cases of sessions."""

from datetime import timedelta

import pytest

from toolmesh_core.errors import AlreadyExists, InvalidInput, NotFound
from toolmesh_memory.adapters.in_memory_store import InMemorySessionStore
from toolmesh_memory.app.append_messages import append_messages
from toolmesh_memory.app.create_session import create_session
from toolmesh_memory.app.delete_session import delete_session
from toolmesh_memory.app.page_keys import from_microseconds, page_key_of, to_microseconds
from toolmesh_memory.app.ports import MessageRange
from toolmesh_memory.app.read_sessions import get_session, list_messages, list_sessions
from toolmesh_memory.domain.session import Message
from toolmesh_testing import FakeClock


@pytest.fixture
def store() -> InMemorySessionStore:
    return InMemorySessionStore()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def say(store: InMemorySessionStore, clock: FakeClock, user: str, session: str, *texts: str) -> None:
    messages = [Message("user", text) for text in texts]
    await append_messages(
        store, clock, user=user, session=session, messages=messages, run="", request_id="", max_bytes=1000
    )


async def test_an_empty_id_makes_a_new_session_each_time(store: InMemorySessionStore, clock: FakeClock) -> None:
    one = await create_session(store, clock, "ada", "", "")
    two = await create_session(store, clock, "ada", "", "")
    assert one.id.startswith("session_")
    assert one.id != two.id


async def test_a_taken_id_is_told_to_another_user_without_its_content(
    store: InMemorySessionStore, clock: FakeClock
) -> None:
    await create_session(store, clock, "ada", "plans", "my secret plans")
    with pytest.raises(AlreadyExists) as caught:
        await create_session(store, clock, "bob", "plans", "")
    assert "secret" not in caught.value.message
    assert "ada" not in caught.value.message


async def test_an_absent_session_and_another_users_read_alike(store: InMemorySessionStore, clock: FakeClock) -> None:
    await create_session(store, clock, "ada", "plans", "")
    with pytest.raises(NotFound) as others:
        await get_session(store, "bob", "plans")
    await delete_session(store, "ada", "plans")
    with pytest.raises(NotFound) as absent:
        await get_session(store, "bob", "plans")
    assert others.value.message == absent.value.message


async def test_adding_to_another_users_session_is_not_found(store: InMemorySessionStore, clock: FakeClock) -> None:
    await create_session(store, clock, "ada", "plans", "")
    with pytest.raises(NotFound):
        await say(store, clock, "bob", "plans", "hello")


async def test_pages_of_sessions_cover_all_of_them_once(store: InMemorySessionStore, clock: FakeClock) -> None:
    for number in range(5):
        await create_session(store, clock, "ada", f"s{number}", "")
        clock.advance(1)
    seen, token = [], ""
    for _ in range(3):
        page = await list_sessions(store, "ada", 2, token)
        seen += [session.id for session in page.sessions]
        token = page.next_page_token
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    assert token == ""


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_of_messages_cover_all_of_them_once(
    store: InMemorySessionStore, clock: FakeClock, newest_first: bool
) -> None:
    await create_session(store, clock, "ada", "s", "")
    await say(store, clock, "ada", "s", *"abcd")
    wanted = MessageRange(2, 1000, newest_first=newest_first)
    first = await list_messages(store, "ada", "s", wanted, "")
    second = await list_messages(store, "ada", "s", wanted, first.next_page_token)
    seen = "".join(entry.message.content for entry in [*first.messages, *second.messages])
    assert seen == ("dcba" if newest_first else "abcd")
    assert second.next_page_token == ""


async def test_an_empty_session_has_one_empty_page(store: InMemorySessionStore, clock: FakeClock) -> None:
    await create_session(store, clock, "ada", "s", "")
    page = await list_messages(store, "ada", "s", MessageRange(0, 1000), "")
    assert (list(page.messages), page.next_page_token) == ([], "")


@pytest.mark.parametrize("token", ["nonsense!", "WyJhIl0", "WzFd", "Wy0xXQ", "WzFlOTld"])
async def test_a_token_of_another_list_is_refused(store: InMemorySessionStore, clock: FakeClock, token: str) -> None:
    await create_session(store, clock, "ada", "s", "")
    with pytest.raises(InvalidInput, match="page_token"):
        await list_sessions(store, "ada", 2, token)


async def test_a_message_token_must_be_one_place(store: InMemorySessionStore, clock: FakeClock) -> None:
    await create_session(store, clock, "ada", "s", "")
    with pytest.raises(InvalidInput, match="page_token"):
        await list_messages(store, "ada", "s", MessageRange(2, 1000), "WyJhIl0")


def test_a_time_survives_its_page_token_to_the_microsecond() -> None:
    moment = FakeClock().now() + timedelta(microseconds=123_457)
    assert from_microseconds(to_microseconds(moment)) == moment
    assert page_key_of("") is None
