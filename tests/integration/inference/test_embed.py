"""Vectors from the real default embedder."""

import asyncio

import numpy as np
import pytest

from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh_core.errors import InvalidInput, NotFound

QUERY, PASSAGE = pb.EMBED_KIND_QUERY, pb.EMBED_KIND_PASSAGE


async def vectors(stub, texts: list[str], kind: int = PASSAGE) -> np.ndarray:
    response = await stub.Embed(pb.EmbedRequest(texts=texts, kind=kind))
    assert (response.model, response.dimensions) == ("multilingual-e5-small", 384)
    found = np.array([np.frombuffer(vector, "<f4") for vector in response.vectors])
    assert found.shape == (len(texts), 384)
    return found


ENGLISH = ["Beijing is the capital of China.", "Bread is baked from flour.", "The train to Lyon leaves at noon."]
CHINESE = ["北京是中国的首都。", "面包是用面粉烤的。", "去里昂的火车中午开。"]


@pytest.mark.parametrize(
    ("passages", "questions"),
    [
        (ENGLISH, ["中国的首都是哪里？", "面包是用什么做的？", "火车几点开？"]),
        (CHINESE, ["What is the capital of China?", "What is bread made of?", "When does the train go?"]),
    ],
    ids=["Chinese asks", "English asks"],
)
async def test_a_question_finds_its_passage_across_languages(stub, passages: list[str], questions: list[str]) -> None:
    found = await vectors(stub, questions, QUERY) @ (await vectors(stub, passages)).T
    assert np.argmax(found, axis=1).tolist() == [0, 1, 2]


async def test_vectors_have_length_one_whatever_the_text(stub) -> None:
    found = await vectors(stub, ["", "x", "a\0b", "long " * 520])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)


async def test_a_nul_does_not_cut_the_text(stub) -> None:
    cut, whole = await vectors(stub, ["weather", "weather\0in the mountains of Peru"])
    assert cut @ whole < 0.999


async def test_a_batch_gives_what_single_texts_give(stub) -> None:
    texts = [f"passage number {i}" for i in range(20)]
    batch = await vectors(stub, texts)
    (single,) = await vectors(stub, texts[7:8])
    assert batch[7] @ single > 0.9999


async def test_questions_and_passages_differ(stub) -> None:
    (query,), (passage,) = await vectors(stub, ["rain"], QUERY), await vectors(stub, ["rain"])
    assert query @ passage < 0.9999


async def test_no_texts_give_no_vectors(stub) -> None:
    response = await stub.Embed(pb.EmbedRequest())
    assert list(response.vectors) == []


async def test_a_question_does_not_wait_for_somebodys_batch(stub) -> None:
    batch = asyncio.ensure_future(vectors(stub, ["a passage of some length about nothing at all"] * 40))
    await asyncio.sleep(0)
    await vectors(stub, ["short"], QUERY)
    assert not batch.done()
    await stub.ListModels(pb.ListModelsRequest())
    await batch


@pytest.mark.parametrize(
    ("texts", "told"), [(["x"] * 257, "at most 256"), (["word " * 9000], "cut it up")], ids=["many", "long"]
)
async def test_too_much_is_refused(stub, texts: list[str], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        await vectors(stub, texts)


async def test_an_unknown_embedder_is_not_found(stub) -> None:
    with pytest.raises(NotFound, match="served here: multilingual-e5-small"):
        await stub.Embed(pb.EmbedRequest(model="smollm2-135m-instruct", texts=["x"]))
