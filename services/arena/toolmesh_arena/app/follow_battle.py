"""Brings a battle up to date with its two runs, and starts those that a crash kept from starting."""

import asyncio
import contextlib
from dataclasses import dataclass, replace

from toolmesh_arena.app.ports import BattleStore, Planner
from toolmesh_arena.domain.battle import Battle, BattleState, Side
from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError


@dataclass(frozen=True)
class FollowBattle:
    """Asks the planner how the sides are."""

    battles: BattleStore
    planner: Planner
    clock: Clock

    async def start(self, battle: Battle) -> Battle:
        """Starts both runs, or neither.

        Where one is refused, the other is stopped, the battle is forgotten and the refusal is raised.
        """
        sides = await asyncio.gather(
            self._advanced(battle, battle.side_a, "a"),
            self._advanced(battle, battle.side_b, "b"),
            return_exceptions=True,
        )
        refusals = [side for side in sides if isinstance(side, BaseException)]
        if refusals:
            for name, side in zip("ab", sides, strict=True):
                if isinstance(side, Side):
                    # It ends by itself where it cannot be stopped; nobody sees it.
                    with contextlib.suppress(ToolMeshError):
                        await self.planner.stop(battle.runner(name), side.run)
            await self.battles.forget(battle.id)
            raise refusals[0]
        side_a, side_b = (side for side in sides if isinstance(side, Side))
        return await self._saved(battle, side_a, side_b)

    async def __call__(self, battle: Battle) -> Battle:
        """The battle as it is now."""
        if battle.state is not BattleState.RUNNING:
            return battle
        side_a, side_b = await asyncio.gather(
            self._advanced(battle, battle.side_a, "a"), self._advanced(battle, battle.side_b, "b")
        )
        return await self._saved(battle, side_a, side_b)

    async def _advanced(self, battle: Battle, side: Side, name: str) -> Side:
        user = battle.runner(name)
        if side.ending is not None:
            return side
        if not side.run:
            return replace(side, run=await self.planner.start(user, battle.request, side.agent, f"{battle.id}-{name}"))
        return replace(side, ending=await self.planner.look(user, side.run))

    async def _saved(self, before: Battle, side_a: Side, side_b: Side) -> Battle:
        after = replace(before, side_a=side_a, side_b=side_b)
        if after == before:
            return after
        return await self.battles.save(after, self.clock.now())
