"""The settings of one import, read from TOOLMESH_TOOL_IMPORTS_*; its secrets are read beside them."""

from pathlib import Path

from pydantic import Field

from toolmesh_core.settings import service_config
from toolmesh_toolkit import ToolSettings

SECRETS_PREFIX = "TOOLMESH_TOOL_IMPORTS_SECRET_"


class ImportsSettings(ToolSettings):
    """What the service of an import can be told."""

    model_config = service_config("TOOL_IMPORTS")

    source_file: Path = Field(description="A serialized toolmesh.tool_host.v1.DeploymentSource: what to import.")
    name: str = Field(pattern="^[A-Za-z0-9_-]{1,63}$", description="The deployment's name.")
    connect_timeout_s: float = Field(
        30.0, gt=0, description="Seconds to read what an MCP or gRPC server has; it must also start in them."
    )
    ca_file: Path | None = Field(None, description="PEM of authorities to trust for https instead of the usual ones.")
