"""Decides the next step: tool calls, an answer, or a question back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from toolmesh_controller.app.act_by_model import ActByModel
from toolmesh_controller.app.act_by_rules import ActByRules
from toolmesh_controller.app.acting import Acting
from toolmesh_controller.app.choose_tools import Choice, ChooseTools
from toolmesh_controller.app.fill_arguments import FillArguments
from toolmesh_controller.app.fit_prompt import FitPrompt
from toolmesh_controller.app.judge_tool import JudgeTool
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.ports import Constraint, Inference, ModelInfo, ModelRef, NewId, Sampling
from toolmesh_controller.app.tool_book import ReadTool, read_tool
from toolmesh_controller.app.try_again import TryAgain
from toolmesh_controller.app.write_answer import Answer, WriteAnswer
from toolmesh_controller.domain.conversation import (
    Candidate,
    ChoiceScore,
    ContextCut,
    Decision,
    Message,
    ToolChoice,
    Usage,
)
from toolmesh_controller.domain.follow_up import leans_on_history, said_before
from toolmesh_controller.domain.turn import Turn, turn_of
from toolmesh_controller.domain.words import has_cjk
from toolmesh_core.errors import InvalidInput

Act = Callable[[Acting, Choice], Awaitable[Decision | None]]
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
        self._limits = limits
        self._choose = ChooseTools(inference, fit_prompt, limits)
        fill, judge = FillArguments(inference, fit_prompt, limits), JudgeTool(inference, fit_prompt, limits)
        self._by_rules = ActByRules(fill, new_id)
        self._by_model = ActByModel(judge, fill, self._by_rules, new_id, limits.led)
        self._try_again = TryAgain(judge, new_id)
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
            acting = self._acting(ask, model, turn, tools, usage)
            decision = await self._act(ask, turn, choice)(acting, choice)
            if decision is None and turn.done and turn.done[-1].failed:
                decision = await self._try_again(acting, choice)
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
        earlier = said_before(turn.history, turn.request)
        single = bool(ask.required_tool) or bool(earlier) or (ask.max_tool_calls == 1 and not turn.done)
        return await self._choose(
            ask.ref,
            model,
            offered,
            tools,
            turn.request,
            earlier,
            allow_none=not _must_call(ask),
            single=single,
            may_ask_llm=not turn.done,
        )

    def _acting(self, ask: DecideAsk, model: ModelInfo, turn: Turn, tools: Sequence[ReadTool], usage: Usage) -> Acting:
        by_name = {tool.name: tool for tool in tools}
        most = ask.max_tool_calls or self._limits.max_tool_calls
        return Acting(ask.ref, model, turn, by_name, usage, _must_call(ask), most)

    def _act(self, ask: DecideAsk, turn: Turn, choice: Choice) -> Act:
        led = self._limits.led_by_model
        if led == "never" or (led == "adapters" and not ask.ref.adapter):
            return self._by_rules
        if led == "adapters" and _rules_read_better(turn, choice):
            return self._by_rules.bare
        return self._by_model


def _rules_read_better(turn: Turn, choice: Choice) -> bool:
    """Where the packaged adapter did worse than rules when both were measured (docs/benchmarks.md): in Chinese, in
    short follow-ups, and where several wishes were found whose tools the retriever scored."""
    if has_cjk(turn.request) or leans_on_history(turn.request):
        return True
    return len(choice.planned) > 1 and choice.retrieved


def _must_call(ask: DecideAsk) -> bool:
    return ask.tool_choice is ToolChoice.REQUIRED or bool(ask.required_tool)


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
