"""Logs, secrets, what pip says, what a process is told, what it uses."""

import subprocess
import sys
from pathlib import Path

import pytest

from toolmesh_core.errors import FailedPrecondition
from toolmesh_tool_host.adapters.deployment_logs import DeploymentLogs
from toolmesh_tool_host.adapters.held_secrets import HeldSecrets
from toolmesh_tool_host.adapters.platform_packages import platform_versions
from toolmesh_tool_host.adapters.process_launcher import ProcessLauncher
from toolmesh_tool_host.adapters.process_table import kill_all_of, kill_marked, usage_by_leader
from toolmesh_tool_host.adapters.python_environments import what_pip_said
from toolmesh_tool_host.adapters.rotated_log import RotatedLog
from toolmesh_tool_host.app.ports import Launch
from toolmesh_tool_host.domain.deployment import ResourceLimits

LIMITS = ResourceLimits(2**30, 128, 64)


def test_a_log_takes_pieces_and_keeps_lines(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path / "log", 1000)
    for piece in (b"on", b"e\ntwo\r\n", b"\nthr", b"ee"):
        log.write(piece)
    assert log.tail(10) == ["one", "two", ""]
    log.end_line()
    assert log.tail(2) == ["", "three"]


def test_a_log_never_grows_over_two_files_and_a_line(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path / "log", 1000)
    for number in range(500):
        log.write(f"line {number:04}\n".encode())
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2100
    assert log.tail(2) == ["line 0498", "line 0499"]
    assert len(log.tail(10_000)) > 90


def test_a_line_without_an_end_is_cut_into_pieces(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path / "log", 10**6)
    log.write(b"x" * 20_000)
    assert [len(line) for line in log.tail(10)] == [8192, 8192]


async def test_followers_get_new_lines_and_end_with_the_log(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path / "log", 1000)
    log.write(b"old\nolder\n")
    reading = log.read(1, follow=True)
    assert await anext(reading) == ["older"]
    log.write(b"new\n")
    assert await anext(reading) == ["new"]
    log.close()
    assert [lines async for lines in reading] == []


def test_a_secret_is_a_variable_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "FROM_FILE").write_text("f\n")
    secrets = HeldSecrets({"TOOLMESH_TOOL_HOST_SECRET_FROM_ENV": "e", "FROM_NOWHERE": "n"}, tmp_path)
    assert secrets.resolve(("FROM_FILE", "FROM_ENV")) == {"FROM_FILE": "f", "FROM_ENV": "e"}
    with pytest.raises(FailedPrecondition, match="TOOLMESH_TOOL_HOST_SECRET_FROM_NOWHERE"):
        secrets.resolve(("FROM_NOWHERE",))


def test_pips_errors_are_one_line_without_its_advice() -> None:
    output = (
        "Collecting x\nERROR: Cannot install x.\n\nThe conflict is caused by:\n    x 1.0 depends on y<2\n"
        "    The user requested (constraint) y==3\nERROR: ResolutionImpossible: see https://pip.example\n"
    )
    assert what_pip_said(output) == ("Cannot install x.; x 1.0 depends on y<2; The user requested (constraint) y==3")
    assert what_pip_said("a\nb\nc\nd\n") == "b; c; d"


def test_what_tools_run_on_is_held_to_the_platforms_versions() -> None:
    versions = platform_versions()
    assert {"grpcio", "protobuf", "pydantic", "pydantic-core"} <= versions.keys()
    assert not any(name.startswith("toolmesh") for name in versions)


def launcher(folder: Path) -> ProcessLauncher:
    logs = DeploymentLogs(lambda name: folder / name, 1000)
    return ProcessLauncher(
        folder,
        lambda name: folder / name,
        lambda name: Path("/env") / name / "bin" / "python",
        logs,
        {"LOG_LEVEL": "INFO"},
        "mine",
    )


async def test_an_import_is_told_its_source_and_its_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLMESH_API_KEY", "key")
    launch = Launch("crm", 1, "openapi", Path("/source.binpb"), "", {"TOKEN": "t"}, LIMITS)
    process = launcher(tmp_path).launch(launch)
    command = process._process.command
    await process.stop(0)
    assert command.arguments == (sys.executable, "-I", "-u", "-m", "toolmesh_tool_imports")
    told = {key: value for key, value in command.environment.items() if key.startswith("TOOLMESH_")}
    assert told == {
        "TOOLMESH_TOOL_IMPORTS_SOURCE_FILE": "/source.binpb",
        "TOOLMESH_TOOL_IMPORTS_LISTEN": command.address,
        "TOOLMESH_TOOL_IMPORTS_LOG_LEVEL": "INFO",
        "TOOLMESH_TOOL_IMPORTS_NAME": "crm",
        "TOOLMESH_TOOL_IMPORTS_SECRET_TOKEN": "t",
        "TOOLMESH_TOOL_HOST_MARKER": "mine",
    }


async def test_python_runs_in_its_environment_and_its_sockets_path_is_short(tmp_path: Path) -> None:
    launch = Launch("a-" + "b" * 60, 2, "python", Path("/v/2"), "abc", {"KEY": "k"}, LIMITS)
    process = launcher(tmp_path).launch(launch)
    command = process._process.command
    await process.stop(0)
    assert command.arguments[0] == "/env/abc/bin/python"
    assert command.arguments[-2:] == (launch.name, "/v/2")
    assert command.environment["KEY"] == "k"
    assert command.address == f"unix:{tmp_path}/1.sock"


def test_the_use_of_a_process_is_that_of_all_it_began_in_whatever_session() -> None:
    shell = "sleep 63 & setsid sleep 63 & wait"
    begun = subprocess.Popen(["sh", "-c", shell], start_new_session=True, env={"MARK": "of-the-test"})
    try:
        while len((usage := usage_by_leader((begun.pid,))[begun.pid]).pids) < 3:
            pass
        assert usage.tasks == 3
        assert usage.memory_bytes > 0
        kill_all_of(begun.pid)
        assert usage_by_leader((begun.pid,))[begun.pid].pids == []
        assert begun.wait() == -9
    finally:
        kill_marked("MARK=of-the-test")
        begun.wait()


def test_processes_are_found_by_their_mark() -> None:
    begun = subprocess.Popen(["sleep", "64"], env={"MARK": "of-this-test"})
    try:
        while b"sleep" not in Path(f"/proc/{begun.pid}/cmdline").read_bytes():
            pass
        assert kill_marked("MARK=of-this-test") == 1
        assert begun.wait() == -9
    finally:
        begun.kill()
