"""Ends processes of deployments that use more than they may, together: the kernel's limits hold for each one alone."""

import asyncio
from collections.abc import Callable, Collection

from toolmesh_tool_host.adapters.process_table import Usage, kill_all_of, usage_by_leader
from toolmesh_tool_host.adapters.tool_process import SupervisedToolProcess
from toolmesh_tool_host.domain.deployment import ResourceLimits


class ResourceWatch:
    """Looks at what each deployment uses.

    Args:
        running: the processes to look at.
        every_s: seconds between looks.
    """

    def __init__(self, running: Callable[[], Collection[SupervisedToolProcess]], every_s: float) -> None:
        self._running = running
        self._every_s = every_s

    async def run(self) -> None:
        """Looks again and again."""
        while True:
            await asyncio.sleep(self._every_s)
            self.look()

    def look(self) -> None:
        """One look."""
        processes = {process.pid: process for process in self._running() if process.pid is not None}
        if not processes:
            return
        for pid, usage in usage_by_leader(processes.keys()).items():
            process = processes[pid]
            excess = excess_of(usage, process.limits)
            if excess:
                process.say(f"stopped: {excess}")
                kill_all_of(pid)


def excess_of(usage: Usage, limits: ResourceLimits) -> str:
    """What is over its limit; empty where nothing is."""
    if usage.memory_bytes > limits.memory_bytes:
        used, most = usage.memory_bytes // 2**20, limits.memory_bytes // 2**20
        return f"it used {used} MiB of memory, and {most} MiB is its limit"
    if usage.tasks > limits.processes:
        return f"it had {usage.tasks} processes and threads, and {limits.processes} is its limit"
    return ""
