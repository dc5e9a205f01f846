"""Reads what to import from the file that the host wrote."""

from pathlib import Path

from google.protobuf.message import DecodeError

from toolmesh.tool_host.v1.source_pb2 import DeploymentSource
from toolmesh_core.errors import FailedPrecondition


def read_source(path: Path) -> DeploymentSource:
    """The source.

    Raises:
        FailedPrecondition: the file cannot be read, or is none.
    """
    try:
        return DeploymentSource.FromString(path.read_bytes())
    except OSError as error:
        raise FailedPrecondition(f"{path} cannot be read: {error.strerror}; see SOURCE_FILE") from error
    except DecodeError as error:
        raise FailedPrecondition(f"{path} is no serialized DeploymentSource; see SOURCE_FILE") from error
