"""The controller as a process: health, metrics, bad settings, drain."""

import asyncio
import sys

import httpx
import pytest
from fixtures.scripted_inference import ScriptedInference

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import controller_service_pb2_grpc as pb_grpc
from toolmesh.inference.v1 import inference_service_pb2_grpc as inference_grpc
from toolmesh_core.channel import connect
from toolmesh_core.errors import Unavailable
from toolmesh_core.service import Service
from toolmesh_testing.processes import process
from toolmesh_testing.serving import serving

ASK = pb.DecideRequest(messages=[message_pb2.Message(role=message_pb2.ROLE_USER, content="How are you?")])


async def test_it_decides_counts_and_drains_with_exit_code_0() -> None:
    inference = ScriptedInference(["Well."])
    behind = Service(registrations=[(inference_grpc.add_InferenceServiceServicer_to_server, inference)])
    async with serving(behind) as inference_address:
        env = {"TOOLMESH_CONTROLLER_INFERENCE_ADDRESS": inference_address}
        async with process("toolmesh_controller", env) as controller:
            async with connect(controller.address) as channel:
                stub = pb_grpc.ControllerServiceStub(channel)
                responses = [response async for response in stub.Decide(ASK)]
            assert responses[-1].decision.answer == "Well."
            async with httpx.AsyncClient() as client:
                metrics = (await client.get(controller.metrics_url)).text
            assert 'toolmesh_controller_decisions_total{outcome="answer"} 1.0' in metrics
            controller.terminate()
            assert await controller.wait() == 0


async def test_without_inference_a_decision_is_unavailable_and_does_not_hang() -> None:
    env = {"TOOLMESH_CONTROLLER_INFERENCE_ADDRESS": "127.0.0.1:1"}
    async with process("toolmesh_controller", env) as controller, connect(controller.address) as channel:
        stub = pb_grpc.ControllerServiceStub(channel)
        with pytest.raises(Unavailable):
            async for _ in stub.Decide(ASK, timeout=10):
                pass


async def test_bad_settings_are_all_listed_and_it_does_not_start() -> None:
    env = {"TOOLMESH_CONTROLLER_ANSWER_TOKENS": "0", "TOOLMESH_CONTROLLER_DECISIVE_LEAD": "2"}
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "toolmesh_controller", env=env, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await started.communicate()
    assert started.returncode == 2
    assert b"TOOLMESH_CONTROLLER_ANSWER_TOKENS" in stderr
    assert b"TOOLMESH_CONTROLLER_DECISIVE_LEAD" in stderr
