"""The engine `llama_cpp`: GGUF models through llama.cpp in this process."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import orjson
from llguidance import LLMatcher

from toolmesh_core.errors import Internal, InvalidInput, ToolMeshError, Unavailable
from toolmesh_inference.adapters.llama_cpp_server import Json, LlamaServer
from toolmesh_inference.domain.continuation_search import ContinuationSearch, Tokens
from toolmesh_inference.domain.conversation import ControlTokens, plain_messages
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

# How many next tokens are asked for; telling all of a vocabulary takes 30 times as long as a pass of a small model.
_TOP_TOKENS = 400
_REMEMBERED_TEXTS = 4096
# Free white space lets a small model write blanks until the token limit.
_COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class LlamaCppEngine:
    """Runs one GGUF model.

    Args:
        server: the loaded model.
        adapters: names of LoRA adapters, in the order they were loaded.
        control_tokens: broken up in messages, so that no message can pass for another's turn.
    """

    def __init__(self, server: LlamaServer, adapters: Sequence[str], control_tokens: ControlTokens) -> None:
        self._server = server
        self._adapters = tuple(adapters)
        self._control_tokens = control_tokens
        self._tokens_of: OrderedDict[str, Tokens] = OrderedDict()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[TextPiece | GenerationEnd, None]:
        """Pieces as they come, then one end; see TextEngine."""
        body: Json = {
            "prompt": await self._text_of(request.prompt),
            **_sampling_fields(request.sampling),
            **_constraint_fields(request.constraint),
            **self._adapter_fields(request.adapter),
        }
        async with aclosing(self._server.stream(body)) as batches:
            async for batch in batches:
                for piece in _pieces_of(batch):
                    yield piece

    async def score(self, prompt: Prompt, adapter: str, continuations: Sequence[str]) -> Scores:
        """Log-probabilities by a walk over the tree of the continuations' tokens (see ContinuationSearch).

        Each step is one pass of the model over the prompt and the tokens walked so far; all but the last of them are in
        the prompt cache, so a step costs about one generated token, and names that differ in their first token need
        one step in all. The model's own probabilities are taken, before any sampling rule. A continuation is tokenised
        by itself, as it would be generated after the prompt; other ways to spell it with tokens are not added up. A
        figure is a bound from above where a token is not among the 400 likeliest, or the continuation is under a
        thousandth of the best and was not walked to its end.
        """
        text = await self._text_of(prompt)
        prompt_tokens = tuple(await self._server.tokens_of(text, add_special=True))
        paths = await asyncio.gather(*(self._continuation_tokens(each) for each in continuations))
        search = ContinuationSearch(paths)
        passes: list[Usage] = []
        while (prefix := search.next_prefix()) is not None:
            found = await self._next_tokens(prompt_tokens + prefix, search.wanted_after(prefix), adapter, passes)
            search.record(prefix, found)
        return Scores(search.log_probabilities(), _usage_of_passes(passes))

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text."""
        found = await asyncio.gather(*(self._server.tokens_of(text, add_special=False) for text in texts))
        return [len(tokens) for tokens in found]

    async def close(self) -> None:
        """Unloads the model."""
        await self._server.close()

    async def _text_of(self, prompt: Prompt) -> str:
        if not prompt.messages:
            return prompt.text
        plain = plain_messages(prompt.messages)
        return await self._server.prompt_of(
            [{"role": each.role, "content": self._control_tokens.defused(each.content)} for each in plain]
        )

    async def _continuation_tokens(self, text: str) -> Tokens:
        """The tokens of a text that goes on from another; names come again and again, so they are remembered."""
        known = self._tokens_of.get(text)
        if known is None:
            known = await self._tokenised_after_a_line(text)
            self._tokens_of[text] = known
            if len(self._tokens_of) > _REMEMBERED_TEXTS:
                self._tokens_of.popitem(last=False)
        return known

    async def _tokenised_after_a_line(self, text: str) -> Tokens:
        # Some tokenisers put a space before a text's first word; after a line break they do not.
        line, joined = await asyncio.gather(
            self._server.tokens_of("\n", add_special=False), self._server.tokens_of(f"\n{text}", add_special=False)
        )
        if joined[: len(line)] == line and len(joined) > len(line):
            return tuple(joined[len(line) :])
        return tuple(await self._server.tokens_of(text, add_special=False))

    async def _next_tokens(
        self, prompt: Tokens, wanted: set[int], adapter: str, passes: list[Usage]
    ) -> dict[int, float]:
        """Log-probabilities of the wanted next tokens; for one that is rarer than all told, the least of those."""
        body = {"prompt": prompt, "max_tokens": 1, "temperature": 0, "n_probs": _TOP_TOKENS, "cache_prompt": True}
        reply = await self._server.complete({**body, **self._adapter_fields(adapter)})
        _raise_error(reply)
        passes.append(_usage_of(reply))
        told = _top_tokens(reply)
        least = min(told.values())
        return {token: told.get(token, least) for token in wanted}

    def _adapter_fields(self, name: str) -> Json:
        if not self._adapters:
            return {}
        return {"lora": [{"id": i, "scale": float(each == name)} for i, each in enumerate(self._adapters)]}


def _sampling_fields(sampling: Sampling) -> Json:
    """llama.cpp's own defaults differ, so each field is said."""
    fields: Json = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": 0.0,
        "max_tokens": sampling.max_tokens or -1,
        "cache_prompt": True,
    }
    if sampling.seed is not None:
        fields["seed"] = sampling.seed
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    return fields


def _constraint_fields(constraint: Constraint | None) -> Json:
    match constraint:
        case JsonSchemaConstraint(text):
            schema = orjson.loads(text)
            # llama.cpp would only log what is wrong with a schema, and write without it.
            problem = LLMatcher.validate_grammar(LLMatcher.grammar_from_json_schema(text))
            if problem:
                raise InvalidInput(
                    f"bad schema: {problem.splitlines()[0]}", field="constraint.json_schema", reason="BAD_SCHEMA"
                )
            return {"json_schema": {"x-guidance": _COMPACT, **schema}}
        case GrammarConstraint(grammar):
            return {"grammar": grammar}
    return {}


def _pieces_of(batch: Sequence[Json]) -> list[TextPiece | GenerationEnd]:
    """A batch of chunks as one piece, then the end if it is there."""
    text = ""
    end: GenerationEnd | None = None
    for chunk in batch:
        _raise_error(chunk)
        choice = chunk["choices"][0]
        text += choice["text"]
        if choice["finish_reason"]:
            end = GenerationEnd(FinishReason(choice["finish_reason"]), _usage_of(chunk))
    pieces: list[TextPiece | GenerationEnd] = [TextPiece(text)] if text else []
    return [*pieces, end] if end else pieces


def _usage_of(reply: Json) -> Usage:
    usage = reply["usage"]
    return Usage(usage["prompt_tokens"], usage["completion_tokens"], usage["prompt_tokens_details"]["cached_tokens"])


def _usage_of_passes(passes: Sequence[Usage]) -> Usage:
    """The prompt once, and of each further pass what was not cached."""
    if not passes:
        return Usage()
    first, *further = passes
    read = first.prompt_tokens + sum(each.prompt_tokens - each.cached_tokens for each in further)
    return Usage(prompt_tokens=read, cached_tokens=first.cached_tokens)


def _top_tokens(reply: Json) -> dict[int, float]:
    content = reply["choices"][0]["logprobs"]["content"][0]
    return {each["id"]: each["logprob"] for each in content["top_logprobs"]}


def _raise_error(reply: Mapping[str, Any]) -> None:
    error = reply.get("error")
    if error is not None:
        raise _as_ours(error)


def _as_ours(error: Mapping[str, Any]) -> ToolMeshError:
    message = str(error.get("message", error))
    if "grammar" in message:
        return InvalidInput(
            f"bad grammar: the engine refused it ({message}); look for left recursion, empty repeated groups "
            "and repetitions of repetitions",
            field="constraint.grammar",
            reason="BAD_GRAMMAR",
        )
    if error.get("type") == "exceed_context_size_error":
        return InvalidInput(
            f"the prompt has {error.get('n_prompt_tokens')} tokens; the model's context holds {error.get('n_ctx')}",
            field="messages",
            reason="CONTEXT_EXCEEDED",
        )
    if error.get("code") == 400:
        return InvalidInput(f"the engine refused the request: {message}")
    if error.get("code") == 503:
        return Unavailable(f"the engine is not ready: {message}")
    return Internal(f"the engine failed: {message}")
