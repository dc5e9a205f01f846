"""The arguments of bubblewrap: what a program sees of the system, all of it read-only but its own /tmp."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolmesh_tool_code.adapters.python_place import PythonPlace
from toolmesh_tool_code.domain.limits import SandboxLimits

SANDBOXED = Path(__file__).parents[1] / "sandboxed"
_SEEN_AT = "/run/toolmesh"
_WORK = "/tmp/work"  # noqa: S108 - the sandbox's own /tmp
_START = (
    f"import sys; sys.path.insert(0, {_SEEN_AT!r}); from toolmesh_sandboxed.worker import main; del sys.path[0]; main()"
)
_SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64")
_ETC = ("alternatives", "ld.so.cache", "localtime")
_DEVICES = ("null", "random", "urandom")
# Of no use to a program, and some tell of the host.
_HIDDEN = ("cmdline", "kallsyms", "kcore", "keys", "key-users", "modules", "timer_list")
ENVIRONMENT = {
    "FONTCONFIG_FILE": f"{_SEEN_AT}/toolmesh_sandboxed/fonts.conf",
    "HOME": _WORK,
    "LANG": "C.UTF-8",
    "LOGNAME": "program",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/.matplotlib",  # noqa: S108
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "USER": "program",
}


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open files that bubblewrap, or the interpreter, is given by number."""

    seccomp: int
    channel: int


def arguments(
    python: PythonPlace, limits: SandboxLimits, descriptors: Descriptors, *, becomes_nobody: bool
) -> list[str]:
    """All of them, the command included.

    Args:
        becomes_nobody: bubblewrap runs as root and the interpreter leaves it by itself; else a user namespace does.
    """
    return [
        *("--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *_rights(becomes_nobody=becomes_nobody),
        *_system(),
        # Before the interpreter's folders: those may lie in /tmp themselves.
        *("--perms", "1777", "--size", str(limits.disk_mb * 2**20), "--tmpfs", "/tmp"),  # noqa: S108
        *(part for folder in python.folders for part in _read_only(folder, folder)),
        *_read_only(SANDBOXED, Path(_SEEN_AT, "toolmesh_sandboxed")),
        *_kernel(),
        # The root is a file system in memory too.
        *("--remount-ro", "/", "--chdir", "/"),
        *("--seccomp", str(descriptors.seccomp), "--"),
        *(str(python.executable), "-I", "-B", "-X", "utf8"),
        *("-W", "ignore:FigureCanvasAgg is non-interactive:UserWarning", "-c", _START, str(descriptors.channel)),
    ]


def _rights(*, becomes_nobody: bool) -> tuple[str, ...]:
    if becomes_nobody:
        return ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    return ("--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000")


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _SYSTEM_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for name in _ETC:
        path = Path("/etc", name)
        if path.exists():
            yield from _read_only(path, path)


def _read_only(path: Path, seen_at: Path) -> Iterator[str]:
    """A file or folder, and empty folders above it: left to itself, bubblewrap lets only root into those."""
    for parent in reversed(seen_at.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))
    yield from ("--ro-bind", str(path), str(seen_at))


def _kernel() -> Iterator[str]:
    """/proc of its own processes, and a /dev of the few devices that are safe: no terminal, no shared memory."""
    yield from ("--proc", "/proc")
    for name in _HIDDEN:
        if Path("/proc", name).exists():
            yield from ("--ro-bind", "/dev/null", f"/proc/{name}")
    # Bubblewrap's own process in there has none of the limits: with a user namespace it has the program's user id.
    yield from ("--perms", "0555", "--size", "4096", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1")
    yield from ("--size", "65536", "--tmpfs", "/dev")
    for name in _DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    yield from ("--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/tmp", "/dev/shm")  # noqa: S108
    yield from ("--remount-ro", "/dev")
