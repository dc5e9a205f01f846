"""The process of one version: how it is started, what it is told, what its end means."""

import os
import signal

from toolmesh_core.errors import FailedPrecondition, InvalidInput
from toolmesh_core.supervised_process import ProcessCommand, StartFailed, SupervisedProcess
from toolmesh_tool_host.adapters.output_pipe import OutputPipe
from toolmesh_tool_host.adapters.process_table import kill_all_of, kill_marked
from toolmesh_tool_host.adapters.rotated_log import RotatedLog
from toolmesh_tool_host.domain.deployment import ResourceLimits

# What toolmesh_toolkit.serve and toolmesh_tool_imports end with where the source itself is bad (sysexits.h).
BAD_SOURCE = os.EX_DATAERR


class SupervisedToolProcess:
    """The ToolProcess port over a supervised process.

    Args:
        log: where its output goes.
        mark: a variable of its environment, "NAME=value", that no other process has.
        limits: every one set.

    Attributes:
        stopped: for good.
    """

    def __init__(self, command: ProcessCommand, log: RotatedLog, limits: ResourceLimits, mark: str) -> None:
        self.limits = limits
        self.stopped = False
        self._log = log
        self._pipe = OutputPipe(log)
        self._said = ""
        self._mark = mark
        self._leader: int | None = None
        # It may not outlive the host by one call: its socket's folder goes too.
        self._process = SupervisedProcess(
            command, self._pipe.for_process, lambda: self.trouble or "nothing", self._changed, signal.SIGKILL
        )

    @property
    def address(self) -> str:
        """Its gRPC target."""
        return self._process.command.address

    @property
    def healthy(self) -> bool:
        """Whether it answers."""
        return self._process.healthy

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._process.restarts

    @property
    def pid(self) -> int | None:
        """The running process's id, which is that of its session too."""
        return self._process.pid

    @property
    def trouble(self) -> str:
        """What the host said of its end, or what it said last itself."""
        return self._said or self._pipe.last_line()

    def say(self, line: str) -> None:
        """A word of the host's own on it, which stands until it is well again."""
        self._said = line
        self._log.write(f"tool host: {line}\n".encode())

    async def start(self, timeout_s: float) -> None:
        """Starts it; returns when it is healthy."""
        try:
            await self._process.start(timeout_s)
        except StartFailed as error:
            if error.exit_code == BAD_SOURCE:
                raise InvalidInput(self.trouble, field="source", reason="BAD_SOURCE") from error
            raise FailedPrecondition(_named(error), reason="NOT_HEALTHY") from error

    def keep(self) -> None:
        """Starts it in the background, again and again."""
        self._process.keep()

    async def stop(self, grace_s: float) -> None:
        """Drains it, and kills what is left of it and of what it began after `grace_s` seconds."""
        try:
            await self._process.stop(grace_s)
        finally:
            self.stopped = True
            self._end_the_rest()
            self._pipe.close()

    def _changed(self) -> None:
        if self._process.healthy:
            self._said = ""
        if self._process.pid is not None:
            self._leader = self._process.pid
        else:
            self._end_the_rest()

    def _end_the_rest(self) -> None:
        """What it began may have made groups and sessions of its own, which its own group's end does not end."""
        if self._leader is not None:
            kill_all_of(self._leader)
            kill_marked(self._mark)
            self._leader = None


def _named(error: StartFailed) -> str:
    if error.exit_code is not None and error.exit_code < 0:
        return f"{error} (ended by {signal.Signals(-error.exit_code).name})"
    return str(error)
