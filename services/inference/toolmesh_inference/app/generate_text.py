"""Writes text with a model, measured and bounded; under a schema the finished text is checked against it."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson

from toolmesh_core.errors import Internal, InvalidInput
from toolmesh_core.json_schema import JsonSchema
from toolmesh_inference.app.measures import time_per_output_token, time_to_first_token
from toolmesh_inference.app.model_catalog import ModelCatalog
from toolmesh_inference.app.spending import measured, spent
from toolmesh_inference.domain.gbnf import check_grammar
from toolmesh_inference.domain.generation import (
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    GrammarConstraint,
    JsonSchemaConstraint,
    TextPiece,
)
from toolmesh_inference.domain.request_rules import check_prompt, check_sampling

_MOST_SCHEMA_CHARACTERS = 256 * 1024


async def generate_text(
    catalog: ModelCatalog, model_name: str, request: GenerationRequest
) -> AsyncGenerator[TextPiece | GenerationEnd, None]:
    """Pieces of text as they come, then one end; closing it stops the model."""
    model = catalog.text_model(model_name)
    model.check_adapter(request.adapter)
    check_prompt(request.prompt)
    check_sampling(request.sampling)
    schema = _checked_constraint(request)
    watch = _Stopwatch(model.card.id)
    written: list[str] = []
    with measured("chat", model.card.id):
        async with model.queue.place():
            engine = await model.engine()
            pieces = engine.generate(request)
            async with aclosing(pieces):
                async for piece in pieces:
                    if isinstance(piece, TextPiece):
                        watch.token()
                        written.append(piece.text)
                    else:
                        spent(model.card.id, piece.usage)
                        watch.end(piece.usage.completion_tokens)
                        if schema and piece.reason is FinishReason.STOP and not request.sampling.stop:
                            _check_text(schema, "".join(written))
                    yield piece


def _checked_constraint(request: GenerationRequest) -> JsonSchema | None:
    match request.constraint:
        case GrammarConstraint(grammar):
            check_grammar(grammar)
        case JsonSchemaConstraint(text) if len(text) > _MOST_SCHEMA_CHARACTERS:
            raise InvalidInput(
                f"the schema has {len(text)} characters; {_MOST_SCHEMA_CHARACTERS} are the most",
                field="constraint.json_schema",
                reason="BAD_SCHEMA",
            )
        case JsonSchemaConstraint(text):
            return _schema_of(text)
    return None


def _schema_of(text: str) -> JsonSchema:
    # Parsed by orjson, which refuses deep nesting instead of recursing into it.
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad_schema(f"not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise _bad_schema(f"a JSON object is wanted, got {text[:40]!r}")
    try:
        return JsonSchema(parsed)
    except InvalidInput as error:
        raise _bad_schema(error.message) from error


def _bad_schema(problem: str) -> InvalidInput:
    return InvalidInput(f"bad schema: {problem}", field="constraint.json_schema", reason="BAD_SCHEMA")


def _check_text(schema: JsonSchema, text: str) -> None:
    """A last look: an engine that leaves the schema half way must not pass for one that kept it."""
    try:
        errors = schema.check(orjson.loads(text), "field")
    except orjson.JSONDecodeError as error:
        errors = [f"it is not JSON: {error}"]
    if errors:
        raise Internal(f"the engine left the JSON schema: {errors[0]}", reason="CONSTRAINT_LEFT")


class _Stopwatch:
    """Times of one request's tokens."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._started = time.monotonic()
        self._first: float | None = None

    def token(self) -> None:
        if self._first is None:
            self._first = time.monotonic()
            time_to_first_token.labels(self._model).observe(self._first - self._started)

    def end(self, tokens: int) -> None:
        if self._first is not None and tokens > 1:
            each = (time.monotonic() - self._first) / (tokens - 1)
            time_per_output_token.labels(self._model).observe(each)
