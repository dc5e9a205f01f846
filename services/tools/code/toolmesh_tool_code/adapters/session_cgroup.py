"""Control groups for sessions, where the operator has given the service folders to make them in.

They also count what the watch from outside cannot see, such as buffers that the kernel holds for a program.
"""

import errno
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from toolmesh_core.errors import Unavailable
from toolmesh_tool_code.domain.limits import SandboxLimits

_WAITS = 50
_WAIT_S = 0.02


@dataclass(frozen=True, slots=True)
class SessionCgroup:
    """The groups of one session."""

    folders: tuple[Path, ...]

    def remove(self) -> None:
        """Removes them; the kernel takes a moment to see that the processes are gone. Blocks for at most a second."""
        for folder in self.folders:
            for _ in range(_WAITS):
                try:
                    folder.rmdir()
                except OSError as error:
                    if error.errno != errno.EBUSY:
                        break
                    time.sleep(_WAIT_S)
                else:
                    break


class SessionCgroups:
    """Makes a group a session.

    Args:
        parents: one folder of version 2, or one a controller of version 1; none makes no groups.
    """

    def __init__(self, parents: Iterable[Path], limits: SandboxLimits) -> None:
        self._parents = tuple(parents)
        total = str((limits.memory_mb + limits.disk_mb) * 2**20)
        # A knob that a folder does not have belongs to another version or controller.
        self._knobs = {
            "memory.max": total,
            "memory.swap.max": "0",
            "memory.limit_in_bytes": total,
            "pids.max": str(limits.processes + 8),
            "cpu.weight": "20",
            "cpu.shares": "256",
        }

    def join(self, pids: Iterable[int]) -> SessionCgroup:
        """A new group with these processes in it; those they start later will be in it, too.

        Raises:
            Unavailable: a folder cannot be used.
        """
        name = f"toolmesh-{secrets.token_hex(6)}"
        group = SessionCgroup(tuple(parent / name for parent in self._parents))
        try:
            for folder in group.folders:
                self._set_up(folder, pids)
        except OSError as error:
            with suppress(OSError):
                group.remove()
            raise Unavailable(f"no cgroup can be made in CGROUP_DIRS: {error}", reason="NO_SANDBOX") from error
        return group

    def _set_up(self, folder: Path, pids: Iterable[int]) -> None:
        folder.mkdir()
        known = [name for name in self._knobs if (folder / name).exists()]
        if not known:
            raise OSError(errno.ENOENT, "has no controller that limits anything", str(folder))
        for name in known:
            (folder / name).write_text(self._knobs[name])
        for pid in pids:
            (folder / "cgroup.procs").write_text(str(pid))
