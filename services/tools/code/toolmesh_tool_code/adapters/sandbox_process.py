"""Starts bubblewrap with an interpreter in it, and ends it with all that runs there."""

import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from toolmesh_tool_code.adapters.bubblewrap import ENVIRONMENT, Descriptors, arguments
from toolmesh_tool_code.adapters.python_place import PythonPlace
from toolmesh_tool_code.adapters.resource_use import processes_of
from toolmesh_tool_code.adapters.syscall_filter import write_filter
from toolmesh_tool_code.domain.limits import SandboxLimits

_FIRST_UID = 1_900_000_000
_UIDS = 100_000_000
_EVERY_UID = 4_294_967_295
_ROUNDS = 200
NO_REST = -1


@dataclass(frozen=True, slots=True)
class Launch:
    """What all sandboxes of the service have in common.

    Attributes:
        becomes_nobody: as root bubblewrap needs no user namespace, and the interpreter takes a user id of its own.
        user: for tests: the id to start bubblewrap with.
    """

    bubblewrap: str
    python: PythonPlace
    limits: SandboxLimits
    becomes_nobody: bool
    user: int | None = None


@dataclass(slots=True)
class Sandbox:
    """A started one.

    Attributes:
        uid: what its interpreter has to become; 0 where it need not.
        init: a descriptor of the first process in there, known once the interpreter is ready. With it, all die.
        interpreter: its process, as the host sees it; known then, too.
    """

    process: subprocess.Popen[bytes]
    channel: socket.socket
    stdout: IO[bytes]
    stderr: IO[bytes]
    uid: int
    init: int | None = None
    interpreter: psutil.Process | None = None

    def know_processes(self) -> list[int]:
        """Looks who is in there, when the interpreter is ready and no program is there yet; their ids.

        Raises:
            IndexError: it has ended.
        """
        found = processes_of(self.process.pid)
        first, interpreter = found[0], found[1]
        self.interpreter = interpreter
        self.init = os.pidfd_open(first.pid)
        return [first.pid, interpreter.pid]

    def wake(self) -> None:
        """Lets the interpreter go on after a rest."""
        if self.interpreter is not None:
            with suppress(psutil.Error):
                self.interpreter.resume()

    def rest(self) -> int:
        """Stops the interpreter, so that none of its threads goes on, and kills what a program left running beside it.

        Returns:
            How many there were, or NO_REST where new ones come faster than they are killed.
        """
        if self.interpreter is not None:
            with suppress(psutil.Error):
                self.interpreter.suspend()
        ended: set[int] = set()
        for _ in range(_ROUNDS):
            left = self._leftovers()
            if not left:
                return len(ended)
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
                    ended.add(process.pid)
        return NO_REST

    def _leftovers(self) -> list[psutil.Process]:
        return [
            process for process in processes_of(self.process.pid)[1:] if process != self.interpreter and _lives(process)
        ]

    def kill(self) -> None:
        """Ends all processes in there, whatever they do."""
        if self.init is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.init, signal.SIGKILL)
        # The first process in there dies with this one, should we not know it yet.
        self.process.kill()

    def close(self) -> int:
        """Waits until all have ended; the exit code that bubblewrap gave. Blocks."""
        code = self.process.wait()
        self.stdout.close()
        self.stderr.close()
        if self.init is not None:
            os.close(self.init)
            self.init = None
        return code


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def is_true_root() -> bool:
    """Root of the machine, and not of a container's user namespace, where few other ids exist."""
    fields = Path("/proc/self/uid_map").read_text().split()
    return os.geteuid() == 0 and fields[:3] == ["0", "0", str(_EVERY_UID)]


def spawn(launch: Launch) -> Sandbox:
    """Starts a sandbox. Blocks for some milliseconds, on a thread that lives as long as the sandbox: it dies with it.

    Raises:
        Unavailable: libseccomp is not there.
        OSError: bubblewrap is not there.
    """
    ours, theirs = socket.socketpair()
    try:
        return _spawn(launch, ours, theirs)
    except BaseException:
        ours.close()
        raise


def _spawn(launch: Launch, ours: socket.socket, theirs: socket.socket) -> Sandbox:
    with theirs, _memory_file("seccomp") as seccomp, _memory_file("arguments") as listed:
        write_filter(seccomp, becomes_nobody=launch.becomes_nobody)
        seccomp.seek(0)
        descriptors = Descriptors(seccomp.fileno(), theirs.fileno())
        chosen = arguments(launch.python, launch.limits, descriptors, becomes_nobody=launch.becomes_nobody)
        listed.write(b"".join(part.encode() + b"\0" for part in chosen[: chosen.index("--")]))
        listed.seek(0)
        passed = (seccomp.fileno(), listed.fileno(), theirs.fileno())
        command = [launch.bubblewrap, "--args", str(listed.fileno()), *chosen[chosen.index("--") :]]
        process = _start(command, passed, launch.user)
    ours.setblocking(False)
    if process.stdout is None or process.stderr is None:
        raise RuntimeError("bubblewrap was started without pipes")
    uid = _FIRST_UID + secrets.randbelow(_UIDS) if launch.becomes_nobody else 0
    return Sandbox(process, ours, process.stdout, process.stderr, uid)


def _memory_file(name: str) -> IO[bytes]:
    return open(os.memfd_create(name), "w+b", buffering=0)  # noqa: PTH123 - of a descriptor


def _start(command: list[str], passed: tuple[int, ...], user: int | None) -> subprocess.Popen[bytes]:
    """Nothing of our environment goes along: a program can read that of bubblewrap, too."""
    as_user = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    start: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
    return start(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        cwd="/",
        pass_fds=passed,
        **as_user,
    )
