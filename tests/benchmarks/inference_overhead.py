"""What the inference service adds to its engine: time to first token and tokens a second, directly and through gRPC.

Both run the same model with the same settings, in turns: `python tests/benchmarks/inference_overhead.py`.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import orjson

from toolmesh.chat.v1 import message_pb2
from toolmesh.inference.v1 import inference_service_pb2 as pb
from toolmesh.inference.v1 import inference_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_inference.adapters.openmp import spin_briefly
from toolmesh_inference.adapters.packaged_models import smollm2_path
from toolmesh_testing import process

SYSTEM, QUESTION = "You write stories.", "Write a long story about a lighthouse, its keeper and a storm."
# The same messages as the model's chat template lays them out.
PROMPT = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
MESSAGES = [
    message_pb2.Message(role=message_pb2.ROLE_SYSTEM, content=SYSTEM),
    message_pb2.Message(role=message_pb2.ROLE_USER, content=QUESTION),
]
WAYS = ("engine directly", "gRPC, prompt", "gRPC, messages")


@dataclass
class Timing:
    """One text: milliseconds to its first token, and the tokens a second after it."""

    first_ms: float
    tokens_per_s: float


def timing_of(started: float, arrivals: list[float], tokens: int) -> Timing:
    return Timing((arrivals[0] - started) * 1e3, (tokens - 1) / (arrivals[-1] - arrivals[0]))


def direct_engine(threads: int) -> Any:
    spin_briefly()
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(smollm2_path())
    params.n_ctx, params.n_parallel, params.n_batch = 4096 * 4, 4, 512
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = len(os.sched_getaffinity(0))
    params.cache_ram_mib, params.warmup, params.verbosity = 0, False, 1
    params.hostnames = [f"{tempfile.mkdtemp()}/http.sock"]
    return xllamacpp.Server(params)


def ask_directly(engine: Any, tokens: int) -> Timing:
    arrivals: list[float] = []
    body = {
        "prompt": PROMPT,
        "max_tokens": tokens,
        "temperature": 0,
        "top_k": 0,
        "top_p": 1,
        "min_p": 0,
        "stream": True,
    }

    def on_chunk(chunk: bytes) -> None:
        if orjson.loads(chunk)["choices"][0]["text"]:
            arrivals.append(time.perf_counter())

    started = time.perf_counter()
    engine.handle_completions(orjson.dumps(body), on_chunk)
    return timing_of(started, arrivals, len(arrivals))


async def ask_service(stub: Any, tokens: int, **prompt: Any) -> Timing:
    arrivals: list[float] = []
    request = pb.GenerateRequest(sampling=pb.Sampling(max_tokens=tokens), **prompt)
    started = time.perf_counter()
    async for response in stub.Generate(request):
        if response.text:
            arrivals.append(time.perf_counter())
        written = response.usage.completion_tokens
    return timing_of(started, arrivals, written)


async def measure(rounds: int, tokens: int, threads: int) -> dict[str, dict[str, float]]:
    engine = await asyncio.to_thread(direct_engine, threads)
    env = {"TOOLMESH_INFERENCE_METRICS_LISTEN": "127.0.0.1:0", "TOOLMESH_INFERENCE_LLM_THREADS": str(threads)}
    timings: dict[str, list[Timing]] = {way: [] for way in WAYS}
    async with process("toolmesh_inference", env) as service:
        channel = connect(service.address)
        stub = inference_service_pb2_grpc.InferenceServiceStub(channel)
        for turn in range(rounds + 1):
            found = (
                await asyncio.to_thread(ask_directly, engine, tokens),
                await ask_service(stub, tokens, prompt=PROMPT),
                await ask_service(stub, tokens, messages=MESSAGES),
            )
            # The first turn fills the prompt caches.
            if turn:
                for way, timing in zip(WAYS, found, strict=True):
                    timings[way].append(timing)
        await channel.close(None)
    return {way: medians_of(found, timings[WAYS[0]]) for way, found in timings.items()}


def medians_of(found: list[Timing], direct: list[Timing]) -> dict[str, float]:
    """Medians; differences are taken within a turn, so that a slow spell counts for both."""
    pairs = list(zip(found, direct, strict=True))
    return {
        "first_token_ms": statistics.median(each.first_ms for each in found),
        "tokens_per_s": statistics.median(each.tokens_per_s for each in found),
        "added_first_token_ms": statistics.median(each.first_ms - peer.first_ms for each, peer in pairs),
        "tokens_per_s_ratio": statistics.median(each.tokens_per_s / peer.tokens_per_s for each, peer in pairs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="texts each way; the medians are told")
    parser.add_argument("--tokens", type=int, default=96, help="tokens a text")
    parser.add_argument("--threads", type=int, default=max(1, len(os.sched_getaffinity(0)) - 1))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    os.nice(5)
    found = asyncio.run(measure(options.rounds, options.tokens, options.threads))
    if options.json:
        print(json.dumps(found))
        return
    print(f"{'':16} {'first token':>14} {'tokens/s':>10}   ({options.threads} threads, medians of {options.rounds})")
    for way in WAYS:
        row = found[way]
        added = f"   {row['added_first_token_ms']:+.1f} ms, {row['tokens_per_s_ratio']:.1%}" if way != WAYS[0] else ""
        print(f"{way:16} {row['first_token_ms']:11.1f} ms {row['tokens_per_s']:10.1f}{added}")


if __name__ == "__main__":
    main()
