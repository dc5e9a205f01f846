"""An OpenAI-compatible endpoint, asked by the official client."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import openai
import orjson
from openai.types.chat import ChatCompletionMessage, ChatCompletionMessageParam, ChatCompletionToolParam

from toolmesh_core.errors import Unavailable
from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


class ChatEndpoint:
    """Takes its key from OPENAI_API_KEY; servers of one's own mostly ask for none."""

    def __init__(self, url: str, model: str, timeout_s: float = 120.0) -> None:
        key = os.environ.get("OPENAI_API_KEY", "none")
        self._url = url
        self._client = openai.OpenAI(base_url=url, api_key=key, timeout=timeout_s, max_retries=2)
        self._model = model

    def text(self, prompt: str, seed: int) -> str:
        """The answer to one prompt."""
        return (self._ask([{"role": "user", "content": prompt}], (), seed).content or "").strip()

    def next_message(
        self, system: str, said: Sequence[DialogueMessage], tools: Sequence[DialogueTool], seed: int
    ) -> DialogueMessage | None:
        """The assistant's next message, or None where its arguments are not a JSON object."""
        messages = [{"role": "system", "content": system}, *(_sent(message) for message in said)]
        answer = self._ask(messages, tools, seed)
        names = {_wire_name(tool.name): tool.name for tool in tools}
        calls = []
        for made in answer.tool_calls or ():
            if made.type != "function":
                return None
            arguments = _object(made.function.arguments)
            if arguments is None:
                return None
            calls.append(DialogueCall(made.id, names.get(made.function.name, made.function.name), arguments))
        return DialogueMessage("assistant", (answer.content or "").strip(), tuple(calls))

    def _ask(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[DialogueTool], seed: int
    ) -> ChatCompletionMessage:
        sent = cast(Iterable[ChatCompletionMessageParam], messages)
        offered = (
            cast(Iterable[ChatCompletionToolParam], [_sent_tool(tool) for tool in tools]) if tools else openai.omit
        )
        try:
            answer = self._client.chat.completions.create(model=self._model, messages=sent, seed=seed, tools=offered)
        except openai.APIError as error:
            raise Unavailable(f"{self._url}: the model did not answer: {error}; check --llm and --llm-model") from error
        if not answer.choices:
            raise Unavailable(f"{self._url}: the answer holds no choice; check --llm-model")
        return answer.choices[0].message


def _wire_name(name: str) -> str:
    """A name that the OpenAI interface takes: no dots."""
    return _NOT_IN_NAMES.sub("_", name)[:64]


def _sent_tool(tool: DialogueTool) -> dict[str, Any]:
    function = {"name": _wire_name(tool.name), "description": tool.description, "parameters": tool.arguments_schema}
    return {"type": "function", "function": function}


def _sent(message: DialogueMessage) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        sent["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": _wire_name(call.tool), "arguments": orjson.dumps(call.arguments).decode()},
            }
            for call in message.tool_calls
        ]
    if message.role == "tool":
        sent["tool_call_id"] = message.tool_call_id
    return sent


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
