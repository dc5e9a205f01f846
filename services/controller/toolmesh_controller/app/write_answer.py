"""Writes the answer: streamed where it is the model's own, held back and checked where it reports results."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from toolmesh_controller.app.fit_prompt import CONTEXT_TOO_SMALL, FitPrompt, Pieces
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.ports import Constraint, Inference, ModelInfo, ModelRef, Sampling
from toolmesh_controller.domain.conversation import ContextCut, Finish, Message, Usage
from toolmesh_controller.domain.fit_context import cut_middle
from toolmesh_controller.domain.grounding import is_grounded, rendered
from toolmesh_controller.domain.prompts import answer_messages, report_messages
from toolmesh_controller.domain.turn import DoneCall, Turn
from toolmesh_core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, with what was left out of its prompt."""

    text: str
    finish: Finish
    cut: ContextCut


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    inference: Inference
    fit_prompt: FitPrompt
    limits: Limits

    async def __call__(
        self,
        ref: ModelRef,
        model: ModelInfo,
        turn: Turn,
        sampling: Sampling,
        constraint: Constraint,
        usage: Usage,
        *,
        no_tool_fits: bool = False,
    ) -> AsyncGenerator[str | Answer, None]:
        """The pieces of the answer, then all of it."""
        constrained = bool(constraint.grammar or constraint.json_schema)
        reporting = bool(turn.done)
        most = sampling.max_tokens or (
            self.limits.report_tokens if reporting and not constrained else self.limits.answer_tokens
        )
        try:
            messages, cut = await self._prompt(model, turn, most, no_tool_fits)
        except InvalidInput as error:
            if not reporting or constrained or error.reason != CONTEXT_TOO_SMALL:
                raise
            yield (text := rendered(turn.done, turn.request))
            yield Answer(text, Finish.STOP, ContextCut())
            return
        text, finish = "", Finish.STOP
        sampling = replace(sampling, max_tokens=most)
        async with aclosing(self.inference.generate(ref, messages, sampling, constraint)) as pieces:
            async for piece in pieces:
                text += piece.text
                if piece.text and (constrained or not reporting):
                    yield piece.text
                if piece.usage:
                    usage.add(piece.usage)
                    finish = piece.finish
        if reporting and not constrained:
            text, finish = _checked(text, finish, turn)
            yield text
        yield Answer(text, finish, cut)

    async def _prompt(
        self, model: ModelInfo, turn: Turn, reserved: int, no_tool_fits: bool
    ) -> tuple[list[Message], ContextCut]:
        results = [item.result or "" for item in turn.done]
        history = [message.content for message in turn.history] if not turn.done else []
        fixed = [message.content for message in _frame(turn, no_tool_fits)]
        fitting, counts = await self.fit_prompt(model, Pieces(fixed, history, results), reserved)
        if not turn.done:
            history_kept = turn.history[fitting.history_from :]
            messages = answer_messages(turn.system, history_kept, turn.request, no_tool_fits=no_tool_fits)
            return messages, fitting.cut
        cut_done = [
            DoneCall(item.call, cut_middle(item.result or "", count, keep) if count else item.result)
            for item, count, keep in zip(turn.done, counts, fitting.results, strict=True)
        ]
        return report_messages(turn.request, cut_done, turn.system), fitting.cut


def _frame(turn: Turn, no_tool_fits: bool) -> list[Message]:
    """The prompt without what may be cut."""
    if not turn.done:
        return answer_messages(turn.system, (), turn.request, no_tool_fits=no_tool_fits)
    return report_messages(turn.request, [DoneCall(item.call, "") for item in turn.done], turn.system)


def _checked(text: str, finish: Finish, turn: Turn) -> tuple[str, Finish]:
    """The model's sentence where it says what the tools gave, else the results themselves."""
    said = text.strip()
    if finish is Finish.STOP and is_grounded(said, turn.done, turn.request):
        return said, finish
    return rendered(turn.done, turn.request), Finish.STOP
