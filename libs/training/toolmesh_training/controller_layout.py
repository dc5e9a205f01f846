"""The layout `controller`: the prompts that the production controller sends for a dialogue, with the right answers.

The controller itself is run on each step, led by a model that knows the answer in place of inference. What a step's
run does not come to (a tool that rules did not choose, a question back, a tool that does not fit) is asked for by the
same prompts.
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from toolmesh_controller.app.decide import Decide, DecideAsk
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.tool_book import read_tool
from toolmesh_controller.domain.brief import brief_of
from toolmesh_controller.domain.choose import FusionWeights
from toolmesh_controller.domain.conversation import Candidate, Message
from toolmesh_controller.domain.led_weights import LedWeights
from toolmesh_controller.domain.parts import Part
from toolmesh_controller.domain.prompts import NONE, call_messages
from toolmesh_controller.domain.turn import turn_of
from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_inference.domain.conversation import ChatMessage
from toolmesh_inference.domain.conversation import Role as ChatRole
from toolmesh_training.chat_format import ChatFormat
from toolmesh_training.gold_model import Asked, GoldModel, called, questioned
from toolmesh_training.steps import Step, steps_of
from toolmesh_training.training_text import UNLEARNED, LossWeights, Piece, TrainingText, joined

# No lead is decisive and no tool hopeless, so that the model is asked for every choice and about every likely tool.
_CHOOSING = Limits(
    weights=replace(FusionWeights(), decisive_lead=2.0), led=replace(LedWeights(), hopeless=-1e9), led_by_model="always"
)
# No tool reaches the threshold, so that the controller comes to its answer past the tools on offer.
_ANSWERING = Limits(
    weights=replace(FusionWeights(), lexical_threshold=1000.0, supplied=0.0),
    led=replace(LedWeights(), hopeless=1e9),
    led_by_model="always",
)
_OF_CALLS = frozenset(("choice", "call", "none"))


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of what could be taught is: lists of tools are long, and most that does not fit is plain to see.

    Attributes:
        choices: of choices among several tools.
        misfits: of steps, those in which a tool that does not fit is shown besides.
    """

    choices: float = 0.2
    misfits: float = 0.25


class ControllerLayout:
    """Makes the training texts of a dialogue; the same ones each time."""

    def __init__(self, chat: ChatFormat, weights: LossWeights, shares: Shares = Shares()) -> None:
        self._chat = chat
        self._weights = weights
        self._shares = shares

    async def texts(self, dialogue: Dialogue) -> AsyncIterator[TrainingText]:
        """The texts of each step, in order, none of them twice."""
        seen: set[str] = set()
        rng = Random(dialogue.id)
        for step in steps_of(dialogue):
            try:
                found = await self._asked(dialogue, step, rng)
            except InvalidInput as error:
                raise InvalidInput(f"dialogue '{dialogue.id}': {error.message}") from error
            for asked in found:
                prompt = self._chat.prompt([_chat_message(message) for message in asked.messages])
                if asked.continuation and prompt not in seen:
                    seen.add(prompt)
                    yield self._text(prompt, asked)

    def _text(self, prompt: str, asked: Asked) -> TrainingText:
        weight = self._weights.call if asked.teaches in _OF_CALLS else self._weights.text
        pieces = (
            Piece(prompt, UNLEARNED),
            Piece(self._chat.defused(asked.continuation), weight),
            Piece(self._chat.end_of_turn, weight),
        )
        return TrainingText(joined(pieces), asked.teaches)

    async def _asked(self, dialogue: Dialogue, step: Step, rng: Random) -> list[Asked]:
        candidates = [
            Candidate(tool.name, tool.description, json.dumps(tool.arguments_schema), 0.0, tool.examples)
            for tool in dialogue.tools
        ]
        by_name = {candidate.name: candidate for candidate in candidates}
        if step.asks_for:
            messages = _judging(step, by_name[step.asks_for])
            return [questioned(messages, step.asks_for, step.text), *self._misfit(step, candidates, rng)]
        if not step.calls:
            answers = await _run(step, DecideAsk(step.before, candidates), _ANSWERING)
            return answers if step.reporting else [*self._misfit(step, candidates, rng), *answers]
        found = await _run(step, DecideAsk(step.before, candidates), _CHOOSING)
        met = {asked.tool for asked in found if asked.teaches == "call"}
        for call in step.calls:
            once = sum(other.tool == call.tool for other in step.calls) == 1
            if call.tool not in met and call.tool in by_name and once:
                found.append(called(_judging(step, by_name[call.tool]), call))
        if rng.random() >= self._shares.choices:
            found = [asked for asked in found if asked.teaches != "choice"]
        if not any(asked.teaches == "none" for asked in found):
            found += self._misfit(step, candidates, rng)
        return found

    def _misfit(self, step: Step, candidates: Sequence[Candidate], rng: Random) -> Iterator[Asked]:
        """A tool on offer that does not fit, rather a likely one."""
        right = {call.tool for call in step.calls} | step.unsure | {step.asks_for}
        wrong = [candidate for candidate in candidates if candidate.name not in right]
        if wrong and (not step.calls or rng.random() < self._shares.misfits):
            shown = wrong[0] if rng.random() < 0.6 else rng.choice(wrong)
            yield Asked(tuple(_judging(step, shown)), NONE, "none", shown.name)


async def _run(step: Step, ask: DecideAsk, limits: Limits) -> list[Asked]:
    """What the controller asks on the way to its decision."""
    gold = GoldModel(step.calls, step.text, step.reporting, step.unsure)
    numbers = count(1)
    decide = Decide(gold, lambda prefix: f"{prefix}_{next(numbers)}", limits)
    async for _ in decide(ask):
        pass
    return gold.asked


def _judging(step: Step, candidate: Candidate) -> list[Message]:
    """The prompt about one tool for the whole request."""
    turn = turn_of(step.before)
    tool = read_tool(candidate)
    return call_messages(tool.name, tool.description, tool.parameters, brief_of(Part(turn.request, 0, True), turn))


def _chat_message(message: Message) -> ChatMessage:
    return ChatMessage(ChatRole(message.role.value), message.content)
