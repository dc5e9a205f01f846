"""Begins a battle: draws two agents, shuffles their sides, starts both runs."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolmesh_arena.app.follow_battle import FollowBattle
from toolmesh_arena.app.ports import BattleStore
from toolmesh_arena.app.roster import Roster
from toolmesh_arena.domain.agent import Agent, fewest_battles_first
from toolmesh_arena.domain.battle import Battle, Request, Side, check_request, check_request_id
from toolmesh_core.clock import Clock

logger = logging.getLogger(__name__)
Shuffled = Callable[[Sequence[Agent]], list[Agent]]


@dataclass(frozen=True)
class StartBattle:
    """Begins battles.

    Attributes:
        shuffled: a copy in random order.
        new_id: gives a battle's id; it cannot be guessed, since who knows it may vote.
    """

    roster: Roster
    battles: BattleStore
    follow: FollowBattle
    clock: Clock
    shuffled: Shuffled
    new_id: Callable[[], str]
    most_running: int

    async def __call__(self, user: str, request: Request, request_id: str) -> Battle:
        """The battle as it begins, or as it is where this request_id has begun one before."""
        check_request(request)
        check_request_id(request_id)
        known = await self.battles.find_request(user, request_id) if request_id else None
        if known is not None:
            return await self.follow(known)
        await self._look_at_running(user)
        battle = await self._drawn(user, request)
        begun = await self.battles.begin(battle, request_id, self.most_running)
        if begun.id != battle.id:
            return await self.follow(begun)
        started = await self.follow.start(begun)
        logger.info("battle started", extra={"battle": started.id})
        return started

    async def _drawn(self, user: str, request: Request) -> Battle:
        # A random order first, so that agents with equally many battles are drawn at random.
        agents = self.shuffled(await self.roster.ready())
        pair = fewest_battles_first(agents, await self.battles.counts(), user)
        first, second = self.shuffled(pair)
        return Battle(self.new_id(), user, request, Side(first.spec), Side(second.spec), self.clock.now())

    async def _look_at_running(self, user: str) -> None:
        """Battles that nobody looked at may have ended long ago; they must not count as running."""
        running = await self.battles.running(user)
        if len(running) >= self.most_running:
            await asyncio.gather(*(self.follow(battle) for battle in running))
