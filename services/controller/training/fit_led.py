"""Fits how the scores and a trained model's verdict are weighed (`domain/led_weights.py`).

    python fit_led.py --data held_out.jsonl --adapter adapter.gguf [--cases 600]

Each request of the file, whose tools the adapter was not trained on, is shown with a tool that serves it and with one
that does not. A logistic fit over the scores' log-odds (the prior), the model's, and how both agree. It prints the
weights; they stand in `LedWeights`.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from logistic import fit, passing

from toolmesh_controller.adapters.grpc_inference import GrpcInference
from toolmesh_controller.app.choose_tools import ChooseTools
from toolmesh_controller.app.fit_prompt import FitPrompt
from toolmesh_controller.app.judge_tool import JudgeTool
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.ports import ModelRef
from toolmesh_controller.app.tool_book import read_tool
from toolmesh_controller.domain.brief import Brief
from toolmesh_controller.domain.conversation import Candidate, Usage
from toolmesh_core.channel import connect
from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.dialogue_file import read_dialogues
from toolmesh_testing.processes import process

MOST_PRIOR = 4.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A request with one tool, and whether it fits."""

    request: str
    candidate: Candidate
    fits: bool


def shown_of(dialogue: Dialogue, others: Sequence[Candidate], rng: Random) -> Iterator[Shown]:
    """The tool that a first message is for, and one that it is not for."""
    first, answer = dialogue.messages[0].content, dialogue.messages[1]
    right = {call.tool for call in answer.tool_calls} | {answer.asks_for} - {""}
    tools = [Candidate(tool.name, tool.description, json.dumps(tool.arguments_schema)) for tool in dialogue.tools]
    if dialogue.language != "en" or len(right) > 1:
        return
    yield from (Shown(first, tool, True) for tool in tools if tool.name in right)
    wrong = [tool for tool in tools if tool.name not in right] or [rng.choice(others)]
    yield Shown(first, rng.choice(wrong), False)


async def features_of(shown: Sequence[Shown], adapter: Path) -> list[tuple[float, float]]:
    """(prior, verdict) of each, by a real inference process."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        env = {
            "TOOLMESH_INFERENCE_DATA_DIR": folder,
            "TOOLMESH_INFERENCE_LLM_ADAPTERS": f"tools={adapter}",
        }
        async with process("toolmesh_inference", env) as started, connect(started.address) as channel:
            inference, limits = GrpcInference(channel, time.monotonic, 60.0), Limits()
            choose = ChooseTools(inference, FitPrompt(inference), limits)
            judge = JudgeTool(inference, FitPrompt(inference), limits)
            ref, model = ModelRef(adapter="tools"), await inference.model("")
            for each in shown:
                tool = read_tool(each.candidate)
                choice = await choose(
                    ref, model, [each.candidate], [tool], each.request, "", allow_none=True, single=True
                )
                score = next(score for score in choice.scores if score.tool)
                prior = limits.led.prior_of(score, choice.scores)
                verdict = await judge.verdict(ref, model, tool, Brief(each.request), Usage())
                rows.append((max(-MOST_PRIOR, min(MOST_PRIOR, prior)), verdict.fits))
    return rows


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=600)
    options = parser.parse_args()
    rng = Random(7)
    dialogues = [each for each in read_dialogues(options.data) if each.tools and each.source != "metatool"]
    others = [
        Candidate(tool.name, tool.description, json.dumps(tool.arguments_schema))
        for dialogue in dialogues
        for tool in dialogue.tools
    ]
    shown = [each for dialogue in dialogues for each in shown_of(dialogue, others, rng)]
    shown = rng.sample(shown, min(len(shown), options.cases))
    features = np.array(asyncio.run(features_of(shown, options.adapter.resolve())))
    labels = np.array([float(each.fits) for each in shown])
    weights = fit(features, labels)
    print(f"{int(labels.sum())} that fit, {int(len(labels) - labels.sum())} that do not")
    print(
        f"prior {weights[0]:.2f}, verdict {weights[1]:.2f}, bias {weights[2]:.2f}: {passing(features, labels, weights)}"
    )
    for name, only in (("scores alone", 0), ("model alone", 1)):
        alone = fit(features[:, [only]], labels)
        print(f"{name}: {passing(features[:, [only]], labels, alone)}")


if __name__ == "__main__":
    main()
