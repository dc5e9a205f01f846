"""The layout `controller`: the prompts that the production controller sends for a dialogue, with the right answers.

The controller itself is run on each step, with a model that knows the answer in place of inference. Besides what it
asks, arguments that its rules decide by themselves can be taught too, by the same prompt.
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from toolmesh_controller.app.decide import Decide, DecideAsk
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.tool_book import read_tool
from toolmesh_controller.domain.choose import FusionWeights
from toolmesh_controller.domain.conversation import Candidate, Message, Role, ToolCall
from toolmesh_controller.domain.prompts import fill_messages
from toolmesh_core.errors import FailedPrecondition, InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueMessage
from toolmesh_inference.domain.conversation import ChatMessage
from toolmesh_inference.domain.conversation import Role as ChatRole
from toolmesh_training.chat_format import ChatFormat
from toolmesh_training.gold_model import Asked, GoldModel
from toolmesh_training.training_text import UNLEARNED, LossWeights, Piece, TrainingText, joined

# No lead is decisive, so that the model is asked for every choice.
_CHOOSING = replace(Limits(), weights=replace(FusionWeights(), decisive_lead=2.0))
# No tool reaches the threshold, so that the controller comes to its answer past the tools on offer.
_ANSWERING = replace(Limits(), weights=replace(FusionWeights(), lexical_threshold=1000.0, supplied=0.0))
_QUESTION_MARKS = ("?", "？")


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the assistant with all that was said before it."""

    before: tuple[Message, ...]
    calls: tuple[DialogueCall, ...]
    text: str
    reporting: bool


class ControllerLayout:
    """Makes the training texts of a dialogue.

    Args:
        decided_arguments: whether arguments that the rules decide, so that production does not ask for them, are
            taught as well.
    """

    def __init__(self, chat: ChatFormat, weights: LossWeights, *, decided_arguments: bool = True) -> None:
        self._chat = chat
        self._weights = weights
        self._decided_arguments = decided_arguments

    async def texts(self, dialogue: Dialogue) -> AsyncIterator[TrainingText]:
        """The texts of each step, in order, none of them twice."""
        seen: set[tuple[str, str]] = set()
        for step in steps_of(dialogue):
            try:
                found = await self._asked(dialogue, step)
            except InvalidInput as error:
                raise InvalidInput(f"dialogue '{dialogue.id}': {error.message}") from error
            for asked in found:
                prompt = self._chat.prompt([_chat_message(message) for message in asked.messages])
                if asked.continuation and (prompt, asked.continuation) not in seen:
                    seen.add((prompt, asked.continuation))
                    yield self._text(prompt, asked)

    def _text(self, prompt: str, asked: Asked) -> TrainingText:
        weight = self._weights.call if asked.teaches in ("choice", "argument") else self._weights.text
        pieces = (
            Piece(prompt, UNLEARNED),
            Piece(self._chat.defused(asked.continuation), weight),
            Piece(self._chat.end_of_turn, weight),
        )
        return TrainingText(joined(pieces), asked.teaches)

    async def _asked(self, dialogue: Dialogue, step: Step) -> list[Asked]:
        candidates = [
            Candidate(tool.name, tool.description, json.dumps(tool.arguments_schema), 0.0, tool.examples)
            for tool in dialogue.tools
        ]
        asked: list[Asked] = []
        if not step.calls:
            return await self._run(step, DecideAsk(step.before, candidates), _ANSWERING)
        if len(candidates) > 1:
            asked += await self._run(step, DecideAsk(step.before, candidates))
        for call in step.calls:
            offered = [candidate for candidate in candidates if candidate.name == call.tool]
            if offered:
                only = replace(step, calls=(call,))
                called = await self._run(only, DecideAsk(step.before, offered, required_tool=call.tool))
                asked += called if _is_once(call, step.calls) else []
                asked += self._decided(step, offered[0], call, {each.argument for each in called})
        return asked

    async def _run(self, step: Step, ask: DecideAsk, limits: Limits = _CHOOSING) -> list[Asked]:
        """What the controller asks on the way to its decision."""
        gold = GoldModel(step.calls, step.text, step.reporting)
        numbers = count(1)
        decide = Decide(gold, lambda prefix: f"{prefix}_{next(numbers)}", limits)
        try:
            async for _ in decide(ask):
                pass
        except FailedPrecondition:
            # The rules' values and the right ones together may not suit the schema; the prompts were asked before.
            return gold.asked
        return gold.asked

    def _decided(
        self, step: Step, candidate: Candidate, call: DialogueCall, asked_already: set[str]
    ) -> Iterator[Asked]:
        """The prompts of arguments that were not asked for, each after the ones before it in the schema."""
        if not self._decided_arguments or not _is_once(call, step.calls):
            return
        tool = read_tool(candidate)
        request = next(message.content.strip() for message in reversed(step.before) if message.role is Role.USER)
        written: dict[str, object] = {}
        for parameter in tool.parameters:
            if parameter.name not in call.arguments:
                continue
            value = call.arguments[parameter.name]
            shown = [other for other in tool.parameters if other.name in written or other is parameter]
            messages = fill_messages(tool.name, tool.description, shown, request, written, parameter.name)
            if parameter.name not in asked_already:
                yield Asked(tuple(messages), f" {json.dumps(value, ensure_ascii=False)}", "argument")
            written[parameter.name] = value


def steps_of(dialogue: Dialogue) -> Iterator[Step]:
    """The assistant's messages, without questions back: the controller words those itself."""
    before: list[Message] = []
    reporting = False
    for at, message in enumerate(dialogue.messages):
        if message.role == "user":
            reporting = False
        if message.role == "assistant" and any(each.role is Role.USER for each in before):
            if message.tool_calls or not _asks_back(message, dialogue.messages[at + 1 :]):
                yield Step(tuple(before), message.tool_calls, message.content, reporting)
            reporting = reporting or bool(message.tool_calls)
        before.append(_message(message))


def _asks_back(message: DialogueMessage, after: Sequence[DialogueMessage]) -> bool:
    """Whether a text is a question that the user answers, whereupon a call follows."""
    next_words = next((each for each in after if each.role == "assistant"), None)
    return message.content.rstrip().endswith(_QUESTION_MARKS) and next_words is not None and bool(next_words.tool_calls)


def _is_once(call: DialogueCall, calls: Sequence[DialogueCall]) -> bool:
    return sum(other.tool == call.tool for other in calls) == 1


def _message(message: DialogueMessage) -> Message:
    calls = tuple(
        ToolCall(call.id, call.tool, json.dumps(call.arguments, ensure_ascii=False)) for call in message.tool_calls
    )
    return Message(Role(message.role), message.content, calls, message.tool_call_id, message.tool)


def _chat_message(message: Message) -> ChatMessage:
    return ChatMessage(ChatRole(message.role.value), message.content)
