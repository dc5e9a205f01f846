"""Rates and calls at a time."""

import pytest

from toolmesh_core.errors import ResourceExhausted
from toolmesh_tool_router.domain.policy import limits
from toolmesh_tool_router.domain.policy.limits import Limit, LimitBook, Places
from toolmesh_tool_router.domain.policy.rule import Selector

RATE = Limit("rate", Selector(), frozenset(("user",)), rate_per_s=0.5, burst=2)
BUSY = Limit("busy", Selector(), frozenset(("tool",)), concurrent=1)


class Book(LimitBook):
    """A book of two limits, at a time that is passed in."""

    def __init__(self, *used: Limit) -> None:
        super().__init__()
        self.used = used
        self.use(used)

    def call(self, now: float = 0.0, tool: str = "pay", user: str = "ada", key: str = "desk") -> Places:
        return self.enter(self.used, tool, user, key, now)


def test_a_rate_lets_a_burst_through_and_then_so_many_in_the_long_run() -> None:
    book = Book(RATE)
    for now in (0.0, 0.0, 2.0):
        book.call(now)
    with pytest.raises(ResourceExhausted, match=r"limit 'rate' .* the next call may be made in 1 s") as reached:
        book.call(3.0)
    assert (reached.value.reason, reached.value.retry_after_s) == ("POLICY_LIMIT", 1.0)
    assert reached.value.metadata["rule"] == "rate"
    book.call(4.0)


def test_each_has_a_count_of_its_own_where_the_limit_says_so() -> None:
    book = Book(RATE)
    book.call()
    book.call(tool="send", key="other")
    with pytest.raises(ResourceExhausted):
        book.call()
    book.call(user="bob")


def test_a_place_is_free_again_when_its_call_is_over_and_only_once() -> None:
    book = Book(BUSY)
    first = book.call()
    with pytest.raises(ResourceExhausted, match="1 of its calls run"):
        book.call(user="bob")
    book.call(tool="send")
    first.leave()
    first.leave()
    book.call()
    with pytest.raises(ResourceExhausted):
        book.call()


def test_a_call_that_one_limit_refuses_takes_nothing_of_the_others() -> None:
    book = Book(RATE, BUSY)
    running = book.call()
    for _ in range(3):
        with pytest.raises(ResourceExhausted, match="'busy'"):
            book.call()
    running.leave()
    book.call()


def test_a_count_goes_on_over_a_reload_unless_its_limit_has_changed() -> None:
    book = Book(BUSY)
    running = book.call()
    book.use((Limit("busy", Selector(), frozenset(("tool",)), concurrent=1),))
    with pytest.raises(ResourceExhausted):
        book.call()
    wider = Limit("busy", Selector(), frozenset(("tool",)), concurrent=2)
    book.used = (wider,)
    book.use(book.used)
    book.call()
    running.leave()
    book.call()


def test_counts_that_are_as_good_as_new_are_forgotten_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_COUNTS", 3)
    book = Book(RATE)
    for number in range(9):
        book.call(now=number * 100.0, user=f"user {number}").leave()
    assert len(book._counts) <= 3
    book.call(now=800.0, user="user 8")
    with pytest.raises(ResourceExhausted):
        book.call(now=800.0, user="user 8")
