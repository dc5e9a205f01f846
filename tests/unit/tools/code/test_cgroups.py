"""What is written into the folder of a control group of version 2."""

from pathlib import Path
from typing import Any

import pytest

from toolmesh_tool_code.adapters.session_cgroup import SessionCgroups
from toolmesh_tool_code.domain.limits import SandboxLimits

KNOBS = ("memory.max", "memory.swap.max", "pids.max", "cpu.weight", "cgroup.procs")


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which, as in the kernel's, a new folder has its knobs from the start."""
    make = Path.mkdir

    def with_knobs(self: Path, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        for name in KNOBS:
            (self / name).touch()

    monkeypatch.setattr(Path, "mkdir", with_knobs)
    return tmp_path


def test_memory_counts_files_too_and_swap_is_off(parent: Path) -> None:
    group = SessionCgroups([parent], SandboxLimits(memory_mb=100, disk_mb=28, processes=9)).join([41])
    written = {name: (group.folders[0] / name).read_text() for name in KNOBS}
    assert written["memory.max"] == str(128 * 2**20)
    assert (written["memory.swap.max"], written["pids.max"], written["cgroup.procs"]) == ("0", "17", "41")


def test_without_folders_no_group_is_made() -> None:
    assert SessionCgroups([], SandboxLimits()).join([1]).folders == ()
