"""What the controller adds to a text answer: time to first token and tokens a second, against the engine itself.

The engine in this process, the inference service and the controller in front of it write the same text, in turns:
`python tests/benchmarks/controller_overhead.py`.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from inference_overhead import MESSAGES, Timing, ask_directly, direct_engine, timing_of

from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import controller_service_pb2_grpc as pb_grpc
from toolmesh.inference.v1 import inference_service_pb2 as inference_pb
from toolmesh.inference.v1 import inference_service_pb2_grpc as inference_grpc
from toolmesh_core.channel import connect
from toolmesh_testing import process

WAYS = ("engine directly", "inference service", "controller")


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=max(1, len(os.sched_getaffinity(0)) - 1))
    parser.add_argument("--json", action="store_true", help="one JSON object in place of a table")
    options = parser.parse_args()
    timings = asyncio.run(measure(options.rounds, options.tokens, options.threads))
    report: dict[str, dict[str, float]] = {way: medians(found) for way, found in timings.items()}
    pairs = list(zip(timings[WAYS[2]], timings[WAYS[0]], strict=True))
    # Within a turn, so that a slow spell of the machine counts for both.
    report["added"] = {
        "first_token_ms": round(statistics.median(ours.first_ms - peer.first_ms for ours, peer in pairs), 2),
        "share_of_tokens_per_s": round(
            statistics.median(ours.tokens_per_s / peer.tokens_per_s for ours, peer in pairs), 3
        ),
    }
    if options.json:
        print(json.dumps(report))
        return
    for name, values in report.items():
        print(f"{name:20}", *(f"{key} {value}" for key, value in values.items()), sep="  ")


async def measure(rounds: int, tokens: int, threads: int) -> dict[str, list[Timing]]:
    """Timings of each way, taken in turns after one round that nobody counts."""
    engine = direct_engine(threads)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        env = {"TOOLMESH_INFERENCE_DATA_DIR": folder, "TOOLMESH_INFERENCE_LLM_THREADS": str(threads)}
        async with process("toolmesh_inference", env, log_path=log) as inference:
            env = {"TOOLMESH_CONTROLLER_DATA_DIR": folder, "TOOLMESH_CONTROLLER_INFERENCE_ADDRESS": inference.address}
            async with (
                process("toolmesh_controller", env, log_path=log) as controller,
                connect(inference.address, default_timeout_s=120) as inference_channel,
                connect(controller.address, default_timeout_s=120) as channel,
            ):
                inference_stub = inference_grpc.InferenceServiceStub(inference_channel)
                stub = pb_grpc.ControllerServiceStub(channel)
                timings: dict[str, list[Timing]] = {way: [] for way in WAYS}
                for counted in range(-1, rounds):
                    found = [
                        await asyncio.to_thread(ask_directly, engine, tokens),
                        await ask_inference(inference_stub, tokens),
                        await ask_controller(stub, tokens),
                    ]
                    if counted >= 0:
                        for way, timing in zip(WAYS, found, strict=True):
                            timings[way].append(timing)
                return timings


async def ask_inference(stub: Any, tokens: int) -> Timing:
    request = inference_pb.GenerateRequest(messages=MESSAGES)
    request.sampling.temperature, request.sampling.max_tokens = 0.0, tokens
    arrivals: list[float] = []
    written = 0
    started = time.perf_counter()
    async for response in stub.Generate(request):
        if response.text:
            arrivals.append(time.perf_counter())
        written = response.usage.completion_tokens or written
    return timing_of(started, arrivals, written)


async def ask_controller(stub: Any, tokens: int) -> Timing:
    request = pb.DecideRequest(messages=MESSAGES)
    request.sampling.temperature, request.sampling.max_tokens = 0.0, tokens
    arrivals: list[float] = []
    written = 0
    started = time.perf_counter()
    async for response in stub.Decide(request):
        if response.answer_delta:
            arrivals.append(time.perf_counter())
        written = response.decision.usage.completion_tokens or written
    return timing_of(started, arrivals, written)


def medians(timings: list[Timing]) -> dict[str, float]:
    return {
        "first_token_ms": round(statistics.median(timing.first_ms for timing in timings), 2),
        "tokens_per_s": round(statistics.median(timing.tokens_per_s for timing in timings), 1),
    }


if __name__ == "__main__":
    main()
