"""Chooses: cuts the request into parts and finds each part's tool, asking the LLM only where the rest is undecided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolmesh_controller.app.fit_prompt import FitPrompt, Pieces
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.offload import offloaded
from toolmesh_controller.app.ports import Inference, ModelInfo, ModelRef
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.app.tool_meaning import ToolMeaning
from toolmesh_controller.domain.arithmetic import hint_words
from toolmesh_controller.domain.choose import Evidence, choice_scores, is_decisive
from toolmesh_controller.domain.conversation import Candidate, ChoiceScore, ContextCut, Usage
from toolmesh_controller.domain.lexical import lexical_scores
from toolmesh_controller.domain.missing import missing_from
from toolmesh_controller.domain.named_places import names_place, takes_one_place
from toolmesh_controller.domain.parts import Part, pieces_of
from toolmesh_controller.domain.plan_parts import PlannedPart, plan_parts
from toolmesh_controller.domain.prompts import choice_messages
from toolmesh_controller.domain.request_text import request_text
from toolmesh_controller.domain.slots import slots_of
from toolmesh_controller.domain.words import word_set

# Room for a tool's name after the prompt.
CHOICE_TOKENS = 32
# Mentions that somebody wrote to be used.
VALUE_KINDS = frozenset(("number", "date", "time", "quoted", "email", "url"))
# How well a further part must cover a tool's words for the same tool to be called twice.
SAME_TOOL_LEXICAL = 0.35


@dataclass(frozen=True, slots=True)
class Choice:
    """The request's parts with their tools, and how the choices scored for the request as a whole."""

    planned: tuple[PlannedPart, ...]
    scores: tuple[ChoiceScore, ...]
    usage: Usage
    cut: ContextCut

    @property
    def retrieved(self) -> bool:
        """Whether the retriever scored the tools."""
        return any(score.retriever_score > 0.0 for score in self.scores)


class ChooseTools:
    def __init__(self, inference: Inference, fit_prompt: FitPrompt, limits: Limits) -> None:
        self._inference = inference
        self._fit_prompt = fit_prompt
        self._limits = limits
        self._meaning = ToolMeaning(inference)

    async def __call__(
        self,
        ref: ModelRef,
        model: ModelInfo,
        candidates: Sequence[Candidate],
        tools: Sequence[ReadTool],
        request: str,
        context: str,
        *,
        allow_none: bool,
        single: bool,
        may_ask_llm: bool = True,
    ) -> Choice:
        """Chooses among candidates.

        Args:
            context: an earlier request that this one leans on, or empty.
            allow_none: whether "no tool" is a choice.
            single: whether at most one call may come out, so that the request is not cut.
            may_ask_llm: False where the choice is made already and only the scores are wanted.
        """
        usage, cut = Usage(), ContextCut()
        asked = f"{context}\n{request}"
        opinions = await offloaded(len(asked), lambda: self._opinions(candidates, tools, asked))
        scores = choice_scores(opinions, allow_none=allow_none, weights=self._limits.weights)
        planned: list[PlannedPart] = []
        if not single:
            pieces = pieces_of(request)
            cosines = await self._meaning.cosines([piece.text for piece in pieces], tools) if len(pieces) > 1 else None
            near = {piece.text: row for piece, row in zip(pieces, cosines or [], strict=False)}
            planned = await offloaded(len(request), lambda: self._plan(candidates, tools, request, pieces, near))
        if len(planned) > 1:
            return Choice(tuple(planned), scores, usage, cut)
        opinions = await self._with_meaning(opinions, tools, request, allow_none=allow_none)
        scores = choice_scores(opinions, allow_none=allow_none, weights=self._limits.weights)
        if may_ask_llm and not is_decisive(scores, self._limits.weights):
            scores, cut = await self._ask(ref, model, opinions, tools, scores, request, usage)
        whole = Part(request, 0, strong=True)
        return Choice((PlannedPart(whole, scores[0].tool),), scores, usage, cut)

    async def _with_meaning(
        self, opinions: Sequence[Evidence], tools: Sequence[ReadTool], request: str, *, allow_none: bool
    ) -> list[Evidence]:
        """Asks how near they are in meaning where no retriever did and there is something to choose."""
        if any(item.retriever > 0.0 for item in opinions) or (len(opinions) == 1 and not allow_none):
            return list(opinions)
        cosines = await self._meaning.cosines([request], tools)
        return list(opinions) if cosines is None else _near(opinions, cosines[0])

    def _opinions(self, candidates: Sequence[Candidate], tools: Sequence[ReadTool], text: str) -> list[Evidence]:
        lexical = lexical_scores(word_set(text) | hint_words(text), [tool.words for tool in tools])
        return [
            Evidence(candidate.name, score, candidate.score, supplied=supplied_by(tool, text))
            for candidate, tool, score in zip(candidates, tools, lexical, strict=True)
        ]

    def _plan(
        self,
        candidates: Sequence[Candidate],
        tools: Sequence[ReadTool],
        request: str,
        pieces: Sequence[Part],
        near: Mapping[str, Sequence[float]],
    ) -> list[PlannedPart]:
        """Args:
        near: cosines with the tools, by piece.
        """
        by_name = {tool.name: tool for tool in tools}
        kept: dict[str, str] = {}

        def best_tool(text: str) -> str:
            if text != request and _is_just_values(text):
                return ""
            if text not in kept:
                opinions = self._opinions(candidates, tools, text)
                rows = [row for piece, row in near.items() if piece in text]
                if rows and text != request:
                    # The retriever saw the whole request: what it gave a tool says little of one part.
                    opinions = _near(opinions, [max(column) for column in zip(*rows, strict=True)])
                kept[text] = choice_scores(opinions, allow_none=True, weights=self._limits.weights)[0].tool
            return kept[text]

        def is_complete(text: str, name: str) -> bool:
            tool, read = by_name[name], request_text(text)
            return not missing_from(slots_of(tool.parameters, read, tool.words.name), read, tool.own_words)

        def asks_again(text: str, before: str, name: str) -> bool:
            tool = by_name[name]
            if any(item.kind == "array" for item in tool.parameters):
                return False
            several = sum(item.required for item in tool.parameters) > 1
            if several and not _is_just_values(text) and is_complete(text, name) and is_complete(before, name):
                return True
            if names_place(text) and takes_one_place(tool.parameters):
                # "in Celsius" reads like a place and is another argument's value.
                read = request_text(text)
                slots = slots_of(tool.parameters, read, tool.words.name)
                return not any(slot.decided and slot.parameter.kind == "enum" for slot in slots)
            lexical = lexical_scores(word_set(text) | hint_words(text), [tool.words])[0]
            return lexical >= SAME_TOOL_LEXICAL

        return plan_parts(request, pieces, best_tool, is_complete, asks_again)

    async def _ask(
        self,
        ref: ModelRef,
        model: ModelInfo,
        opinions: Sequence[Evidence],
        tools: Sequence[ReadTool],
        scores: Sequence[ChoiceScore],
        request: str,
        usage: Usage,
    ) -> tuple[tuple[ChoiceScore, ...], ContextCut]:
        """The scores with the LLM's log-probabilities of the best names in them.

        They tell tools apart; whether any is needed the LLM is not asked, since a small one says "none" at random.
        """
        allow_none = any(not score.tool for score in scores)
        names = [score.tool for score in scores if score.tool][: self._limits.scored_candidates]
        if len(names) < 2:
            return tuple(scores), ContextCut()
        described = {tool.name: tool.description for tool in tools}
        frame = [message.content for message in choice_messages([], request)]
        offers = Pieces(frame, candidates=[f"{name}: {described[name]}" for name in names])
        fitting, _ = await self._fit_prompt(model, offers, CHOICE_TOKENS)
        names = names[: fitting.candidates]
        messages = choice_messages([(name, described[name]) for name in names], request)
        answer = await self._inference.score(ref, messages, [f" {name}" for name in names])
        usage.add(answer.usage)
        said = dict(zip(names, answer.log_probabilities, strict=True))
        fused = [replace(item, llm=said.get(item.tool)) for item in opinions]
        return choice_scores(fused, allow_none=allow_none, weights=self._limits.weights), fitting.cut


def _near(opinions: Sequence[Evidence], cosines: Sequence[float]) -> list[Evidence]:
    return [replace(item, meaning=cosine) for item, cosine in zip(opinions, cosines, strict=True)]


def _is_just_values(text: str) -> bool:
    """Whether a part is no wish but a value of its neighbour's: "between 1 May" and "9 June 2024"."""
    left = text
    for mention in request_text(text).mentions:
        left = left.replace(text[mention.start : mention.end], " ")
    return not word_set(left)


def supplied_by(tool: ReadTool, text: str) -> float:
    """`Evidence.supplied` of a tool for a text."""
    request = request_text(text)
    slots = slots_of(tool.parameters, request, tool.words.name)
    required = [slot for slot in slots if slot.parameter.required]
    if not required or not all(slot.decided for slot in required) or not any(slot.mention for slot in required):
        return 0.0
    taken = [slot.mention for slot in slots if slot.mention]
    values = [mention for mention in request.mentions if mention.kind in VALUE_KINDS]
    left = [value for value in values if not any(value.overlaps(mention) for mention in taken)]
    return 1.0 - len(left) / len(values) if values else 1.0
