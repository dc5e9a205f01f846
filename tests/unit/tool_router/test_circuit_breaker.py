"""When calls are let through."""

from toolmesh_tool_router.domain.circuit_breaker import BreakerState, CircuitBreaker


def opened() -> CircuitBreaker:
    breaker = CircuitBreaker(failures_to_open=2, open_s=5)
    for _ in range(2):
        assert breaker.admit(0)
        breaker.failed(0)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = opened()
    assert breaker.state(4.9) is BreakerState.OPEN
    assert not breaker.admit(4.9)
    assert breaker.retry_after_s(4) == 1


def test_a_success_between_failures_starts_the_count_again() -> None:
    breaker = CircuitBreaker(2, 5)
    breaker.failed(0)
    breaker.succeeded()
    breaker.failed(0)
    assert breaker.state(0) is BreakerState.CLOSED


def test_after_a_time_one_trial_goes_through_and_no_second_beside_it() -> None:
    breaker = opened()
    assert breaker.state(5) is BreakerState.HALF_OPEN
    assert breaker.admit(5)
    assert not breaker.admit(5)


def test_a_good_trial_closes_it() -> None:
    breaker = opened()
    breaker.admit(5)
    breaker.succeeded()
    assert breaker.state(5) is BreakerState.CLOSED
    assert breaker.admit(5)


def test_a_bad_trial_opens_it_again_from_then() -> None:
    breaker = opened()
    breaker.admit(5)
    breaker.failed(6)
    assert breaker.state(10.9) is BreakerState.OPEN
    assert breaker.state(11) is BreakerState.HALF_OPEN


def test_a_trial_whose_caller_went_makes_room_for_another() -> None:
    breaker = opened()
    breaker.admit(5)
    breaker.abandoned()
    assert breaker.admit(5)
