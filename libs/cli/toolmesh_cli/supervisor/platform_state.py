"""What runs, written to a file for `status` and `down`; and the lock that keeps a second platform off the folder."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from toolmesh_cli.supervisor.plan import PlatformPaths


class AlreadyRunning(Exception):
    """Another platform holds the folder."""


@dataclass(frozen=True)
class ProcessState:
    """One process as last seen."""

    name: str
    pid: int | None
    healthy: bool
    restarts: int
    address: str
    metrics_url: str
    log: str


@dataclass(frozen=True)
class PlatformState:
    """The platform as last seen."""

    supervisor_pid: int
    url: str
    grpc_address: str
    ready: bool
    processes: tuple[ProcessState, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def write_state(paths: PlatformPaths, state: PlatformState) -> None:
    """Replaces the state file in one step."""
    new = paths.state_file.with_suffix(".new")
    new.write_text(json.dumps(state.to_json(), indent=1))
    new.replace(paths.state_file)


def read_state(data: Path) -> PlatformState | None:
    """The running platform of a data folder; None where none runs."""
    try:
        raw = json.loads((data / "platform.json").read_text())
    except FileNotFoundError:
        return None
    state = PlatformState(**{**raw, "processes": tuple(ProcessState(**item) for item in raw["processes"])})
    return state if psutil.pid_exists(state.supervisor_pid) else None


@contextmanager
def platform_lock(paths: PlatformPaths) -> Iterator[None]:
    """Holds the folder's lock for the block.

    Raises:
        AlreadyRunning: somebody else holds it.
    """
    paths.data.mkdir(parents=True, exist_ok=True)
    with paths.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"a platform already runs on {paths.data}; stop it with `toolmesh down`, or set TOOLMESH_DATA_DIR"
            ) from error
        try:
            yield
        finally:
            paths.state_file.unlink(missing_ok=True)


def resident_bytes(pid: int | None) -> int:
    """Memory of a process that is its own: proportional set size where the kernel tells, else resident size."""
    if pid is None:
        return 0
    try:
        process = psutil.Process(pid)
        full = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(full, "pss", full.rss))
