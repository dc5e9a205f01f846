"""The same request id within ten minutes is the same call."""

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_router.domain.recent_calls import RecentCalls

KEY = ("ada", "r1")


def calls(max_calls: int = 10, max_bytes: int = 100) -> RecentCalls[str]:
    return RecentCalls(keep_s=600, max_calls=max_calls, max_bytes=max_bytes)


def test_a_running_call_is_found_and_a_finished_one_for_its_time() -> None:
    recent = calls()
    recent.add(KEY, b"f", "call")
    assert recent.find(KEY, b"f", now=1e9) == "call"
    recent.finish(KEY, now=0, size=1)
    assert recent.find(KEY, b"f", now=599) == "call"
    assert recent.find(KEY, b"f", now=600) is None
    assert len(recent) == 0


def test_another_users_id_is_another_call() -> None:
    recent = calls()
    recent.add(KEY, b"f", "call")
    assert recent.find(("bob", "r1"), b"f", now=0) is None


def test_the_same_id_for_something_else_is_refused() -> None:
    recent = calls()
    recent.add(KEY, b"f", "call")
    with pytest.raises(InvalidInput, match="'r1' was used for another tool or other arguments") as caught:
        recent.find(KEY, b"g", now=0)
    assert caught.value.field == "request_id"


@pytest.mark.parametrize("bounds", [{"max_calls": 2}, {"max_bytes": 20}])
def test_the_oldest_go_when_there_are_too_many_or_too_large_ones(bounds: dict[str, int]) -> None:
    recent = calls(**bounds)
    for number in range(3):
        key = ("ada", f"r{number}")
        recent.add(key, b"f", f"call {number}")
        recent.finish(key, now=number, size=10)
    assert [recent.find(("ada", f"r{n}"), b"f", now=3) for n in range(3)] == [None, "call 1", "call 2"]


def test_a_running_call_is_never_dropped() -> None:
    recent = calls(max_calls=1)
    recent.add(KEY, b"f", "running")
    for number in range(3):
        recent.add(("ada", f"x{number}"), b"f", "x")
        recent.finish(("ada", f"x{number}"), now=0, size=1)
    assert recent.find(KEY, b"f", now=0) == "running"


def test_a_forgotten_call_may_be_made_again() -> None:
    recent = calls()
    recent.add(KEY, b"f", "call")
    recent.forget(KEY)
    assert recent.find(KEY, b"other", now=0) is None
