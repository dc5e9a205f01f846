"""Who may run now, who waits, who is turned away: one gate a tool."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from toolmesh_core.errors import ResourceExhausted

W = TypeVar("W")


@dataclass
class Gate(Generic[W]):
    """Lets so many calls of a tool run, so many more wait in order, and refuses the rest.

    Attributes:
        W: whatever stands for one who waits.
    """

    tool: str
    max_running: int
    max_waiting: int
    running: int = 0
    waiting: deque[W] = field(default_factory=deque)

    def enter(self, waiter: W) -> bool:
        """True: it runs now. False: it waits until `leave` hands it out. ResourceExhausted: the queue is full."""
        if self.running < self.max_running:
            self.running += 1
            return True
        if len(self.waiting) >= self.max_waiting:
            raise ResourceExhausted(
                f"tool {self.tool!r} is busy: {self.running} calls run and {len(self.waiting)} wait; try again later",
                reason="TOOL_BUSY",
                retry_after_s=1,
            )
        self.waiting.append(waiter)
        return False

    def leave(self) -> W | None:
        """One that ran is done; its place goes to the first who waits, and that one is returned."""
        if self.waiting:
            return self.waiting.popleft()
        self.running -= 1
        return None

    def give_up(self, waiter: W) -> bool:
        """One waits no longer. False where it had already been handed a place, which it must leave."""
        if waiter in self.waiting:
            self.waiting.remove(waiter)
            return True
        return False
