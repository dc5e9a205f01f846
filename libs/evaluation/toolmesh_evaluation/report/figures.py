"""The figures of an evaluation: means with intervals, by kind and language, faults, time and tokens."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from toolmesh_evaluation.case import Scored
from toolmesh_evaluation.metrics.calls import argument_counts
from toolmesh_evaluation.metrics.intervals import Estimate, estimate


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of the cases of one kind or language."""

    cases: int
    metrics: Mapping[str, Estimate]
    faults: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures; times are seconds a case, tokens are of a case."""

    whole: Group
    by_kind: Mapping[str, Group]
    by_language: Mapping[str, Group]
    pooled_argument_f1: float | None
    seconds_mean: float
    seconds_p50: float
    seconds_p95: float
    prompt_tokens_mean: float
    completion_tokens_mean: float

    def to_json(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)


def figures_of(scored: Sequence[Scored]) -> Figures:
    """Figures of at least one case."""
    seconds = np.array([item.observed.seconds for item in scored])
    return Figures(
        whole=_group(scored),
        by_kind=_grouped({item.case.id: item.case.kind for item in scored}, scored),
        by_language=_grouped({item.case.id: item.case.language for item in scored}, scored),
        pooled_argument_f1=_pooled_argument_f1(scored),
        seconds_mean=float(seconds.mean()),
        seconds_p50=float(np.quantile(seconds, 0.5)),
        seconds_p95=float(np.quantile(seconds, 0.95)),
        prompt_tokens_mean=float(np.mean([item.observed.prompt_tokens for item in scored])),
        completion_tokens_mean=float(np.mean([item.observed.completion_tokens for item in scored])),
    )


def _group(scored: Sequence[Scored]) -> Group:
    values: dict[str, list[float]] = defaultdict(list)
    groups: dict[str, list[str]] = defaultdict(list)
    for item in scored:
        for metric, value in item.scores.items():
            values[metric].append(value)
            groups[metric].append(item.case.group)
    faults = Counter(item.fault for item in scored if item.fault)
    estimates = {metric: estimate(values[metric], groups[metric]) for metric in sorted(values)}
    return Group(len(scored), estimates, dict(faults.most_common()))


def _grouped(labels: Mapping[str, str], scored: Sequence[Scored]) -> dict[str, Group]:
    found: dict[str, list[Scored]] = defaultdict(list)
    for item in scored:
        found[labels[item.case.id]].append(item)
    return {label: _group(found[label]) for label in sorted(found)}


def _pooled_argument_f1(scored: Sequence[Scored]) -> float | None:
    """Argument F1 over all arguments at once, so that calls with many arguments weigh more; None without calls."""
    counts = [
        argument_counts(item.case.gold_calls, item.observed.calls) for item in scored if "argument_f1" in item.scores
    ]
    gold, made = sum(count.gold for count in counts), sum(count.made for count in counts)
    if not gold and not made:
        return None
    return 2 * sum(0.5 * count.half + count.full for count in counts) / (gold + made)
