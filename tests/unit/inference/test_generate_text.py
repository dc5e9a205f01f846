"""Writing text: bounded, stopped with its caller, checked against its schema."""

import asyncio
import json
from contextlib import aclosing

import pytest

from toolmesh_core.errors import Internal, InvalidInput, NotFound, ResourceExhausted
from toolmesh_inference.app.generate_text import generate_text
from toolmesh_inference.app.model_catalog import ModelCatalog
from toolmesh_inference.domain.generation import (
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    JsonSchemaConstraint,
    Prompt,
    Sampling,
    TextPiece,
    Usage,
)

from .fakes import FakeTextEngine, catalog_of

REQUEST = GenerationRequest(Prompt(text="hi"))
NUMBER = JsonSchemaConstraint(json.dumps({"type": "integer"}))


async def written(catalog: ModelCatalog, request: GenerationRequest = REQUEST) -> list[TextPiece | GenerationEnd]:
    return [piece async for piece in generate_text(catalog, "", request)]


async def test_pieces_come_in_order_and_then_the_end() -> None:
    assert await written(catalog_of(FakeTextEngine())) == [
        TextPiece("a"),
        TextPiece("b"),
        GenerationEnd(FinishReason.STOP, Usage(3, 2, 1)),
    ]


async def test_a_caller_that_goes_stops_the_engine_and_frees_its_place() -> None:
    engine = FakeTextEngine()
    engine.go.clear()
    catalog = catalog_of(engine, most_waiting=0)
    async with aclosing(generate_text(catalog, "", REQUEST)) as pieces:
        assert await anext(pieces) == TextPiece("a")
        with pytest.raises(ResourceExhausted):
            await written(catalog)
    assert engine.stopped
    engine.go.set()
    assert len(await written(catalog)) == 3


async def test_a_cancelled_caller_frees_its_place() -> None:
    engine = FakeTextEngine()
    engine.go.clear()
    catalog = catalog_of(engine, most_waiting=0)
    task = asyncio.create_task(written(catalog))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    engine.go.set()
    assert len(await written(catalog)) == 3


async def test_an_unknown_adapter_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="no adapter 'x'; it has tools"):
        await written(catalog_of(FakeTextEngine()), GenerationRequest(Prompt(text="hi"), adapter="x"))


async def test_a_text_that_left_its_schema_is_a_failure_and_no_answer() -> None:
    catalog = catalog_of(FakeTextEngine(pieces=("a", "b")))
    with pytest.raises(Internal) as caught:
        await written(catalog, GenerationRequest(Prompt(text="hi"), constraint=NUMBER))
    assert caught.value.reason == "CONSTRAINT_LEFT"


@pytest.mark.parametrize(
    ("engine", "sampling"),
    [
        (FakeTextEngine, Sampling(stop=("}",))),
        (lambda: FakeTextEngine(reason=FinishReason.LENGTH), Sampling()),
        (lambda: FakeTextEngine(pieces=("1", "2")), Sampling()),
    ],
    ids=["stopped by a stop text", "cut by max_tokens", "kept"],
)
async def test_a_text_cut_short_or_kept_is_not_held_against_its_schema(engine, sampling: Sampling) -> None:
    request = GenerationRequest(Prompt(text="hi"), sampling=sampling, constraint=NUMBER)
    assert len(await written(catalog_of(engine()), request)) == 3


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("{", "not JSON"),
        ("[]", "object is wanted"),
        ('{"type": "strin"}', "strin"),
        ("[" * 5000, "not JSON"),
        ('{"a":' * 900 + "1" + "}" * 900, "schema"),
        ('"' + "x" * 300_000 + '"', "characters"),
    ],
)
async def test_a_bad_schema_is_named(schema: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        await written(
            catalog_of(FakeTextEngine()), GenerationRequest(Prompt(text="hi"), constraint=JsonSchemaConstraint(schema))
        )
    assert caught.value.field == "constraint.json_schema"
