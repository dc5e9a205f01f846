"""The logs of all deployments, by name."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from toolmesh_tool_host.adapters.rotated_log import RotatedLog


class DeploymentLogs:
    """The Logs port.

    Args:
        folder_of: the folder of a deployment.
        most_bytes: of one file.
    """

    def __init__(self, folder_of: Callable[[str], Path], most_bytes: int) -> None:
        self._folder_of = folder_of
        self._most_bytes = most_bytes
        self._logs: dict[str, RotatedLog] = {}

    def log(self, name: str) -> RotatedLog:
        """The log of a deployment."""
        if name not in self._logs:
            self._logs[name] = RotatedLog(self._folder_of(name) / "log", self._most_bytes)
        return self._logs[name]

    def note(self, name: str, line: str) -> None:
        """Adds a line of the host's own."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        one_line = " ".join(line.split())
        self.log(name).write(f"{moment} tool host: {one_line}\n".encode())

    def read(self, name: str, tail_lines: int, *, follow: bool) -> AsyncGenerator[Sequence[str], None]:
        """The last lines, then new ones as they come."""
        return self.log(name).read(tail_lines, follow=follow)

    def forget(self, name: str) -> None:
        """Closes the log of a deployment that is gone."""
        log = self._logs.pop(name, None)
        if log is not None:
            log.close()

    def close(self) -> None:
        """Ends all who follow."""
        for name in list(self._logs):
            self.forget(name)
