"""What a tool's process may use and do, set between fork and exec; it can undo none of it.

Not a sandbox: the process is the host's own user and sees the files that user sees.
"""

import ctypes
import os
import resource
from collections.abc import Callable
from pathlib import Path

from toolmesh_tool_host.domain.deployment import ResourceLimits

# prctl(2)
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
# capabilities(7): who is root may go on reading and writing files as before; all else is dropped.
_KEPT_CAPABILITIES = frozenset((0, 1, 2, 3))  # CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
# RLIMIT_NPROC counts all tasks of the user, those of the platform too, so it only stops what runs wild; root has none.
# What a deployment itself may have is held by ResourceWatch.
_OTHERS_OF_USER = 8192
# The kernel ends a tool before a service of the platform where memory runs out.
_OOM_SCORE = "500"


def confinement(limits: ResourceLimits) -> Callable[[], None]:
    """What to call in the child just before exec.

    RLIMIT_DATA counts what a process can write to, other than RLIMIT_AS, which also counts what gRPC only reserves.
    """
    bounds = {
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes + _OTHERS_OF_USER,
        resource.RLIMIT_CORE: 0,
    }
    is_root = os.geteuid() == 0
    dropped = [number for number in range(_capabilities()) if number not in _KEPT_CAPABILITIES] if is_root else []
    libc = ctypes.CDLL(None)

    def confine() -> None:
        for number, bound in bounds.items():
            _, hard = resource.getrlimit(number)
            least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
            resource.setrlimit(number, (least, least))
        for capability in dropped:
            libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - as few calls as can be after a fork
            file.write(_OOM_SCORE)
        os.umask(0o077)

    return confine


def _capabilities() -> int:
    return int(_LAST_CAPABILITY.read_text()) + 1 if _LAST_CAPABILITY.exists() else 0
