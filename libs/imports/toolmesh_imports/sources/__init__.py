"""What `toolmesh.tool_host.v1.DeploymentSource` says to import, opened: the same tools to look at and to serve."""

from toolmesh_imports.sources.open_import import ImportBounds, ImportedTool, LeftOut, OpenImport, Progress, Tell
from toolmesh_imports.sources.open_source import check_secrets, open_source

__all__ = [
    "ImportBounds",
    "ImportedTool",
    "LeftOut",
    "OpenImport",
    "Progress",
    "Tell",
    "check_secrets",
    "open_source",
]
