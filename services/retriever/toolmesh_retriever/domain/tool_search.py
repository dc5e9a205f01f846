"""Ranks the tools for a request: candidates by words and meaning, then the ranking model over them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolmesh_retriever.domain.match_features import (
    LexicalMatch,
    dense_features,
    lexical_features,
    match_words,
)
from toolmesh_retriever.domain.meaning_index import Cosines
from toolmesh_retriever.domain.ranking_model import RankingModel
from toolmesh_retriever.domain.request_clauses import Clause
from toolmesh_retriever.domain.tool_index import Floats, Ints, Mask, ToolIndex

CANDIDATES_A_CLAUSE = 12
CANDIDATES_A_REQUEST = 10
DENSE_CANDIDATES_A_CLAUSE = 10
# So few tools are all candidates: even one without a matching word may be the least bad.
ALL_ARE_CANDIDATES_UP_TO = 32


@dataclass(frozen=True, slots=True)
class RankedTool:
    """A tool and how well it fits: all three from 0 to 1."""

    name: str
    score: float
    lexical_score: float
    dense_score: float


def rank_tools(
    index: ToolIndex,
    model: RankingModel,
    match: LexicalMatch,
    allowed: Mask,
    cosines: Cosines | None,
    top_k: int,
) -> list[RankedTool]:
    """The best tools first; equal scores by name. At most top_k, and none that nothing speaks for.

    Args:
        match: of match_words with the same `allowed`.
        cosines: between clauses and tools; None searches by words alone.
    """
    candidates = candidates_of(index, match, allowed, cosines)
    if not len(candidates):
        return []
    words = lexical_features(index, match, candidates)
    lexical = model.lexical.probabilities(words)
    final, dense = lexical, np.zeros(len(candidates))
    if cosines is not None:
        meaning = dense_features(cosines, allowed, candidates)
        final = model.hybrid.probabilities(np.concatenate([words, meaning], axis=2))
        dense = np.clip(cosines.best[:, candidates].max(axis=0), 0, 1)
    names = [index.entry(slot).text.name for slot in candidates.tolist()]
    # Rounded, since the same numbers come out of a product of matrices a last bit apart in another row.
    rounded = np.round(final, 9)
    order = sorted(range(len(names)), key=lambda i: (-rounded[i], names[i]))[:top_k]
    return [RankedTool(names[i], float(final[i]), float(lexical[i]), float(dense[i])) for i in order]


def candidates_of(index: ToolIndex, match: LexicalMatch, allowed: Mask, cosines: Cosines | None) -> Ints:
    """Slots worth a closer look, ascending."""
    if np.count_nonzero(allowed) <= ALL_ARE_CANDIDATES_UP_TO:
        return np.flatnonzero(allowed)
    found = [_best(index, row, CANDIDATES_A_CLAUSE) for row in match.clause_scores]
    found.append(_best(index, match.request_scores, CANDIDATES_A_REQUEST))
    if cosines is not None:
        # Shifted so that every allowed tool is above 0 and every other one is not.
        found += [_best(index, (row + 2) * allowed, DENSE_CANDIDATES_A_CLAUSE) for row in cosines.best]
    return np.unique(np.concatenate(found))


def _best(index: ToolIndex, scores: Floats, count: int) -> Ints:
    """The slots of the highest scores over 0; equal ones at the edge are taken by name."""
    slots = np.flatnonzero(scores)
    if len(slots) <= count:
        return slots
    found = scores[slots]
    edge = np.partition(found, -count)[-count]
    sure = slots[found > edge]
    tied = slots[found == edge].tolist()
    if len(sure) + len(tied) > count:
        tied = sorted(tied, key=lambda slot: index.entry(slot).text.name)[: count - len(sure)]
    return np.concatenate([sure, np.array(tied, dtype=np.intp)])


def words_are_enough(match: LexicalMatch, index: ToolIndex, least_coverage: float) -> bool:
    """Whether every clause has a tool that shares enough of its words, so that meaning need not be asked.

    Args:
        least_coverage: the share of the clause's idf mass that its best tool's words must cover.
    """
    return all(_is_covered(match, index, row, least_coverage) for row in range(len(match.clauses)))


def _is_covered(match: LexicalMatch, index: ToolIndex, row: int, least: float) -> bool:
    clause, ids = match.clauses[row], match.clause_term_ids[row]
    if not clause.terms or not match.clause_scores[row].any():
        return False
    best = index.entry(int(match.clause_scores[row].argmax()))
    of_best = set(best.term_ids.tolist())
    shared = index.idf[[term for term in ids if term in of_best]].sum()
    unknown = (len(set(clause.terms)) - len(ids)) * index.unknown_idf
    return bool(shared >= least * (index.idf[ids].sum() + unknown))


def matched(index: ToolIndex, clauses: Sequence[Clause], allowed: Mask | None = None) -> tuple[LexicalMatch, Mask]:
    """Matches by words; without `allowed`, over all tools."""
    mask = index.taken if allowed is None else index.taken & allowed
    return match_words(index, clauses, mask), mask
