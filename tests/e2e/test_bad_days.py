"""What users see when parts die: typed errors, nothing that hangs, and a platform that mends itself."""

import concurrent.futures
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from fixtures.running_platform import TOOLMESH, RunningPlatform, free_port, start_platform, stop_platform

SERVICES = (
    "memory",
    "inference",
    "retriever",
    "tool_router",
    "tool_host",
    "controller",
    "planner",
    "gateway",
    "arena",
    "tool_calculation",
)
QUESTION = "What is 12.5 * 8?"
# No request may take longer than this, whatever dies meanwhile.
DEADLINE_S = 45.0
TYPED_CODES = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "CANCELLED", "RESOURCE_EXHAUSTED"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A platform whose parts may be killed."""
    running = start_platform(tmp_path_factory.mktemp("killed"))
    yield running
    stop_platform(running)


def _ask(platform: RunningPlatform) -> tuple[float, dict[str, Any]]:
    """Seconds and what came back: a run, a problem document, or the transport's failure."""
    started = time.monotonic()
    try:
        with platform.http() as client:
            answer = client.post("/v1/runs", params={"wait": "true"}, json={"input": QUESTION}).json()
    except httpx.TransportError as error:
        answer = {"transport": type(error).__name__}
    return time.monotonic() - started, answer


def _is_answer_or_typed_error(answer: dict[str, Any]) -> bool:
    if answer.get("state") == "succeeded":
        return "100" in answer["output"]
    if answer.get("state") == "failed":
        return answer["error"]["code"] in TYPED_CODES or answer["end_reason"] == "interrupted_call"
    return "transport" in answer or answer.get("code") in TYPED_CODES


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", SERVICES)
def test_any_service_may_die_while_runs_go(own: RunningPlatform, name: str) -> None:
    own.until_ready()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(_ask, own) for _ in range(4)]
        time.sleep(0.3)
        own.kill(name)
        outcomes = [future.result() for future in asking]
    assert all(_is_answer_or_typed_error(answer) for _, answer in outcomes), outcomes
    assert max(seconds for seconds, _ in outcomes) < DEADLINE_S
    own.until_ready()
    # A tool service's tools are candidates again within 5 s of its return.
    until = time.monotonic() + 10
    while (answer := _ask(own)[1]).get("state") != "succeeded" or "100" not in answer["output"]:
        assert time.monotonic() < until, answer


def test_a_taken_port_is_one_clear_line(own: RunningPlatform, tmp_path) -> None:
    port = own.url.rpartition(":")[2]
    env = {**own.env, "TOOLMESH_DATA_DIR": str(tmp_path), "TOOLMESH_GATEWAY_LISTEN": f"127.0.0.1:{free_port()}"}
    done = subprocess.run([TOOLMESH, "up"], env=env, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_model_file_is_one_clear_line(own: RunningPlatform, tmp_path) -> None:
    env = {
        **own.env,
        "TOOLMESH_DATA_DIR": str(tmp_path),
        "TOOLMESH_GATEWAY_HTTP_PORT": str(free_port()),
        "TOOLMESH_GATEWAY_LISTEN": f"127.0.0.1:{free_port()}",
        "TOOLMESH_INFERENCE_LLM_MODEL_PATH": str(tmp_path / "absent.gguf"),
    }
    done = subprocess.run([TOOLMESH, "up"], env=env, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 1
    assert "absent.gguf" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{not json", 400, "JSON"),
        (b'{"input": "hi", "wat": 1}', 400, "wat"),
        (b'{"input": 7}', 400, "input"),
        (b"[" * 10_000_000, 413, "bytes"),
    ],
)
def test_a_bad_body_is_a_problem_document(own: RunningPlatform, body: bytes, status: int, told: str) -> None:
    own.until_ready()
    with own.http() as client:
        answer = client.post("/v1/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert told in answer.text


def test_killing_the_supervisor_leaves_no_process_behind(tmp_path) -> None:
    doomed = start_platform(tmp_path)
    children = psutil.Process(doomed.supervisor.pid).children(recursive=True)
    doomed.supervisor.kill()
    doomed.supervisor.wait()
    _, alive = psutil.wait_procs(children, timeout=40)
    assert not alive
