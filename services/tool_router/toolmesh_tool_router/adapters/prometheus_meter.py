"""Counts and times calls for Prometheus."""

from functools import cache
from typing import Any

from toolmesh_core.telemetry import counter, gauge, histogram
from toolmesh_tool_router.domain.circuit_breaker import BreakerState

_CALLS = counter("toolmesh_tool_router_calls", "Tool calls that ended, by tool and result.", ("tool", "result"))
_REFUSED = counter("toolmesh_tool_router_refused_calls", "Calls refused before they were accepted.", ("reason",))
_DECISIONS = counter("toolmesh_tool_router_policy_decisions", "What the policy said of calls, by effect.", ("effect",))
_POLICY_READS = counter("toolmesh_tool_router_policy_reads", "Readings of the policy file, by result.", ("result",))
_DURATION = histogram("toolmesh_tool_router_call_duration_seconds", "Time of a tool call, retries included.", ("tool",))
_IN_FLIGHT = gauge("toolmesh_tool_router_calls_in_flight_count", "Tool calls that run or wait.", ("tool",))
_BREAKER = gauge(
    "toolmesh_tool_router_breaker_state", "Circuit breaker: 0 closed, 1 half-open, 2 open.", ("tool_service",)
)


class PrometheusMeter:
    """A CallMeter; tools and tool services are names of the registry, so the labels are bounded."""

    def began(self, tool: str) -> None:
        """A call was accepted."""
        _in_flight(tool).inc()

    def ended(self, tool: str, result: str, duration_s: float) -> None:
        """An accepted call is over."""
        _in_flight(tool).dec()
        _calls(tool, result).inc()
        _duration(tool).observe(duration_s)

    def refused(self, result: str) -> None:
        """A call was refused before it was accepted."""
        _REFUSED.labels(result).inc()

    def decided(self, effect: str) -> None:
        """The policy decided on a call."""
        _decisions(effect).inc()

    def policy_read(self, result: str) -> None:
        """The policy file was read."""
        _POLICY_READS.labels(result).inc()

    def breaker(self, service: str, state: BreakerState | None) -> None:
        """The state of a service's breaker."""
        if state is not None:
            _BREAKER.labels(service).set(state.value)
        elif (service,) in _BREAKER._metrics:
            _BREAKER.remove(service)


@cache
def _in_flight(tool: str) -> Any:
    return _IN_FLIGHT.labels(tool)


@cache
def _duration(tool: str) -> Any:
    return _DURATION.labels(tool)


@cache
def _calls(tool: str, result: str) -> Any:
    return _CALLS.labels(tool, result)


@cache
def _decisions(effect: str) -> Any:
    return _DECISIONS.labels(effect)
