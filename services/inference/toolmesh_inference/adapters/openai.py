"""The engine `openai`: a model behind any server that speaks OpenAI's API (vLLM, SGLang, Ollama, Ray Serve LLM)."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput, Unavailable
from toolmesh_inference.adapters.openai_client import Json, OpenAiClient
from toolmesh_inference.adapters.openai_scores import TextSearch, top_texts_of
from toolmesh_inference.domain.conversation import ChatMessage, Role, plain_messages
from toolmesh_inference.domain.generation import (
    Constraint,
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    GrammarConstraint,
    JsonSchemaConstraint,
    Prompt,
    Sampling,
    Scores,
    TextPiece,
    Usage,
)
from toolmesh_inference.models_file import OpenAiModel

# The most that OpenAI's own API gives.
_TOP_TOKENS = 20


class OpenAiEngine:
    """Asks a server for one model."""

    def __init__(self, client: OpenAiClient, model: OpenAiModel) -> None:
        self._client = client
        self._model = model

    @classmethod
    def open(cls, model: OpenAiModel) -> "OpenAiEngine":
        """Needs no server yet, so that it may start after this service."""
        key = os.environ.get(model.api_key_env, "") if model.api_key_env else model.api_key.get_secret_value()
        return cls(OpenAiClient(model.base_url, key, model.id), model)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[TextPiece | GenerationEnd, None]:
        """Pieces as they come, then one end; see TextEngine."""
        path, body = self._laid_out(request.prompt, request.adapter)
        body |= {**_sampling_fields(request.sampling), **_constraint_fields(request.constraint)}
        usage, pieces = Usage(), 0
        reason: FinishReason | None = None
        async with aclosing(self._client.stream(path, body)) as chunks:
            async for chunk in chunks:
                text, ended = _choice_of(chunk)
                reason = ended or reason
                usage = _usage_of(chunk) or usage
                if text:
                    pieces += 1
                    yield TextPiece(text)
        if reason is None:
            raise Unavailable(f"the server of model {self._model.id!r} ended its stream in the middle of the text")
        # A server that tells no usage still sends about one piece a token.
        yield GenerationEnd(reason, usage if usage.completion_tokens else Usage(completion_tokens=pieces))

    async def score(self, prompt: Prompt, adapter: str, continuations: Sequence[str]) -> Scores:
        """Log-probabilities from the server's most likely next tokens (see TextSearch).

        Raises:
            InvalidInput: the server gives no top_logprobs, or more than the first token must be known of a
                conversation that the server cannot go on from.
        """
        search = TextSearch(continuations)
        passes: list[Usage] = []
        while (prefix := search.next_prefix()) is not None:
            path, body = self._laid_out(_extended(prompt, prefix), adapter)
            wanted: Json = {"max_tokens": 1, "temperature": 0.0}
            if path == "/chat/completions":
                wanted |= {"logprobs": True, "top_logprobs": _TOP_TOKENS}
            else:
                wanted |= {"logprobs": _TOP_TOKENS}
            reply = await self._client.complete(path, body | wanted)
            passes.append(_usage_of(reply) or Usage())
            top = top_texts_of(reply)
            if not top:
                raise InvalidInput(
                    f"the server of model {self._model.id!r} gives no top_logprobs, so continuations cannot be scored; "
                    "use another model or a server that gives them"
                )
            search.record(prefix, top)
        read = sum(each.prompt_tokens for each in passes[:1])
        return Scores(search.log_probabilities(), Usage(prompt_tokens=read, completion_tokens=len(passes)))

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The server's own counts."""
        return [await self._client.count_tokens(self._name(""), text) for text in texts]

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    def _laid_out(self, prompt: Prompt, adapter: str) -> tuple[str, Json]:
        """The endpoint and what it needs to know of the prompt."""
        name = self._name(adapter)
        if not prompt.messages:
            return "/completions", {"model": name, "prompt": prompt.text}
        plain = plain_messages(prompt.messages)
        body: Json = {"model": name, "messages": [{"role": each.role, "content": each.content} for each in plain]}
        if plain[-1].role == Role.ASSISTANT.value:
            body |= self._prefill_fields()
        return "/chat/completions", body

    def _prefill_fields(self) -> Json:
        match self._model.assistant_prefill:
            case "continue_final_message":
                return {"continue_final_message": True, "add_generation_prompt": False}
            case "plain":
                return {}
        raise InvalidInput(
            f"model {self._model.id!r} is not known to go on from an assistant's message; send a user's message last, "
            "or set assistant_prefill of this model in the models file",
            field="messages",
        )

    def _name(self, adapter: str) -> str:
        return self._model.adapters[adapter] if adapter else self._model.model or self._model.id


def _extended(prompt: Prompt, text: str) -> Prompt:
    """The prompt with a text already written."""
    if not text:
        return prompt
    if not prompt.messages:
        return Prompt(text=prompt.text + text)
    *before, last = prompt.messages
    if last.role is Role.ASSISTANT:
        return Prompt(messages=(*before, ChatMessage(Role.ASSISTANT, last.content + text)))
    return Prompt(messages=(*prompt.messages, ChatMessage(Role.ASSISTANT, text)))


def _sampling_fields(sampling: Sampling) -> Json:
    fields: Json = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    # Not one of OpenAI's own fields, so only sent when it is meant.
    if sampling.top_k:
        fields["top_k"] = sampling.top_k
    if sampling.seed is not None:
        fields["seed"] = sampling.seed
    if sampling.max_tokens:
        fields["max_tokens"] = sampling.max_tokens
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    return fields


def _constraint_fields(constraint: Constraint | None) -> Json:
    match constraint:
        case JsonSchemaConstraint(text):
            shape = {"name": "reply", "schema": orjson.loads(text), "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": shape}}
        case GrammarConstraint():
            raise InvalidInput(
                "the engine 'openai' takes no grammar; send a JSON schema, or use a model of the engine 'llama_cpp'",
                field="constraint.grammar",
            )
    return {}


def _choice_of(chunk: Json) -> tuple[str, FinishReason | None]:
    """The text and the reason to end, of either kind of completion."""
    for choice in chunk.get("choices", ())[:1]:
        text = choice.get("text") or (choice.get("delta") or {}).get("content") or ""
        told: Any = choice.get("finish_reason")
        reason = FinishReason.LENGTH if told == "length" else FinishReason.STOP
        return str(text), reason if told else None
    return "", None


def _usage_of(reply: Json) -> Usage | None:
    told = reply.get("usage")
    if not told:
        return None
    details = told.get("prompt_tokens_details") or {}
    return Usage(told.get("prompt_tokens") or 0, told.get("completion_tokens") or 0, details.get("cached_tokens") or 0)
