"""From chosen tools to calls for a model that was trained for it: it judges each tool and writes the arguments."""

import json
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.app.act_by_rules import ActByRules, sources_of
from toolmesh_controller.app.acting import Acting, calling, open_now, without_repeats
from toolmesh_controller.app.choose_tools import Choice
from toolmesh_controller.app.fill_arguments import FillArguments
from toolmesh_controller.app.judge_tool import JudgeTool, Verdict
from toolmesh_controller.app.ports import NewId
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.domain.brief import Brief, brief_of
from toolmesh_controller.domain.conversation import ChoiceScore, Decision, Finish, ToolCall
from toolmesh_controller.domain.grounding import rendered
from toolmesh_controller.domain.led_weights import LedWeights
from toolmesh_controller.domain.parts import Part

# A part of a longer request stands because a tool fits it and it holds the values that tool needs; in log-odds.
_PRIOR_OF_A_PART = 2.0


@dataclass(frozen=True, slots=True)
class _Judged:
    """A tool for a part of the request, with what the model says of it; it fits where `logit` is over 0."""

    tool: ReadTool
    part: Part
    brief: Brief
    verdict: Verdict | None
    logit: float


class ActByModel:
    """Args:
    by_rules: takes over where the model's arguments are not valid.
    """

    def __init__(
        self, judge: JudgeTool, fill: FillArguments, by_rules: ActByRules, new_id: NewId, weights: LedWeights
    ) -> None:
        self._judge = judge
        self._fill = fill
        self._by_rules = by_rules
        self._new_id = new_id
        self._weights = weights

    async def __call__(self, acting: Acting, choice: Choice) -> Decision | None:
        """The calls to make or the question to ask; None where an answer is due."""
        fitting = await self._fitting_parts(acting, choice)
        calls: list[ToolCall] = []
        lacking: list[_Judged] = []
        for judged in fitting:
            if judged.verdict and not acting.must_call and judged.verdict.lacks > self._weights.ask_above:
                lacking.append(judged)
                continue
            arguments = await self._arguments(acting, judged)
            if arguments is None:
                return await self._by_rules.bare(acting, choice)
            calls.append(self._call(judged.tool, arguments))
        calls = without_repeats(calls, acting.turn)
        if calls:
            return calling(acting, choice, calls)
        return await self._asking(acting, choice, lacking[0]) if lacking else None

    async def _fitting_parts(self, acting: Acting, choice: Choice) -> list[_Judged]:
        """What a call is due for. Where a tool fits no part of the request, it is taken as one wish."""
        retrieved = choice.retrieved
        worth = self._weights.worth_weighing(choice.scores, retrieved=retrieved)
        if acting.must_call:
            worth = worth[:1]
        if len(choice.planned) > 1 or acting.turn.done:
            fitting = [part async for part in self._parts(acting, choice, worth, retrieved=retrieved)]
            if fitting or acting.turn.done:
                return fitting
        priors = [(score.tool, self._weights.prior_of(score, choice.scores)) for score in worth]
        whole = Part(acting.turn.request, 0, strong=True)
        best = await self._fitting(acting, whole, priors, retrieved=retrieved)
        return [best] if best else []

    async def _parts(
        self, acting: Acting, choice: Choice, worth: Sequence[ChoiceScore], *, retrieved: bool
    ) -> AsyncGenerator[_Judged, None]:
        """The open parts that a tool fits: the one that was found for it, else another one."""
        fitted: set[str] = set()
        for item in open_now(acting, choice):
            if item.tool in fitted:
                # "in Rome and in Oslo": the second is too little to be judged by itself.
                yield _Judged(acting.tools[item.tool], item.part, brief_of(item.part, acting.turn), None, math.inf)
                continue
            others = [(score.tool, 0.0) for score in worth if score.tool != item.tool]
            tools = [(item.tool, _PRIOR_OF_A_PART), *others]
            judged = await self._fitting(acting, item.part, tools, retrieved=retrieved)
            if judged:
                fitted.add(judged.tool.name)
                yield judged

    def _call(self, tool: ReadTool, arguments: Mapping[str, Any]) -> ToolCall:
        return ToolCall(self._new_id("call"), tool.name, json.dumps(arguments, ensure_ascii=False))

    async def _arguments(self, acting: Acting, judged: _Judged) -> dict[str, Any] | None:
        """What the words decide stands; what stays open of the required ones the model writes in one text."""
        said = await self._fill.said(judged.tool, sources_of(judged.part, acting.turn))
        return await self._judge.arguments(acting.ref, acting.model, judged.tool, judged.brief, said, acting.usage)

    async def _fitting(
        self, acting: Acting, part: Part, tools: Sequence[tuple[str, float]], *, retrieved: bool
    ) -> _Judged | None:
        """The tool that fits the part best, by the scores and the model; None where none does."""
        brief = brief_of(part, acting.turn)
        best: _Judged | None = None
        for name, prior in tools:
            tool = acting.tools[name]
            if acting.must_call:
                return _Judged(tool, part, brief, None, math.inf)
            if retrieved and prior >= self._weights.plain and await self._is_said(acting, part, tool):
                return _Judged(tool, part, brief, None, prior)
            verdict = await self._judge.verdict(acting.ref, acting.model, tool, brief, acting.usage)
            logit = self._weights.logit(prior, verdict.fits, retrieved=retrieved)
            judged = _Judged(tool, part, brief, verdict, logit)
            if best is None or judged.logit > best.logit:
                best = judged
            if judged.logit > (self._weights.certain_retrieved if retrieved else self._weights.certain):
                break
        return best if best and best.logit > 0.0 else None

    async def _is_said(self, acting: Acting, part: Part, tool: ReadTool) -> bool:
        """Whether the words decide every required argument."""
        said = await self._fill.said(tool, sources_of(part, acting.turn))
        return all(item.name in said for item in tool.parameters if item.required)

    async def _asking(self, acting: Acting, choice: Choice, judged: _Judged) -> Decision:
        question = await self._judge.question(acting.ref, acting.model, judged.tool, judged.brief, acting.usage)
        return Decision(
            question=f"{rendered(acting.turn.done, acting.turn.request)}\n{question}".strip(),
            usage=acting.usage,
            scores=choice.scores,
            context_cut=choice.cut,
            finish=Finish.STOP,
        )
