"""Reads runs: one, a page, or one's events as they come. A user sees only their own."""

from collections.abc import AsyncIterator

from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh_core.errors import InvalidInput, NotFound, Unavailable
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_planner.app.live_runs import LiveRuns
from toolmesh_planner.app.ports import Journal, StoredRun
from toolmesh_planner.domain.run_state import RunState
from toolmesh_planner.domain.run_view import run_of


def no_such_run(run: str) -> NotFound:
    """The same words whether there is none or it is another's."""
    return NotFound(f"you have no run '{run[:80]}'; list your runs to see their ids", reason="RUN_NOT_FOUND")


class ReadRuns:
    """Reads only."""

    def __init__(self, journal: Journal, runs: LiveRuns) -> None:
        self._journal = journal
        self._runs = runs

    async def get(self, user: str, run: str) -> Run:
        """A run as it is. NotFound."""
        live = self._runs.find(run, user)
        if live is not None:
            return await live.view()
        stored = await self._journal.find(run, user)
        if stored is None:
            raise no_such_run(run)
        return await self._view(stored)

    async def page(self, user: str, session: str, page_size: int, page_token: str) -> tuple[list[Run], str]:
        """A user's runs, newest first, and the token of the next page."""
        size = page_size_of(page_size)
        parts = decode_page_token(page_token)
        stored = await self._journal.page(user, session, str(parts[0]) if parts else "", size + 1)
        runs = [await self._view(one) for one in stored[:size]]
        return runs, encode_page_token(runs[-1].id) if len(stored) > size else ""

    async def events(self, user: str, run: str, after_sequence: int) -> AsyncIterator[RunEvent]:
        """A run's events after a sequence, to its end. NotFound; Unavailable when the planner stops."""
        if after_sequence < 0:
            raise InvalidInput(f"'after_sequence' must be 0 or more, got {after_sequence}", field="after_sequence")
        live = self._runs.find(run, user)
        if live is not None:
            with live.feed.watch(after_sequence) as watcher:
                async for event in watcher.events():
                    yield event
            return
        stored = await self._journal.find(run, user)
        if stored is None:
            raise no_such_run(run)
        for event in await self._journal.read_events(run, after_sequence):
            yield event
        if stored.final is None:
            raise Unavailable(
                f"run '{run}' is not being worked on at this moment; ask again", reason="RUN_LEFT_IN_JOURNAL"
            )

    async def _view(self, stored: StoredRun) -> Run:
        if stored.final is not None:
            return stored.final
        live = self._runs.find(stored.header.run, stored.header.user)
        if live is not None:
            return await live.view()
        whole = await self._journal.read(stored.header.run)
        return run_of(RunState.of(stored.header, whole.events if whole else []))
