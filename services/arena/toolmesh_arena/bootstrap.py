"""Picks the real parts of the arena: SQLite, the planner and inference over gRPC, the system's randomness."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from toolmesh.arena.v1.arena_service_pb2_grpc import add_ArenaServiceServicer_to_server
from toolmesh_arena.adapters.grpc_inference import GrpcInference
from toolmesh_arena.adapters.grpc_planner import GrpcPlanner
from toolmesh_arena.adapters.sqlite_agents import SqliteAgents
from toolmesh_arena.adapters.sqlite_battles import SqliteBattles
from toolmesh_arena.adapters.sqlite_schema import MIGRATIONS
from toolmesh_arena.adapters.sqlite_votes import SqliteVotes
from toolmesh_arena.api.arena_servicer import ArenaServicer
from toolmesh_arena.app.cast_vote import CastVote
from toolmesh_arena.app.create_agent import CreateAgent
from toolmesh_arena.app.follow_battle import FollowBattle
from toolmesh_arena.app.ports import ModelCatalog, Planner
from toolmesh_arena.app.rank_agents import RankAgents
from toolmesh_arena.app.read_battles import ReadBattles
from toolmesh_arena.app.roster import Roster
from toolmesh_arena.app.start_battle import Shuffled, StartBattle
from toolmesh_arena.domain.agent import Agent
from toolmesh_arena.settings import ArenaSettings
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.clock import Clock, SystemClock
from toolmesh_core.ids import new_id
from toolmesh_core.service import Service
from toolmesh_core.sqlite_database import SqliteDatabase

_RETRIED = (
    "toolmesh.planner.v1.RunService/CreateRun",  # always with a request_id here
    "toolmesh.planner.v1.RunService/GetRun",
    "toolmesh.planner.v1.RunService/CancelRun",
    "toolmesh.planner.v1.RunService/ApproveToolCall",
    "toolmesh.inference.v1.InferenceService/ListModels",
)


@asynccontextmanager
async def bootstrap(settings: ArenaSettings) -> AsyncIterator[Service]:
    """Opens the store, connects the neighbours, hands over the service."""
    tls = _tls(settings)
    async with (
        SqliteDatabase.open(settings.data_dir / "arena.sqlite3", MIGRATIONS) as database,
        connect(settings.planner_address, retry_methods=_by_service("planner"), tls=tls) as planner,
        connect(settings.inference_address, retry_methods=_by_service("inference"), tls=tls) as inference,
    ):
        servicer = arena(settings, database, GrpcPlanner(planner), GrpcInference(inference), SystemClock())
        yield Service(registrations=[(add_ArenaServiceServicer_to_server, servicer)])


def arena(
    settings: ArenaSettings,
    database: SqliteDatabase,
    planner: Planner,
    catalog: ModelCatalog,
    clock: Clock,
    shuffled: Shuffled | None = None,
) -> ArenaServicer:
    """The use cases, wired."""
    agents, battles, votes = SqliteAgents(database), SqliteBattles(database), SqliteVotes(database)
    roster = Roster(agents, catalog, settings.own_agents, clock)
    follow = FollowBattle(battles, planner, clock)
    read = ReadBattles(battles, votes, follow)
    start = StartBattle(
        roster,
        battles,
        follow,
        clock,
        shuffled or _shuffled,
        lambda: new_id("battle"),
        settings.most_running_battles_per_user,
    )
    return ArenaServicer(
        start=start,
        read=read,
        vote=CastVote(read, votes, agents, clock),
        rank=RankAgents(votes, agents, settings.bootstrap_rounds),
        roster=roster,
        create_agent=CreateAgent(agents, catalog, clock),
        agents=agents,
    )


def _shuffled(agents: Sequence[Agent]) -> list[Agent]:
    # The system's randomness: nobody can tell the next pair from those before.
    return random.SystemRandom().sample(agents, len(agents))


def _by_service(name: str) -> list[str]:
    return [method for method in _RETRIED if method.startswith(f"toolmesh.{name}.")]


def _tls(settings: ArenaSettings) -> TlsFiles | None:
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)
