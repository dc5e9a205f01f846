"""How well each clause of a request fits each candidate tool, as numbers that the ranking model weighs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolmesh_retriever.domain.meaning_index import Cosines
from toolmesh_retriever.domain.request_clauses import Clause
from toolmesh_retriever.domain.tool_index import Floats, Ints, Mask, ToolIndex, bigrams_of

LEXICAL_FEATURES = (
    "score",
    "score_to_best",
    "request_score",
    "request_score_to_best",
    "name_coverage",
    "description_coverage",
    "parameter_coverage",
    "output_coverage",
    "name_mass",
    "description_mass",
    "parameter_mass",
    "output_mass",
    "examples_share",
    "clause_coverage",
    "clause_coverage_by_name_or_description",
    "bigrams",
    "inverse_rank",
    "lead",
    "best_score",
    "clauses",
    "whole_name",
    "request_parameter_coverage",
    "clause_terms",
    "registry_size",
)
DENSE_FEATURES = ("cosine", "cosine_deviation", "cosine_to_best", "inverse_dense_rank", "example_cosine")
_NAME, _DESCRIPTION, _PARAMETERS, _OUTPUT, _EXAMPLES = range(5)
_WEIGHED_FIELDS = (_NAME, _DESCRIPTION, _PARAMETERS, _OUTPUT)
_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class LexicalMatch:
    """A request matched by words.

    Attributes:
        clauses: of the request, at least one.
        clause_scores: [clauses, capacity], BM25F.
        request_scores: [capacity], BM25F of all clauses together.
    """

    clauses: Sequence[Clause]
    clause_term_ids: Sequence[list[int]]
    request_term_ids: list[int]
    clause_scores: Floats
    request_scores: Floats


def match_words(index: ToolIndex, clauses: Sequence[Clause], allowed: Mask) -> LexicalMatch:
    """Scores every allowed tool by words; the others get 0."""
    ids = [index.term_ids(clause.terms) for clause in clauses]
    all_ids = list(dict.fromkeys(term for clause_ids in ids for term in clause_ids))
    clause_scores = np.stack([index.score(clause_ids) for clause_ids in ids]) * allowed
    return LexicalMatch(clauses, ids, all_ids, clause_scores, index.score(all_ids) * allowed)


def lexical_features(index: ToolIndex, match: LexicalMatch, candidates: Ints) -> Floats:
    """[clauses, candidates, LEXICAL_FEATURES]."""
    covered = _Coverage.of(index, match, candidates)
    scores, request = match.clause_scores[:, candidates], match.request_scores[candidates]
    best = match.clause_scores.max(axis=1, keepdims=True) + _TINY
    rank, lead = _rank_and_lead(scores)
    shape = scores.shape
    columns = [
        scores / 10,
        scores / best,
        np.broadcast_to(request / 20, shape),
        np.broadcast_to(request / (match.request_scores.max() + _TINY), shape),
        *(covered.of_field[:, :, field] for field in _WEIGHED_FIELDS),
        *(covered.mass[:, :, field] / 10 for field in _WEIGHED_FIELDS),
        covered.by_examples,
        covered.by_any_field,
        covered.by_name_or_description,
        _shared_bigrams(index, match, candidates),
        1 / (1 + rank),
        lead / best,
        np.broadcast_to(best / 20, shape),
        np.full(shape, len(match.clauses) / 5),
        (covered.of_field[:, :, _NAME] > 0.99).astype(float),
        np.broadcast_to(covered.parameters_by_request, shape),
        np.broadcast_to(np.array([[len(ids) / 10] for ids in match.clause_term_ids]), shape),
        np.full(shape, np.log1p(len(index)) / 10),
    ]
    return np.stack(columns, axis=2)


def dense_features(cosines: Cosines, allowed: Mask, candidates: Ints) -> Floats:
    """[clauses, candidates, DENSE_FEATURES]; only allowed tools are compared."""
    compared = cosines.best[:, allowed]
    mean, deviation = compared.mean(axis=1, keepdims=True), compared.std(axis=1, keepdims=True)
    best = compared.max(axis=1, keepdims=True)
    of_candidates = cosines.best[:, candidates]
    rank = (compared[:, None, :] > of_candidates[:, :, None]).sum(axis=2)
    deviations = (of_candidates - mean) / (deviation + 1e-3)
    examples = cosines.examples[:, candidates]
    return np.stack([of_candidates, deviations / 3, (of_candidates - best) * 3, 1 / (1 + rank), examples], axis=2)


@dataclass(frozen=True, slots=True, eq=False)
class _Coverage:
    """Idf mass that clause and tool share; [clauses, candidates] unless said otherwise.

    Attributes:
        mass: [clauses, candidates, fields], shared mass by field.
        of_field: [clauses, candidates, fields], as a share of the field's own mass.
        by_...: as a share of the clause's mass.
        parameters_by_request: [candidates], the share of the parameters' mass that the whole request shares.
    """

    mass: Floats
    of_field: Floats
    by_examples: Floats
    by_any_field: Floats
    by_name_or_description: Floats
    parameters_by_request: Floats

    @classmethod
    def of(cls, index: ToolIndex, match: LexicalMatch, candidates: Ints) -> "_Coverage":
        entries = [index.entry(slot) for slot in candidates.tolist()]
        terms = np.concatenate([entry.term_ids for entry in entries])
        present = np.concatenate([entry.counts for entry in entries]) > 0
        starts = np.cumsum([0, *(len(entry.term_ids) for entry in entries)])[:-1]
        idf = index.idf[terms]
        asked = _asked(index, [*match.clause_term_ids, match.request_term_ids])[:, terms]
        by_field = np.add.reduceat(asked[:, :, None] * (idf[:, None] * present), starts, axis=1)
        total = np.add.reduceat(idf[:, None] * present, starts, axis=0) + _TINY
        any_field = np.add.reduceat(asked[:-1] * idf, starts, axis=1)
        either = present[:, _NAME] | present[:, _DESCRIPTION]
        name_or_description = np.add.reduceat(asked[:-1] * (idf * either), starts, axis=1)
        clause_mass = _clause_mass(index, match)[:, None]
        return cls(
            mass=by_field[:-1],
            of_field=by_field[:-1] / total,
            by_examples=by_field[:-1, :, _EXAMPLES] / clause_mass,
            by_any_field=any_field / clause_mass,
            by_name_or_description=name_or_description / clause_mass,
            parameters_by_request=by_field[-1, :, _PARAMETERS] / total[:, _PARAMETERS],
        )


def _asked(index: ToolIndex, id_lists: Sequence[list[int]]) -> Floats:
    """[lists, vocabulary]: 1 where the term is in the list."""
    asked = np.zeros((len(id_lists), index.vocabulary_size))
    for row, ids in enumerate(id_lists):
        asked[row, ids] = 1
    return asked


def _clause_mass(index: ToolIndex, match: LexicalMatch) -> Floats:
    masses = []
    for clause, ids in zip(match.clauses, match.clause_term_ids, strict=True):
        unknown = len(set(clause.terms)) - len(ids)
        masses.append(index.idf[ids].sum() + index.unknown_idf * unknown + _TINY)
    return np.array(masses)


def _rank_and_lead(scores: Floats) -> tuple[Floats, Floats]:
    """Rank from 0, equal scores alike, and the distance to the best other candidate."""
    ordered = np.sort(scores, axis=1)[:, ::-1]
    best = ordered[:, :1]
    second = ordered[:, 1:2] if scores.shape[1] > 1 else np.zeros_like(best)
    rank = np.stack([np.searchsorted(-row, -own) for row, own in zip(ordered, scores, strict=True)])
    return rank.astype(float), scores - np.where(scores == best, second, best)


def _shared_bigrams(index: ToolIndex, match: LexicalMatch, candidates: Ints) -> Floats:
    of_tools = [index.entry(slot).bigrams for slot in candidates.tolist()]
    rows = []
    for clause in match.clauses:
        ids = [term for word in clause.terms for term in index.term_ids([word])]
        of_clause = bigrams_of(ids)
        rows.append([len(of_clause & of_tool) for of_tool in of_tools])
    return np.array(rows, dtype=float)
