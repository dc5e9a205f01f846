"""A deployment: what is kept of it, and how it is doing."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from toolmesh_core.errors import InvalidInput

# Less does not hold Python with gRPC.
_LEAST_MEMORY_BYTES = 160 * 2**20
_LEAST_OPEN_FILES = 64
_LEAST_PROCESSES = 24


class DeploymentState(Enum):
    """How a deployment is doing."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"
    REMOVING = "removing"


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """Bounds of a deployment's processes; 0 leaves the host's default.

    Attributes:
        memory_bytes: of all its processes together, and of each.
        open_files: of each process.
        processes: processes and threads together.
    """

    memory_bytes: int = 0
    open_files: int = 0
    processes: int = 0

    def check(self) -> None:
        """InvalidInput where a bound is so low that nothing could start."""
        least = {"memory_bytes": _LEAST_MEMORY_BYTES, "open_files": _LEAST_OPEN_FILES, "processes": _LEAST_PROCESSES}
        for name, value in least.items():
            asked = getattr(self, name)
            if asked < 0 or 0 < asked < value:
                raise InvalidInput(
                    f"limit '{name}' must be at least {value}, or 0 for the host's own, got {asked}",
                    field=f"limits.{name}",
                )

    def filled_from(self, defaults: "ResourceLimits") -> "ResourceLimits":
        """The same with the host's defaults where none is set."""
        return ResourceLimits(
            self.memory_bytes or defaults.memory_bytes,
            self.open_files or defaults.open_files,
            self.processes or defaults.processes,
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is kept of a deployment.

    Attributes:
        version: counts up from 1 with each version that took over.
        digest: SHA-256 of the source in hex.
        environment: the name of its Python environment; empty for an import.
        secrets: names of the secrets that its process gets.
        limits: as asked for.
        create_time, update_time: of the first version, and of this one.
        removing: it was to be removed when the host stopped.
    """

    name: str
    version: int
    kind: str
    digest: str
    environment: str
    create_time: datetime
    update_time: datetime
    secrets: tuple[str, ...] = ()
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    removing: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A deployment as it is now.

    Attributes:
        deployment: what is kept; None before the first version took over.
        detail: why it is not ready, or why the last offered version was refused.
        restarts: of this version's process.
    """

    name: str
    state: DeploymentState
    deployment: Deployment | None = None
    tools: tuple[str, ...] = ()
    detail: str = ""
    restarts: int = 0
