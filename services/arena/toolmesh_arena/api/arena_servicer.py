"""ArenaService over gRPC: unpacks, calls the use case, packs."""

from dataclasses import dataclass
from typing import Any

from toolmesh.arena.v1 import arena_service_pb2 as pb
from toolmesh.arena.v1.arena_service_pb2_grpc import ArenaServiceServicer
from toolmesh_arena.api.packing import pack_agent, pack_battle, pack_standing, unpack_outcome, unpack_request
from toolmesh_arena.app.cast_vote import CastVote
from toolmesh_arena.app.create_agent import CreateAgent
from toolmesh_arena.app.ports import AgentStore
from toolmesh_arena.app.rank_agents import RankAgents
from toolmesh_arena.app.read_battles import ReadBattles
from toolmesh_arena.app.roster import Roster
from toolmesh_arena.app.start_battle import StartBattle
from toolmesh_core.call_context import user_of


@dataclass(frozen=True)
class ArenaServicer(ArenaServiceServicer):
    """Each method is one RPC of the contract."""

    start: StartBattle
    read: ReadBattles
    vote: CastVote
    rank: RankAgents
    roster: Roster
    create_agent: CreateAgent
    agents: AgentStore

    async def StartBattle(self, request: pb.StartBattleRequest, context: Any) -> pb.StartBattleResponse:
        user = user_of(request.user)
        battle = await self.start(user, unpack_request(request), request.request_id)
        return pb.StartBattleResponse(battle=pack_battle(await self.read.view(user, battle)))

    async def GetBattle(self, request: pb.GetBattleRequest, context: Any) -> pb.GetBattleResponse:
        view = await self.read.get(user_of(request.user), request.battle)
        return pb.GetBattleResponse(battle=pack_battle(view))

    async def ListBattles(self, request: pb.ListBattlesRequest, context: Any) -> pb.ListBattlesResponse:
        views, token = await self.read.page(user_of(request.user), request.page_size, request.page_token)
        return pb.ListBattlesResponse(battles=[pack_battle(view) for view in views], next_page_token=token)

    async def Vote(self, request: pb.VoteRequest, context: Any) -> pb.VoteResponse:
        outcome = unpack_outcome(request.outcome)
        view = await self.vote(user_of(request.user), request.battle, outcome, request.request_id)
        return pb.VoteResponse(battle=pack_battle(view))

    async def GetLeaderboard(self, request: pb.GetLeaderboardRequest, context: Any) -> pb.GetLeaderboardResponse:
        user_of(request.user)
        standings, votes = await self.rank()
        return pb.GetLeaderboardResponse(standings=[pack_standing(one) for one in standings], votes=votes)

    async def ListAgents(self, request: pb.ListAgentsRequest, context: Any) -> pb.ListAgentsResponse:
        user_of(request.user)
        agents, token = await self.roster.page(request.page_size, request.page_token)
        return pb.ListAgentsResponse(agents=[pack_agent(agent) for agent in agents], next_page_token=token)

    async def CreateAgent(self, request: pb.CreateAgentRequest, context: Any) -> pb.CreateAgentResponse:
        agent = await self.create_agent(user_of(request.user), request.name, request.model, request.adapter)
        return pb.CreateAgentResponse(agent=pack_agent(agent))

    async def DeleteAgent(self, request: pb.DeleteAgentRequest, context: Any) -> pb.DeleteAgentResponse:
        await self.agents.retire(user_of(request.user), request.agent)
        return pb.DeleteAgentResponse()
