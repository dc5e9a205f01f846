"""What bubblewrap is told, and which system calls are allowed: no setting can loosen it."""

from itertools import pairwise
from pathlib import Path

import pytest

from toolmesh_tool_code.adapters.allowed_syscalls import ALLOWED, BECOME_NOBODY, CONDITIONS, REFUSED
from toolmesh_tool_code.adapters.bubblewrap import ENVIRONMENT, Descriptors, arguments
from toolmesh_tool_code.adapters.python_place import PythonPlace
from toolmesh_tool_code.domain.limits import SandboxLimits

PLACE = PythonPlace(Path("/opt/python/bin/python"), (Path("/opt/python"),))


def told(*, becomes_nobody: bool = True) -> list[str]:
    return arguments(PLACE, SandboxLimits(disk_mb=3), Descriptors(8, 9), becomes_nobody=becomes_nobody)


@pytest.mark.parametrize("becomes_nobody", [True, False])
def test_every_namespace_is_its_own_and_the_sandbox_dies_with_the_service(becomes_nobody: bool) -> None:
    wanted = {"--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session"}
    assert wanted <= set(told(becomes_nobody=becomes_nobody))


def test_no_folder_of_the_host_is_writable() -> None:
    assert not {"--bind", "--bind-try", "--dev-bind-try", "--share-net"} & set(told())
    assert {name for option, name in pairwise(told()) if option == "--dev-bind"} == {
        "/dev/null",
        "/dev/random",
        "/dev/urandom",
    }


def test_what_is_made_in_memory_is_read_only_or_has_a_size() -> None:
    parts = told()
    made = [number for number, part in enumerate(parts) if part == "--tmpfs"]
    assert [parts[number - 2] for number in made] == ["--size"] * len(made)
    assert {name for option, name in pairwise(parts) if option == "--remount-ro"} == {"/", "/dev", "/proc/1"}


def test_root_keeps_only_what_it_needs_to_leave_root() -> None:
    parts = told()
    assert ("--cap-drop", "ALL") in pairwise(parts)
    assert [name for option, name in pairwise(parts) if option == "--cap-add"] == ["CAP_SETUID", "CAP_SETGID"]
    assert "--unshare-user" in told(becomes_nobody=False)
    assert "--disable-userns" in told(becomes_nobody=False)


def test_the_environment_holds_nothing_of_the_service() -> None:
    assert not [name for name in ENVIRONMENT if "TOOLMESH" in name]
    assert not [name for name in ENVIRONMENT if name.startswith("LD_")]


def test_no_call_is_both_allowed_and_refused_and_those_with_conditions_are_in_neither_list() -> None:
    conditional = {name for name, *_ in CONDITIONS}
    assert not (ALLOWED | BECOME_NOBODY | conditional) & REFUSED
    assert not (ALLOWED | BECOME_NOBODY) & conditional


def test_calls_that_led_out_of_other_sandboxes_are_not_allowed() -> None:
    dangerous = {"ptrace", "process_vm_writev", "mount", "unshare", "setns", "bpf", "keyctl", "userfaultfd", "clone3"}
    dangerous |= {
        "io_uring_setup",
        "perf_event_open",
        "open_by_handle_at",
        "pidfd_getfd",
        "memfd_create",
        "personality",
    }
    assert not dangerous & (ALLOWED | BECOME_NOBODY | {name for name, *_ in CONDITIONS})
