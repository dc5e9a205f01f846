"""The controller over gRPC, in process, with a scripted inference service behind it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from fixtures.scripted_inference import ScriptedInference

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import controller_service_pb2_grpc as pb_grpc
from toolmesh.inference.v1 import inference_service_pb2_grpc as inference_grpc
from toolmesh.tool.v1 import tool_pb2
from toolmesh_controller.bootstrap import bootstrap
from toolmesh_controller.settings import ControllerSettings
from toolmesh_core.channel import connect
from toolmesh_core.service import Service
from toolmesh_testing.serving import serving


def candidate(name: str, description: str, properties: dict[str, Any], required: list[str]) -> pb.Candidate:
    schema = {"type": "object", "properties": properties, "required": required}
    tool = tool_pb2.Tool(name=name, description=description, arguments_schema_json=json.dumps(schema))
    return pb.Candidate(tool=tool)


@pytest.fixture
def add() -> pb.Candidate:
    return candidate("add", "Adds two numbers.", {"a": {"type": "integer"}, "b": {"type": "integer"}}, ["a", "b"])


@dataclass
class Rig:
    """A controller that answers, and the script behind it."""

    stub: pb_grpc.ControllerServiceStub
    inference: ScriptedInference

    async def ask(self, text: str, *candidates: pb.Candidate, **fields: Any) -> list[pb.DecideResponse]:
        message = message_pb2.Message(role=message_pb2.ROLE_USER, content=text)
        request = pb.DecideRequest(messages=[message], candidates=candidates, **fields)
        return [response async for response in self.stub.Decide(request)]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    inference = ScriptedInference()
    behind = Service(registrations=[(inference_grpc.add_InferenceServiceServicer_to_server, inference)])
    async with (
        serving(behind) as inference_address,
        bootstrap(ControllerSettings(inference_address=inference_address)) as service,
        serving(service) as address,
        connect(address) as channel,
    ):
        yield Rig(pb_grpc.ControllerServiceStub(channel), inference)
