"""The gRPC methods that pass the gateway: on which neighbour, with which scope, and whether they may be repeated."""

from dataclasses import dataclass

from toolmesh_gateway.domain import scopes

PLANNER, TOOL_ROUTER, RETRIEVER, MEMORY = "planner", "tool_router", "retriever", "memory"
CONTROLLER, INFERENCE, ARENA, TOOL_HOST = "controller", "inference", "arena", "tool_host"

RUN_SERVICE = "toolmesh.planner.v1.RunService"
TOOL_ROUTER_SERVICE = "toolmesh.tool_router.v1.ToolRouterService"
RETRIEVER_SERVICE = "toolmesh.retriever.v1.RetrieverService"
MEMORY_SERVICE = "toolmesh.memory.v1.MemoryService"
CONTROLLER_SERVICE = "toolmesh.controller.v1.ControllerService"
INFERENCE_SERVICE = "toolmesh.inference.v1.InferenceService"
ARENA_SERVICE = "toolmesh.arena.v1.ArenaService"
TOOL_HOST_SERVICE = "toolmesh.tool_host.v1.ToolHostService"

NEIGHBOUR_OF = {
    RUN_SERVICE: PLANNER,
    TOOL_ROUTER_SERVICE: TOOL_ROUTER,
    RETRIEVER_SERVICE: RETRIEVER,
    MEMORY_SERVICE: MEMORY,
    CONTROLLER_SERVICE: CONTROLLER,
    INFERENCE_SERVICE: INFERENCE,
    ARENA_SERVICE: ARENA,
    TOOL_HOST_SERVICE: TOOL_HOST,
}


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC that clients may call.

    Attributes:
        rpc: "package.Service/Method".
        scope: what the key needs.
        repeatable: doing it again after UNAVAILABLE does no harm.
    """

    rpc: str
    scope: str
    repeatable: bool = True

    @property
    def service(self) -> str:
        """The full name of its service."""
        return self.rpc.split("/")[0]

    @property
    def neighbour(self) -> str:
        """The service of ToolMesh it is served by."""
        return NEIGHBOUR_OF[self.service]


METHODS: tuple[Method, ...] = (
    # CreateRun, AppendMessages, AddDocument, StartBattle and Vote are idempotent only under a request_id, which a
    # client may leave out.
    Method(f"{RUN_SERVICE}/CreateRun", scopes.RUNS, repeatable=False),
    Method(f"{RUN_SERVICE}/GetRun", scopes.RUNS),
    Method(f"{RUN_SERVICE}/ListRuns", scopes.RUNS),
    Method(f"{RUN_SERVICE}/StreamRunEvents", scopes.RUNS),
    Method(f"{RUN_SERVICE}/CancelRun", scopes.RUNS),
    Method(f"{RUN_SERVICE}/ApproveToolCall", scopes.RUNS),
    Method(f"{TOOL_ROUTER_SERVICE}/ListTools", scopes.TOOLS_READ),
    Method(f"{TOOL_ROUTER_SERVICE}/GetTool", scopes.TOOLS_READ),
    Method(f"{TOOL_ROUTER_SERVICE}/WatchTools", scopes.TOOLS_READ),
    # The router retries where the tool says it may be.
    Method(f"{TOOL_ROUTER_SERVICE}/InvokeTool", scopes.TOOLS_INVOKE, repeatable=False),
    Method(f"{TOOL_ROUTER_SERVICE}/RegisterToolService", scopes.TOOLS_WRITE),
    Method(f"{TOOL_ROUTER_SERVICE}/UnregisterToolService", scopes.TOOLS_WRITE),
    Method(f"{TOOL_ROUTER_SERVICE}/ListToolServices", scopes.TOOLS_READ),
    # A second Deploy while the first goes on is refused, so the channel may not send it again by itself.
    Method(f"{TOOL_HOST_SERVICE}/Deploy", scopes.TOOLS_DEPLOY, repeatable=False),
    Method(f"{TOOL_HOST_SERVICE}/ListDeployments", scopes.TOOLS_READ),
    Method(f"{TOOL_HOST_SERVICE}/GetDeployment", scopes.TOOLS_READ),
    Method(f"{TOOL_HOST_SERVICE}/ReadLogs", scopes.TOOLS_DEPLOY),
    Method(f"{TOOL_HOST_SERVICE}/RemoveDeployment", scopes.TOOLS_DEPLOY),
    Method(f"{RETRIEVER_SERVICE}/SearchTools", scopes.TOOLS_READ),
    Method(f"{RETRIEVER_SERVICE}/AddDocument", scopes.DOCUMENTS_WRITE, repeatable=False),
    Method(f"{RETRIEVER_SERVICE}/GetDocument", scopes.DOCUMENTS_READ),
    Method(f"{RETRIEVER_SERVICE}/ListDocuments", scopes.DOCUMENTS_READ),
    Method(f"{RETRIEVER_SERVICE}/DeleteDocument", scopes.DOCUMENTS_WRITE),
    Method(f"{RETRIEVER_SERVICE}/SearchDocuments", scopes.DOCUMENTS_READ),
    Method(f"{MEMORY_SERVICE}/CreateSession", scopes.MEMORY_WRITE, repeatable=False),
    Method(f"{MEMORY_SERVICE}/GetSession", scopes.MEMORY_READ),
    Method(f"{MEMORY_SERVICE}/ListSessions", scopes.MEMORY_READ),
    Method(f"{MEMORY_SERVICE}/DeleteSession", scopes.MEMORY_WRITE),
    Method(f"{MEMORY_SERVICE}/AppendMessages", scopes.MEMORY_WRITE, repeatable=False),
    Method(f"{MEMORY_SERVICE}/ListMessages", scopes.MEMORY_READ),
    # A stream of requests cannot be sent again by the channel.
    Method(f"{MEMORY_SERVICE}/CreateArtifact", scopes.MEMORY_WRITE, repeatable=False),
    Method(f"{MEMORY_SERVICE}/GetArtifact", scopes.MEMORY_READ),
    Method(f"{MEMORY_SERVICE}/ReadArtifact", scopes.MEMORY_READ),
    Method(f"{MEMORY_SERVICE}/ListArtifacts", scopes.MEMORY_READ),
    Method(f"{MEMORY_SERVICE}/DeleteArtifact", scopes.MEMORY_WRITE),
    Method(f"{CONTROLLER_SERVICE}/Decide", scopes.MODELS),
    Method(f"{INFERENCE_SERVICE}/Generate", scopes.MODELS),
    Method(f"{INFERENCE_SERVICE}/ScoreContinuations", scopes.MODELS),
    Method(f"{INFERENCE_SERVICE}/CountTokens", scopes.MODELS),
    Method(f"{INFERENCE_SERVICE}/Embed", scopes.MODELS),
    Method(f"{INFERENCE_SERVICE}/ListModels", scopes.MODELS),
    Method(f"{ARENA_SERVICE}/StartBattle", scopes.ARENA_WRITE, repeatable=False),
    Method(f"{ARENA_SERVICE}/GetBattle", scopes.ARENA_READ),
    Method(f"{ARENA_SERVICE}/ListBattles", scopes.ARENA_READ),
    Method(f"{ARENA_SERVICE}/Vote", scopes.ARENA_WRITE, repeatable=False),
    Method(f"{ARENA_SERVICE}/GetLeaderboard", scopes.ARENA_READ),
    Method(f"{ARENA_SERVICE}/ListAgents", scopes.ARENA_READ),
    Method(f"{ARENA_SERVICE}/CreateAgent", scopes.ARENA_WRITE),
    Method(f"{ARENA_SERVICE}/DeleteAgent", scopes.ARENA_WRITE),
)
METHOD_OF = {method.rpc: method for method in METHODS}
