"""Takes a person's vote on a battle that has ended."""

from dataclasses import dataclass

from toolmesh_arena.app.ports import AgentStore, VoteStore
from toolmesh_arena.app.read_battles import BattleView, ReadBattles
from toolmesh_arena.domain.battle import Outcome, Vote, check_may_vote, check_request_id
from toolmesh_core.clock import Clock


@dataclass(frozen=True)
class CastVote:
    """Takes votes."""

    read: ReadBattles
    votes: VoteStore
    agents: AgentStore
    clock: Clock

    async def __call__(self, user: str, battle: str, outcome: Outcome, request_id: str) -> BattleView:
        """The battle with the names of both. FailedPrecondition, PermissionDenied, AlreadyExists: it is refused."""
        check_request_id(request_id)
        found = await self.read.current(battle)
        owners = {agent.name: agent.owner for agent in await self.agents.all()}
        check_may_vote(found, user, owners)
        await self.votes.add(Vote(battle, user, outcome, request_id, self.clock.now()))
        return await self.read.view(user, found)
