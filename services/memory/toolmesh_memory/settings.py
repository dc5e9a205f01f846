"""Settings of the memory service."""

from pathlib import Path

from pydantic import Field

from toolmesh_core.settings import ServiceSettings, service_config


class MemorySettings(ServiceSettings):
    """What the memory service can be told; variables begin with TOOLMESH_MEMORY_."""

    model_config = service_config("MEMORY")

    data_dir: Path = Field(
        Path(".toolmesh/memory"),
        description="Folder of memory.sqlite3 and artifacts/, made if missing; one process only may use it.",
    )
    max_artifact_bytes: int = Field(
        64 * 2**20, gt=0, description="Bytes of one artifact; bounds what one call can fill the disk with."
    )
    max_append_bytes: int = Field(
        4 * 2**20,
        gt=0,
        le=16 * 2**20,
        description="Bytes of all messages of one AppendMessages, and of one page of messages; "
        "well under the 32 MiB of a gRPC message.",
    )
