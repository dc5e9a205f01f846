"""OpenAI's chat completion request as a CreateRunRequest.

Fields that would change what comes back and that we cannot honour are refused; those that would not are ignored.
"""

from dataclasses import dataclass
from typing import Any

from toolmesh.inference.v1 import inference_service_pb2
from toolmesh.planner.v1 import run_service_pb2
from toolmesh_gateway.api.http.problem import invalid_fields
from toolmesh_gateway.api.openai.chat_messages import read_messages
from toolmesh_gateway.api.openai.chat_tools import read_tools
from toolmesh_gateway.api.openai.fields import Fields
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.api.transcoding.reading import FieldError, describe, reader_of

Request = run_service_pb2.CreateRunRequest

_READ_HERE = frozenset(
    [
        "messages",
        "model",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "temperature",
        "top_p",
        "seed",
        "stop",
        "max_tokens",
        "max_completion_tokens",
        "n",
        "response_format",
        "toolmesh",
    ]
)
# They say who asks, what to keep, or how fast to be; the answer stays the same.
_HARMLESS = frozenset(
    [
        "user",
        "metadata",
        "store",
        "service_tier",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "prediction",
        "reasoning_effort",
        "verbosity",
    ]
)
# Refused unless they say what we do anyway.
_ONLY_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "logprobs": (False,),
    "top_logprobs": (0,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logit_bias": ({},),
    "modalities": (["text"],),
}
# Our own extension: what a CreateRunRequest can say beyond OpenAI's fields.
_EXTENSION_HIDES = frozenset(
    [
        "user",
        "input",
        "messages",
        "model",
        "client_tools",
        "tool_choice",
        "required_tool",
        "sampling",
        "answer_constraint",
        "request_id",
    ]
)
_MAX_STOPS = 16


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A run to start, and how its answer should look.

    Attributes:
        model: as the client named it.
        one_call_only: parallel_tool_calls was false.
    """

    run: Request
    model: str
    stream: bool
    include_usage: bool
    one_call_only: bool


def read_chat_request(body: Any) -> ChatRequest:
    """The run that a chat completion asks for.

    Raises:
        HttpProblem: 400 that names every field that is wrong.
    """
    errors: list[FieldError] = []
    fields = Fields(body, "", errors)
    run = Request(model=fields.text("model"))
    run.messages.extend(read_messages(fields))
    read_tools(fields, run)
    _read_sampling(fields, run.sampling)
    _read_response_format(fields, run)
    _refuse_what_cannot_be_honoured(fields)
    if "toolmesh" in fields:
        reader_of(Request.DESCRIPTOR, _EXTENSION_HIDES)(fields.get("toolmesh"), run, "toolmesh", errors)
    stream = fields.flag("stream")
    include_usage = "stream_options" in fields and fields.inner("stream_options").flag("include_usage")
    one_call_only = not fields.flag("parallel_tool_calls", default=True)
    if errors:
        raise invalid_fields(errors)
    return ChatRequest(run, run.model or "default", stream, include_usage, one_call_only)


def _read_sampling(fields: Fields, sampling: inference_service_pb2.Sampling) -> None:
    temperature = fields.number("temperature", 0, 2)
    if temperature is not None:
        sampling.temperature = temperature
    top_p = fields.number("top_p", 0, 1)
    if top_p is not None:
        sampling.top_p = top_p
    seed = fields.integer("seed", -(2**63), 2**63 - 1)
    if seed is not None:
        sampling.seed = seed
    older = fields.integer("max_tokens", 1, 2**31 - 1)
    sampling.max_tokens = fields.integer("max_completion_tokens", 1, 2**31 - 1) or older or 0
    sampling.stop.extend(_read_stops(fields))


def _read_stops(fields: Fields) -> list[str]:
    stop = fields.get("stop")
    stops = [stop] if isinstance(stop, str) else fields.array("stop")
    if len(stops) > _MAX_STOPS or not all(isinstance(text, str) and text for text in stops):
        fields.wrong("stop", f"must be a text or up to {_MAX_STOPS} texts, none of them empty, got {describe(stop)}")
        return []
    return stops


def _read_response_format(fields: Fields, run: Request) -> None:
    if "response_format" not in fields:
        return
    wanted = fields.inner("response_format")
    kind = wanted.get("type")
    if kind == "json_object":
        run.answer_constraint.json_schema = '{"type":"object"}'
    elif kind == "json_schema":
        holder = wanted.inner("json_schema")
        schema = holder.get("schema")
        if not isinstance(schema, dict):
            holder.wrong("schema", f"must be a JSON Schema object, got {describe(schema)}")
            return
        run.answer_constraint.json_schema = write_json(schema).decode()
    elif kind != "text":
        wanted.wrong("type", f"must be 'text', 'json_object' or 'json_schema', got {describe(kind)}")


def _refuse_what_cannot_be_honoured(fields: Fields) -> None:
    if "n" in fields and fields.get("n") != 1:
        fields.wrong("n", f"must be 1, since one run gives one answer, got {describe(fields.get('n'))}")
    for name in fields.names():
        if name in _READ_HERE or name in _HARMLESS:
            continue
        neutral = _ONLY_NEUTRAL.get(name)
        value = fields.get(name)
        if neutral is None:
            fields.wrong(name, "is not supported here; leave it out")
        elif not _is_neutral(value, neutral):
            fields.wrong(name, f"is supported only as {describe(neutral[0])}; leave it out, got {describe(value)}")


def _is_neutral(value: Any, neutral: tuple[Any, ...]) -> bool:
    try:
        plain = value if isinstance(value, bool | list | dict) else float(value)
    except (TypeError, ValueError):
        return False
    return plain in neutral
