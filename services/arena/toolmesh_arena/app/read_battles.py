"""Reads battles as one user may see them: names only after the user's vote."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_arena.app.follow_battle import FollowBattle
from toolmesh_arena.app.ports import BattleStore, VoteStore
from toolmesh_arena.domain.battle import Battle, BattleState, Outcome
from toolmesh_core.errors import NotFound
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of


@dataclass(frozen=True, slots=True)
class BattleView:
    """A battle in one user's eyes."""

    battle: Battle
    vote: Outcome | None

    @property
    def shows_names(self) -> bool:
        """Whether the agents may be named: nothing is left to vote on without knowing."""
        return self.vote is not None or self.battle.state is BattleState.FAILED


@dataclass(frozen=True)
class ReadBattles:
    """Reads only, but for what the runs have done meanwhile."""

    battles: BattleStore
    votes: VoteStore
    follow: FollowBattle

    async def get(self, user: str, battle: str) -> BattleView:
        """A battle as it is now; NotFound."""
        return await self.view(user, await self.current(battle))

    async def current(self, battle: str) -> Battle:
        """A battle as it is now, for whoever knows its id; NotFound."""
        found = await self.battles.get(battle)
        if found is None:
            raise NotFound(f"there is no battle {battle[:80]!r}; list your battles to see their ids")
        return await self.follow(found)

    async def view(self, user: str, battle: Battle) -> BattleView:
        """The battle in a user's eyes."""
        return (await self._views(user, [battle]))[0]

    async def page(self, user: str, page_size: int, page_token: str) -> tuple[list[BattleView], str]:
        """The user's battles as last seen, newest first, and the token of the next page."""
        size = page_size_of(page_size)
        parts = decode_page_token(page_token)
        found = await self.battles.list(user, size + 1, str(parts[0]) if parts else "")
        page = found[:size]
        return await self._views(user, page), encode_page_token(page[-1].id) if len(found) > size else ""

    async def _views(self, user: str, battles: Sequence[Battle]) -> list[BattleView]:
        votes = await self.votes.of(user, [battle.id for battle in battles])
        return [BattleView(battle, votes.get(battle.id)) for battle in battles]
