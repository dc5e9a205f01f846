"""Takes a person's word about a call that waits."""

from toolmesh.planner.v1.run_pb2 import Run
from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound, Unavailable
from toolmesh_planner.app.live_run import LiveRun, Stop
from toolmesh_planner.app.live_runs import LiveRuns
from toolmesh_planner.app.ports import Journal
from toolmesh_planner.app.read_runs import no_such_run
from toolmesh_planner.domain.approvals import approval_events
from toolmesh_planner.domain.run_state import RunState
from toolmesh_planner.domain.run_view import run_of

_LONGEST_COMMENT = 2000


class ApproveToolCall:
    """Approves or refuses."""

    def __init__(self, journal: Journal, runs: LiveRuns) -> None:
        self._journal = journal
        self._runs = runs

    async def __call__(self, user: str, run: str, call_id: str, *, approved: bool, comment: str) -> Run:
        """The run, once the decision is on disk; a decided call stays as decided.

        Raises:
            NotFound: no such run or call. FailedPrecondition: the call does not wait.
        """
        if len(comment) > _LONGEST_COMMENT:
            raise InvalidInput(f"'comment' is longer than {_LONGEST_COMMENT} characters", field="comment")
        live = self._runs.find(run, user)
        if live is None:
            state = await self._stored_state(user, run)
        else:
            state = live.state
            self._decide(live, call_id, approved=approved, comment=comment)
            await live.view()
        if call_id not in state.approvals_decided:
            raise _not_waiting(state, call_id)
        return run_of(state)

    def _decide(self, live: LiveRun, call_id: str, *, approved: bool, comment: str) -> None:
        if live.stop is Stop.DRAIN:
            raise Unavailable("the planner is restarting; decide again in a moment", reason="PLANNER_RESTARTING")
        if live.closing or live.stop is not None:
            return
        waiting = [call for call in live.state.pending_approvals if call.id == call_id]
        for call in waiting:
            live.append(*approval_events(call, approved=approved, comment=comment))
            live.approvals_changed.set()

    async def _stored_state(self, user: str, run: str) -> RunState:
        if await self._journal.find(run, user) is None:
            raise no_such_run(run)
        stored = await self._journal.read(run)
        if stored is None:
            raise no_such_run(run)
        return RunState.of(stored.header, stored.events)


def _not_waiting(state: RunState, call_id: str) -> NotFound | FailedPrecondition:
    if call_id in state.call_ids:
        return FailedPrecondition(f"call '{call_id}' does not wait for approval", reason="NOT_WAITING")
    return NotFound(
        f"run '{state.header.run}' has no call '{call_id[:80]}'; its pending_approvals name those that wait",
        reason="CALL_NOT_FOUND",
    )
