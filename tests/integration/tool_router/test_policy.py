"""The policy of a router that runs, with real tools behind it and gRPC before it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from subprocess import PIPE
from typing import Any
from urllib.request import urlopen

import pytest

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh_core.errors import PermissionDenied, ResourceExhausted
from toolmesh_core.service import Service
from toolmesh_testing import serving

Router = Any  # RouterClient of the conftest
OpenRouter = Callable[..., AbstractAsyncContextManager[Any]]
HOLD = "version: 1\nrules:\n  - {name: look, effect: hold, tools: [who]}\nunmatched: {otherwise: allow}\n"
OPEN = "version: 1\nunmatched: {otherwise: allow}\n"


class PolicyFile:
    """A file that tests write as an operator does: all of it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.path)


@pytest.fixture
def policy_file(tmp_path: Path) -> PolicyFile:
    return PolicyFile(tmp_path / "policy.yaml")


async def invoke(router: Router, tool: str, *metadata: tuple[str, str], arguments: str = "{}", **context: Any) -> Any:
    request = pb.InvokeToolRequest(
        tool=tool, arguments_json=arguments, context=tool_pb2.CallContext(user="ada", **context)
    )
    return [event async for event in router.stub.InvokeTool(request, metadata=metadata)][-1].result


async def test_without_a_file_a_strangers_tool_may_read_and_not_write(
    open_router: OpenRouter, sample_address: str
) -> None:
    async with open_router(policy_file=None) as router:
        await router.register("sample", sample_address)
        assert (await router.result("add", '{"a": 3}')).tool_result.output_json == "4"
        with pytest.raises(PermissionDenied, match="a tool that writes") as denied:
            await router.call("who")
    assert (denied.value.reason, denied.value.metadata) == ("POLICY_DENIED", {"rule": "no-rule"})


async def test_only_the_platforms_own_word_approves_a_call(
    open_router: OpenRouter, sample_address: str, policy_file: PolicyFile
) -> None:
    policy_file.write(HOLD)
    async with open_router(policy_file=policy_file.path) as router:
        await router.register("sample", sample_address)
        with pytest.raises(PermissionDenied) as held:
            await invoke(router, "who", run="run_1", tool_call_id="call_1")
        assert (held.value.reason, held.value.metadata["rule"]) == ("APPROVAL_REQUIRED", "look")
        assert (await invoke(router, "who", ("toolmesh-approved", "true"))).tool_result.output_json


async def test_the_key_and_untrusted_arguments_reach_the_rules(
    open_router: OpenRouter, sample_address: str, policy_file: PolicyFile
) -> None:
    policy_file.write(
        "version: 1\nrules:\n"
        "  - {name: kiosk, effect: deny, keys: [kiosk]}\n"
        "  - {name: tainted, effect: deny, arguments_from_untrusted: [a]}\n"
    )
    async with open_router(policy_file=policy_file.path) as router:
        await router.register("sample", sample_address)
        with pytest.raises(PermissionDenied, match="'kiosk'"):
            await invoke(router, "add", ("toolmesh-key", "kiosk"), arguments='{"a": 3}')
        with pytest.raises(PermissionDenied, match="'tainted'"):
            await invoke(router, "add", arguments='{"a": 3}', untrusted_arguments=["/a"])
        await invoke(router, "add", arguments='{"a": 3}', untrusted_arguments=["/b"])


class Telling(tool_service_pb2_grpc.ToolServiceServicer):
    """A tool service that tells the context it was given."""

    async def ListTools(self, request: Any, context: Any) -> tool_service_pb2.ListToolsResponse:
        tool = tool_pb2.Tool(name="tell", description="Tells.", arguments_schema_json='{"type":"object"}')
        return tool_service_pb2.ListToolsResponse(tools=[tool])

    async def InvokeTool(self, request: Any, context: Any) -> AsyncIterator[tool_service_pb2.InvokeToolResponse]:
        told = [list(request.context.egress_hosts), list(request.context.untrusted_arguments)]
        yield tool_service_pb2.InvokeToolResponse(result=tool_pb2.ToolResult(output_json=json.dumps(told)))


async def test_a_tool_is_told_the_hosts_of_the_rule_and_which_arguments_are_untrusted(
    open_router: OpenRouter, policy_file: PolicyFile
) -> None:
    policy_file.write("version: 1\nrules:\n  - {name: two, effect: allow, egress_hosts: [a.example, '*.b.example']}\n")
    telling = Service(registrations=[(tool_service_pb2_grpc.add_ToolServiceServicer_to_server, Telling())])
    async with serving(telling) as address, open_router(policy_file=policy_file.path) as router:
        await router.register("telling", address)
        result = await invoke(router, "tell", egress_hosts=["evil.example"], untrusted_arguments=["/a"])
    assert json.loads(result.tool_result.output_json) == [["a.example", "*.b.example"], ["/a"]]


async def test_a_limit_is_a_typed_error_with_its_time(
    open_router: OpenRouter, sample_address: str, policy_file: PolicyFile
) -> None:
    policy_file.write(OPEN + "limits:\n  - {name: slowly, rate: 1/hour, per: [user]}\n")
    async with open_router(policy_file=policy_file.path) as router:
        await router.register("sample", sample_address)
        await router.call("add", '{"a": 3}')
        with pytest.raises(ResourceExhausted, match="limit 'slowly'") as reached:
            await router.call("add", '{"a": 3}')
    assert reached.value.reason == "POLICY_LIMIT"
    assert float(reached.value.metadata["retry_after_s"]) > 3000


async def test_secrets_do_not_leave_the_router(
    open_router: OpenRouter, sample_address: str, policy_file: PolicyFile
) -> None:
    policy_file.write(OPEN + "redact: {patterns: ['run_[0-9]+'], fields: [user]}\n")
    async with open_router(policy_file=policy_file.path) as router:
        await router.register("sample", sample_address)
        told = json.loads((await router.result("who")).tool_result.output_json)
    assert (told["user"], told["run"], told["call"]) == ("[redacted]", "[redacted]", "call_1")


async def test_a_changed_file_is_taken_while_calls_go_on_and_a_bad_one_is_not(
    start_router: Callable[..., AbstractAsyncContextManager[tuple[Any, Router]]],
    sample_address: str,
    policy_file: PolicyFile,
    tmp_path: Path,
) -> None:
    policy_file.write(OPEN)
    settings = {
        "policy_file": str(policy_file.path),
        "policy_check_s": "0.02",
        "tool_services": f"sample={sample_address}",
    }
    async with start_router(tmp_path / "router", **settings) as (started, router):
        await invoke(router, "who")
        policy_file.write(HOLD)
        await _told(started.metrics_url, 'policy_reads_total{result="taken"} 1.0')
        with pytest.raises(PermissionDenied):
            await invoke(router, "who")
        policy_file.write(OPEN + "rule: []\n")
        await _told(started.metrics_url, 'policy_reads_total{result="refused"} 1.0')
        with pytest.raises(PermissionDenied):
            await invoke(router, "who")
    log = (tmp_path / "router.log").read_text()
    assert f"{policy_file.path}:3: rule: is not known here" in log
    decisions = [json.loads(line) for line in log.splitlines() if '"policy decision"' in line]
    assert [(line["effect"], line.get("rule")) for line in decisions] == [
        ("hold", "look"),
        ("hold", "look"),
    ]


async def test_a_hang_up_has_the_file_read_at_once(
    start_router: Callable[..., AbstractAsyncContextManager[tuple[Any, Router]]],
    sample_address: str,
    policy_file: PolicyFile,
    tmp_path: Path,
) -> None:
    policy_file.write(OPEN)
    settings = {
        "policy_file": str(policy_file.path),
        "policy_check_s": "3600",
        "tool_services": f"sample={sample_address}",
    }
    async with start_router(tmp_path / "router", **settings) as (started, router):
        policy_file.write(HOLD)
        os.kill(started.pid, signal.SIGHUP)
        await _told(started.metrics_url, 'policy_reads_total{result="taken"} 1.0')
        with pytest.raises(PermissionDenied):
            await invoke(router, "who")


async def test_a_bad_file_at_the_start_ends_the_start_with_its_line(tmp_path: Path, policy_file: PolicyFile) -> None:
    policy_file.write("version: 1\nrules:\n  - name: a\n    effect: alow\n")
    env = {
        **os.environ,
        "TOOLMESH_TOOL_ROUTER_DATA_DIR": str(tmp_path / "router"),
        "TOOLMESH_TOOL_ROUTER_POLICY_FILE": str(policy_file.path),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "toolmesh_tool_router", env=env, stdout=PIPE, stderr=PIPE
    )
    _, said = await started.communicate()
    assert started.returncode == 1
    assert f"{policy_file.path}:4: rules.0.effect: is 'alow'; it must be allow, deny or hold" in said.decode()


async def _told(metrics_url: str, mark: str) -> None:
    async with asyncio.timeout(10):
        # Its metrics are the only place where the other process tells it.
        while mark not in await asyncio.to_thread(_metrics, metrics_url):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _metrics(url: str) -> str:
    with urlopen(url) as response:
        text: str = response.read().decode()
    return text
