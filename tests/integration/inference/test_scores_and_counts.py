"""Scores of continuations, token counts and the list of models, from the real default model."""

import math

import pytest

from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh.inference.v1 import model_pb2
from toolmesh_core.errors import InvalidInput

from .asking import assistant, request, user, write

QUESTION = user("What is the capital of France?")


async def scores(stub, continuations: list[str], *messages, **fields) -> list[float]:
    asked = pb.ScoreContinuationsRequest(messages=messages, continuations=continuations, **fields)
    response = await stub.ScoreContinuations(asked)
    assert sum(math.exp(each) for each in response.log_probabilities) == pytest.approx(1)
    return list(response.log_probabilities)


async def test_what_the_model_would_write_scores_best(stub) -> None:
    found = await scores(stub, ["Berlin", "Paris", "a banana"], QUESTION, assistant("The capital of France is "))
    assert max(found) == found[1]


async def test_a_shared_beginning_is_told_apart(stub) -> None:
    prompt = "Say get_weather: get_weather\nSay get_time: get_time\nSay get_weather:"
    found = await scores(stub, [" get_time", " get_weather", " set_time"], prompt=prompt)
    assert max(found) == found[1]


async def test_scores_agree_with_the_steps_they_are_made_of(stub) -> None:
    """P(AB) / P(AC) by whole continuations is P(B) / P(C) after A."""
    prompt = "The weather today is"
    whole = await scores(stub, [" very cold", " very hot"], prompt=prompt)
    rest = await scores(stub, [" cold", " hot"], prompt=f"{prompt} very")
    assert whole[0] - whole[1] == pytest.approx(rest[0] - rest[1], abs=0.05)


async def test_one_continuation_is_certain(stub) -> None:
    assert await scores(stub, ["anything"], QUESTION) == [0.0]


async def test_many_continuations_are_scored(stub) -> None:
    found = await scores(stub, [f"tool_{i}" for i in range(64)], QUESTION, assistant('{"tool": "'))
    assert len(found) == 64


async def test_bad_continuations_are_refused(stub) -> None:
    with pytest.raises(InvalidInput, match="given twice"):
        await scores(stub, ["a", "a"], QUESTION)


async def test_tokens_are_counted_as_the_model_sees_them(stub) -> None:
    response = await stub.CountTokens(pb.CountTokensRequest(texts=["", "hello", "hello world, how are you?"]))
    counts = list(response.counts)
    assert counts[:2] == [0, 1]
    prompt = "hello world, how are you?"
    found = await write(stub, pb.GenerateRequest(prompt=prompt, sampling=pb.Sampling(max_tokens=1)))
    assert counts[2] == found.usage.prompt_tokens


async def test_tokens_of_the_embedder_are_counted_too(stub) -> None:
    response = await stub.CountTokens(pb.CountTokensRequest(model="multilingual-e5-small", texts=["hello"]))
    assert response.counts[0] > 1


async def test_models_are_listed_with_what_they_can(stub) -> None:
    response = await stub.ListModels(pb.ListModelsRequest())
    embedder, llm = response.models
    assert (embedder.id, embedder.task, embedder.dimensions) == (
        "multilingual-e5-small",
        model_pb2.MODEL_TASK_EMBED,
        384,
    )
    assert (llm.id, llm.engine, llm.task) == ("smollm2-135m-instruct", "llama_cpp", model_pb2.MODEL_TASK_GENERATE)
    assert (llm.context_tokens, list(llm.adapters), llm.parallel_requests) == (4096, ["odd", "tools"], 4)
    assert embedder.is_default
    assert llm.is_default
    first = await stub.ListModels(pb.ListModelsRequest(page_size=1))
    second = await stub.ListModels(pb.ListModelsRequest(page_size=1, page_token=first.next_page_token))
    assert [model.id for model in (*first.models, *second.models)] == [embedder.id, llm.id]


async def test_a_scored_request_reports_the_prompt_once(stub) -> None:
    prompt = "Choose one of north, south: "
    asked = pb.ScoreContinuationsRequest(prompt=prompt, continuations=["north", "south"])
    await stub.ScoreContinuations(asked)
    again = await stub.ScoreContinuations(asked)
    counted = await stub.CountTokens(pb.CountTokensRequest(texts=[prompt]))
    assert again.usage.prompt_tokens <= counted.counts[0] + 8
    assert again.usage.cached_tokens >= counted.counts[0] - 1
    assert (await write(stub, request("hi", max_tokens=1))).usage.completion_tokens == 1
