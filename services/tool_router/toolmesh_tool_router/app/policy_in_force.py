"""The policy in force, and what it says of a call."""

import logging
from dataclasses import dataclass, replace
from typing import Any

import orjson

from toolmesh_core.clock import Clock
from toolmesh_core.errors import InvalidInput, PermissionDenied, ResourceExhausted
from toolmesh_tool_router.app.ports import CallMeter
from toolmesh_tool_router.domain.call_events import ToolCall
from toolmesh_tool_router.domain.policy.limits import LimitBook, Places
from toolmesh_tool_router.domain.policy.policy import NO_RULE, Decision, Policy
from toolmesh_tool_router.domain.policy.redaction import Redaction
from toolmesh_tool_router.domain.policy.rule import Effect
from toolmesh_tool_router.domain.tool_registry import RegisteredTool

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Permit:
    """A call that may be made, and the places of limits that it holds until it is over."""

    call: ToolCall
    places: Places


class PolicyInForce:
    """Judges each call once, before it is carried out. A policy that replaces this one is in force at once."""

    def __init__(self, policy: Policy, meter: CallMeter, clock: Clock) -> None:
        self._meter = meter
        self._clock = clock
        self._book = LimitBook()
        self.use(policy)

    def use(self, policy: Policy) -> None:
        """Takes another policy from now on; calls under way go on."""
        self._policy = policy
        self._book.use(policy.limits)

    @property
    def redaction(self) -> Redaction:
        """What is a secret now."""
        return self._policy.redaction

    def admit(self, call: ToolCall, tool: RegisteredTool, arguments: Any) -> Permit:
        """The call as it may be made; whoever is given a permit leaves its places when the call is over.

        Raises:
            PermissionDenied: a rule denies it (POLICY_DENIED), or holds it for approval (APPROVAL_REQUIRED).
            ResourceExhausted: a limit is reached (POLICY_LIMIT). The metadata "rule" names the rule or limit.
        """
        if self._policy.looks_inside(call, tool):
            call = _as_judged(call, arguments)
        decision = self._policy.decide(call, tool, arguments)
        if decision.effect is Effect.DENY or (decision.effect is Effect.HOLD and not call.approved):
            self._tell(call, tool, decision.effect, decision.rule)
            raise _refusal(call.tool, decision)
        try:
            limits = self._policy.limits_of(call, tool)
            places = self._book.enter(limits, call.tool, call.user, call.key, self._clock.monotonic())
        except ResourceExhausted as reached:
            self._tell(call, tool, "limit", reached.metadata["rule"])
            raise
        self._tell(call, tool, Effect.ALLOW, decision.rule)
        return Permit(replace(call, egress_hosts=decision.egress_hosts) if decision.egress_hosts else call, places)

    def _tell(self, call: ToolCall, tool: RegisteredTool, effect: str, rule: str) -> None:
        self._meter.decided(effect)
        # Where no rule had a word on a call that is made, nothing was decided; a line costs a call a tenth of its time.
        level = logging.DEBUG if (effect, rule) == (Effect.ALLOW, NO_RULE) else logging.INFO
        if logger.isEnabledFor(level):
            facts = {"effect": str(effect), "rule": rule, "tool": call.tool, "tool_service": tool.service}
            more = {"user": call.user, "key": call.key, "approved": call.approved}
            logger.log(level, "policy decision", extra={**facts, **more})


def _as_judged(call: ToolCall, arguments: Any) -> ToolCall:
    """The call with its arguments written anew, so that a tool reads what the rules read: in the text of a stranger a
    member may stand twice, and two readers may each take another one."""
    try:
        return replace(call, arguments_json=orjson.dumps(arguments).decode())
    except orjson.JSONEncodeError as error:
        raise InvalidInput(
            f"tool {call.tool!r}: the arguments are nested too deeply for the policy to look at them",
            field="arguments_json",
            reason="BAD_ARGUMENTS",
        ) from error


def _refusal(tool: str, decision: Decision) -> PermissionDenied:
    why = f": {decision.reason}" if decision.reason else ""
    by = "the policy" if decision.rule == NO_RULE else f"rule {decision.rule!r} of the policy"
    if decision.effect is Effect.DENY:
        return PermissionDenied(
            f"{by} denies this call of tool {tool!r}{why}", reason="POLICY_DENIED", metadata={"rule": decision.rule}
        )
    return PermissionDenied(
        f"{by} holds this call of tool {tool!r} for a person's approval{why}; ask for it in a run, where it can wait",
        reason="APPROVAL_REQUIRED",
        metadata={"rule": decision.rule, "why": decision.reason},
    )
