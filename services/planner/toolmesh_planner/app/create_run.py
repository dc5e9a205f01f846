"""Creates a run: checks the request, takes the session's history, writes the first event, starts it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from toolmesh.chat.v1.message_pb2 import Message
from toolmesh.planner.v1.run_event_pb2 import RunEvent, RunStarted
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh_core.clock import Clock
from toolmesh_core.telemetry import current_traceparent
from toolmesh_planner.app.find_candidates import FindCandidates
from toolmesh_planner.app.live_run import LiveRun
from toolmesh_planner.app.live_runs import LiveRuns
from toolmesh_planner.app.ports import Journal, Memory
from toolmesh_planner.app.read_runs import ReadRuns
from toolmesh_planner.domain.closing import mended_history
from toolmesh_planner.domain.new_run import LimitRules, checked_request, history_messages_of
from toolmesh_planner.domain.run_state import RunHeader
from toolmesh_planner.domain.run_view import run_of, timestamp_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CreateRun:
    """Starts runs.

    Attributes:
        new_id: gives a run's id.
        most_history: the most messages taken from a session; the controller fits them to the model's context.
    """

    journal: Journal
    memory: Memory
    candidates: FindCandidates
    runs: LiveRuns
    read: ReadRuns
    clock: Clock
    new_id: Callable[[], str]
    rules: LimitRules
    most_bytes: int
    most_history: int

    async def __call__(self, user: str, asked: CreateRunRequest, key: str = "") -> Run:
        """The run as it begins, or as it is where this request_id has begun one before.

        Args:
            key: the name of the API key that the request came with, for the operator's policy.
        """
        if asked.request_id:
            known = await self.journal.find_request(user, asked.request_id)
            if known is not None:
                return await self.read.get(user, known)
        request = checked_request(asked, self.rules, self.most_bytes)
        request.user = user
        with self.runs.place_for(user):
            await self.candidates.check_named(request)
            history = await self._add_history(request, given=bool(asked.messages))
            header = RunHeader(self.new_id(), user, request, history, current_traceparent(), key)
            first = self._first_event(header)
            begun = await self.journal.create(header, first)
            if begun != header.run:
                return await self.read.get(user, begun)
            run = LiveRun(header, [first], self.journal, self.clock)
            view = run_of(run.state)
            self.runs.start(run)
        logger.info("run started", extra={"run": header.run, "history_messages": history})
        return view

    async def _add_history(self, request: CreateRunRequest, *, given: bool) -> int:
        """Puts the session's messages before the request's; says how many of all came before."""
        history: list[Message] = []
        if request.session:
            history = await self.memory.open_session(request.user, request.session, self.most_history)
        if given:
            return history_messages_of(list(request.messages))
        history = mended_history(history)
        asked = list(request.messages)
        del request.messages[:]
        request.messages.extend([*history, *asked])
        return len(history)

    def _first_event(self, header: RunHeader) -> RunEvent:
        started = RunStarted(
            input=header.request.input, history_messages=header.history_messages, limits=header.request.limits
        )
        now = timestamp_of(self.clock.now().timestamp())
        return RunEvent(sequence=1, time=now, run_started=started)
