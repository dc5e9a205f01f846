"""The groups of calls, each described once and offered twice: `Runs` blocks, `AsyncRuns` is awaited."""

from collections.abc import AsyncIterator, Iterator
from os import PathLike
from pathlib import Path

from toolmesh_core.errors import Unavailable
from toolmesh_sdk.endpoint import AsyncResource, EachItem, Endpoint, SyncResource
from toolmesh_sdk.endpoints import arena, artifacts, documents, platform, runs, sessions, tool_services, tools
from toolmesh_sdk.records.arena import Battle
from toolmesh_sdk.records.event import ApprovalRequested, RunEnded, RunEvent
from toolmesh_sdk.records.run import Run
from toolmesh_sdk.run_watch import RunWatch

# Between looks at a battle: an answer takes seconds.
_LOOK_AGAIN_S = 0.5


class RunCalls:
    """Calls of runs."""

    create = Endpoint(runs.create_run)
    get = Endpoint(runs.get_run)
    list = Endpoint(runs.list_runs)
    each = EachItem(runs.list_runs)
    cancel = Endpoint(runs.cancel_run)
    approve = Endpoint(runs.approve_tool_call)


class Runs(RunCalls, SyncResource):
    """Runs: from a request in plain language to its answer."""

    def stream(self, run: str, *, after_sequence: int = 0) -> Iterator[RunEvent]:
        """The events of a run from after a sequence to its end; a broken stream is taken up where it broke."""
        return self._transport.events(RunWatch(run, after_sequence, self._transport.policy))

    def wait(self, run: str) -> Run:
        """The run when it has ended, or when it waits for a person's approval."""
        for event in self.stream(run):
            if isinstance(event, RunEnded):
                return event.run
            if isinstance(event, ApprovalRequested) and (found := self.get(run)).waiting_for_approval:
                return found
        raise _never_ended(run)


class AsyncRuns(RunCalls, AsyncResource):
    """Runs: from a request in plain language to its answer."""

    def stream(self, run: str, *, after_sequence: int = 0) -> AsyncIterator[RunEvent]:
        """The events of a run from after a sequence to its end; a broken stream is taken up where it broke."""
        return self._transport.events(RunWatch(run, after_sequence, self._transport.policy))

    async def wait(self, run: str) -> Run:
        """The run when it has ended, or when it waits for a person's approval."""
        async for event in self.stream(run):
            if isinstance(event, RunEnded):
                return event.run
            if isinstance(event, ApprovalRequested) and (found := await self.get(run)).waiting_for_approval:
                return found
        raise _never_ended(run)


class ToolCallsApi:
    """Calls of tools."""

    list = Endpoint(tools.list_tools)
    each = EachItem(tools.list_tools)
    get = Endpoint(tools.get_tool)
    search = Endpoint(tools.search_tools)
    invoke = Endpoint(tools.invoke_tool)


class Tools(ToolCallsApi, SyncResource):
    """Tools: what there is, what fits a request, and calling one directly."""


class AsyncTools(ToolCallsApi, AsyncResource):
    """Tools: what there is, what fits a request, and calling one directly."""


class ToolServiceCalls:
    """Calls of tool services."""

    list = Endpoint(tool_services.list_tool_services)
    each = EachItem(tool_services.list_tool_services)
    register = Endpoint(tool_services.register_tool_service)
    unregister = Endpoint(tool_services.unregister_tool_service)


class ToolServices(ToolServiceCalls, SyncResource):
    """Tool services: the processes that serve tools."""


class AsyncToolServices(ToolServiceCalls, AsyncResource):
    """Tool services: the processes that serve tools."""


class DocumentCalls:
    """Calls of documents."""

    add = Endpoint(documents.add_document)
    get = Endpoint(documents.get_document)
    list = Endpoint(documents.list_documents)
    each = EachItem(documents.list_documents)
    delete = Endpoint(documents.delete_document)
    search = Endpoint(documents.search_documents)


class Documents(DocumentCalls, SyncResource):
    """Documents: texts that can be searched."""


class AsyncDocuments(DocumentCalls, AsyncResource):
    """Documents: texts that can be searched."""


class SessionCalls:
    """Calls of sessions."""

    create = Endpoint(sessions.create_session)
    get = Endpoint(sessions.get_session)
    list = Endpoint(sessions.list_sessions)
    each = EachItem(sessions.list_sessions)
    delete = Endpoint(sessions.delete_session)
    messages = Endpoint(sessions.list_messages)
    each_message = EachItem(sessions.list_messages)


class Sessions(SessionCalls, SyncResource):
    """Sessions: conversations and their messages."""


class AsyncSessions(SessionCalls, AsyncResource):
    """Sessions: conversations and their messages."""


class ArtifactCalls:
    """Calls of artifacts."""

    create = Endpoint(artifacts.create_artifact)
    get = Endpoint(artifacts.get_artifact)
    list = Endpoint(artifacts.list_artifacts)
    each = EachItem(artifacts.list_artifacts)
    delete = Endpoint(artifacts.delete_artifact)


class Artifacts(ArtifactCalls, SyncResource):
    """Artifacts: files kept by the hash of their content."""

    def download(self, artifact: str, path: str | PathLike[str]) -> Path:
        """Writes an artifact to a file, piece by piece, whole or not at all."""
        return self._transport.download(artifacts.get_artifact(artifact), Path(path))


class AsyncArtifacts(ArtifactCalls, AsyncResource):
    """Artifacts: files kept by the hash of their content."""

    async def download(self, artifact: str, path: str | PathLike[str]) -> Path:
        """Writes an artifact to a file, piece by piece, whole or not at all."""
        return await self._transport.download(artifacts.get_artifact(artifact), Path(path))


class ModelCalls:
    """Calls of models."""

    list = Endpoint(platform.list_models)


class Models(ModelCalls, SyncResource):
    """The models that are served."""


class AsyncModels(ModelCalls, AsyncResource):
    """The models that are served."""


class ArenaCalls:
    """Calls of the arena."""

    start = Endpoint(arena.start_battle)
    get = Endpoint(arena.get_battle)
    list = Endpoint(arena.list_battles)
    each = EachItem(arena.list_battles)
    vote = Endpoint(arena.vote)
    leaderboard = Endpoint(arena.get_leaderboard)
    agents = Endpoint(arena.list_agents)
    each_agent = EachItem(arena.list_agents)
    add_agent = Endpoint(arena.create_agent)
    remove_agent = Endpoint(arena.delete_agent)


class Arena(ArenaCalls, SyncResource):
    """The arena: two anonymous agents answer, you vote, a leaderboard ranks them."""

    def wait(self, battle: str) -> Battle:
        """The battle when both agents have ended."""
        while not (found := self.get(battle)).ended:
            self._transport.pause(_LOOK_AGAIN_S)
        return found


class AsyncArena(ArenaCalls, AsyncResource):
    """The arena: two anonymous agents answer, you vote, a leaderboard ranks them."""

    async def wait(self, battle: str) -> Battle:
        """The battle when both agents have ended."""
        while not (found := await self.get(battle)).ended:
            await self._transport.pause(_LOOK_AGAIN_S)
        return found


def _never_ended(run: str) -> Unavailable:
    return Unavailable(f"the events of run {run} ended before the run did", reason="CONNECTION_LOST")
