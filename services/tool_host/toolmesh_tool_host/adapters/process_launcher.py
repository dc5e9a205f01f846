"""Makes the processes of deployments: their command, their environment, their socket."""

import itertools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from toolmesh_core.supervised_process import ProcessCommand
from toolmesh_tool_host.adapters.confinement import confinement
from toolmesh_tool_host.adapters.deployment_logs import DeploymentLogs
from toolmesh_tool_host.adapters.tool_process import SupervisedToolProcess
from toolmesh_tool_host.app.ports import Launch

# What is passed on of the host's environment; nothing else is.
_PASSED_ON = ("LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
# In every process of a deployment, so that the rest of a host that was killed is found.
MARKER = "TOOLMESH_TOOL_HOST_MARKER"


class ProcessLauncher:
    """The Launcher port.

    Args:
        sockets: a folder with a short name, for their sockets.
        folder_of: the folder of a deployment.
        python_of: the interpreter of an environment.
        settings: TOOLMESH_<service>_ settings that all of them get, without the prefix.
        marker: tells this host's processes from another's.
    """

    def __init__(
        self,
        sockets: Path,
        folder_of: Callable[[str], Path],
        python_of: Callable[[str], Path],
        logs: DeploymentLogs,
        settings: Mapping[str, str],
        marker: str,
    ) -> None:
        self._sockets = sockets
        self._folder_of = folder_of
        self._python_of = python_of
        self._logs = logs
        self._settings = settings
        self._marker = marker
        self._numbers = itertools.count(1)
        self._processes: list[SupervisedToolProcess] = []

    def launch(self, launch: Launch) -> SupervisedToolProcess:
        """A process that is not started yet."""
        # A number, since a name of 63 letters may be too long for a socket's path.
        address = f"unix:{self._sockets / str(next(self._numbers))}.sock"
        work = self._folder_of(launch.name) / "work"
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = ProcessCommand(
            f"version {launch.version} of {launch.name!r}",
            self._arguments(launch),
            {**self._environment(work), **self._told(launch, address)},
            address,
            work,
            confinement(launch.limits),
        )
        mark = next(f"{name}={value}" for name, value in command.environment.items() if value == address)
        process = SupervisedToolProcess(command, self._logs.log(launch.name), launch.limits, mark)
        self._processes = [*(other for other in self._processes if not other.stopped), process]
        return process

    def running(self) -> list[SupervisedToolProcess]:
        """The processes that run now."""
        return [process for process in self._processes if process.pid is not None]

    def _arguments(self, launch: Launch) -> tuple[str, ...]:
        # Isolated: neither variables nor the working directory decide what is imported.
        if launch.kind != "python":
            return (sys.executable, "-I", "-u", "-m", "toolmesh_tool_imports")
        python = str(self._python_of(launch.environment))
        return (python, "-I", "-u", "-m", "toolmesh_toolkit.serve", launch.name, str(launch.source))

    def _environment(self, work: Path) -> dict[str, str]:
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(work), "LANG": "C.UTF-8", **passed}

    def _told(self, launch: Launch, address: str) -> dict[str, str]:
        service = "IMPORTS" if launch.kind != "python" else launch.name.replace("-", "_").upper()
        prefix = f"TOOLMESH_TOOL_{service}_"
        told = {f"{prefix}{name}": value for name, value in {**self._settings, "LISTEN": address}.items()}
        told[MARKER] = self._marker
        if launch.kind == "python":
            return {**launch.secrets, **told}
        told |= {f"{prefix}SOURCE_FILE": str(launch.source), f"{prefix}NAME": launch.name}
        return told | {f"{prefix}SECRET_{name}": value for name, value in launch.secrets.items()}
