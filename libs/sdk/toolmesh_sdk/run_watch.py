"""Following a run to its end over connections that may break: what to ask and when, without input or output."""

import json
from collections.abc import Iterator

from pydantic import ValidationError

from toolmesh_core.errors import Internal, ToolError, ToolMeshError, Unavailable
from toolmesh_sdk.problem import error_of_problem
from toolmesh_sdk.records.event import RunEnded, RunEvent, event_of
from toolmesh_sdk.request import Request, read_nothing, segment
from toolmesh_sdk.retry import RetryPolicy
from toolmesh_sdk.server_sent_events import ServerSentEvent, ServerSentEventDecoder

# Without even a ping for this long, the connection is taken for broken.
_SILENCE_S = 60.0


class RunWatch:
    """Where a watcher is in a run's events; each kept event is given once, in order."""

    def __init__(self, run: str, after_sequence: int, policy: RetryPolicy) -> None:
        self.run = run
        self.ended = False
        self._last = after_sequence
        self._policy = policy
        self._failures = 0
        self._decoder = ServerSentEventDecoder()

    def next_request(self) -> Request[None]:
        """The stream from after the last event seen."""
        self._decoder = ServerSentEventDecoder()
        path = f"/v1/runs/{segment(self.run)}:stream"
        return Request("GET", path, read_nothing, {"after_sequence": self._last}, timeout_s=_SILENCE_S)

    def feed(self, data: bytes) -> Iterator[RunEvent]:
        """The events that are complete with these bytes; raises what the platform says went wrong."""
        for message in self._decoder.feed(data):
            event = self._read(message)
            if 0 < event.sequence <= self._last:
                continue
            self._failures = 0
            self._last = max(self._last, event.sequence)
            self.ended = self.ended or isinstance(event, RunEnded)
            yield event

    def check_ended(self) -> None:
        """Unavailable where the connection closed before the run ended."""
        if not self.ended:
            raise Unavailable(f"the events of run {self.run} broke off after {self._last}", reason="CONNECTION_LOST")

    def delay_after(self, error: ToolMeshError) -> float:
        """Seconds to wait before the stream is opened again; raises the error where it stands."""
        delay = self._policy.stream_delay_after(error, self._failures)
        self._failures += 1
        if delay is None or self.ended:
            raise error
        return delay

    def _read(self, message: ServerSentEvent) -> RunEvent:
        try:
            data = json.loads(message.data)
            if message.event != "error":
                return event_of(data)
        except (ValueError, TypeError, ValidationError) as error:
            raise Internal(
                f"run {self.run} sent an event this client cannot read: {message.data[:120]!r}; "
                "is it older than the platform?",
                reason="UNREADABLE_ANSWER",
            ) from error
        failure = error_of_problem(data)
        raise failure if isinstance(failure, ToolMeshError) else _as_internal(failure)


def _as_internal(failure: ToolError) -> Internal:
    return Internal(f"the stream ended with a tool's failure: {failure.message}")
