"""A whole policy: the first rule that fits a call decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from toolmesh_tool_router.domain.call_events import ToolCall
from toolmesh_tool_router.domain.policy.arguments import ArgumentTest
from toolmesh_tool_router.domain.policy.limits import Limit
from toolmesh_tool_router.domain.policy.redaction import Redaction
from toolmesh_tool_router.domain.policy.rule import Effect, Rule, ToolFacts
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import RegisteredTool

NO_RULE = "no-rule"
_MOST_SHORTLISTS = 10_000


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a call.

    Attributes:
        rule: the name of the rule that says so; NO_RULE where none fitted.
        reason: why, for the caller; may be empty.
        egress_hosts: to be told to the tool.
    """

    effect: Effect
    rule: str
    reason: str = ""
    egress_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What becomes of calls that no rule fits.

    Attributes:
        reads_only: of tools that neither write, nor spend, nor reach outside.
        otherwise: of all others.
    """

    reads_only: Effect = Effect.ALLOW
    otherwise: Effect = Effect.DENY


@dataclass(frozen=True, slots=True)
class TagMeanings:
    """The tags that say of a tool that it reaches outside, or spends."""

    outside: frozenset[str] = frozenset()
    spends: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Shortlist:
    """What is left to look at for one tool, user and key: all but the arguments is settled."""

    definition: ToolDefinition
    service: str
    rules: tuple[tuple[ArgumentTest, Rule, Decision], ...]
    last: Decision
    limits: tuple[Limit, ...]


@dataclass
class Policy:
    """Rules in order, limits, and what is a secret."""

    rules: Sequence[Rule] = ()
    limits: Sequence[Limit] = ()
    redaction: Redaction = field(default_factory=Redaction)
    unmatched: Unmatched = Unmatched()
    tags: TagMeanings = TagMeanings()
    _shortlists: dict[tuple[str, str, str], _Shortlist] = field(default_factory=dict)

    def decide(self, call: ToolCall, tool: RegisteredTool, arguments: object) -> Decision:
        """What the first fitting rule says."""
        shortlist = self._shortlist(call, tool)
        for fits, rule, decision in shortlist.rules:
            if fits(arguments) and rule.fits_origin(call.untrusted_arguments):
                return decision
        return shortlist.last

    def looks_inside(self, call: ToolCall, tool: RegisteredTool) -> bool:
        """Whether a rule may have looked at the call's arguments."""
        return bool(self._shortlist(call, tool).rules)

    def limits_of(self, call: ToolCall, tool: RegisteredTool) -> tuple[Limit, ...]:
        """The limits that the call counts for."""
        return self._shortlist(call, tool).limits

    def _shortlist(self, call: ToolCall, tool: RegisteredTool) -> _Shortlist:
        asked = (call.tool, call.user, call.key)
        found = self._shortlists.get(asked)
        if found is None or found.definition is not tool.definition or found.service != tool.service:
            if len(self._shortlists) >= _MOST_SHORTLISTS:
                self._shortlists.clear()
            found = self._shortlists[asked] = self._new_shortlist(call, tool)
        return found

    def _new_shortlist(self, call: ToolCall, tool: RegisteredTool) -> _Shortlist:
        facts = self._facts_of(tool)
        open_rules: list[tuple[ArgumentTest, Rule, Decision]] = []
        last = self._without_rule(facts)
        for rule in self.rules:
            if rule.selector.fits(facts, call.user, call.key):
                decision = Decision(rule.effect, rule.name, rule.reason, rule.egress_hosts)
                if rule.is_for_all_arguments:
                    last = decision
                    break
                open_rules.append((rule.test, rule, decision))
        limits = tuple(limit for limit in self.limits if limit.selector.fits(facts, call.user, call.key))
        return _Shortlist(tool.definition, tool.service, tuple(open_rules), last, limits)

    def _facts_of(self, tool: RegisteredTool) -> ToolFacts:
        definition = tool.definition
        tags = frozenset(definition.tags)
        return ToolFacts(
            name=definition.name,
            service=tool.service,
            tags=tags,
            read_only=definition.read_only,
            needs_approval=definition.needs_approval,
            reaches_outside=not tags.isdisjoint(self.tags.outside),
            spends=definition.cost_usd > 0 or not tags.isdisjoint(self.tags.spends),
        )

    def _without_rule(self, facts: ToolFacts) -> Decision:
        if facts.only_reads:
            return Decision(self.unmatched.reads_only, NO_RULE, "no rule of the policy fits the call")
        why = f"no rule of the policy fits the call of a tool that {facts.habits}; the operator can add one that does"
        return Decision(self.unmatched.otherwise, NO_RULE, why)
