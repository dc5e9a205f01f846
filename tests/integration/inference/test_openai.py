"""The engine `openai` against a real server: llama.cpp's own, started by the test."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
import xllamacpp

from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh_core.errors import InvalidInput, NotFound, Unavailable
from toolmesh_inference.adapters.packaged_models import smollm2_path

from .asking import LONG, assistant, request, served, user, write

KEY = "test-key"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    params = xllamacpp.CommonParams()
    params.model.path = str(smollm2_path())
    params.n_ctx, params.n_parallel = 4096, 2
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_ram_mib, params.warmup, params.verbosity = 0, False, 1
    params.api_keys = [KEY]
    params.hostnames, params.port = ["127.0.0.1"], 0
    running = xllamacpp.Server(params)
    running.handle_completions({"prompt": "x", "max_tokens": 1})
    yield f"{running.listening_address}/v1"
    del running


@pytest.fixture
async def stub(server: str, tmp_path):
    file = tmp_path / "models.toml"
    file.write_text(
        f'[[models]]\nid = "remote"\nengine = "openai"\nbase_url = "{server}"\napi_key = "{KEY}"\n'
        f'assistant_prefill = "plain"\nadapters = {{odd = "remote-odd"}}\n'
    )
    async with served(models_file=file) as stub:
        yield stub


async def test_a_conversation_is_answered(stub) -> None:
    found = await write(stub, request(user("What is the capital of France? Answer with one word.")))
    assert "Paris" in found.text
    assert found.pieces > 1
    assert found.finish_reason == pb.FINISH_REASON_STOP
    assert found.usage.prompt_tokens > 10
    assert found.usage.completion_tokens > 1


async def test_a_raw_prompt_a_limit_and_a_stop_text_are_passed_on(stub) -> None:
    found = await write(stub, pb.GenerateRequest(prompt="1, 2, 3, 4,", sampling=pb.Sampling(max_tokens=4)))
    assert "5" in found.text
    assert found.finish_reason == pb.FINISH_REASON_LENGTH
    stopped = await write(
        stub, pb.GenerateRequest(prompt="1, 2, 3, 4,", sampling=pb.Sampling(max_tokens=40, stop=["7"]))
    )
    assert "6" in stopped.text
    assert "7" not in stopped.text


async def test_a_schema_is_kept(stub) -> None:
    schema = json.dumps({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    asked = request("Give me a number as JSON.", constraint=pb.Constraint(json_schema=schema), max_tokens=60)
    assert isinstance(json.loads((await write(stub, asked)).text)["n"], int)


async def test_a_grammar_is_refused(stub) -> None:
    with pytest.raises(InvalidInput, match="takes no grammar"):
        await write(stub, request("hi", constraint=pb.Constraint(grammar='root ::= "a"')))


@pytest.mark.parametrize("raw", [True, False], ids=["prompt", "messages"])
async def test_continuations_are_scored_by_top_logprobs(stub, raw: bool) -> None:
    fields: dict[str, Any] = (
        {"prompt": "The capital of France is"}
        if raw
        else {"messages": [user("What is the capital of France?"), assistant("The capital of France is")]}
    )
    asked = pb.ScoreContinuationsRequest(continuations=[" Berlin", " Paris", " Portland"], **fields)
    found = (await stub.ScoreContinuations(asked)).log_probabilities
    assert sum(math.exp(each) for each in found) == pytest.approx(1)
    assert max(found) == found[1]


async def test_tokens_are_counted_by_the_server(stub) -> None:
    assert list((await stub.CountTokens(pb.CountTokensRequest(texts=["hello", ""]))).counts) == [1, 0]


async def test_a_caller_that_goes_stops_the_stream(stub) -> None:
    call = stub.Generate(request(LONG, max_tokens=0))
    assert (await anext(call)).text
    call.cancel()
    assert (await write(stub, request("hi", max_tokens=1))).usage.completion_tokens == 1


async def test_the_models_card_is_what_the_file_says(stub) -> None:
    models = (await stub.ListModels(pb.ListModelsRequest())).models
    assert [(model.id, model.engine, list(model.adapters)) for model in models][1] == ("remote", "openai", ["odd"])
    with pytest.raises(NotFound):
        await write(stub, request("hi", adapter="even"))


async def test_a_prompt_over_the_servers_context_is_the_callers_to_mend(stub) -> None:
    with pytest.raises(InvalidInput, match="refused the request"):
        await write(stub, request("word " * 3000))


async def test_a_wrong_key_is_one_clear_line(server: str) -> None:
    async with served(openai_base_url=server, openai_model="m", openai_api_key="wrong") as stub:
        with pytest.raises(Unavailable, match="refused our key") as caught:
            await write(stub, request("hi"))
    assert "wrong" not in caught.value.message


async def test_without_leave_an_assistants_message_is_not_gone_on_from(server: str) -> None:
    async with served(openai_base_url=server, openai_model="m", openai_api_key=KEY) as stub:
        with pytest.raises(InvalidInput, match="assistant_prefill"):
            await write(stub, request(user("hi"), assistant("I")))


async def test_a_server_that_is_down_is_unavailable() -> None:
    async with served(openai_base_url="http://127.0.0.1:9/v1", openai_model="m") as stub:
        with pytest.raises(Unavailable, match=r"127.0.0.1:9/v1 does not answer"):
            await write(stub, request("hi"))
