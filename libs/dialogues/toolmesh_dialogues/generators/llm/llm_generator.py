"""The generator by a language model in three roles: the user asks, the agent calls, the tool simulator answers."""

import re
from collections.abc import Iterator, Sequence
from random import Random

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueMessage, DialogueTool, Kind, Language
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.generators.llm.chat_endpoint import ChatEndpoint
from toolmesh_dialogues.generators.llm.prompts import AGENT, END, tool_prompt, user_prompt, user_turn_prompt

_MOST_TURNS = 3
_MOST_STEPS = 6
_CHINESE_SHARE = 0.2
_MOODS: Sequence[tuple[str, float, Kind | None]] = (
    ("Ask for something that one of its tools does, and say all that the tool needs.", 0.5, None),
    ("Ask for something that needs two of its tools, or one of them twice.", 0.2, None),
    ("Ask for something that one of its tools does, but forget to say one thing that it needs.", 0.12, None),
    ("Ask what one of its tools is for or what it needs.", 0.06, "api_oriented"),
    ("Ask for something that none of its tools can do, or just chat.", 0.12, "api_agnostic"),
)
_FENCE = re.compile(r"^```\w*\s*|\s*```$")


class LlmGenerator:
    """As reproducible as the endpoint: tools, moods and the seeds that are sent come from the seed."""

    source = "llm"

    def __init__(self, url: str, model: str) -> None:
        self._endpoint = ChatEndpoint(url, model)

    def dialogues(self, gallery: Gallery, seed: int) -> Iterator[Dialogue]:
        """Dialogues without end. Raises Unavailable where the endpoint does not answer."""
        if not gallery.tools:
            raise InvalidInput("the gallery holds no tools to make dialogues about: give more with --gallery")
        number = 0
        while True:
            number += 1
            yield self._dialogue(gallery, Random(f"{seed}/{number}"), f"{self.source}-{seed}-{number}")

    def _dialogue(self, gallery: Gallery, rng: Random, name: str) -> Dialogue:
        first = rng.choice(gallery.tools)
        near = list(gallery.near(first.base_name))
        cast = [first, *rng.sample(near, min(len(near), rng.randint(1, 4)))]
        tools = [tool.shown() for tool in cast]
        language: Language = "zh" if rng.random() < _CHINESE_SHARE else "en"
        mood, _, kind = rng.choices(_MOODS, [weight for _, weight, _ in _MOODS])[0]
        request = self._endpoint.text(user_prompt(tools, language, mood), rng.randrange(2**31))
        messages = [DialogueMessage("user", request)]
        while self._agent(messages, tools, rng):
            if sum(message.role == "user" for message in messages) >= rng.randint(1, _MOST_TURNS):
                break
            said = self._endpoint.text(user_turn_prompt(messages, language), rng.randrange(2**31))
            if not said or END in said:
                break
            messages.append(DialogueMessage("user", said))
        shown = tuple(tool.shown() for tool in gallery.ranked(request, cast))
        called = {call.tool for message in messages for call in message.tool_calls}
        by_tool: Kind = "model_api" if any(t.is_model and t.name in called for t in cast) else "common_api"
        # A dialogue whose agent called something is about tools, whatever the user was told to do.
        kind = by_tool if called else kind or "api_agnostic"
        return Dialogue(name, kind, language, self.source, shown, tuple(_renumbered(messages)))

    def _agent(self, messages: list[DialogueMessage], tools: Sequence[DialogueTool], rng: Random) -> bool:
        """The agent's steps until it answers in text; False where it goes astray, and its last request with it."""
        begun = len(messages)
        for _ in range(_MOST_STEPS):
            answer = self._endpoint.next_message(AGENT, messages, tools, rng.randrange(2**31))
            if answer is None or not (answer.content or answer.tool_calls):
                break
            messages.append(answer)
            if not answer.tool_calls:
                return True
            messages += [self._result(call, tools, rng) for call in answer.tool_calls]
        if begun > 1:
            del messages[begun - 1 :]
        return False

    def _result(self, call: DialogueCall, tools: Sequence[DialogueTool], rng: Random) -> DialogueMessage:
        tool = next((one for one in tools if one.name == call.tool), None)
        if tool is None:
            content = orjson.dumps({"error": f"there is no tool {call.tool}"}).decode()
        else:
            content = _json_object(self._endpoint.text(tool_prompt(tool, call), rng.randrange(2**31)))
        return DialogueMessage("tool", content, tool_call_id=call.id, tool=call.tool)


def _json_object(text: str) -> str:
    """The simulator's JSON without the fence that models like to put around it; other text becomes one."""
    bare = _FENCE.sub("", text.strip())
    try:
        return orjson.dumps(orjson.loads(bare)).decode()
    except orjson.JSONDecodeError:
        return orjson.dumps({"result": bare}).decode()


def _renumbered(messages: Sequence[DialogueMessage]) -> Iterator[DialogueMessage]:
    """The messages with the endpoint's call ids replaced, which differ from run to run."""
    ids: dict[str, str] = {}
    for message in messages:
        calls = []
        for call in message.tool_calls:
            ids[call.id] = f"call_{len(ids) + 1}"
            calls.append(DialogueCall(ids[call.id], call.tool, call.arguments))
        known = ids.get(message.tool_call_id, "")
        yield DialogueMessage(message.role, message.content, tuple(calls), known, message.tool)
