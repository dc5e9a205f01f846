"""Schemas of the shapes that are OpenAI's or the gateway's own, for which there is no message."""

from typing import Any

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_OPEN_OBJECT: Schema = {"type": "object"}


def _object(description: str, properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    schema: Schema = {"type": "object", "description": description, "properties": properties}
    return schema | {"required": list(required)} if required else schema


def _described(schema: Schema, description: str) -> Schema:
    return schema | {"description": description}


COMPONENTS: dict[str, Schema] = {
    "Problem": _object(
        "What went wrong (RFC 9457).",
        {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _described(_TEXT, "What was wrong, with the value, and what to do."),
            "reason": _described(_TEXT, "A stable upper-case word for programs."),
            "instance": _TEXT,
            "trace_id": _described(_TEXT, "Joins the answer to logs and traces."),
            "errors": {"type": "array", "items": _object("One wrong field.", {"field": _TEXT, "message": _TEXT})},
            "tool_failure": _object(
                "With status 422: what the tool said.",
                {"tool": _TEXT, "reason": _TEXT, "message": _TEXT, "retryable": {"type": "boolean"}},
            ),
        },
        ("type", "title", "status", "detail", "reason"),
    ),
    "OpenAIError": _object(
        "What went wrong, in OpenAI's shape.",
        {
            "error": _object(
                "The error.",
                {"message": _TEXT, "type": _TEXT, "param": {"type": ["string", "null"]}, "code": _TEXT},
            )
        },
        ("error",),
    ),
    "Invocation": _object(
        "How a tool call ended.",
        {
            "output": _described({}, "What the tool returned, to the letter."),
            "attempts": _described({"type": "integer"}, "How often it was tried."),
            "call_duration": _described(_TEXT, "The time the call took, retries included, such as 0.5s."),
            "truncated": _described({"type": "boolean"}, "The output was cut and the whole stored as an artifact."),
            "artifacts": {"type": "array", "items": {"$ref": "#/components/schemas/ArtifactRef"}},
        },
        ("output", "attempts", "call_duration", "truncated", "artifacts"),
    ),
    "OpenAIModel": _object(
        "A model, with what ToolMesh knows of it beside OpenAI's fields.",
        {
            "id": _TEXT,
            "object": {"const": "model"},
            "created": _COUNT,
            "owned_by": _TEXT,
            "task": _TEXT,
            "engine": _TEXT,
        },
        ("id", "object", "created", "owned_by"),
    ),
    "OpenAIModelList": _object(
        "The models; `default` is the one a run takes where none is named.",
        {"object": {"const": "list"}, "data": {"type": "array", "items": {"$ref": "#/components/schemas/OpenAIModel"}}},
        ("object", "data"),
    ),
    "ChatCompletionRequest": _object(
        "OpenAI's chat completion request. Without `tools` the platform's own are used, on the server; with them the "
        "client carries out what comes back as tool_calls. Fields that would change the answer and cannot be honoured "
        "are refused.",
        {
            "model": _described(_TEXT, "A model of /v1/models; `default` where it is left out."),
            "messages": {"type": "array", "minItems": 1, "items": _OPEN_OBJECT},
            "tools": {"type": "array", "items": _OPEN_OBJECT},
            "tool_choice": _described({}, "auto, none, required, or a function to call."),
            "parallel_tool_calls": {"type": "boolean"},
            "stream": {"type": "boolean"},
            "stream_options": _object("How to stream.", {"include_usage": {"type": "boolean"}}),
            "temperature": {"type": "number", "minimum": 0, "maximum": 2},
            "top_p": {"type": "number", "minimum": 0, "maximum": 1},
            "seed": {"type": "integer"},
            "stop": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
            "max_completion_tokens": {"type": "integer", "minimum": 1},
            "max_tokens": {"type": "integer", "minimum": 1},
            "n": {"const": 1},
            "response_format": _described(_OPEN_OBJECT, "text, json_object or json_schema."),
            "toolmesh": _described(
                _OPEN_OBJECT, "ToolMesh's own: session, adapter, limits, tools (names to choose from)."
            ),
        },
        ("messages",),
    ),
    "ChatCompletion": _object(
        "OpenAI's chat completion; chunks of it with `stream`. `toolmesh` holds the run and its steps.",
        {
            "id": _TEXT,
            "object": _TEXT,
            "created": _COUNT,
            "model": _TEXT,
            "choices": {"type": "array", "items": _OPEN_OBJECT},
            "usage": _OPEN_OBJECT,
            "toolmesh": _OPEN_OBJECT,
        },
        ("id", "object", "created", "model", "choices"),
    ),
    "EmbeddingsRequest": _object(
        "OpenAI's embeddings request.",
        {
            "model": _TEXT,
            "input": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]},
            "encoding_format": {"enum": ["float", "base64"]},
            "dimensions": {"type": "integer"},
            "user": _TEXT,
        },
        ("input",),
    ),
    "Embeddings": _object(
        "OpenAI's embeddings.",
        {
            "object": {"const": "list"},
            "data": {"type": "array", "items": _OPEN_OBJECT},
            "model": _TEXT,
            "usage": _OPEN_OBJECT,
        },
        ("object", "data", "model", "usage"),
    ),
}
