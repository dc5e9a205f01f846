"""From chosen tools to calls for a model that was trained for it: it judges each tool and writes the arguments."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.app.act_by_rules import ActByRules, sources_of
from toolmesh_controller.app.acting import Acting, open_now, without_repeats
from toolmesh_controller.app.choose_tools import Choice
from toolmesh_controller.app.fill_arguments import FillArguments
from toolmesh_controller.app.judge_tool import JudgeTool, Verdict
from toolmesh_controller.app.ports import NewId
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.domain.brief import Brief, brief_of
from toolmesh_controller.domain.conversation import Decision, Finish, ToolCall
from toolmesh_controller.domain.grounding import rendered
from toolmesh_controller.domain.led_weights import LedWeights
from toolmesh_controller.domain.parts import Part

# A part of a longer request stands because a tool fits it and it holds the values that tool needs; in log-odds.
_PRIOR_OF_A_PART = 4.0


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
        calls: list[ToolCall] = []
        lacking: list[_Judged] = []
        retrieved = any(score.retriever_score > 0.0 for score in choice.scores)
        for part, tools in self._due(acting, choice):
            judged = await self._fitting(acting, part, tools, retrieved=retrieved)
            if judged is None:
                continue
            if judged.verdict and not acting.must_call and judged.verdict.lacks > self._weights.ask_above:
                lacking.append(judged)
                continue
            arguments = await self._arguments(acting, judged)
            if arguments is None:
                return await self._by_rules.bare(acting, choice)
            written = json.dumps(arguments, ensure_ascii=False)
            calls.append(ToolCall(self._new_id("call"), judged.tool.name, written))
        calls = without_repeats(calls, acting.turn)
        if calls:
            return Decision(calls=tuple(calls), usage=acting.usage, scores=choice.scores, context_cut=choice.cut)
        return await self._asking(acting, choice, lacking[0]) if lacking else None

    async def _arguments(self, acting: Acting, judged: _Judged) -> dict[str, Any] | None:
        """What the words decide stands; what stays open of the required ones the model writes in one text."""
        said = await self._fill.said(judged.tool, sources_of(judged.part, acting.turn))
        return await self._judge.arguments(acting.ref, acting.model, judged.tool, judged.brief, said, acting.usage)

    def _due(self, acting: Acting, choice: Choice) -> Iterator[tuple[Part, list[tuple[str, float]]]]:
        """The parts that a call may be due for, each with its likely tools and their priors, best first."""
        if len(choice.planned) == 1 and not acting.turn.done:
            worth = self._weights.worth_weighing(choice.scores)
            if acting.must_call:
                worth = worth[:1]
            yield choice.planned[0].part, [(each.tool, self._weights.prior_of(each, choice.scores)) for each in worth]
            return
        for item in open_now(acting, choice):
            yield item.part, [(item.tool, _PRIOR_OF_A_PART)]

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
            if judged.logit > self._weights.certain:
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
