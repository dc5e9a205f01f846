"""The runs in progress: how many there may be, their tasks, and what becomes of them when the planner stops."""

import asyncio
import contextvars
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from toolmesh_core.call_context import calling
from toolmesh_core.errors import ResourceExhausted, ToolMeshError, Unavailable
from toolmesh_core.genai_conventions import AGENT_NAME, CONVERSATION_ID, INVOKE_AGENT, OPERATION_NAME, REQUEST_MODEL
from toolmesh_core.telemetry import span
from toolmesh_planner.app.drive_run import DriveRun
from toolmesh_planner.app.live_run import JournalFailed, LiveRun, Stop
from toolmesh_planner.app.run_metrics import count_live
from toolmesh_planner.domain.run_state import RunHeader

logger = logging.getLogger(__name__)
_AGENT = "toolmesh"


class LiveRuns:
    """Runs that have not ended, by id. Used from the event loop only.

    Args:
        most: how many there may be in all.
        most_per_user: how many one user may have.
    """

    def __init__(self, drive: DriveRun, most: int, most_per_user: int) -> None:
        self._drive = drive
        self._most = most
        self._most_per_user = most_per_user
        self._runs: dict[str, LiveRun] = {}
        self._places: Counter[str] = Counter()
        self._draining = False
        self.left_behind: set[str] = set()

    def find(self, run: str, user: str) -> LiveRun | None:
        """A user's run, if it is in progress."""
        live = self._runs.get(run)
        return live if live is not None and live.header.user == user else None

    def __contains__(self, run: str) -> bool:
        return run in self._runs

    @contextmanager
    def place_for(self, user: str) -> Iterator[None]:
        """Holds a place while a run is being made. ResourceExhausted where there is none."""
        if self._draining:
            raise Unavailable("the planner is restarting; try again in a moment", reason="PLANNER_RESTARTING")
        if self._places.total() >= self._most:
            raise ResourceExhausted(
                f"{self._most} runs are in progress, which is the most; try again later",
                retry_after_s=1.0,
                reason="TOO_MANY_RUNS",
            )
        if self._places[user] >= self._most_per_user:
            raise ResourceExhausted(
                f"you have {self._most_per_user} runs in progress, which is the most; wait for one or cancel one",
                retry_after_s=1.0,
                reason="TOO_MANY_RUNS_OF_USER",
            )
        self._places[user] += 1
        try:
            yield
        finally:
            self._give_back(user)

    def start(self, run: LiveRun) -> None:
        """Starts or takes up a run, in a context of its own: the deadline of whoever asked for it is not the run's."""
        self._runs[run.header.run] = run
        self._places[run.header.user] += 1
        count_live(len(self._runs))
        loop = asyncio.get_running_loop()
        run.task = loop.create_task(self._carry(run), name=run.header.run, context=contextvars.Context())

    async def drain(self, grace_s: float) -> None:
        """Leaves every run in the journal: calls under way get a little time, the rest stops at once."""
        self._draining = True
        runs = list(self._runs.values())
        for run in runs:
            run.stop_for(Stop.DRAIN, at_once=not run.calling and not run.closing)
        tasks = [run.task for run in runs if run.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _carry(self, run: LiveRun) -> None:
        left: ToolMeshError | None = None
        run.begun = True
        try:
            with _run_span(run.header), _calls_of(run.header):
                await self._drive(run)
                await run.durable()
        except JournalFailed as failure:
            left = failure.error
            logger.error("run left in the journal", extra={"run": run.header.run, "error": left.message})
            self.left_behind.add(run.header.run)
        except asyncio.CancelledError:
            if not self._draining:
                raise
        finally:
            self._leave(run, left)

    def _leave(self, run: LiveRun, error: ToolMeshError | None) -> None:
        del self._runs[run.header.run]
        self._give_back(run.header.user)
        count_live(len(self._runs))
        if error is None and run.state.final is None:
            last = run.feed.last_sequence
            error = Unavailable(
                f"planner is restarting, resume after sequence {last}",
                reason="PLANNER_RESTARTING",
                metadata={"after_sequence": str(last)},
            )
        run.feed.end(error)

    def _give_back(self, user: str) -> None:
        self._places[user] -= 1
        if not self._places[user]:
            del self._places[user]


@contextmanager
def _run_span(header: RunHeader) -> Iterator[None]:
    attributes = {
        OPERATION_NAME: INVOKE_AGENT,
        AGENT_NAME: _AGENT,
        REQUEST_MODEL: header.request.model,
        CONVERSATION_ID: header.request.session or header.run,
        "toolmesh.planner.run": header.run,
    }
    with span(f"{INVOKE_AGENT} {_AGENT}", attributes, parent=header.traceparent):
        yield


@contextmanager
def _calls_of(header: RunHeader) -> Iterator[None]:
    with calling(user=header.user, session=header.request.session, run=header.run):
        yield
