"""Whose session is whose, which one makes room, when one ends."""

import asyncio
from typing import Any

import pytest

from toolmesh_core.errors import ToolError, Unavailable
from toolmesh_testing import FakeClock
from toolmesh_tool_code.adapters.session_pool import SessionKey, SessionPool


class FakeSession:
    """Only remembers why it ended."""

    def __init__(self) -> None:
        self.ended = ""
        self.works_on = False

    async def end(self, reason: str) -> None:
        self.ended = self.ended or reason

    async def check_rest(self) -> None:
        if self.works_on:
            await self.end("it went on working after its call")


class Sessions:
    """A pool over fake sessions."""

    def __init__(self, **bounds: Any) -> None:
        self.opened: list[FakeSession] = []
        self.clock = FakeClock()
        self.fails = False
        chosen: dict[str, Any] = {"most": 3, "most_per_user": 2, "idle_s": 60.0} | bounds
        self.pool = SessionPool(self._open, self.clock, **chosen)

    async def _open(self) -> Any:
        if self.fails:
            raise Unavailable("no sandbox")
        self.opened.append(FakeSession())
        return self.opened[-1]

    async def use(self, user: str = "ann", conversation: str = "c", name: str = "", *, keep: bool = True) -> bool:
        """Whether the session was new."""
        self.clock.advance(1)
        async with self.pool.borrow(SessionKey(user, conversation, name), keep=keep) as (_, is_new):
            return is_new


async def test_the_same_key_gets_the_same_session_and_any_other_key_another_one() -> None:
    sessions = Sessions(most=9, most_per_user=9)
    assert await sessions.use()
    assert not await sessions.use()
    assert all([await sessions.use("bob"), await sessions.use(conversation="d"), await sessions.use(name="n")])
    assert len(sessions.opened) == 4


async def test_a_session_that_ended_is_replaced() -> None:
    sessions = Sessions()
    await sessions.use()
    await sessions.opened[0].end("it died")
    assert await sessions.use()


async def test_one_too_many_of_a_user_ends_the_one_of_theirs_that_rested_longest() -> None:
    sessions = Sessions()
    for user, name in (("bob", "b"), ("ann", "1"), ("ann", "2"), ("ann", "3")):
        await sessions.use(user, name=name)
    assert [bool(session.ended) for session in sessions.opened] == [False, True, False, False]


async def test_one_too_many_of_all_ends_the_one_that_rested_longest() -> None:
    sessions = Sessions()
    for user in ("ann", "bob", "cid", "dan"):
        await sessions.use(user)
    assert [bool(session.ended) for session in sessions.opened] == [True, False, False, False]


async def test_sessions_at_work_do_not_make_room() -> None:
    sessions = Sessions(most=1)
    async with sessions.pool.borrow(SessionKey("ann", "c", ""), keep=True):
        with pytest.raises(ToolError) as caught:
            await sessions.use("bob")
    assert (caught.value.reason, caught.value.retryable) == ("BUSY", True)
    assert await sessions.use("bob")


async def test_two_calls_of_one_session_wait_for_each_other() -> None:
    sessions = Sessions()
    order: list[str] = []
    key = SessionKey("ann", "c", "")
    inside = asyncio.Event()

    async def second() -> None:
        await inside.wait()
        async with sessions.pool.borrow(key, keep=True):
            order.append("second")

    task = asyncio.create_task(second())
    async with sessions.pool.borrow(key, keep=True):
        inside.set()
        for _ in range(5):
            await asyncio.sleep(0)
        order.append("first")
    await task
    assert order == ["first", "second"]
    assert len(sessions.opened) == 1


async def test_a_session_that_is_not_kept_ends_with_its_call() -> None:
    sessions = Sessions()
    await sessions.use(keep=False)
    assert sessions.opened[0].ended == "its call is over"


async def test_idle_sessions_and_those_that_work_unasked_end() -> None:
    sessions = Sessions()
    await sessions.use(name="old")
    sessions.clock.advance(50)
    await sessions.use(name="new")
    await sessions.use("bob")
    sessions.opened[2].works_on = True
    sessions.clock.advance(20)
    await sessions.pool.tend()
    assert [session.ended for session in sessions.opened] == ["it was idle", "", "it went on working after its call"]


async def test_a_sandbox_that_does_not_start_takes_no_place() -> None:
    sessions = Sessions(most=1)
    sessions.fails = True
    with pytest.raises(Unavailable):
        await sessions.use()
    sessions.fails = False
    assert await sessions.use("bob")
    assert sessions.opened[0].ended == ""


async def test_a_reset_ends_the_session_of_this_key_alone() -> None:
    sessions = Sessions()
    await sessions.use()
    await sessions.use("bob")
    assert await sessions.pool.end(SessionKey("ann", "c", ""))
    assert not await sessions.pool.end(SessionKey("ann", "c", ""))
    assert [session.ended for session in sessions.opened] == ["it was reset", ""]


async def test_closing_ends_all() -> None:
    sessions = Sessions()
    await sessions.use()
    await sessions.use("bob")
    await sessions.pool.close()
    assert all(session.ended for session in sessions.opened)
