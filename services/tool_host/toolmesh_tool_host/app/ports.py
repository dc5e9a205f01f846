"""What the use cases need of the world outside."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from toolmesh_tool_host.domain.deployment import Deployment, ResourceLimits
from toolmesh_tool_host.domain.source import PythonSource, Source


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start.

    Attributes:
        source: the folder of a version's Python files, or the file of an import.
        environment: the Python environment's name; empty for an import.
        secrets: values by name.
        limits: every one set.
    """

    name: str
    version: int
    kind: str
    source: Path
    environment: str
    secrets: Mapping[str, str]
    limits: ResourceLimits


class ToolProcess(Protocol):
    """The process of one version, kept running until it is stopped."""

    @property
    def address(self) -> str:
        """Its gRPC target."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether it answers."""
        ...

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        ...

    @property
    def trouble(self) -> str:
        """Why it ended the last time, or what it said last."""
        ...

    async def start(self, timeout_s: float) -> None:
        """Starts it; returns when it is healthy. InvalidInput: its source is bad. FailedPrecondition: it is not."""
        ...

    def keep(self) -> None:
        """Starts it in the background, again and again."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Drains it, and kills what is left after `grace_s` seconds."""
        ...


class Launcher(Protocol):
    """Makes processes."""

    def launch(self, launch: Launch) -> ToolProcess:
        """A process that is not started yet."""
        ...


class DeploymentStore(Protocol):
    """Where deployments survive a restart."""

    async def load(self) -> Sequence[Deployment]:
        """All of them; whatever was half made is cleared away."""
        ...

    async def save(self, deployment: Deployment) -> None:
        """Keeps a deployment, in place of what was kept under its name."""
        ...

    async def delete(self, name: str) -> None:
        """Forgets a deployment with its files and log."""
        ...

    async def write_version(self, name: str, version: int, source: Source) -> Path:
        """Writes a version's files, whole or not at all, and says where they are."""
        ...

    async def delete_version(self, name: str, version: int) -> None:
        """Removes a version's files."""
        ...

    def version_path(self, deployment: Deployment) -> Path:
        """Where the files of the version that serves are."""
        ...


class Environments(Protocol):
    """Python environments, one a set of requirements."""

    def name_for(self, source: PythonSource) -> str:
        """The environment that a source needs."""
        ...

    def is_ready(self, name: str) -> bool:
        """Whether it is there already."""
        ...

    async def prepare(self, name: str, folder: Path) -> None:
        """Makes it where it is missing, from the requirements in the folder. FailedPrecondition with what pip said."""
        ...

    async def keep_only(self, used: Callable[[], set[str] | None]) -> None:
        """Removes all others; `used` is asked when nothing is being made, and None removes nothing."""
        ...


class ToolRouter(Protocol):
    """The tool router, as far as tool services go."""

    async def services(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Address and tools of every tool service, by name."""
        ...

    async def register(self, name: str, address: str) -> tuple[str, ...]:
        """Adds or replaces a tool service; gives its tools. AlreadyExists where a tool's name is taken."""
        ...

    async def unregister(self, name: str) -> None:
        """Forgets a tool service."""
        ...

    async def tools_at(self, address: str) -> tuple[str, ...]:
        """The tools that a process offers, asked of itself."""
        ...


class Secrets(Protocol):
    """The secrets that the host holds."""

    def resolve(self, names: Sequence[str]) -> dict[str, str]:
        """Their values. FailedPrecondition names those that are missing, and how to set them."""
        ...


class Logs(Protocol):
    """What processes wrote, by deployment."""

    def note(self, name: str, line: str) -> None:
        """Adds a line of the host's own."""
        ...

    def read(self, name: str, tail_lines: int, *, follow: bool) -> AsyncGenerator[Sequence[str], None]:
        """The last lines, then new ones as they come."""
        ...

    def forget(self, name: str) -> None:
        """Closes the log of a deployment that is gone."""
        ...
