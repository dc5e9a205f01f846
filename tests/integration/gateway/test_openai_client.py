"""The official OpenAI client against the gateway."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
import pytest_asyncio

# One gateway serves all tests here, on one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}


def asking(text: str) -> Any:
    return [{"role": "user", "content": text}]


@pytest_asyncio.fixture(loop_scope="module")
async def client(gateway: Any) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="key-of-the-tests", max_retries=0) as made:
        yield made


async def test_an_answer(client: openai.AsyncOpenAI, neighbours: Any) -> None:
    answer = await client.chat.completions.create(
        model="default",
        messages=asking("it is 4"),
        temperature=0.5,
        user="u",
        extra_body={"toolmesh": {"session": "s"}},
    )
    assert answer.choices[0].message.content == "it is 4"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 10
    request = neighbours.planner.runs["run_1"]
    assert (request.session, request.sampling.temperature, request.user) == ("s", 0.5, "")


async def test_a_streamed_answer(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="default", messages=asking("it is 4"), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == "it is 4"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 3


async def test_the_clients_own_tools_over_two_turns(client: openai.AsyncOpenAI, neighbours: Any) -> None:
    messages = asking("client tools")
    first = await client.chat.completions.create(model="default", messages=messages, tools=[ADD])
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls is not None
    (call,) = message.tool_calls
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("add", '{"a": 2}')
    messages += [message.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "4"}]
    second = await client.chat.completions.create(model="default", messages=messages, tools=[ADD])
    assert second.choices[0].message.content == "4"
    taken = neighbours.planner.runs["run_2"]
    assert (taken.client_tools[0].name, taken.messages[-1].tool) == ("add", "add")


async def test_the_clients_stream_helper_joins_tool_calls(client: openai.AsyncOpenAI) -> None:
    async with client.chat.completions.stream(model="default", messages=asking("client tools"), tools=[ADD]) as stream:
        final = await stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.name == "add"


async def test_a_failed_run_is_an_error_of_the_client(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        await client.chat.completions.create(model="default", messages=asking("fail"))
    assert (caught.value.status_code, caught.value.code) == (503, "inference_down")
    stream = await client.chat.completions.create(model="default", messages=asking("fail"), stream=True)
    with pytest.raises(openai.APIError, match="inference does not answer"):
        [chunk async for chunk in stream]


@pytest.mark.parametrize(
    ("fields", "param"), [({"n": 2}, "n"), ({"logprobs": True}, "logprobs"), ({"extra_body": {"x": 1}}, "x")]
)
async def test_what_cannot_be_honoured_is_a_bad_request(
    client: openai.AsyncOpenAI, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model="default", messages=asking("x"), **fields)
    assert caught.value.param == param


async def test_a_wrong_key_is_an_authentication_error(gateway: Any) -> None:
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()


async def test_a_client_that_leaves_cancels_its_run(client: openai.AsyncOpenAI, neighbours: Any) -> None:
    stream = await client.chat.completions.create(model="default", messages=asking("forever"), stream=True)
    await anext(aiter(stream))
    await stream.close()
    await asyncio.wait_for(neighbours.planner.cancelled.wait(), 10)


async def test_a_client_that_gives_up_waiting_cancels_its_run(client: openai.AsyncOpenAI, neighbours: Any) -> None:
    with pytest.raises(openai.APITimeoutError):
        await client.chat.completions.create(model="default", messages=asking("forever"), timeout=0.3)
    await asyncio.wait_for(neighbours.planner.cancelled.wait(), 10)


async def test_models(client: openai.AsyncOpenAI) -> None:
    models = [model async for model in client.models.list()]
    assert [model.id for model in models] == ["default", "smol"]
    assert (await client.models.retrieve("default")).id == "default"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("gpt-9")


async def test_embeddings(client: openai.AsyncOpenAI) -> None:
    # The client asks for base64 by itself and turns it into numbers.
    made = await client.embeddings.create(model="e5", input=["a", "b"])
    assert [item.embedding for item in made.data] == [[1.0, 0.0]] * 2
