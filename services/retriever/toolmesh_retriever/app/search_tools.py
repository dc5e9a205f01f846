"""Finds tools for a request."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_core.errors import InvalidInput
from toolmesh_retriever.app.ask_meaning import AskMeaning
from toolmesh_retriever.app.embed_backlog import EmbedBacklog
from toolmesh_retriever.app.follow_tools import FollowTools
from toolmesh_retriever.app.tool_catalog import FoundTool, MeaningRule, ToolCatalog, ToolFilter, ToolSearchResult
from toolmesh_retriever.domain.centring import centred_requests
from toolmesh_retriever.domain.request_clauses import Clause, clauses_of

DEFAULT_TOP_K = 5
MOST_TOP_K = 100
# Of a longer request its beginning and its end are searched: what is asked stands at either.
SEARCHED_CHARACTERS = 8_000


@dataclass(frozen=True, slots=True)
class FoundTools:
    """`degraded`: why a part of the search was left out, or empty."""

    tools: Sequence[FoundTool]
    searched: int
    degraded: str


@dataclass
class SearchTools:
    """The use case."""

    catalog: ToolCatalog
    ask_meaning: AskMeaning
    follow: FollowTools
    backlog: EmbedBacklog
    rule: MeaningRule

    async def __call__(self, query: str, top_k: int, tags: Sequence[str], names: Sequence[str]) -> FoundTools:
        """Best first. InvalidInput: an empty query, a negative top_k."""
        text, cut = searched_text(query)
        count = top_k_of(top_k)
        clauses = clauses_of(text)
        allowed = ToolFilter(frozenset(tags), frozenset(names))
        result = await self.catalog.search(clauses, count, allowed, rule=self.rule)
        why = ""
        if result.wants_meaning:
            result, why = await self._with_meaning(clauses, count, allowed, result.without_vector)
        return FoundTools(result.found, result.searched, joined([cut, why, self.follow.outdated()]))

    async def _with_meaning(
        self, clauses: Sequence[Clause], count: int, allowed: ToolFilter, without_vector: int
    ) -> tuple[ToolSearchResult, str]:
        asked = await self.ask_meaning([clause.text for clause in clauses])
        if isinstance(asked, str):
            return await self.catalog.search(clauses, count, allowed), asked
        if asked.model != self.backlog.model:
            self.backlog.model_seen(asked.model)
            why = f"the embedding model changed to {asked.model!r} and the tools are being embedded again"
            return await self.catalog.search(clauses, count, allowed), why
        means = self.backlog.means
        if means is None:
            return await self.catalog.search(clauses, count, allowed), "the tools wait for their vectors"
        why = f"{without_vector} tools wait for their vectors" if without_vector else ""
        vectors = centred_requests(asked.vectors, [clause.text for clause in clauses], means)
        return await self.catalog.search(clauses, count, allowed, vectors=vectors), why


def searched_text(query: str) -> tuple[str, str]:
    """What of a query is searched, and a remark where that is not all. InvalidInput where it is empty."""
    text = query.strip()
    if not text:
        raise InvalidInput("'query' is empty; say in plain language what is wanted", field="query")
    if len(text) <= SEARCHED_CHARACTERS:
        return text, ""
    half = SEARCHED_CHARACTERS // 2
    remark = f"of {len(text)} characters only the first and last {half} were searched"
    return f"{text[:half]}\n{text[-half:]}", remark


def top_k_of(requested: int) -> int:
    """The count in force: 0 means 5, more than 100 means 100. InvalidInput below 0."""
    if requested < 0:
        raise InvalidInput(f"'top_k' must be 0 to {MOST_TOP_K}, got {requested}", field="top_k")
    return min(requested or DEFAULT_TOP_K, MOST_TOP_K)


def joined(remarks: Sequence[str]) -> str:
    """The remarks that are not empty, as one line."""
    return "; ".join(remark for remark in remarks if remark)
