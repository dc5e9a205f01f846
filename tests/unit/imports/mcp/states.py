"""Waits for what a server becomes, instead of sleeping."""

import asyncio
from collections.abc import Callable

from toolmesh_imports.mcp import ServerState


class States:
    """Every state of a server, as it is told."""

    def __init__(self) -> None:
        self.seen: list[ServerState] = []
        self._new = asyncio.Event()

    def __call__(self, state: ServerState) -> None:
        self.seen.append(state)
        self._new.set()

    async def wait_for(self, fits: Callable[[ServerState], bool]) -> ServerState:
        """The first state that fits, seen or to come."""
        checked = 0
        while True:
            for state in self.seen[checked:]:
                if fits(state):
                    return state
            checked = len(self.seen)
            self._new.clear()
            await self._new.wait()
