"""Retries, time limits, places: the rules of a single call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolmesh_core.errors import DeadlineExceeded, InvalidInput, ResourceExhausted, ToolMeshError, Unavailable
from toolmesh_tool_router.domain.admission import Gate
from toolmesh_tool_router.domain.call_events import ToolFailure, ToolOutcome
from toolmesh_tool_router.domain.retry_policy import RetryPolicy, is_worth_retrying
from toolmesh_tool_router.domain.time_limits import TimeLimits

POLICY = RetryPolicy(max_attempts=3, first_delay_s=0.1, max_delay_s=0.3)


def delay(**changes: object) -> float | None:
    facts = {"idempotent": True, "streamed": False, "attempt": 1, "remaining_s": 10.0, "jitter": 1.0, **changes}
    return POLICY.delay_s(**facts)  # type: ignore[arg-type]


def test_the_back_off_doubles_up_to_its_limit_and_jitter_halves_it_at_most() -> None:
    policy = RetryPolicy(max_attempts=9, first_delay_s=0.1, max_delay_s=0.3)
    delays = [
        policy.delay_s(idempotent=True, streamed=False, attempt=n, remaining_s=9, jitter=1.0) for n in (1, 2, 3, 4)
    ]
    assert delays == pytest.approx([0.1, 0.2, 0.3, 0.3])
    assert delay(jitter=0.0) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "changes", [{"idempotent": False}, {"streamed": True}, {"attempt": 3}, {"remaining_s": 0.05}], ids=str
)
def test_there_is_no_retry_where_it_could_do_harm_or_come_too_late(changes: dict[str, object]) -> None:
    assert delay(**changes) is None


@pytest.mark.parametrize(
    ("end", "worth"),
    [
        (Unavailable("down"), True),
        (DeadlineExceeded("slow"), False),
        (InvalidInput("bad"), False),
        (ToolOutcome("4"), False),
        (ToolOutcome(failure=ToolFailure("NO", "no")), False),
        (ToolOutcome(failure=ToolFailure("BUSY", "busy", retryable=True)), True),
    ],
)
def test_only_what_may_end_better_is_worth_a_retry(end: ToolOutcome | ToolMeshError, worth: bool) -> None:
    assert is_worth_retrying(end) is worth


def test_a_call_ends_a_little_before_its_callers_deadline() -> None:
    limits = TimeLimits(default_tool_s=30, whole_call_s=120, margin_s=0.05)
    assert limits.of_call(None) == 120
    assert limits.of_call(10) == pytest.approx(9.95)
    assert limits.of_call(0.1) == pytest.approx(0.09)


def test_a_try_has_the_least_of_the_tools_limit_and_what_is_left() -> None:
    limits = TimeLimits(default_tool_s=30, whole_call_s=120)
    assert limits.of_attempt(5, 60).seconds == 5
    assert limits.of_attempt(None, 60).seconds == 30
    hurried = limits.of_attempt(5, 2)
    assert (hurried.seconds, hurried.is_tools_own) == (2, False)


def test_a_gate_lets_some_run_some_wait_and_refuses_the_rest() -> None:
    gate: Gate[str] = Gate("add", max_running=1, max_waiting=1)
    assert gate.enter("first") is True
    assert gate.enter("second") is False
    with pytest.raises(ResourceExhausted, match="1 calls run and 1 wait"):
        gate.enter("third")
    assert gate.leave() == "second"
    assert gate.leave() is None


@given(st.lists(st.sampled_from(["enter", "leave", "give_up"]), max_size=60))
def test_a_gate_never_runs_more_than_it_may_nor_loses_a_place(steps: list[str]) -> None:
    gate: Gate[int] = Gate("add", max_running=2, max_waiting=3)
    running, waiting = set[int](), list[int]()
    for number, step in enumerate(steps):
        if step == "enter" and len(waiting) < 3:
            (running.add if gate.enter(number) else waiting.append)(number)
        elif step == "leave" and running:
            running.pop()
            following = gate.leave()
            assert following == (waiting.pop(0) if waiting else None)
            running |= {following} if following is not None else set()
        elif step == "give_up" and waiting:
            assert gate.give_up(waiting.pop())
        assert gate.running == len(running) <= 2
