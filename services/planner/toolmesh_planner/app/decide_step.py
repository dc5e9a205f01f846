"""Asks the controller for the next step and records the decision together with what follows from it at once."""

from dataclasses import dataclass

from toolmesh.controller.v1.controller_service_pb2 import DecideRequest
from toolmesh.controller.v1.decision_pb2 import Decision
from toolmesh.planner.v1.run_event_pb2 import DecisionMade, RunEvent
from toolmesh_core.clock import Clock
from toolmesh_planner.app.find_candidates import FindCandidates
from toolmesh_planner.app.live_run import LiveRun
from toolmesh_planner.app.patience import Patience
from toolmesh_planner.app.ports import Controller
from toolmesh_planner.app.run_metrics import observe_decision
from toolmesh_planner.domain.answer_relay import AnswerRelay
from toolmesh_planner.domain.call_plan import call_events, with_unique_ids
from toolmesh_planner.domain.times import duration_of


@dataclass(frozen=True)
class DecideStep:
    """Carries out Decide.

    Attributes:
        timeout_s: of one decision.
        most_calls: the most calls one decision may hold.
    """

    controller: Controller
    candidates: FindCandidates
    patience: Patience
    clock: Clock
    timeout_s: float
    most_calls: int

    async def __call__(self, run: LiveRun) -> None:
        """One decision; a controller that is away is asked again, since asking has no side effect."""
        candidates = await self.candidates.of(run)
        request = self._request_of(run)
        relay = AnswerRelay()

        def tell(delta: str) -> None:
            new = relay.take(delta)
            if new:
                run.tell_answer(new)

        async def ask() -> Decision:
            relay.begin()
            return await self.controller.decide(request, min(self.timeout_s, run.remaining_s), tell)

        began = self.clock.monotonic()
        decision = with_unique_ids(await self.patience.repeat(ask), run.state)
        seconds = self.clock.monotonic() - began
        observe_decision(seconds)
        # Each step is on disk before the next one is decided; the disk had the whole decision's time for it.
        await run.durable()
        made = RunEvent(decision_made=DecisionMade(decision=decision, decision_duration=duration_of(seconds)))
        tools = {name: candidate.tool for name, candidate in candidates.items()}
        run.append(made, *call_events(decision, run.state, tools))

    def _request_of(self, run: LiveRun) -> DecideRequest:
        asked = run.header.request
        request = DecideRequest(
            model=asked.model,
            adapter=asked.adapter,
            messages=run.state.messages,
            candidates=(run.candidates or {}).values(),
            max_tool_calls=self.most_calls,
        )
        if run.state.step_count == 0:
            request.tool_choice = asked.tool_choice
            request.required_tool = asked.required_tool
        if asked.HasField("sampling"):
            request.sampling.CopyFrom(asked.sampling)
        if asked.HasField("answer_constraint"):
            request.answer_constraint.CopyFrom(asked.answer_constraint)
        return request
