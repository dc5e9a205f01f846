"""The one table of routes: verb, path, RPC, scope, face, and what a request must hold."""

from dataclasses import dataclass
from enum import Enum

from toolmesh_gateway.domain import scopes
from toolmesh_gateway.domain.methods import (
    ARENA_SERVICE,
    INFERENCE_SERVICE,
    MEMORY_SERVICE,
    RETRIEVER_SERVICE,
    RUN_SERVICE,
    TOOL_HOST_SERVICE,
    TOOL_ROUTER_SERVICE,
)


class Face(Enum):
    """How a route turns HTTP into its RPC and back."""

    CALL = "one JSON answer"
    EVENTS = "server-sent events"
    CREATE_RUN = "a run, at once or when it has ended"
    INVOKE_TOOL = "a tool call"
    DEPLOY_TOOLS = "a deployment, at once with its stages or when it serves"
    READ_LOGS = "lines of a log, at once or as they come"
    ADD_DOCUMENT = "a document as JSON or as bytes"
    CREATE_ARTIFACT = "bytes in"
    READ_ARTIFACT = "bytes out"
    LIST_MODELS = "OpenAI's list of models"
    GET_MODEL = "OpenAI's model"
    CHAT = "OpenAI's chat completion"
    EMBEDDINGS = "OpenAI's embeddings"
    MCP_MESSAGE = "a message of MCP"
    MCP_STREAM = "MCP's notifications"
    MCP_END = "the end of an MCP session"
    HEALTHZ = "alive"
    READYZ = "ready"
    METRICS = "Prometheus metrics"
    OPENAPI = "the OpenAPI document"
    DOCS = "the documentation page"


@dataclass(frozen=True, slots=True)
class Route:
    """One verb on one path.

    Attributes:
        path: `{name}` goes into the request's field of that name; `{name=**}` takes the rest of the path.
        rpc: "package.Service/Method"; empty where the gateway answers itself.
        scope: what the key needs; `scopes.OPEN` needs no key.
        required: fields of the request that must be given and not empty.
        options: query parameters that the face takes itself; all others of a GET fill the request.
        timeout_s: the longest it may take; None sets no limit, since the client decides how long it watches.
        summary: one line, where the RPC's comment does not say it.
    """

    verb: str
    path: str
    rpc: str
    scope: str
    face: Face = Face.CALL
    required: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    timeout_s: float | None = 30.0
    summary: str = ""

    @property
    def is_openai(self) -> bool:
        """Whether answers and errors have OpenAI's shape."""
        return self.face in (Face.LIST_MODELS, Face.GET_MODEL, Face.CHAT, Face.EMBEDDINGS)

    @property
    def is_mcp(self) -> bool:
        """Whether errors have JSON-RPC's shape."""
        return self.face in (Face.MCP_MESSAGE, Face.MCP_STREAM, Face.MCP_END)

    @property
    def has_body(self) -> bool:
        """Whether the request is in the body."""
        return self.verb == "POST"


RUN_TIMEOUT_S = 900.0
TOOL_TIMEOUT_S = 330.0
UPLOAD_TIMEOUT_S = 300.0
DEPLOY_TIMEOUT_S = 600.0

ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/runs", f"{RUN_SERVICE}/CreateRun", scopes.RUNS, Face.CREATE_RUN, (), ("wait",), RUN_TIMEOUT_S),
    Route("GET", "/v1/runs", f"{RUN_SERVICE}/ListRuns", scopes.RUNS),
    Route("GET", "/v1/runs/{run}", f"{RUN_SERVICE}/GetRun", scopes.RUNS),
    Route("GET", "/v1/runs/{run}:stream", f"{RUN_SERVICE}/StreamRunEvents", scopes.RUNS, Face.EVENTS, timeout_s=None),
    Route("POST", "/v1/runs/{run}:cancel", f"{RUN_SERVICE}/CancelRun", scopes.RUNS),
    Route("POST", "/v1/runs/{run}:approve", f"{RUN_SERVICE}/ApproveToolCall", scopes.RUNS, required=("tool_call_id",)),
    Route("GET", "/v1/tools", f"{TOOL_ROUTER_SERVICE}/ListTools", scopes.TOOLS_READ),
    Route("GET", "/v1/tools/{tool}", f"{TOOL_ROUTER_SERVICE}/GetTool", scopes.TOOLS_READ),
    Route(
        "POST",
        "/v1/tools/{tool}:invoke",
        f"{TOOL_ROUTER_SERVICE}/InvokeTool",
        scopes.TOOLS_INVOKE,
        Face.INVOKE_TOOL,
        options=("stream",),
        timeout_s=TOOL_TIMEOUT_S,
    ),
    Route("GET", "/v1/tools:search", f"{RETRIEVER_SERVICE}/SearchTools", scopes.TOOLS_READ, required=("query",)),
    Route("POST", "/v1/tools:search", f"{RETRIEVER_SERVICE}/SearchTools", scopes.TOOLS_READ, required=("query",)),
    Route("GET", "/v1/tool-services", f"{TOOL_ROUTER_SERVICE}/ListToolServices", scopes.TOOLS_READ),
    Route(
        "POST",
        "/v1/tool-services",
        f"{TOOL_ROUTER_SERVICE}/RegisterToolService",
        scopes.TOOLS_WRITE,
        required=("name", "address"),
    ),
    Route("DELETE", "/v1/tool-services/{name}", f"{TOOL_ROUTER_SERVICE}/UnregisterToolService", scopes.TOOLS_WRITE),
    Route(
        "POST",
        "/v1/tool-deployments",
        f"{TOOL_HOST_SERVICE}/Deploy",
        scopes.TOOLS_DEPLOY,
        Face.DEPLOY_TOOLS,
        required=("name", "source"),
        options=("stream",),
        timeout_s=DEPLOY_TIMEOUT_S,
    ),
    Route("GET", "/v1/tool-deployments", f"{TOOL_HOST_SERVICE}/ListDeployments", scopes.TOOLS_READ),
    Route("GET", "/v1/tool-deployments/{name}", f"{TOOL_HOST_SERVICE}/GetDeployment", scopes.TOOLS_READ),
    Route(
        "GET",
        "/v1/tool-deployments/{name}/logs",
        f"{TOOL_HOST_SERVICE}/ReadLogs",
        scopes.TOOLS_DEPLOY,
        Face.READ_LOGS,
        timeout_s=None,
    ),
    Route(
        "DELETE",
        "/v1/tool-deployments/{name}",
        f"{TOOL_HOST_SERVICE}/RemoveDeployment",
        scopes.TOOLS_DEPLOY,
        timeout_s=DEPLOY_TIMEOUT_S,
    ),
    Route(
        "POST",
        "/v1/documents",
        f"{RETRIEVER_SERVICE}/AddDocument",
        scopes.DOCUMENTS_WRITE,
        Face.ADD_DOCUMENT,
        options=("title", "source"),
        timeout_s=UPLOAD_TIMEOUT_S,
    ),
    Route("GET", "/v1/documents", f"{RETRIEVER_SERVICE}/ListDocuments", scopes.DOCUMENTS_READ),
    Route("GET", "/v1/documents/{document}", f"{RETRIEVER_SERVICE}/GetDocument", scopes.DOCUMENTS_READ),
    Route("DELETE", "/v1/documents/{document}", f"{RETRIEVER_SERVICE}/DeleteDocument", scopes.DOCUMENTS_WRITE),
    Route(
        "GET",
        "/v1/documents:search",
        f"{RETRIEVER_SERVICE}/SearchDocuments",
        scopes.DOCUMENTS_READ,
        required=("query",),
    ),
    Route(
        "POST",
        "/v1/documents:search",
        f"{RETRIEVER_SERVICE}/SearchDocuments",
        scopes.DOCUMENTS_READ,
        required=("query",),
    ),
    Route("POST", "/v1/sessions", f"{MEMORY_SERVICE}/CreateSession", scopes.MEMORY_WRITE),
    Route("GET", "/v1/sessions", f"{MEMORY_SERVICE}/ListSessions", scopes.MEMORY_READ),
    Route("GET", "/v1/sessions/{session}", f"{MEMORY_SERVICE}/GetSession", scopes.MEMORY_READ),
    Route("DELETE", "/v1/sessions/{session}", f"{MEMORY_SERVICE}/DeleteSession", scopes.MEMORY_WRITE),
    Route("GET", "/v1/sessions/{session}/messages", f"{MEMORY_SERVICE}/ListMessages", scopes.MEMORY_READ),
    Route(
        "POST",
        "/v1/artifacts",
        f"{MEMORY_SERVICE}/CreateArtifact",
        scopes.MEMORY_WRITE,
        Face.CREATE_ARTIFACT,
        options=("file_name",),
        timeout_s=UPLOAD_TIMEOUT_S,
    ),
    Route("GET", "/v1/artifacts", f"{MEMORY_SERVICE}/ListArtifacts", scopes.MEMORY_READ),
    Route(
        "GET",
        "/v1/artifacts/{artifact}",
        f"{MEMORY_SERVICE}/ReadArtifact",
        scopes.MEMORY_READ,
        Face.READ_ARTIFACT,
        timeout_s=UPLOAD_TIMEOUT_S,
    ),
    Route("DELETE", "/v1/artifacts/{artifact}", f"{MEMORY_SERVICE}/DeleteArtifact", scopes.MEMORY_WRITE),
    Route("GET", "/v1/models", f"{INFERENCE_SERVICE}/ListModels", scopes.MODELS, Face.LIST_MODELS),
    Route("GET", "/v1/models/{model=**}", f"{INFERENCE_SERVICE}/ListModels", scopes.MODELS, Face.GET_MODEL),
    Route("POST", "/v1/chat/completions", f"{RUN_SERVICE}/CreateRun", scopes.RUNS, Face.CHAT, timeout_s=RUN_TIMEOUT_S),
    Route("POST", "/v1/embeddings", f"{INFERENCE_SERVICE}/Embed", scopes.MODELS, Face.EMBEDDINGS, timeout_s=120.0),
    Route("POST", "/v1/arena/battles", f"{ARENA_SERVICE}/StartBattle", scopes.ARENA_WRITE, required=("input",)),
    Route("GET", "/v1/arena/battles", f"{ARENA_SERVICE}/ListBattles", scopes.ARENA_READ),
    Route("GET", "/v1/arena/battles/{battle}", f"{ARENA_SERVICE}/GetBattle", scopes.ARENA_READ),
    Route(
        "POST", "/v1/arena/battles/{battle}:vote", f"{ARENA_SERVICE}/Vote", scopes.ARENA_WRITE, required=("outcome",)
    ),
    Route("GET", "/v1/arena/leaderboard", f"{ARENA_SERVICE}/GetLeaderboard", scopes.ARENA_READ),
    Route("GET", "/v1/arena/agents", f"{ARENA_SERVICE}/ListAgents", scopes.ARENA_READ),
    Route("POST", "/v1/arena/agents", f"{ARENA_SERVICE}/CreateAgent", scopes.ARENA_WRITE, required=("name",)),
    Route("DELETE", "/v1/arena/agents/{agent}", f"{ARENA_SERVICE}/DeleteAgent", scopes.ARENA_WRITE),
    Route(
        "POST",
        "/mcp",
        "",
        scopes.ANY_KEY,
        Face.MCP_MESSAGE,
        timeout_s=TOOL_TIMEOUT_S,
        summary="Takes a message of the Model Context Protocol: every tool here, over streamable HTTP.",
    ),
    Route(
        "GET",
        "/mcp",
        "",
        scopes.ANY_KEY,
        Face.MCP_STREAM,
        timeout_s=None,
        summary="Streams the notifications of an MCP session.",
    ),
    Route("DELETE", "/mcp", "", scopes.ANY_KEY, Face.MCP_END, summary="Ends an MCP session."),
    Route("GET", "/healthz", "", scopes.OPEN, Face.HEALTHZ, summary="Says that the gateway is alive."),
    Route(
        "GET",
        "/readyz",
        "",
        scopes.OPEN,
        Face.READYZ,
        summary="Says whether every neighbour is healthy; 503 names those that are not.",
    ),
    Route("GET", "/metrics", "", scopes.OPEN, Face.METRICS, summary="Returns Prometheus metrics."),
    Route("GET", "/openapi.json", "", scopes.OPEN, Face.OPENAPI, summary="Returns this document."),
    Route("GET", "/docs", "", scopes.OPEN, Face.DOCS, summary="Returns a page to read and try the API."),
)
