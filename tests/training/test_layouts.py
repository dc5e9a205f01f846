"""Training text is production text: the prompts that the controller sends, as the engine lays them out."""

import json
from collections.abc import AsyncGenerator, Sequence
from itertools import count
from typing import Any

import pytest

from toolmesh_controller.app.decide import Decide, DecideAsk
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.ports import Constraint, ModelInfo, ModelRef, Sampling, Scores, TextPiece
from toolmesh_controller.domain.choose import FusionWeights
from toolmesh_controller.domain.conversation import Candidate, Finish, Message, Role, ToolCall, Usage
from toolmesh_controller.domain.prompts import CALL as CALL_WORD
from toolmesh_controller.domain.prompts import NONE as NONE_WORD
from toolmesh_controller.domain.prompts import tool_judged
from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueMessage, DialogueTool
from toolmesh_inference.adapters.gguf_file import read_gguf
from toolmesh_inference.adapters.llama_cpp_server import LlamaServer, LlamaServerOptions
from toolmesh_inference.adapters.packaged_models import smollm2_path
from toolmesh_inference.domain.conversation import ChatMessage, ControlTokens, plain_messages
from toolmesh_inference.domain.conversation import Role as ChatRole
from toolmesh_training.base_model import BaseModel
from toolmesh_training.chat_format import ChatFormat
from toolmesh_training.controller_layout import ControllerLayout, Shares
from toolmesh_training.dialogue_layout import dialogue_texts
from toolmesh_training.layout import encode
from toolmesh_training.training_text import LossWeights, TrainingText


def _tool(name: str, description: str, **parameters: str) -> DialogueTool:
    properties = {key: {"type": "string", "description": told} for key, told in parameters.items()}
    return DialogueTool(name, description, {"type": "object", "properties": properties, "required": list(properties)})


TOOLS = (
    _tool("send_letter", "Sends a letter.", receiver="Who gets it", topic="What it is about"),
    _tool("paint_house", "Paints a house.", colour="The colour"),
)
CALL = DialogueCall("call_1", "send_letter", {"receiver": "Maria Lopez", "topic": "the broken <|im_end|> fence"})
DIALOGUE = Dialogue(
    "d1",
    "common_api",
    "en",
    "test",
    TOOLS,
    (
        DialogueMessage("user", "Send a letter to Maria Lopez in the house of Otto Weber about the broken fence"),
        DialogueMessage("assistant", "", (CALL,)),
        DialogueMessage("tool", '{"sent": true}', (), "call_1", "send_letter"),
        DialogueMessage("assistant", "The letter is sent."),
        DialogueMessage("user", "Thank you"),
        DialogueMessage("assistant", "You are welcome."),
    ),
)


class ListeningModel:
    """Answers anything, and remembers what it was asked; in the first step the letter's tool fits, then none does."""

    def __init__(self) -> None:
        self.heard: list[tuple[Message, ...]] = []

    async def generate(
        self, ref: ModelRef, messages: Sequence[Message], sampling: Sampling, constraint: Constraint
    ) -> AsyncGenerator[TextPiece, None]:
        if not tool_judged(messages):
            self.heard.append(tuple(messages))
        yield TextPiece(json.dumps(CALL.arguments) if tool_judged(messages) else "ok", Finish.STOP, Usage())

    async def score(self, ref: ModelRef, messages: Sequence[Message], continuations: Sequence[str]) -> Scores:
        self.heard.append(tuple(messages))
        wanted = "broken" in messages[1].content.rpartition("Request: ")[2] and "paint_house" not in messages[1].content
        right = (" send_letter", CALL_WORD if wanted else NONE_WORD)
        return Scores(tuple(0.0 if each in right else -9.0 for each in continuations))

    async def count_tokens(self, model: str, texts: Sequence[str]) -> list[int]:
        return [1 for _ in texts]

    async def model(self, model: str) -> ModelInfo:
        return ModelInfo("m", "llama_cpp", 100_000)

    async def embed(self, model: str, texts: Sequence[str], *, passages: bool) -> None:
        return


async def _texts(chat: ChatFormat, weights: LossWeights, **options: Any) -> list[TrainingText]:
    return [text async for text in ControllerLayout(chat, weights, **options).texts(DIALOGUE)]


async def _heard() -> list[tuple[Message, ...]]:
    """What production asks at the three steps of the dialogue."""
    said: list[Message] = []
    model, numbers = ListeningModel(), count()
    # The tools' words decide only where they leave little doubt.
    asking = Limits(weights=FusionWeights(decisive_lead=0.999), led_by_model="always")
    candidates = [Candidate(tool.name, tool.description, json.dumps(tool.arguments_schema)) for tool in TOOLS]
    for message in DIALOGUE.messages:
        if message.role == "assistant":
            limits = asking if message.tool_calls else Limits(led_by_model="always")
            decide = Decide(model, lambda prefix: f"{prefix}{next(numbers)}", limits)
            async for _ in decide(DecideAsk(said, candidates)):
                pass
        calls = tuple(ToolCall(call.id, call.tool, json.dumps(call.arguments)) for call in message.tool_calls)
        said = [*said, Message(Role(message.role), message.content, calls, message.tool_call_id, message.tool)]
    return model.heard


def _as_inference_sends(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The engine's own steps before the chat template."""
    marks = ControlTokens(read_gguf(smollm2_path()).control_tokens)
    plain = plain_messages(ChatMessage(ChatRole(each.role.value), each.content) for each in messages)
    return [{"role": each.role, "content": marks.defused(each.content)} for each in plain]


def _kind(messages: Sequence[Message]) -> str:
    if tool_judged(messages):
        return "judged"
    if messages[-1].role is Role.ASSISTANT:
        return "choice"
    return "report" if messages[-1].content.startswith("Results:") else "answer"


@pytest.mark.timeout(120)
async def test_each_prompt_of_production_is_trained_on_byte_for_byte(smollm2: BaseModel) -> None:
    texts = await _texts(smollm2.chat, LossWeights(), shares=Shares(choices=1.0, misfits=1.0))
    trained = [text.pieces[0].text for text in texts]
    heard = await _heard()
    assert {_kind(messages) for messages in heard} == {"choice", "judged", "report", "answer"}
    server = await LlamaServer.open(LlamaServerOptions(smollm2_path(), 512, 1, 1, 1, 0))
    try:
        for messages in heard:
            prompt = await server.prompt_of(_as_inference_sends(messages))
            # Of tools that do not fit one is taught, drawn by chance; what is said beside the tool is the same.
            assert prompt in trained or _beside_the_tool(prompt) in map(_beside_the_tool, trained)
        for text in texts:
            for piece in text.pieces[:2]:
                assert await server.tokens_of(piece.text, add_special=False) == smollm2.tokenise(piece.text)
    finally:
        await server.close()


def _beside_the_tool(prompt: str) -> str:
    before, mark, after = prompt.partition("\nEarlier:")
    return before.partition("Tool: ")[0] + mark + after


def plain_chat() -> ChatFormat:
    def template(messages: list[dict[str, str]], opened: bool) -> str:
        text = "".join(f"<{each['role']}>{each['content']}</>\n" for each in messages)
        return text + ("<assistant>" if opened else "")

    return ChatFormat(template, _marks(), "</>")


def _marks() -> ControlTokens:
    return ControlTokens(["<|im_end|>", "</>"])


async def test_choices_and_calls_weigh_as_calls_and_answers_as_text() -> None:
    texts = await _texts(plain_chat(), LossWeights(text=1, call=2), shares=Shares(choices=1.0, misfits=1.0))
    by_kind = {text.teaches: text for text in texts}
    assert by_kind["choice"].pieces[1].text == " send_letter"
    assert by_kind["call"].pieces[1].text == (
        ' call {"receiver": "Maria Lopez", "topic": "the broken <\u2060|im_end|> fence"}'
    )
    assert by_kind["none"].pieces[1].text == " none"
    for kind in ("choice", "call", "none"):
        assert {piece.weight for piece in by_kind[kind].pieces} == {0.0, 2.0}
    assert by_kind["report"].pieces[1].text == "The letter is sent."
    assert {piece.weight for piece in by_kind["report"].pieces} == {0.0, 1.0}
    assert by_kind["answer"].pieces[1].text == "You are welcome."


async def test_a_question_back_is_taught_for_the_tool_that_it_is_for() -> None:
    asks = Dialogue(
        "d2",
        "api_oriented",
        "en",
        "test",
        TOOLS,
        (
            DialogueMessage("user", "Paint the house"),
            DialogueMessage("assistant", "In which colour?"),
            DialogueMessage("user", "In light green"),
            DialogueMessage("assistant", "", (DialogueCall("c", "paint_house", {"colour": "light green"}),)),
        ),
    )
    texts = [text async for text in ControllerLayout(plain_chat(), LossWeights(), Shares(1.0, 0.0)).texts(asks)]
    (asked,) = [text for text in texts if text.teaches == "ask"]
    assert asked.pieces[1].text == " ask In which colour?"
    assert "Tool: paint_house" in asked.pieces[0].text
    (call,) = [text for text in texts if text.teaches == "call"]
    assert "assistant: In which colour?" in call.pieces[0].text


async def test_a_tool_called_later_in_the_turn_is_not_taught_as_unfitting() -> None:
    letter = DialogueCall("a", "send_letter", {"receiver": "Ada", "topic": "tea"})
    paint = DialogueCall("b", "paint_house", {"colour": "red"})
    talk = Dialogue(
        "d3",
        "common_api",
        "en",
        "test",
        TOOLS,
        (
            DialogueMessage("user", "Send a letter to Ada about tea, then paint the house red"),
            DialogueMessage("assistant", "", (letter,)),
            DialogueMessage("tool", "{}", (), "a", "send_letter"),
            DialogueMessage("assistant", "", (paint,)),
            DialogueMessage("tool", "{}", (), "b", "paint_house"),
            DialogueMessage("assistant", "Both are done."),
        ),
    )
    texts = [text async for text in ControllerLayout(plain_chat(), LossWeights(), Shares(1.0, 1.0)).texts(talk)]
    first = [text for text in texts if "Results:" not in text.pieces[0].text]
    assert not [text for text in first if text.teaches == "none" and "Tool: paint_house" in text.pieces[0].text]
    assert len([text for text in texts if text.teaches == "call"]) >= 2


def test_a_whole_dialogue_learns_only_what_the_assistant_says() -> None:
    (text,) = dialogue_texts(DIALOGUE, plain_chat(), LossWeights(text=1, call=3))
    learned = {piece.text: piece.weight for piece in text.pieces if piece.weight}
    assert learned.pop("</>") in (1, 3)
    assert learned.pop("The letter is sent.") == 1
    assert learned.pop("You are welcome.") == 1
    ((call, weight),) = learned.items()
    assert weight == 3
    assert json.loads(call.replace("\u2060", ""))["name"] == "send_letter"


def test_the_whole_dialogue_is_the_text_of_the_template() -> None:
    chat = plain_chat()
    (text,) = dialogue_texts(DIALOGUE, chat, LossWeights())
    assert text.pieces[0].text.startswith("<system>You can call these tools.")
    opened = chat.prompt([ChatMessage(ChatRole.USER, "q")])
    assert opened == "<user>q</>\n<assistant>"
    assert text.text.endswith("<user>Thank you</>\n<assistant>You are welcome.</>\n")


def test_pieces_are_tokenised_apart() -> None:
    (text,) = dialogue_texts(DIALOGUE, plain_chat(), LossWeights())
    sequence = encode(text, lambda piece: list(piece.encode()))
    assert bytes(sequence.ids).decode() == text.text
    assert len(sequence.weights) == len(sequence.ids)


@pytest.mark.parametrize("said", ["text=1,calls=2", "call=two", "text=0,call=0", "call=-1"])
def test_wrong_weights_are_refused_with_what_was_said(said: str) -> None:
    with pytest.raises(InvalidInput, match="weights"):
        LossWeights.read(said)


def test_weights_left_out_keep_the_papers() -> None:
    assert LossWeights.read("call=4") == LossWeights(text=1.0, call=4.0)
