"""Short ways to ask the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from toolmesh.chat.v1 import message_pb2
from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh.inference.v1 import inference_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_inference.bootstrap import bootstrap
from toolmesh_inference.settings import InferenceSettings
from toolmesh_testing import serving

LONG = "Write a long story about a lighthouse and a storm."


def user(text: str) -> message_pb2.Message:
    return message_pb2.Message(role=message_pb2.ROLE_USER, content=text)


def assistant(text: str) -> message_pb2.Message:
    return message_pb2.Message(role=message_pb2.ROLE_ASSISTANT, content=text)


@dataclass
class Written:
    """A whole text and its end."""

    text: str
    finish_reason: int
    usage: message_pb2.TokenUsage
    pieces: int


def request(*messages: message_pb2.Message | str, **fields: Any) -> pb.GenerateRequest:
    """A request; sampling fields go into its sampling."""
    names = pb.Sampling.DESCRIPTOR.fields_by_name
    sampling = {name: fields.pop(name) for name in list(fields) if name in names}
    sampling.setdefault("max_tokens", 24)
    told = [user(each) if isinstance(each, str) else each for each in messages]
    return pb.GenerateRequest(messages=told, sampling=pb.Sampling(**sampling), **fields)


async def write(stub: Any, asked: pb.GenerateRequest) -> Written:
    responses = [response async for response in stub.Generate(asked, timeout=50)]
    last = responses[-1]
    assert all(not response.finish_reason for response in responses[:-1])
    return Written("".join(each.text for each in responses), last.finish_reason, last.usage, len(responses) - 1)


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[inference_service_pb2_grpc.InferenceServiceStub]:
    """The service in this process with settings of its own."""
    settings.setdefault("llm_threads", 1)
    settings.setdefault("llm_prompt_threads", 1)
    async with bootstrap(InferenceSettings(**settings)) as service, serving(service) as address:
        channel = connect(address)
        yield inference_service_pb2_grpc.InferenceServiceStub(channel)
        await channel.close()
