"""The candidate tools of a run: searched for once, fetched again by name after a restart."""

import asyncio
from collections.abc import Sequence

from toolmesh.chat.v1.message_pb2 import ROLE_USER
from toolmesh.controller.v1.controller_service_pb2 import Candidate
from toolmesh.planner.v1.run_event_pb2 import RetrievedTool, RunEvent, ToolsRetrieved
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh.tool.v1.tool_pb2 import Tool
from toolmesh_core.clock import Clock
from toolmesh_core.errors import NotFound
from toolmesh_planner.app.live_run import LiveRun
from toolmesh_planner.app.patience import Patience
from toolmesh_planner.app.ports import FoundTools, Retriever, ToolRouter
from toolmesh_planner.domain.times import duration_of

# A search over the whole of a long request finds no more than one over its beginning.
_LONGEST_QUERY = 4000
# How many of the user's messages before the request may belong to it.
_MOST_TURNS_BACK = 3


class FindCandidates:
    """Carries out Retrieve, and gives a run its candidates back."""

    def __init__(self, retriever: Retriever, router: ToolRouter, patience: Patience, clock: Clock, top_k: int) -> None:
        self._retriever = retriever
        self._router = router
        self._patience = patience
        self._clock = clock
        self._top_k = top_k

    async def search(self, run: LiveRun) -> None:
        """Searches and records what was found."""
        began = self._clock.monotonic()
        request = run.header.request
        names = list(request.tools)
        top_k = max(len(names), self._top_k) if names else self._top_k
        found = await self._found(_queries_of(run), top_k, names)
        scored = [Candidate(tool=tool, score=score) for tool, score in found.tools]
        known = {candidate.tool.name for candidate in scored}
        scored += await self._fetch([(name, 0.0) for name in _expected(run) if name not in known])
        run.candidates = {candidate.tool.name: candidate for candidate in scored}
        run.append(_retrieved(scored, found, self._clock.monotonic() - began))

    async def _found(self, queries: Sequence[str], top_k: int, names: Sequence[str]) -> FoundTools:
        """The best tools of all queries together, each with its best score."""

        async def search(query: str) -> FoundTools:
            return await self._patience.repeat(lambda: self._retriever.search(query, top_k, names))

        found = await asyncio.gather(*map(search, queries))
        if len(found) == 1:
            return found[0]
        best: dict[str, tuple[Tool, float]] = {}
        for tool, score in (pair for each in found for pair in each.tools):
            if tool.name not in best or score > best[tool.name][1]:
                best[tool.name] = (tool, score)
        tools = sorted(best.values(), key=lambda pair: -pair[1])[:top_k]
        return FoundTools(tools, found[0].searched, found[0].degraded)

    async def of(self, run: LiveRun) -> dict[str, Candidate]:
        """The candidates by name, best first; a tool that has gone since is left out."""
        if run.candidates is None:
            request = run.header.request
            if request.client_tools:
                offered = [Candidate(tool=tool) for tool in request.client_tools]
            else:
                offered = await self._fetch([(tool.tool, tool.score) for tool in run.state.candidates or []])
            run.candidates = {candidate.tool.name: candidate for candidate in offered}
        return run.candidates

    async def check_named(self, request: CreateRunRequest) -> None:
        """NotFound where a tool that the request names is not registered."""
        names = set(request.tools)
        if request.required_tool and not request.client_tools:
            names.add(request.required_tool)
        await asyncio.gather(*(self._router.get_tool(name) for name in names))

    async def _fetch(self, scored_names: list[tuple[str, float]]) -> list[Candidate]:
        tools = await asyncio.gather(*(self._tool_or_none(name) for name, _ in scored_names))
        pairs = zip(tools, scored_names, strict=True)
        return [Candidate(tool=tool, score=score) for tool, (_, score) in pairs if tool is not None]

    async def _tool_or_none(self, name: str) -> Tool | None:
        try:
            return await self._patience.repeat(lambda: self._router.get_tool(name))
        except NotFound:
            return None


def _queries_of(run: LiveRun) -> list[str]:
    """The request, and where the talk before it has led to no call yet, the request with that talk: "at 5 pm" answers
    a question, and what is wanted was said before."""
    request = run.header.request
    said: list[str] = []
    for message in reversed(list(request.messages)[: run.header.history_messages]):
        if message.tool or message.tool_calls or len(said) == _MOST_TURNS_BACK:
            break
        if message.role == ROLE_USER:
            said.insert(0, message.content)
    queries = [request.input, "\n".join([*said, request.input])]
    return [query[:_LONGEST_QUERY] for query in dict.fromkeys(queries)]


def _expected(run: LiveRun) -> list[str]:
    """Tools that must be offered whatever the search says: those named, and those of the turn before, which a
    follow-up such as "and in Paris?" does not name."""
    request = run.header.request
    if request.tools:
        return list(request.tools)
    history = list(request.messages)[: run.header.history_messages]
    turns = [place for place, message in enumerate(history) if message.role == ROLE_USER]
    before = [message.tool for message in history[turns[-1] :] if message.tool] if turns else []
    required = [request.required_tool] if request.required_tool else []
    return list(dict.fromkeys([*required, *before]))


def _retrieved(scored: list[Candidate], found: FoundTools, seconds: float) -> RunEvent:
    return RunEvent(
        tools_retrieved=ToolsRetrieved(
            tools=[RetrievedTool(tool=candidate.tool.name, score=candidate.score) for candidate in scored],
            searched=found.searched,
            search_duration=duration_of(seconds),
            degraded=found.degraded,
        )
    )
