"""Opens what a DeploymentSource says to import."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from toolmesh.tool_host.v1 import source_pb2
from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound
from toolmesh_imports.secret_source import SecretSource
from toolmesh_imports.sources.open_import import ImportBounds, OpenImport


def open_source(
    source: source_pb2.DeploymentSource, name: str, secrets: SecretSource, bounds: ImportBounds | None = None
) -> AbstractAsyncContextManager[OpenImport]:
    """The import, as long as it is open.

    Args:
        name: of the deployment.

    Raises:
        InvalidInput: the source is no import, or wrong. On entering also FailedPrecondition, Unavailable and
            DeadlineExceeded, where the other side refuses or is not there.
    """
    chosen = bounds or ImportBounds()
    # Each kind brings a library of its own, and those of the others would cost a start a second.
    match source.WhichOneof("kind"):
        case "openapi":
            from toolmesh_imports.sources.openapi_source import open_openapi

            return open_openapi(source.openapi, secrets, chosen)
        case "mcp":
            from toolmesh_imports.sources.mcp_source import open_mcp

            return open_mcp(source.mcp, name, secrets, chosen)
        case "grpc":
            from toolmesh_imports.sources.grpc_source import open_grpc

            return open_grpc(source.grpc, secrets, chosen)
        case kind:
            raise InvalidInput(f"the source is {kind or 'empty'}, not an import: give openapi, mcp or grpc")


async def check_secrets(source: source_pb2.DeploymentSource, secrets: SecretSource) -> None:
    """Looks whether each secret that a source names is there.

    Raises:
        FailedPrecondition: SECRET_MISSING, with what was looked for.
    """
    missing: list[str] = []
    for reference in sorted(set(_named_secrets(source).values())):
        try:
            await secrets.secret(reference)
        except NotFound as error:
            missing.append(error.message)
    if missing:
        raise FailedPrecondition("; ".join(missing), reason="SECRET_MISSING")


def _named_secrets(source: source_pb2.DeploymentSource) -> Mapping[str, str]:
    match source.WhichOneof("kind"):
        case "openapi":
            return source.openapi.secrets
        case "mcp":
            return {**source.mcp.command.secrets, **source.mcp.endpoint.secret_headers}
        case _:
            return source.grpc.secret_metadata
