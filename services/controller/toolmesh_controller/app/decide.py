"""Decides the next step: tool calls, an answer, or a question back."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from toolmesh_controller.app.choose_tools import Choice, ChooseTools
from toolmesh_controller.app.fill_arguments import FillArguments, Filled
from toolmesh_controller.app.fit_prompt import FitPrompt
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.ports import Constraint, Inference, ModelInfo, ModelRef, NewId, Sampling
from toolmesh_controller.app.tool_book import ReadTool, read_tool
from toolmesh_controller.app.write_answer import Answer, WriteAnswer
from toolmesh_controller.domain.conversation import (
    Candidate,
    ChoiceScore,
    ContextCut,
    Decision,
    Finish,
    Message,
    Role,
    ToolCall,
    ToolChoice,
    Usage,
)
from toolmesh_controller.domain.follow_up import leans_on_history
from toolmesh_controller.domain.grounding import rendered
from toolmesh_controller.domain.missing import question_about
from toolmesh_controller.domain.plan_parts import PlannedPart, callable_now, open_parts
from toolmesh_controller.domain.turn import Turn, turn_of
from toolmesh_controller.domain.words import has_cjk
from toolmesh_core.errors import FailedPrecondition, InvalidInput

# Named as an adapter, it means the model as it is.
NO_ADAPTER = "none"


@dataclass(frozen=True, slots=True)
class DecideAsk:
    """What is asked; see DecideRequest."""

    messages: Sequence[Message]
    candidates: Sequence[Candidate] = ()
    ref: ModelRef = field(default_factory=ModelRef)
    tool_choice: ToolChoice = ToolChoice.AUTO
    required_tool: str = ""
    max_tool_calls: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    answer_constraint: Constraint = field(default_factory=Constraint)


class Decide:
    """The use case behind ControllerService.Decide."""

    def __init__(self, inference: Inference, new_id: NewId, limits: Limits) -> None:
        fit_prompt = FitPrompt(inference)
        self._inference = inference
        self._new_id = new_id
        self._limits = limits
        self._choose = ChooseTools(inference, fit_prompt, limits)
        self._fill = FillArguments(inference, fit_prompt, limits)
        self._write = WriteAnswer(inference, fit_prompt, limits)

    async def __call__(self, ask: DecideAsk) -> AsyncGenerator[str | Decision, None]:
        """Pieces of an answer, then the decision. Errors: see the contract."""
        turn = turn_of(ask.messages)
        offered = _offered(ask)
        model = await self._inference.model(ask.ref.model)
        ask = self._with_adapter(ask, model)
        usage, scores, cut = Usage(), tuple[ChoiceScore, ...](), ContextCut()
        if offered:
            tools = [read_tool(candidate) for candidate in offered]
            choice = await self._choice(ask, model, turn, offered, tools)
            usage.add(choice.usage)
            scores, cut = choice.scores, choice.cut
            decision = await self._act(ask, model, turn, choice, {tool.name: tool for tool in tools}, usage)
            if decision:
                yield decision
                return
        writing = self._write(
            ask.ref, model, turn, ask.sampling, ask.answer_constraint, usage, no_tool_fits=bool(offered)
        )
        async with aclosing(writing) as events:
            async for event in events:
                yield event if isinstance(event, str) else _answered(event, usage, scores, cut)

    def _with_adapter(self, ask: DecideAsk, model: ModelInfo) -> DecideAsk:
        """The same with the adapter that is used where none is named."""
        if ask.ref.adapter == NO_ADAPTER:
            return replace(ask, ref=replace(ask.ref, adapter=""))
        usual = self._limits.default_adapter
        if ask.ref.adapter or usual not in model.adapters:
            return ask
        return replace(ask, ref=replace(ask.ref, adapter=usual))

    async def _choice(
        self, ask: DecideAsk, model: ModelInfo, turn: Turn, offered: Sequence[Candidate], tools: Sequence[ReadTool]
    ) -> Choice:
        must = ask.tool_choice is ToolChoice.REQUIRED or bool(ask.required_tool)
        earlier = _last_request(turn) if leans_on_history(turn.request) else ""
        single = bool(ask.required_tool) or bool(earlier) or (ask.max_tool_calls == 1 and not turn.done)
        return await self._choose(
            ask.ref,
            model,
            offered,
            tools,
            turn.request,
            earlier,
            allow_none=not must,
            single=single,
            may_ask_llm=not turn.done,
        )

    async def _act(
        self, ask: DecideAsk, model: ModelInfo, turn: Turn, choice: Choice, tools: dict[str, ReadTool], usage: Usage
    ) -> Decision | None:
        """The calls to make or the question to ask; None where an answer is due."""
        must = ask.tool_choice is ToolChoice.REQUIRED or bool(ask.required_tool)
        still_open = open_parts(choice.planned, [done.call.tool for done in turn.done])
        if must and not still_open and not turn.done:
            still_open = [PlannedPart(choice.planned[0].part, choice.scores[0].tool)]
        ready = callable_now(
            still_open, any_called=bool(turn.done), last_failed=bool(turn.done) and turn.done[-1].failed
        )
        calls: list[ToolCall] = []
        refused: list[tuple[ReadTool, Filled]] = []
        for item in ready[: ask.max_tool_calls or self._limits.max_tool_calls]:
            tool = tools[item.tool]
            sources = _sources(item, turn)
            filled = await self._fill(ask.ref, model, tool, sources, usage, may_ask=not must)
            if filled.missing or filled.errors:
                refused.append((tool, filled))
            elif not turn.already_called(tool.name, filled.arguments):
                call = ToolCall(self._new_id("call"), tool.name, json.dumps(filled.arguments, ensure_ascii=False))
                if not any(other.tool == call.tool and other.arguments_json == call.arguments_json for other in calls):
                    calls.append(call)
        if calls:
            return Decision(calls=tuple(calls), usage=usage, scores=choice.scores, context_cut=choice.cut)
        if refused:
            asked = _question(refused, turn, must=must)
            return Decision(
                question=f"{rendered(turn.done, turn.request)}\n{asked}".strip(),
                usage=usage,
                scores=choice.scores,
                context_cut=choice.cut,
                finish=Finish.STOP,
            )
        return None


def _answered(answer: Answer, usage: Usage, scores: tuple[ChoiceScore, ...], cut: ContextCut) -> Decision:
    cut = answer.cut.plus(cut)
    return Decision(answer=answer.text, usage=usage, scores=scores, context_cut=cut, finish=answer.finish)


def _offered(ask: DecideAsk) -> list[Candidate]:
    """The candidates that may be chosen. Raises InvalidInput where required_tool or tool_choice cannot be met."""
    if ask.required_tool:
        named = [candidate for candidate in ask.candidates if candidate.name == ask.required_tool]
        if not named:
            names = ", ".join(candidate.name for candidate in ask.candidates) or "none"
            raise InvalidInput(
                f"required_tool: '{ask.required_tool}' is not among the candidates ({names})", field="required_tool"
            )
        return named
    if ask.tool_choice is ToolChoice.NONE:
        return []
    if ask.tool_choice is ToolChoice.REQUIRED and not ask.candidates:
        raise InvalidInput("tool_choice: a call is required and there are no candidates", field="tool_choice")
    return list(ask.candidates)


def _last_request(turn: Turn) -> str:
    return next((message.content for message in reversed(turn.history) if message.role is Role.USER), "")


def _sources(item: PlannedPart, turn: Turn) -> list[str]:
    """Where an argument's value may come from, the nearest first."""
    results = "\n".join(done.result or "" for done in turn.done)
    with_results = f"{item.part.text}\n{results}" if results else ""
    said = [message.content for message in turn.history if message.role is not Role.SYSTEM and message.content]
    sources = [with_results] if item.part.dependent and results else []
    sources += [item.part.text, turn.request, with_results]
    sources += reversed(said[-6:])
    return list(dict.fromkeys(text for text in sources if text))


def _question(refused: Sequence[tuple[ReadTool, Filled]], turn: Turn, *, must: bool) -> str:
    """Asks for what is missing. Raises FailedPrecondition where a call was required and could not be made valid."""
    tool, filled = refused[0]
    if filled.missing:
        return question_about(filled.missing, has_cjk(turn.request))
    problem = "; ".join(filled.errors)
    if must:
        raise FailedPrecondition(
            f"tool '{tool.name}': no valid arguments could be written: {problem}", reason="ARGUMENTS_INVALID"
        )
    if has_cjk(turn.request):
        return f"我无法为“{tool.name}”写出有效的参数（{problem}）。请换一种说法，给出具体的值。"
    return f"I could not work out valid arguments for {tool.name} ({problem}). Could you say the exact values?"
