"""Which tool fits: the retriever's score, the words in common and the LLM's own opinion, fused into probabilities."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_controller.domain.conversation import ChoiceScore


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """How much each opinion counts, in logits; "no tool" competes with a fixed one.

    Lexical weight and threshold: the softmax that gives Seal-Tools dev and a sample of MetaTool (held-out tools left
    out) the highest likelihood, with the right tool among the candidates and, counted a quarter, without it.
    """

    lexical: float = 7.0
    lexical_threshold: float = 0.1
    # With the cosine of request and tool (multilingual-e5-small) beside the words: a logistic fit, a tool at a time, on
    # right tools against twice as many random and similar wrong ones (Seal-Tools dev and a sample of MetaTool), the
    # threshold moved to where both count the same.
    meaning: float = 36.6
    meaning_threshold: float = 0.828
    meaning_lexical: float = 4.5
    # "10 and 5" suits a tool of two numbers, and better than one that takes only the first.
    supplied: float = 2.0
    retriever: float = 1.0
    # The retriever gives requests that no tool fits at most about 0.06, and right tools 0.07 and more.
    retriever_threshold: float = 0.12
    retriever_lexical: float = 3.0
    llm: float = 0.35
    # Above this lead of the best over the second, in probability, the LLM is not asked: it is right less often than
    # the other two, so it only breaks near ties.
    decisive_lead: float = 0.25


DEFAULT_WEIGHTS = FusionWeights()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one candidate before fusing; `meaning` (a cosine) and `llm` are None where not asked.

    `supplied`: 0 where the request lacks a typed value for an argument that the tool requires, else the share of the
    request's values that the tool takes.
    """

    tool: str
    lexical: float
    retriever: float = 0.0
    llm: float | None = None
    supplied: float = 0.0
    meaning: float | None = None


def choice_scores(
    evidence: Sequence[Evidence], *, allow_none: bool, weights: FusionWeights = DEFAULT_WEIGHTS
) -> tuple[ChoiceScore, ...]:
    """Probabilities of each candidate and, where allowed, of "no tool" (named ""), best first."""
    scored = any(item.retriever > 0.0 for item in evidence)
    names = [item.tool for item in evidence]
    said = [item.llm for item in evidence if item.llm is not None]
    usual = sum(said) / len(said) if said else 0.0
    logits = [_logit(item, scored, usual, weights) for item in evidence]
    if allow_none:
        names.append("")
        logits.append(0.0)
    top = max(logits)
    shares = [math.exp(logit - top) for logit in logits]
    total = sum(shares)
    by_name = {item.tool: item for item in evidence}
    scores = []
    for name, share in zip(names, shares, strict=True):
        item = by_name.get(name) if name else None
        scores.append(
            ChoiceScore(name, share / total, item.retriever if item else 0.0, (item.llm or 0.0) if item else 0.0)
        )
    return tuple(sorted(scores, key=lambda score: -score.probability))


def is_decisive(scores: Sequence[ChoiceScore], weights: FusionWeights = DEFAULT_WEIGHTS) -> bool:
    """Whether asking the LLM could not reasonably change what is chosen."""
    return len(scores) < 2 or scores[0].probability - scores[1].probability >= weights.decisive_lead


def _logit(item: Evidence, scored: bool, usual: float, weights: FusionWeights) -> float:
    """What speaks for a tool over "no tool"; the LLM's opinion counts against its usual one, their mean."""
    near = min(max(item.retriever, 0.01), 0.99)
    floor = weights.retriever_threshold
    found = weights.retriever * (math.log(near / (1 - near)) - math.log(floor / (1 - floor)))
    if item.meaning is not None:
        # Of a part of the request: the retriever saw the whole, so that its silence says nothing.
        logit = weights.meaning * (item.meaning - weights.meaning_threshold) + weights.meaning_lexical * item.lexical
        logit += max(found, 0.0)
    elif scored:
        logit = found + weights.retriever_lexical * item.lexical
    else:
        logit = weights.lexical * (item.lexical - weights.lexical_threshold)
    logit += weights.supplied * item.supplied
    return logit + (weights.llm * (item.llm - usual) if item.llm is not None else 0.0)
