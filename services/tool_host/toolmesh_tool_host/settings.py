"""Settings of the tool host."""

from pathlib import Path

from pydantic import Field

from toolmesh_core.settings import ServiceSettings, service_config


class ToolHostSettings(ServiceSettings):
    """What the tool host can be told; variables begin with TOOLMESH_TOOL_HOST_."""

    model_config = service_config("TOOL_HOST")

    data_dir: Path = Field(
        Path(".toolmesh/tool_host"),
        description="Folder of deployments and their environments, made if missing; one process only may use it.",
    )
    tool_router_address: str = Field("127.0.0.1:7010", description="gRPC target of the tool router.")
    secrets_dir: Path | None = Field(
        None,
        description="Folder with a file a secret, named as the secret; beside the variables "
        "TOOLMESH_TOOL_HOST_SECRET_<NAME>. A process gets the secrets that its source names, no others.",
    )
    max_source_bytes: int = Field(16 * 2**20, gt=0, description="Bytes of all files of one source.")
    max_source_files: int = Field(1000, gt=0, description="Files of one source.")
    install_timeout_s: float = Field(300.0, gt=0, description="Seconds pip has for a source's requirements.txt.")
    start_timeout_s: float = Field(
        30.0, gt=0, description="Seconds a version has to become healthy, else it is refused."
    )
    switch_s: float = Field(
        1.0,
        ge=0,
        description="Seconds the old version still takes calls after the new one took over: those on the way.",
    )
    old_version_drain_s: float = Field(
        330.0, ge=0, description="Seconds that calls under way at an old version get to finish; a tool call's longest."
    )
    stop_grace_s: float = Field(
        8.0, ge=0, description="Seconds that processes get to finish when the host itself stops."
    )
    startup_wait_s: float = Field(
        5.0,
        ge=0,
        description="Seconds that readiness waits for deployments of the last start; then without the missing.",
    )
    memory_bytes: int = Field(2 * 2**30, gt=0, description="Memory of a deployment that names no limit.")
    open_files: int = Field(1024, gt=0, description="Open files of each process of a deployment that names no limit.")
    processes: int = Field(256, gt=0, description="Processes and threads of a deployment that names no limit.")
    watch_s: float = Field(0.5, gt=0, description="Seconds between looks at what deployments use.")
    log_bytes: int = Field(
        2**20, gt=0, description="Bytes of a deployment's log before it is rotated; one old is kept."
    )
