"""The numbers that Prometheus gets of runs."""

from toolmesh.planner.v1.run_pb2 import EndReason, Run
from toolmesh_core.telemetry import counter, gauge, histogram
from toolmesh_planner.domain.times import seconds_of

_LIVE = gauge("toolmesh_planner_live_runs_count", "Runs that have not ended.")
_ENDED = counter("toolmesh_planner_runs", "Runs that ended, by reason.", ("end_reason",))
_RUN_DURATION = histogram("toolmesh_planner_run_duration_seconds", "From a run's creation to its end.")
_DECISION_DURATION = histogram("toolmesh_planner_decision_duration_seconds", "Waiting for a decision.")
_CALL_DURATION = histogram("toolmesh_planner_tool_call_duration_seconds", "Waiting for a tool call.", ("outcome",))
_RESUMED = counter("toolmesh_planner_resumed_runs", "Runs taken up again from the journal.")


def count_live(runs: int) -> None:
    """How many runs have not ended."""
    _LIVE.set(runs)


def count_end(run: Run) -> None:
    """A run ended."""
    _ENDED.labels(EndReason.Name(run.end_reason).removeprefix("END_REASON_").lower()).inc()
    _RUN_DURATION.observe(max(0.0, seconds_of(run.end_time) - seconds_of(run.create_time)))


def count_resumed() -> None:
    """A run was taken up again."""
    _RESUMED.inc()


def observe_decision(seconds: float) -> None:
    """A decision was made."""
    _DECISION_DURATION.observe(seconds)


def observe_call(seconds: float, outcome: str) -> None:
    """A tool call ended with "output_json" or "failure"."""
    _CALL_DURATION.labels(outcome).observe(seconds)
