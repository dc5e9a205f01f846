"""What processes there are and what they use, read from /proc."""

import contextlib
import os
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Places in /proc/PID/stat after the command, which may hold spaces (proc(5)).
_STATE, _PARENT, _SESSION, _THREADS, _RSS = 0, 1, 3, 17, 21
_MOST_PASSES = 20


@dataclass(slots=True)
class Usage:
    """What some processes use together; tasks are processes and threads."""

    pids: list[int] = field(default_factory=list)
    memory_bytes: int = 0
    tasks: int = 0


def usage_by_leader(leaders: Collection[int]) -> dict[int, Usage]:
    """Usage of each of these processes with what belongs to it.

    That is its session, which has its id, and whatever those processes have begun, also in sessions of its own.
    """
    found = {leader: Usage() for leader in leaders}
    table = _table()
    leader_of = {pid: entry.session for pid, entry in table.items() if entry.session in found}
    waiting = list(table.keys() - leader_of.keys())
    while waiting:
        begun = [pid for pid in waiting if table[pid].parent in leader_of]
        if not begun:
            break
        leader_of |= {pid: leader_of[table[pid].parent] for pid in begun}
        waiting = [pid for pid in waiting if pid not in leader_of]
    for pid, leader in leader_of.items():
        usage = found[leader]
        usage.pids.append(pid)
        usage.memory_bytes += table[pid].memory_bytes
        usage.tasks += table[pid].tasks
    return found


def kill_all_of(leader: int) -> None:
    """Kills what belongs to a process until there is nothing; what forks faster is stopped first."""
    for _ in range(_MOST_PASSES):
        pids = usage_by_leader((leader,))[leader].pids
        if not pids:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)


def kill_marked(marker: str) -> int:
    """Kills every process that was begun with this in its environment, as "NAME=value"; says how many there were."""
    wanted = marker.encode()
    killed = 0
    for pid in _pids():
        with contextlib.suppress(OSError):
            environment = (_PROC / str(pid) / "environ").read_bytes()
            if wanted in environment.split(b"\0") and pid != os.getpid():
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    session: int
    tasks: int
    memory_bytes: int


def _table() -> dict[int, _Process]:
    """All processes but those that have ended and only wait to be buried."""
    found = {}
    for pid in _pids():
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        if fields[_STATE] not in "ZX":
            parent, session, threads, pages = (int(fields[place]) for place in (_PARENT, _SESSION, _THREADS, _RSS))
            found[pid] = _Process(parent, session, threads, pages * _PAGE)
    return found


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir(_PROC) if name.isdecimal())  # noqa: PTH208 - names are all that is needed
