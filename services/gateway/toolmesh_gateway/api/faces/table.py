"""Gives each route of the table the face that answers it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from toolmesh_core.clock import SystemClock
from toolmesh_gateway.api.faces.add_document import AddDocumentFace
from toolmesh_gateway.api.faces.artifacts import CreateArtifactFace, ReadArtifactFace
from toolmesh_gateway.api.faces.create_run import CreateRunFace
from toolmesh_gateway.api.faces.deploy_tools import DeployToolsFace, in_base64
from toolmesh_gateway.api.faces.invoke_tool import InvokeToolFace
from toolmesh_gateway.api.faces.platform import CheckNeighbours, FixedFace, ReadyzFace, answer_healthz, answer_metrics
from toolmesh_gateway.api.faces.read_logs import ReadLogsFace
from toolmesh_gateway.api.faces.request_filler import RequestFiller
from toolmesh_gateway.api.faces.run_events import RunEventsFace
from toolmesh_gateway.api.faces.single_call import SingleCallFace
from toolmesh_gateway.api.http.application import Face as AnswersRoute
from toolmesh_gateway.api.mcp.assembly import McpLimits, mcp_face
from toolmesh_gateway.api.openai.chat_face import ChatFace
from toolmesh_gateway.api.openai.embeddings_face import EmbeddingsFace
from toolmesh_gateway.api.openai.models_face import ModelsFace
from toolmesh_gateway.api.openapi.document import openapi_json
from toolmesh_gateway.api.openapi.page import DOCS_POLICY, docs_html
from toolmesh_gateway.api.transcoding.writing import response_writer_of
from toolmesh_gateway.app.descriptors import descriptor_of
from toolmesh_gateway.app.follow_run import FollowRun
from toolmesh_gateway.app.limit_runs import LimitRuns
from toolmesh_gateway.app.ports import SteadyClock, Upstream
from toolmesh_gateway.domain.methods import INFERENCE_SERVICE, MEMORY_SERVICE, RUN_SERVICE
from toolmesh_gateway.domain.routes import ROUTES, Face, Route


@dataclass(frozen=True, slots=True)
class FaceLimits:
    """Sizes in bytes, and seconds of silence in a stream."""

    body_bytes: int
    document_bytes: int
    artifact_bytes: int
    keepalive_s: float
    mcp: McpLimits = field(default_factory=McpLimits)


def faces_of(
    upstream: Upstream,
    check: CheckNeighbours,
    is_draining: Callable[[], bool],
    limits: FaceLimits,
    clock: SteadyClock | None = None,
) -> list[AnswersRoute]:
    """A face for each of ROUTES, in their order; `clock` is the system's where none is given."""
    makers = _makers(upstream, check, is_draining, limits) | _deployment_makers(upstream, limits)
    makers |= _mcp_makers(upstream, limits, clock or SystemClock())
    return [makers[route.face](route) for route in ROUTES]


def _makers(
    upstream: Upstream, check: CheckNeighbours, is_draining: Callable[[], bool], limits: FaceLimits
) -> dict[Face, Callable[[Route], AnswersRoute]]:
    follow = FollowRun(upstream.stream(f"{RUN_SERVICE}/StreamRunEvents"))
    get_run, create_run = upstream.single(f"{RUN_SERVICE}/GetRun"), upstream.single(f"{RUN_SERVICE}/CreateRun")
    limit_runs = LimitRuns(get_run)
    models = ModelsFace(upstream.single(f"{INFERENCE_SERVICE}/ListModels"))
    chat = ChatFace(
        create_run,
        upstream.single(f"{RUN_SERVICE}/CancelRun"),
        follow,
        limit_runs,
        limit=limits.body_bytes,
        keepalive_s=limits.keepalive_s,
    )

    def filler(route: Route) -> RequestFiller:
        return _filler(route, limits.body_bytes)

    def single_call(route: Route) -> AnswersRoute:
        write = response_writer_of(descriptor_of(route.rpc).output_type)
        return SingleCallFace(filler(route), upstream.single(route.rpc), write)

    return {
        Face.CALL: single_call,
        Face.EVENTS: lambda route: RunEventsFace(filler(route), follow, limits.keepalive_s),
        Face.CREATE_RUN: lambda route: CreateRunFace(filler(route), create_run, get_run, follow, limit_runs),
        Face.INVOKE_TOOL: lambda route: InvokeToolFace(
            filler(route), upstream.single(route.rpc), upstream.stream(route.rpc), limits.keepalive_s
        ),
        Face.ADD_DOCUMENT: lambda route: AddDocumentFace(upstream.single(route.rpc), limits.document_bytes),
        Face.CREATE_ARTIFACT: lambda route: CreateArtifactFace(upstream.upload(route.rpc), limits.artifact_bytes),
        Face.READ_ARTIFACT: lambda route: ReadArtifactFace(
            upstream.single(f"{MEMORY_SERVICE}/GetArtifact"), upstream.stream(route.rpc)
        ),
        Face.LIST_MODELS: lambda _: models.answer_list,
        Face.GET_MODEL: lambda _: models.answer_one,
        Face.CHAT: lambda _: chat,
        Face.EMBEDDINGS: lambda route: EmbeddingsFace(upstream.single(route.rpc), limits.body_bytes),
        Face.HEALTHZ: lambda _: answer_healthz,
        Face.READYZ: lambda _: ReadyzFace(check, is_draining),
        Face.METRICS: lambda _: answer_metrics,
        Face.OPENAPI: lambda _: FixedFace(openapi_json, b"application/json"),
        Face.DOCS: lambda _: FixedFace(docs_html, b"text/html; charset=utf-8", DOCS_POLICY),
    }


def _filler(route: Route, body_bytes: int) -> RequestFiller:
    return RequestFiller(route, descriptor_of(route.rpc).input_type, body_bytes)


def _deployment_makers(upstream: Upstream, limits: FaceLimits) -> dict[Face, Callable[[Route], AnswersRoute]]:
    return {
        Face.DEPLOY_TOOLS: lambda route: DeployToolsFace(
            _filler(route, in_base64(limits.document_bytes)), upstream.stream(route.rpc), limits.keepalive_s
        ),
        Face.READ_LOGS: lambda route: ReadLogsFace(
            _filler(route, limits.body_bytes), upstream.stream(route.rpc), limits.keepalive_s
        ),
    }


def _mcp_makers(
    upstream: Upstream, limits: FaceLimits, clock: SteadyClock
) -> dict[Face, Callable[[Route], AnswersRoute]]:
    mcp = mcp_face(upstream, clock, limits.mcp, body_bytes=limits.body_bytes, keepalive_s=limits.keepalive_s)
    return {
        Face.MCP_MESSAGE: lambda _: mcp.answer_message,
        Face.MCP_STREAM: lambda _: mcp.open_stream,
        Face.MCP_END: lambda _: mcp.end_session,
    }
