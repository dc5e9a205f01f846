"""Takes the last rights away from the interpreter before it sees any program, and checks that they are gone."""

import os
import resource
import socket
from pathlib import Path
from typing import Any

MB = 2**20
_CAPABILITY_VERSION_3 = 0x20080522
"""Of linux/capability.h."""


def confine(limits: dict[str, Any]) -> None:
    """Limits this process and all it will start, for good.

    Args:
        limits: "uid" to become, or 0 where a user namespace has made us nobody already; "address_space_mb", "file_mb",
            "processes", "cpu_s".

    Raises:
        RuntimeError: something that must be gone is still there.
    """
    os.nice(10)
    # Where memory runs out all the same, the kernel ends this one first.
    Path("/proc/self/oom_score_adj").write_text("1000")
    for number, bound in _bounds(limits).items():
        resource.setrlimit(number, (bound, bound))
    if limits["uid"]:
        _become(limits["uid"])
    check_confined()


def _become(uid: int) -> None:
    """A user that owns nothing. The change takes all capabilities but the inheritable ones, which go by capset."""
    import ctypes

    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    if ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()):
        raise RuntimeError("the inheritable capabilities cannot be given up")


def _bounds(limits: dict[str, Any]) -> dict[int, int]:
    return {
        resource.RLIMIT_AS: limits["address_space_mb"] * MB,
        resource.RLIMIT_FSIZE: limits["file_mb"] * MB,
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_CPU: limits["cpu_s"],
        resource.RLIMIT_NOFILE: 128,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 256,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }


def check_confined() -> None:
    """Refuses to go on as root, with capabilities, without the filter of system calls, or with a network.

    Raises:
        RuntimeError: names what is wrong.
    """
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    wanted = {"NoNewPrivs": "1", "Seccomp": "2"} | dict.fromkeys(("CapEff", "CapPrm", "CapInh", "CapAmb"), "0" * 16)
    wrong = [f"{name} is {status.get(name)}" for name, value in wanted.items() if status.get(name) != value]
    if 0 in os.getresuid() + os.getresgid():
        wrong.append("it runs as root")
    if _has_network():
        wrong.append("it may use the network")
    if wrong:
        raise RuntimeError(f"the sandbox is not tight: {', '.join(wrong)}")


def _has_network() -> bool:
    try:
        socket.socket(socket.AF_INET).close()
    except OSError:
        return False
    return True
