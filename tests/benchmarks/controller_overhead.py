"""What controller and inference together add to the engine: time to first token and tokens a second of a text answer.

Both write the same answer from the same prompt, in turns: `python tests/benchmarks/controller_overhead.py`.
"""

import argparse
import asyncio
import json
import os
import time
from typing import Any

import inference_overhead as engine_side
from inference_overhead import Timing, ask_directly, direct_engine, medians_of, timing_of

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import controller_service_pb2_grpc
from toolmesh.inference.v1.inference_service_pb2 import Sampling
from toolmesh_controller.domain.prompts import answer_messages
from toolmesh_core.channel import connect
from toolmesh_testing import process

QUESTION = engine_side.QUESTION
WAYS = ("engine directly", "controller")


def same_prompt() -> str:
    """The controller's prompt for the question, as the model's chat template lays it out."""
    said = "".join(
        f"<|im_start|>{item.role.value}\n{item.content}<|im_end|>\n" for item in answer_messages((), (), QUESTION)
    )
    return f"{said}<|im_start|>assistant\n"


async def ask_controller(stub: Any, tokens: int) -> Timing:
    """One answer; the first piece counts as the first token."""
    arrivals: list[float] = []
    written = 0
    request = pb.DecideRequest(
        messages=[message_pb2.Message(role=message_pb2.ROLE_USER, content=QUESTION)],
        tool_choice=pb.TOOL_CHOICE_NONE,
        sampling=Sampling(max_tokens=tokens),
    )
    started = time.perf_counter()
    async for response in stub.Decide(request):
        if response.answer_delta:
            arrivals.append(time.perf_counter())
        else:
            written = response.decision.usage.completion_tokens
    return timing_of(started, arrivals, written)


async def measure(rounds: int, tokens: int, threads: int) -> dict[str, dict[str, float]]:
    """Medians of the rounds; the first turn only fills the prompt caches."""
    engine_side.PROMPT = same_prompt()
    engine = await asyncio.to_thread(direct_engine, threads)
    timings: dict[str, list[Timing]] = {way: [] for way in WAYS}
    async with process("toolmesh_inference", {"TOOLMESH_INFERENCE_LLM_THREADS": str(threads)}) as inference:
        env = {"TOOLMESH_CONTROLLER_INFERENCE_ADDRESS": inference.address}
        async with process("toolmesh_controller", env) as controller, connect(controller.address) as channel:
            stub = controller_service_pb2_grpc.ControllerServiceStub(channel)
            for turn in range(rounds + 1):
                found = (await asyncio.to_thread(ask_directly, engine, tokens), await ask_controller(stub, tokens))
                for way, timing in zip(WAYS, found, strict=True) if turn else ():
                    timings[way].append(timing)
    return {way: medians_of(found, timings[WAYS[0]]) for way, found in timings.items()}


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="texts each way; the medians are told")
    parser.add_argument("--tokens", type=int, default=96, help="tokens a text")
    parser.add_argument("--threads", type=int, default=max(1, len(os.sched_getaffinity(0)) - 1))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    found = asyncio.run(measure(options.rounds, options.tokens, options.threads))
    if options.json:
        print(json.dumps(found))
        return
    for way, row in found.items():
        print(
            f"{way:16} first token {row['first_token_ms']:7.1f} ms ({row['added_first_token_ms']:+.1f}), "
            f"{row['tokens_per_s']:6.1f} tokens/s ({row['tokens_per_s_ratio']:.1%})"
        )


if __name__ == "__main__":
    main()
