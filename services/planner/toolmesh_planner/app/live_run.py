"""A run in progress: its state, its log and its watchers. Only committed events reach the watchers."""

import asyncio
from enum import Enum, auto

from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.controller.v1.controller_service_pb2 import Candidate
from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError
from toolmesh_planner.app.event_feed import EventFeed
from toolmesh_planner.app.ports import Journal
from toolmesh_planner.domain.run_state import RunHeader, RunState
from toolmesh_planner.domain.run_view import run_of, timestamp_of
from toolmesh_planner.domain.untrusted_text import UntrustedText


class JournalFailed(Exception):
    """The journal could not be written: the run cannot go on, nor can its end be recorded."""

    def __init__(self, error: ToolMeshError) -> None:
        super().__init__(error.message)
        self.error = error


class Stop(Enum):
    """Why a run's task was cancelled."""

    CANCEL = auto()
    DRAIN = auto()


class LiveRun:
    """A run that has not ended. Used from the event loop only."""

    def __init__(self, header: RunHeader, events: list[RunEvent], journal: Journal, clock: Clock) -> None:
        self.header = header
        self.state = RunState.of(header, events)
        self.feed = EventFeed(list(events))
        self.candidates: dict[str, Candidate] | None = None
        self.untrusted = UntrustedText()
        # How it will end, once that is decided for good; `sealed` says that this is on disk.
        self.ending: Run | None = None
        self.sealed = asyncio.Event()
        self.closing = False
        self.stop: Stop | None = None
        self.begun = False
        self.calling = False
        self.approvals_changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self._journal = journal
        self._clock = clock
        self._unwritten: list[RunEvent] = []
        self._ending_unwritten: Run | None = None
        self._held_answer = ""
        self._writer: asyncio.Task[None] | None = None

    def now(self) -> Timestamp:
        """The time as an event carries it."""
        return timestamp_of(self._clock.now().timestamp())

    @property
    def remaining_s(self) -> float:
        """Seconds left of the run's time limit."""
        return self.state.remaining_s(self._clock.now().timestamp())

    def append(self, *events: RunEvent, ending: Run | None = None) -> None:
        """Adds events to the state now and to the journal soon; `durable` waits for that.

        Events that come while a commit is under way go into the next one together.
        """
        if not events and ending is None:
            return
        now = self.now()
        for event in events:
            event.sequence = self.state.last_sequence + 1
            event.time.CopyFrom(now)
            event.step = self.state.step_count + (1 if event.HasField("decision_made") else 0)
            self.state.apply(event)
        self._unwritten.extend(events)
        self._ending_unwritten = ending or self._ending_unwritten
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    async def durable(self) -> None:
        """Returns when all events so far are on disk and with the watchers. Raises JournalFailed."""
        if self._writer is not None:
            # The write goes on when the run is cancelled: what was decided to be recorded is recorded.
            await asyncio.shield(self._writer)

    def stop_for(self, reason: Stop, *, at_once: bool = True) -> None:
        """Stops the run's work: at once, or when its present action is done. The first reason stands."""
        self.stop = self.stop or reason
        # A task cancelled before its first step would never know; it looks at `stop` when it begins.
        if at_once and self.begun and self.task is not None:
            self.task.cancel()

    async def view(self) -> Run:
        """The run as it is on disk."""
        try:
            await self.durable()
        except JournalFailed as failure:
            raise failure.error from failure
        return run_of(self.state)

    def tell_answer(self, text: str) -> None:
        """A piece of the answer for those who watch, never before an event that came earlier."""
        if self._writer is None:
            self.feed.publish_delta(text, self.state.step_count + 1)
        else:
            self._held_answer += text

    async def _write(self) -> None:
        while self._unwritten or self._ending_unwritten is not None:
            events, self._unwritten = self._unwritten, []
            ending, self._ending_unwritten = self._ending_unwritten, None
            final = events[-1].run_ended.run if events and events[-1].HasField("run_ended") else None
            try:
                await self._journal.append(self.header.run, events, ending, final)
            except ToolMeshError as error:
                raise JournalFailed(error) from error
            self.feed.publish(events)
        if self._held_answer:
            self.feed.publish_delta(self._held_answer, self.state.step_count + 1)
            self._held_answer = ""
        self._writer = None
