"""Between the contract's messages and the host's data."""

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.tool_host.v1 import deployment_pb2, source_pb2
from toolmesh_core.errors import InvalidInput
from toolmesh_tool_host.domain.deployment import DeploymentState, DeploymentView, ResourceLimits
from toolmesh_tool_host.domain.source import ImportSource, PythonSource, Source, SourceFile

_STATES = {
    DeploymentState.STARTING: deployment_pb2.DEPLOYMENT_STATE_STARTING,
    DeploymentState.READY: deployment_pb2.DEPLOYMENT_STATE_READY,
    DeploymentState.RESTARTING: deployment_pb2.DEPLOYMENT_STATE_RESTARTING,
    DeploymentState.FAILED: deployment_pb2.DEPLOYMENT_STATE_FAILED,
    DeploymentState.REMOVING: deployment_pb2.DEPLOYMENT_STATE_REMOVING,
}


def unpack_source(source: source_pb2.DeploymentSource) -> Source:
    """The source of a request. InvalidInput where none is given."""
    kind = source.WhichOneof("kind")
    if kind is None:
        raise InvalidInput("'source' is missing; give python, openapi, mcp or grpc", field="source")
    if kind == "python":
        files = tuple(SourceFile(file.path, file.content) for file in source.python.files)
        return PythonSource(files, tuple(source.python.secrets))
    message = source.SerializeToString(deterministic=True)
    return ImportSource(kind, message, tuple(sorted(set(_secrets_of(source)))))


def _secrets_of(source: source_pb2.DeploymentSource) -> Iterable[str]:
    """The names of secrets that an import refers to; fields of other kinds are empty."""
    yield from source.openapi.secrets.values()
    yield from source.mcp.command.secrets.values()
    yield from source.mcp.endpoint.secret_headers.values()
    yield from source.grpc.secret_metadata.values()


def unpack_limits(limits: deployment_pb2.ResourceLimits) -> ResourceLimits:
    """The limits of a request."""
    return ResourceLimits(limits.memory_bytes, limits.open_files, limits.processes)


def pack_deployment(view: DeploymentView) -> deployment_pb2.Deployment:
    """A deployment as the contract has it."""
    packed = deployment_pb2.Deployment(
        name=view.name, state=_STATES[view.state], tools=view.tools, detail=view.detail, restarts=view.restarts
    )
    kept = view.deployment
    if kept is not None:
        packed.version, packed.kind, packed.digest = kept.version, kept.kind, kept.digest
        packed.create_time.CopyFrom(_time(kept.create_time))
        packed.update_time.CopyFrom(_time(kept.update_time))
        packed.limits.memory_bytes = kept.limits.memory_bytes
        packed.limits.open_files = kept.limits.open_files
        packed.limits.processes = kept.limits.processes
    return packed


def _time(moment: datetime) -> Timestamp:
    packed = Timestamp()
    packed.FromDatetime(moment)
    return packed
