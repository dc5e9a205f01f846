"""The process: a clear line where it cannot start, a drain when asked to end, what Prometheus sees."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh.inference.v1 import inference_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_inference.adapters.packaged_models import smollm2_path
from toolmesh_testing import ServiceProcess, process

from .asking import LONG, request, write
from .conftest import QUICK

ENV = "TOOLMESH_INFERENCE_"


def start_fails(env: dict[str, str]) -> tuple[int, str]:
    """The exit code and what it says on stderr."""
    command = [sys.executable, "-m", "toolmesh_inference"]
    done = subprocess.run(command, env={**QUICK, **env}, capture_output=True, text=True, timeout=50, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_missing_model_file_is_one_clear_line(tmp_path: Path) -> None:
    code, told = start_fails({f"{ENV}LLM_MODEL_PATH": str(tmp_path / "absent.gguf")})
    assert code == 1
    assert told.splitlines() == [
        f"inference: model file {tmp_path / 'absent.gguf'} does not exist; set an existing GGUF file"
    ]


def test_a_truncated_model_file_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    path.write_bytes(smollm2_path().read_bytes()[:30_000_000])
    code, told = start_fails({f"{ENV}LLM_MODEL_PATH": str(path)})
    assert code == 1
    assert told.splitlines()[-1] == f"inference: llama.cpp cannot load {path}: is each file whole and made for it?"


def test_an_adapter_that_is_a_model_is_one_clear_line() -> None:
    code, told = start_fails({f"{ENV}LLM_ADAPTERS": f"tools={smollm2_path()}"})
    assert code == 1
    assert "is a model; set a LoRA adapter" in told


def test_bad_settings_are_listed(tmp_path: Path) -> None:
    code, told = start_fails({f"{ENV}LLM_THREADS": "-1", f"{ENV}OPENAI_BASE_URL": "ftp://x"})
    assert code == 2
    assert f"{ENV}LLM_THREADS" in told
    assert f"{ENV}OPENAI_BASE_URL" in told


async def test_sigterm_lets_a_running_text_end(tmp_path: Path) -> None:
    async with process("toolmesh_inference", QUICK, log_path=tmp_path / "log") as started:
        channel = connect(started.address)
        stub = inference_service_pb2_grpc.InferenceServiceStub(channel)
        call = stub.Generate(request(LONG, max_tokens=60), timeout=50)
        assert (await anext(call)).text
        started.terminate()
        last = [response async for response in call][-1]
        assert last.usage.completion_tokens == 60
        assert await started.wait() == 0
        await channel.close()
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_a_killed_process_is_an_error_and_no_hang() -> None:
    async with process("toolmesh_inference", QUICK) as started:
        channel = connect(started.address)
        stub = inference_service_pb2_grpc.InferenceServiceStub(channel)
        call = stub.Generate(request(LONG, max_tokens=0), timeout=50)
        assert (await anext(call)).text
        started.kill()
        from toolmesh_core.errors import Unavailable

        with pytest.raises(Unavailable):
            async for _ in call:
                pass
        await channel.close()


async def test_metrics_tell_of_tokens_and_times(inference: ServiceProcess, stub) -> None:
    await write(stub, request("hi", max_tokens=3))
    await stub.Embed(pb.EmbedRequest(texts=["x"]))
    async with httpx.AsyncClient(trust_env=False) as client:
        page = (await client.get(inference.metrics_url)).text
    for line in (
        'gen_ai_server_time_to_first_token_seconds_count{model="smollm2-135m-instruct"}',
        'gen_ai_server_time_per_output_token_seconds_count{model="smollm2-135m-instruct"}',
        'toolmesh_inference_tokens_total{kind="output",model="smollm2-135m-instruct"}',
        'toolmesh_inference_tokens_total{kind="input",model="multilingual-e5-small"}',
        'toolmesh_inference_queue_depth_requests{model="smollm2-135m-instruct"} 0.0',
        'gen_ai_server_request_duration_seconds_count{model="smollm2-135m-instruct",operation="chat",outcome="OK"}',
    ):
        assert line in page


async def test_a_model_of_the_models_file_is_loaded_when_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(f'[[models]]\nid = "second"\nengine = "llama_cpp"\npath = "{smollm2_path()}"\nthreads = 1\n')
    env = {**QUICK, f"{ENV}MODELS_FILE": str(file), f"{ENV}DEFAULT_LLM": "smollm2-135m-instruct"}
    async with process("toolmesh_inference", env) as started:
        channel = connect(started.address)
        stub = inference_service_pb2_grpc.InferenceServiceStub(channel)
        asked = [request(LONG, max_tokens=4, model=model) for model in ("second", "default")]
        texts = await asyncio.gather(*(write(stub, each) for each in asked))
        assert texts[0].text == texts[1].text
        await channel.close()
        started.terminate()
        assert await started.wait() == 0
