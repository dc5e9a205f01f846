"""Models and embeddings in OpenAI's shapes."""

import base64
import struct
from typing import Any

import pytest

from toolmesh.inference.v1 import inference_service_pb2, model_pb2

VECTOR = struct.pack("<2f", 0.5, -0.25)


@pytest.fixture(autouse=True)
def _inference(upstream: Any) -> None:
    chat = model_pb2.Model(id="org/smol:135m", task=model_pb2.MODEL_TASK_GENERATE, is_default=True, context_tokens=2048)
    embed = model_pb2.Model(id="e5", task=model_pb2.MODEL_TASK_EMBED, is_default=True, dimensions=2)

    def models(request: inference_service_pb2.ListModelsRequest) -> inference_service_pb2.ListModelsResponse:
        first = not request.page_token
        return inference_service_pb2.ListModelsResponse(
            models=[chat if first else embed], next_page_token="more" if first else ""
        )

    def vectors(request: inference_service_pb2.EmbedRequest) -> inference_service_pb2.EmbedResponse:
        response = inference_service_pb2.EmbedResponse(vectors=[VECTOR] * len(request.texts), dimensions=2, model="e5")
        response.usage.prompt_tokens = len(request.texts)
        return response

    upstream.answers |= {"ListModels": models, "Embed": vectors}


async def test_the_list_holds_all_pages_and_the_default(ask: Any) -> None:
    listed = (await ask("GET", "/v1/models")).json
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["default", "org/smol:135m", "e5"]
    assert {model["object"] for model in listed["data"]} == {"model"}
    assert listed["data"][0]["root"] == "org/smol:135m"
    assert listed["data"][2]["dimensions"] == 2


@pytest.mark.parametrize("model", ["default", "org/smol:135m", "e5"])
async def test_one_model_by_its_id(ask: Any, model: str) -> None:
    assert (await ask("GET", f"/v1/models/{model}")).json["id"] == model


async def test_an_unknown_model_is_404_in_openais_shape(ask: Any) -> None:
    reply = await ask("GET", "/v1/models/gpt-9")
    assert (reply.status, reply.json["error"]["code"]) == (404, "model_not_found")


async def test_embeddings_as_numbers_and_as_base64(ask: Any) -> None:
    numbers = (await ask("POST", "/v1/embeddings", {"model": "e5", "input": ["a", "b"]})).json
    assert [item["embedding"] for item in numbers["data"]] == [[0.5, -0.25]] * 2
    assert [item["index"] for item in numbers["data"]] == [0, 1]
    assert (numbers["model"], numbers["usage"]) == ("e5", {"prompt_tokens": 2, "total_tokens": 2})
    packed = (await ask("POST", "/v1/embeddings", {"input": "a", "encoding_format": "base64"})).json
    assert base64.b64decode(packed["data"][0]["embedding"]) == VECTOR


async def test_many_texts_are_embedded_in_batches(ask: Any, upstream: Any) -> None:
    reply = await ask("POST", "/v1/embeddings", {"input": ["a"] * 270})
    assert [item["index"] for item in reply.json["data"]] == list(range(270))
    assert [len(request.texts) for _, request in upstream.asked] == [256, 14]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": [1, 2]}, "input"),
        ({"input": [""]}, "input"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format"),
        ({"input": "a", "dimensions": 3}, "dimensions"),
        ({"input": "a", "colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_honoured_is_refused_by_name(ask: Any, fields: dict[str, Any], fault: str) -> None:
    reply = await ask("POST", "/v1/embeddings", fields)
    assert (reply.status, reply.json["error"]["param"]) == (400, fault)
