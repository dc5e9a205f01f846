"""A trained model's decision about one tool: whether to call it, what to ask first, and the arguments."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.app.fit_prompt import FitPrompt, Pieces
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.offload import offloaded
from toolmesh_controller.app.ports import Constraint, Inference, ModelInfo, ModelRef, Sampling
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.app.whole_text import whole_text
from toolmesh_controller.domain.brief import Brief
from toolmesh_controller.domain.call_grammar import call_grammar
from toolmesh_controller.domain.conversation import Message, Usage
from toolmesh_controller.domain.prompts import ASK, CALL, NONE, call_messages
from toolmesh_controller.domain.request_text import request_text
from toolmesh_controller.domain.turn import parsed

_GREEDY = 0.0
_QUESTION_TOKENS = 64
_LINE_END = ("\n",)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Log-probabilities, in nats, of what to do about a tool."""

    call: float
    none: float
    ask: float

    @property
    def fits(self) -> float:
        """Log-odds that the tool can do what is asked, now or after a question."""
        return math.log(math.exp(self.call) + math.exp(self.ask) + _LEAST) - math.log(math.exp(self.none) + _LEAST)

    @property
    def lacks(self) -> float:
        """Probability that a value is missing, where the tool fits."""
        return 1.0 / (1.0 + math.exp(min(self.call - self.ask, 50.0)))


_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class JudgeTool:
    inference: Inference
    fit_prompt: FitPrompt
    limits: Limits

    async def verdict(self, ref: ModelRef, model: ModelInfo, tool: ReadTool, brief: Brief, usage: Usage) -> Verdict:
        """Weighs the three ways to go on."""
        messages = await self._prompt(model, tool, brief, "")
        scores = await self.inference.score(ref, messages, (CALL, NONE, ASK))
        usage.add(scores.usage)
        return Verdict(*scores.log_probabilities)

    async def question(self, ref: ModelRef, model: ModelInfo, tool: ReadTool, brief: Brief, usage: Usage) -> str:
        """What to ask the user before the tool can be called."""
        messages = await self._prompt(model, tool, brief, ASK)
        sampling = Sampling(temperature=_GREEDY, max_tokens=_QUESTION_TOKENS, stop=_LINE_END)
        return await whole_text(self.inference, ref, messages, sampling, Constraint(), usage)

    async def arguments(
        self,
        ref: ModelRef,
        model: ModelInfo,
        tool: ReadTool,
        brief: Brief,
        decided: Mapping[str, Any],
        usage: Usage,
    ) -> dict[str, Any] | None:
        """The required arguments in one text; None where what was written is not valid under the schema.

        Args:
            decided: values that stand already. Optional arguments that are not among them are left out: a small model
                adds ones that nobody spoke of as often as it finds ones that the words hide. Only where a tool requires
                none, the model may write any.
        """
        wanted = [item for item in tool.parameters if item.required or item.name in decided] or tool.parameters
        if all(item.name in decided for item in wanted):
            return self._valid(tool, {item.name: decided[item.name] for item in wanted})
        messages = await self._prompt(model, tool, brief, CALL)
        constraint = Constraint(json_schema=tool.schema_json)
        if model.takes_grammar:
            text = brief.text
            grammar = await offloaded(
                len(text), lambda: call_grammar(wanted, request_text(text), decided, self.limits.bounds)
            )
            constraint = Constraint(grammar=grammar)
        sampling = Sampling(temperature=_GREEDY, max_tokens=self.limits.argument_tokens)
        written = parsed(await whole_text(self.inference, ref, messages, sampling, constraint, usage))
        return self._valid(tool, written)

    def _valid(self, tool: ReadTool, written: Any) -> dict[str, Any] | None:
        """The arguments, without optional ones that break the schema; None where that does not mend them."""
        if not isinstance(written, dict):
            return None
        errors = tool.validator.errors(written)
        if not errors:
            return written
        required = {item.name for item in tool.parameters if item.required}
        wrong = {path.split(".")[0] for path, _ in errors}
        kept = {name: value for name, value in written.items() if name in required or name not in wrong}
        return kept if tool.validator.is_valid(kept) else None

    async def _prompt(self, model: ModelInfo, tool: ReadTool, brief: Brief, begun: str) -> list[Message]:
        messages = call_messages(tool.name, tool.description, tool.parameters, brief, begun)
        await self.fit_prompt(model, Pieces([message.content for message in messages]), self.limits.argument_tokens)
        return messages
