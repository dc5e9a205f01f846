"""Which sessions there are: one a user, conversation and name; a few at a time; the idle ones end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolError
from toolmesh_tool_code.adapters.session import Session

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Whose session it is. Nobody reaches another user's, nor that of another conversation.

    Attributes:
        name: chosen by the LLM; may be empty.
    """

    user: str
    conversation: str
    name: str


@dataclass(eq=False, slots=True)
class _Place:
    """A session, or one that is being opened, with those who want it."""

    key: SessionKey
    rested_at: float
    session: Session | None = None
    callers: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class SessionPool:
    """Opens sessions when they are needed.

    Args:
        most: at a time, of all users.
        most_per_user: of one user.
        idle_s: without a call until a session ends.
    """

    def __init__(
        self,
        open_session: Callable[[], Awaitable[Session]],
        clock: Clock,
        *,
        most: int,
        most_per_user: int,
        idle_s: float,
    ) -> None:
        self._open = open_session
        self._clock = clock
        self._most = most
        self._most_per_user = most_per_user
        self._idle_s = idle_s
        self._places: dict[SessionKey, _Place] = {}

    @asynccontextmanager
    async def borrow(self, key: SessionKey, *, keep: bool) -> AsyncIterator[tuple[Session, bool]]:
        """The session of this key, and whether it is new; the others who want it wait for their turn.

        Args:
            keep: for the next call; else it ends after this one.

        Raises:
            ToolError: BUSY, all places are taken by sessions at work.
            Unavailable: no sandbox starts.
        """
        place, leaving = self._place_of(key)
        place.callers += 1
        try:
            for old in leaving:
                await self._give_up(old, "it made room for another one")
            async with place.turn:
                is_new = place.session is None or bool(place.session.ended)
                if place.session is None or is_new:
                    place.session = await self._open()
                yield place.session, is_new
        finally:
            place.callers -= 1
            place.rested_at = self._clock.monotonic()
            if place.callers == 0 and (not keep or place.session is None or place.session.ended):
                await self._give_up(place, "its call is over")

    async def end(self, key: SessionKey) -> bool:
        """Ends a session, also one at work; whether there was one."""
        place = self._places.get(key)
        if place is None or place.session is None:
            return False
        await self._give_up(place, "it was reset")
        return True

    async def tend(self) -> None:
        """Ends the sessions that idle too long or work while nobody asked."""
        now = self._clock.monotonic()
        for place in [place for place in self._places.values() if place.callers == 0 and place.session]:
            if now - place.rested_at > self._idle_s:
                await self._give_up(place, "it was idle")
            elif place.session is not None:
                await place.session.check_rest()
                if place.session.ended:
                    logger.warning("session ended", extra={"user": place.key.user, "why": place.session.ended})

    async def tend_forever(self) -> None:
        """Does so every few seconds."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.tend()

    async def close(self) -> None:
        """Ends all."""
        for place in list(self._places.values()):
            await self._give_up(place, "the service stops")

    def _place_of(self, key: SessionKey) -> tuple[_Place, list[_Place]]:
        """The place of a session, and those that have to go for it: the longest at rest, first the same user's."""
        if key in self._places:
            return self._places[key], []
        own = [place for place in self._places.values() if place.key.user == key.user]
        leaving: list[_Place] = []
        if len(own) >= self._most_per_user:
            leaving.append(_longest_at_rest(own))
        elif len(self._places) >= self._most:
            leaving.append(_longest_at_rest(list(self._places.values())))
        for old in leaving:
            del self._places[old.key]
        self._places[key] = _Place(key, self._clock.monotonic())
        return self._places[key], leaving

    async def _give_up(self, place: _Place, reason: str) -> None:
        if self._places.get(place.key) is place:
            del self._places[place.key]
        if place.session is not None:
            await place.session.end(reason)


def _longest_at_rest(places: list[_Place]) -> _Place:
    resting = [place for place in places if place.callers == 0]
    if not resting:
        raise ToolError("all sessions are at work: try again in a moment", reason="BUSY", retryable=True)
    return min(resting, key=lambda place: place.rested_at)
