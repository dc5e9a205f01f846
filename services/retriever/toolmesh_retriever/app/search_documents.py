"""Finds passages of a user's documents, by words and by meaning."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolmesh_core.errors import InvalidInput
from toolmesh_retriever.app.ask_meaning import AskMeaning
from toolmesh_retriever.app.embed_backlog import EmbedBacklog
from toolmesh_retriever.app.ports import DocumentStore, FoundPassage, UserVectors, Vector
from toolmesh_retriever.app.search_tools import joined, searched_text, top_k_of
from toolmesh_retriever.domain.centring import TypicalMeans, centred_passages, centred_requests
from toolmesh_retriever.domain.passage_scoring import meaning_score, passage_score, word_score, word_weights
from toolmesh_retriever.domain.text_terms import terms_of

_MOST_TERMS = 48
_CANDIDATES = 100
_MOST_DOCUMENTS = 500


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage and how well it fits, 0 to 1."""

    passage: FoundPassage
    score: float


@dataclass(frozen=True, slots=True)
class FoundPassages:
    """`degraded`: why a part of the search was left out, or empty."""

    passages: Sequence[ScoredPassage]
    degraded: str


@dataclass
class SearchDocuments:
    """The use case."""

    store: DocumentStore
    ask_meaning: AskMeaning
    backlog: EmbedBacklog

    async def __call__(self, user: str, query: str, top_k: int, documents: Sequence[str]) -> FoundPassages:
        """Best first; equal scores by age and position. InvalidInput: an empty query, a negative top_k."""
        text, cut = searched_text(query)
        count = top_k_of(top_k)
        if len(documents) > _MOST_DOCUMENTS:
            raise InvalidInput(
                f"'documents' names {len(documents)} documents, at most {_MOST_DOCUMENTS} can be named; leave it empty"
                " to search all",
                field="documents",
            )
        terms = list(dict.fromkeys(terms_of(text)))[:_MOST_TERMS]
        statistics = await self.store.statistics(user, terms)
        if not statistics.passages:
            return FoundPassages((), cut)
        by_words = await self.store.search_words(user, terms, documents, _CANDIDATES)
        cosines, why = await self._cosines(user, text, documents)
        seen = {passage.id for passage in by_words}
        by_meaning = await self.store.passages([key for key in _best(cosines) if key not in seen])
        weights = word_weights(statistics.passages, statistics.with_term)
        scored = []
        for passage in (*by_words, *by_meaning):
            cosine = cosines.get(passage.id)
            meaning = None if cosine is None else meaning_score(cosine)
            scored.append(ScoredPassage(passage, passage_score(word_score(weights, passage.terms), meaning)))
        scored.sort(key=lambda found: (-found.score, found.passage.id))
        return FoundPassages([found for found in scored[:count] if found.score > 0], joined([cut, why]))

    async def _cosines(self, user: str, text: str, documents: Sequence[str]) -> tuple[dict[int, float], str]:
        """By passage, and why some or all are missing."""
        asked = await self.ask_meaning([text])
        if isinstance(asked, str):
            return {}, asked
        if asked.model != self.backlog.model:
            self.backlog.model_seen(asked.model)
            return {}, f"the embedding model changed to {asked.model!r} and the passages are being embedded again"
        if self.backlog.means is None:
            return {}, "the passages wait for their vectors"
        question = centred_requests(asked.vectors, [text], self.backlog.means)[0]
        known = await self.store.user_vectors(user, asked.model)
        why = f"{known.missing} passages wait for their vectors" if known.missing else ""
        return await asyncio.to_thread(_compare, known, question, documents, self.backlog.means), why


def _compare(known: UserVectors, question: Vector, documents: Sequence[str], means: TypicalMeans) -> dict[int, float]:
    if not len(known.ids):
        return {}
    cosines = centred_passages(known.vectors, known.languages, means) @ question
    chosen = np.isin(known.documents, list(documents)) if documents else np.ones(len(known.ids), dtype=bool)
    return dict(zip(known.ids[chosen].tolist(), cosines[chosen].tolist(), strict=True))


def _best(cosines: dict[int, float]) -> list[int]:
    return sorted(cosines, key=lambda key: (-cosines[key], key))[:_CANDIDATES]
