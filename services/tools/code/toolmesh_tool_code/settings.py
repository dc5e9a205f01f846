"""Settings of the code interpreter, read from TOOLMESH_TOOL_CODE_*."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from toolmesh_core.settings import service_config
from toolmesh_toolkit import ToolSettings

LONGEST_S = 110


class CodeSettings(ToolSettings):
    """What the code interpreter can be told."""

    model_config = service_config("TOOL_CODE")

    python: Path | None = Field(
        None, description="Interpreter that runs the programs, with its packages; unset takes the service's own."
    )
    bubblewrap: str = Field("bwrap", description="The bubblewrap command: a name in PATH or a path.")
    max_time_limit_s: float = Field(60.0, gt=0, le=LONGEST_S, description="Seconds one program may run at most.")
    memory_mb: int = Field(
        1024, ge=128, description="Megabytes a session may use; above it the session is ended. Files count apart."
    )
    disk_mb: int = Field(128, ge=1, description="Megabytes of a session's files; they lie in memory.")
    max_processes: int = Field(32, ge=8, description="Processes and threads of a session.")
    max_files: int = Field(10_000, ge=100, description="Files and folders of a session.")
    cpu_s: int = Field(600, ge=1, description="Seconds of CPU that one process of a session gets in its life.")
    max_sessions: int = Field(
        4, ge=1, description="Sessions at a time, each a process; the one that rested longest makes room."
    )
    max_sessions_per_user: int = Field(2, ge=1, description="Sessions of one user at a time.")
    session_idle_s: float = Field(600.0, gt=0, description="Seconds after which a session without a call ends.")
    max_output_chars: int = Field(
        8000, ge=500, description="Characters of standard output, of standard error and of the last value each."
    )
    max_images: int = Field(4, ge=0, le=50, description="Plots in one answer.")
    max_image_bytes: int = Field(500_000, gt=0, description="Bytes of one plot; a larger one is left out.")
    max_returned_bytes: int = Field(1_000_000, gt=0, description="Bytes of all plots and files in one answer.")
    max_sent_bytes: int = Field(1_000_000, gt=0, le=2_000_000, description="Bytes of all files sent with one program.")
    memory_address: str = Field(
        "", description="gRPC address of the memory service; empty: files of a program cannot be artifacts."
    )
    cgroup_dirs: str = Field(
        "",
        description="Folders, by commas, to make cgroups in: one of version 2 with memory, pids and cpu, or one a "
        "controller of version 1; empty: memory is watched without them.",
    )

    @model_validator(mode="after")
    def _answers_fit(self) -> Self:
        most = self.max_returned_bytes + 16 * self.max_output_chars
        if most > self.max_output_bytes:
            raise ValueError(f"MAX_RETURNED_BYTES and text take {most} bytes, over the MAX_OUTPUT_BYTES of an answer")
        return self
