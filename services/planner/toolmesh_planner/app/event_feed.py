"""What watchers of a live run see: the events so far, then each one as it is committed, without gap or duplicate."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh_core.errors import ToolMeshError

# Pieces of an answer that a slow watcher may be behind; it gets the whole answer with the decision.
_MOST_WAITING_PIECES = 2000


class Watcher:
    """One watcher's queue. Kept events are never dropped; pieces are, from the first that does not fit to the next
    kept event, so that a text never has a hole in its middle."""

    def __init__(self, backlog: list[RunEvent], after_sequence: int) -> None:
        self._after_sequence = after_sequence
        self._queue: deque[RunEvent] = deque(backlog)
        self._pieces_fit = True
        self._end: ToolMeshError | None = None
        self._ended = False
        self._news = asyncio.Event()

    def put(self, event: RunEvent) -> None:
        """Adds the next event."""
        if event.sequence:
            if event.sequence <= self._after_sequence:
                return
            self._pieces_fit = True
        elif not self._pieces_fit or len(self._queue) >= _MOST_WAITING_PIECES:
            self._pieces_fit = False
            return
        self._queue.append(event)
        self._news.set()

    def end(self, error: ToolMeshError | None) -> None:
        """Ends the watch after what is queued, with an error or without."""
        self._ended, self._end = True, error
        self._news.set()

    async def events(self) -> AsyncIterator[RunEvent]:
        """The events, until the end."""
        while True:
            while self._queue:
                yield self._queue.popleft()
            if self._ended:
                if self._end is not None:
                    raise self._end
                return
            self._news.clear()
            await self._news.wait()


class EventFeed:
    """The committed events of a live run and those who watch it. Used from the event loop only, so that joining is
    one step: nothing can happen between taking the backlog and being told of what follows."""

    def __init__(self, events: list[RunEvent] | None = None) -> None:
        self._events: list[RunEvent] = events or []
        self._watchers: set[Watcher] = set()
        self._answer = ""
        self._answer_step = 0
        self._end: ToolMeshError | None = None
        self._ended = False

    @property
    def last_sequence(self) -> int:
        """The sequence of the last committed event."""
        return len(self._events)

    def publish(self, events: list[RunEvent]) -> None:
        """Committed events, in order."""
        for event in events:
            if event.HasField("decision_made"):
                self._answer = ""
            self._events.append(event)
            for watcher in self._watchers:
                watcher.put(event)

    def publish_delta(self, text: str, step: int) -> None:
        """A piece of the answer; it is kept only until the decision is committed."""
        self._answer += text
        self._answer_step = step
        if self._watchers:
            self.publish_live(RunEvent(step=step, answer_delta=text))

    def publish_live(self, event: RunEvent) -> None:
        """An event that is not kept."""
        for watcher in self._watchers:
            watcher.put(event)

    def end(self, error: ToolMeshError | None = None) -> None:
        """Nothing follows here: the run ended, or (with an error) it is left for later."""
        self._ended, self._end = True, error
        for watcher in self._watchers:
            watcher.end(error)

    @contextmanager
    def watch(self, after_sequence: int) -> Iterator[Watcher]:
        """A watcher that gets every event after a sequence, then the answer so far, then what happens."""
        backlog = self._events[after_sequence:]
        if self._answer:
            backlog.append(RunEvent(step=self._answer_step, answer_delta=self._answer))
        watcher = Watcher(backlog, after_sequence)
        if self._ended:
            watcher.end(self._end)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
