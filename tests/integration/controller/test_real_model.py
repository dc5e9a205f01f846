"""The controller with the real default model: every grammar is one the engine takes, and its text is valid."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import controller_service_pb2_grpc as pb_grpc
from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.channel import connect
from toolmesh_core.json_schema import JsonSchema
from toolmesh_testing.processes import process

pytestmark = pytest.mark.timeout(180)

ITEM = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "count": {"type": "integer", "minimum": 1}},
    "required": ["name", "count"],
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "object": ITEM,
    "list of objects": {"type": "array", "items": ITEM, "minItems": 1, "maxItems": 3},
    "list of texts": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
    "either": {"anyOf": [{"type": "array", "items": {"type": "number"}, "maxItems": 2}, {"type": "boolean"}]},
    "enumeration": {"enum": ["quick", "thorough", 3]},
    "date and time": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email"},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "nested": {"type": "object", "properties": {"deep": {"type": "object", "properties": {"x": {"type": "null"}}}}},
    "choice of text or number": {"type": ["string", "number"]},
}


@pytest.fixture
async def stub(tmp_path: Path) -> AsyncIterator[Any]:
    env = {"TOOLMESH_INFERENCE_DATA_DIR": str(tmp_path / "i"), "TOOLMESH_CONTROLLER_DATA_DIR": str(tmp_path / "c")}
    async with process("toolmesh_inference", env, log_path=tmp_path / "inference.log") as inference:
        env["TOOLMESH_CONTROLLER_INFERENCE_ADDRESS"] = inference.address
        async with (
            process("toolmesh_controller", env) as controller,
            connect(controller.address, default_timeout_s=120) as channel,
        ):
            yield pb_grpc.ControllerServiceStub(channel)


async def decided(stub: Any, text: str, name: str, schema: dict[str, Any]) -> Any:
    tool = tool_pb2.Tool(name=name, description="Stores what it is given.", arguments_schema_json=json.dumps(schema))
    request = pb.DecideRequest(
        messages=[message_pb2.Message(role=message_pb2.ROLE_USER, content=text)],
        candidates=[pb.Candidate(tool=tool)],
        required_tool=name,
    )
    responses = [response async for response in stub.Decide(request)]
    return responses[-1].decision


async def test_arguments_of_every_shape_are_valid_under_their_schema(stub: Any) -> None:
    for name, node in SCHEMAS.items():
        schema = {"type": "object", "properties": {"value": node}, "required": ["value"]}
        decision = await decided(stub, "Store two green apples and one pear for Ann", "store", schema)
        (call,) = decision.tool_calls.calls
        assert JsonSchema(schema).check(json.loads(call.arguments_json)) == [], name


async def test_an_answer_of_the_real_model_streams_and_ends(stub: Any) -> None:
    request = pb.DecideRequest(
        messages=[message_pb2.Message(role=message_pb2.ROLE_USER, content="Say hello in one short sentence.")]
    )
    request.sampling.max_tokens = 24
    responses = [response async for response in stub.Decide(request)]
    assert len(responses) > 3
    assert "".join(response.answer_delta for response in responses[:-1]) == responses[-1].decision.answer
