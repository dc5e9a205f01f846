"""The service as a process with the real default model and a LoRA adapter, started once for all tests."""

import struct
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from toolmesh.inference.v1 import inference_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_testing import ServiceProcess, process

# On a busy machine threads that wait for each other are far slower than one.
QUICK = {"TOOLMESH_INFERENCE_LLM_THREADS": "1", "TOOLMESH_INFERENCE_LLM_PROMPT_THREADS": "1"}
_EMBEDDING, _FEED_FORWARD, _RANK = 576, 1536, 4


def write_adapter(path: Path) -> None:
    """A LoRA adapter for SmolLM2-135M in GGUF, of large random weights: whoever uses it writes something else."""
    draw = np.random.default_rng(0)
    shapes = {"blk.0.attn_q.weight": (_EMBEDDING, _EMBEDDING), "blk.29.ffn_down.weight": (_FEED_FORWARD, _EMBEDDING)}
    tensors = {}
    for name, (rows_in, rows_out) in shapes.items():
        tensors[f"{name}.lora_a"] = draw.standard_normal((_RANK, rows_in)).astype("<f4")
        tensors[f"{name}.lora_b"] = draw.standard_normal((rows_out, _RANK)).astype("<f4")
    path.write_bytes(_gguf(tensors))


def _gguf(tensors: dict[str, np.ndarray]) -> bytes:
    keys = {"general.type": "adapter", "general.architecture": "llama", "adapter.type": "lora"}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys) + 1)
    for key, value in keys.items():
        head += _text(key) + struct.pack("<I", 8) + _text(value)
    head += _text("adapter.lora.alpha") + struct.pack("<If", 6, float(_RANK))
    offset, data = 0, b""
    for name, tensor in tensors.items():
        head += _text(name) + struct.pack("<IQQIQ", 2, tensor.shape[1], tensor.shape[0], 0, offset)
        data += _padded(tensor.tobytes())
        offset = len(data)
    return _padded(head) + data


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 32)


@pytest.fixture(scope="session")
def adapter_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("adapter") / "odd.gguf"
    write_adapter(path)
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def inference(adapter_path: Path) -> AsyncIterator[ServiceProcess]:
    env = {**QUICK, "TOOLMESH_INFERENCE_LLM_ADAPTERS": f"odd={adapter_path}"}
    async with process("toolmesh_inference", env) as started:
        yield started


@pytest_asyncio.fixture
async def stub(inference: ServiceProcess) -> AsyncIterator[inference_service_pb2_grpc.InferenceServiceStub]:
    channel = connect(inference.address)
    yield inference_service_pb2_grpc.InferenceServiceStub(channel)
    await channel.close()
