"""A command as a server: its process, its environment, its calls."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from toolmesh_core.call_context import calling
from toolmesh_core.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidInput,
    NotFound,
    ToolError,
    Unavailable,
)
from toolmesh_imports.mcp import McpServer, Progress, StdioPeer

from .conftest import Vault, demo_peer, hostile_peer, quick
from .states import States

ORPHAN = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(3600)"])
open(sys.argv[1], "w").write(str(child.pid))
sys.argv[1:] = ["plain"]
exec(open({server!r}).read())
"""


async def test_a_tool_becomes_one_of_ours_with_the_schemas_of_its_server(demo: McpServer) -> None:
    definition = demo.state.tools["demo_add"].definition
    assert '"required":["a"]' in definition.arguments_schema_json
    assert '"result":{"title":"Result","type":"integer"}' in definition.output_schema_json
    assert definition.description == "(MCP server demo says) Add two numbers."
    assert list(definition.tags) == ["mcp", "demo"]


async def test_wrong_arguments_are_told_before_anything_is_sent(demo: McpServer) -> None:
    with pytest.raises(ToolError, match='argument "a" must be an integer, got "ten"') as raised:
        await demo.call("demo_add", {"a": "ten"})
    assert raised.value.reason == "BAD_ARGUMENTS"


@pytest.mark.parametrize("text", ["\ud800", float("nan")])
async def test_arguments_that_cannot_be_sent_end_no_session(demo: McpServer, text: object) -> None:
    with pytest.raises(ToolError, match="demo_say"):
        await demo.call("demo_say", {"text": text})
    assert (await demo.call("demo_say", {"text": "on"})).text == "on"


async def test_an_unknown_tool_is_not_found(demo: McpServer) -> None:
    with pytest.raises(NotFound, match="has no tool 'demo_nothing'"):
        await demo.call("demo_nothing", {})


async def test_many_calls_at_a_time_each_get_their_own_answer(demo: McpServer) -> None:
    answers = await asyncio.gather(*(demo.call("demo_add", {"a": number}) for number in range(50)))
    assert [answer.structured["result"] for answer in answers] == list(range(1, 51))


async def test_a_call_that_is_cancelled_is_cancelled_at_the_server(demo: McpServer) -> None:
    begun = asyncio.Event()

    def on_progress(_: Progress) -> None:
        begun.set()

    call = asyncio.create_task(demo.call("demo_wait", {}, on_progress))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await demo.call("demo_waited", {})).text == "cancelled"


async def test_a_call_ends_at_the_deadline_of_the_request(demo: McpServer) -> None:
    with calling(timeout_s=0.2), pytest.raises(DeadlineExceeded, match="not done in time"):
        await demo.call("demo_wait", {})
    assert (await demo.call("demo_waited", {})).text == "cancelled"


async def test_a_call_without_time_left_is_not_made(demo: McpServer) -> None:
    with calling(timeout_s=0), pytest.raises(DeadlineExceeded, match="no time left"):
        await demo.call("demo_say", {"text": "late"})


async def test_a_server_that_asks_a_person_in_the_middle_of_a_call_is_refused(demo: McpServer) -> None:
    with pytest.raises(ToolError, match="asks for more input in the middle of the call") as raised:
        await demo.call("demo_ask", {})
    assert raised.value.reason == "INPUT_REQUIRED"


async def test_a_server_that_dies_in_a_call_is_started_again() -> None:
    states = States()
    async with McpServer("demo", demo_peer(), quick(), on_change=states) as server:
        with pytest.raises(Unavailable, match="is gone: it ended"):
            await server.call("demo_end", {})
        await states.wait_for(lambda state: not state.up)
        assert (await server.call("demo_say", {"text": "again"})).text == "again"
        assert server.state.up


async def test_a_command_sees_a_few_variables_and_never_those_of_toolmesh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLMESH_API_KEY", "k")
    monkeypatch.setenv("AWS_SECRET", "s")
    async with McpServer("demo", demo_peer(environment={"MODE": "x"}), quick()) as server:
        names = (await server.call("demo_variables", {})).text.split()
    assert "MODE" in names
    assert set(names) <= {"PATH", "HOME", "LANG", "TZ", "MODE", "LC_CTYPE"}


def test_toolmeshs_own_variables_cannot_be_inherited() -> None:
    with pytest.raises(InvalidInput, match="no server is given them"):
        StdioPeer(("x",), inherited=("TOOLMESH_API_KEY",))


async def test_a_secret_reaches_the_command_and_does_not_come_back() -> None:
    peer = demo_peer(secret_environment={"TOKEN": "demo"}, secrets=Vault(demo="s3cr3t-value"))
    async with McpServer("demo", peer, quick()) as server:
        text = (await server.call("demo_variables", {})).text
    assert "TOKEN" in text
    assert text.endswith("[secret]")


async def test_a_missing_secret_starts_nothing() -> None:
    peer = demo_peer(secret_environment={"TOKEN": "demo"}, secrets=Vault())
    with pytest.raises(FailedPrecondition, match="the secret 'demo' is not there") as raised:
        await McpServer("demo", peer, quick()).__aenter__()
    assert raised.value.reason == "SECRET_MISSING"


async def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(FailedPrecondition, match="cannot be started: No such file"):
        await McpServer("demo", StdioPeer(("/no/such/command",)), quick()).__aenter__()


async def test_a_command_that_ends_at_once_is_told_with_its_last_words() -> None:
    with pytest.raises(Unavailable, match="its last words: the licence has run out"):
        await McpServer("bad", hostile_peer("dies-at-once"), quick()).__aenter__()


async def test_a_command_that_says_nothing_is_given_up_in_time() -> None:
    with pytest.raises(DeadlineExceeded, match="was not ready in time"):
        await McpServer("bad", hostile_peer("mute"), quick(connect_timeout_s=0.3)).__aenter__()


async def test_what_a_command_started_ends_with_the_session(tmp_path: Path) -> None:
    script, note = tmp_path / "server.py", tmp_path / "pid"
    script.write_text(ORPHAN.format(server=str(Path(__file__).parent / "hostile_server.py")))
    async with McpServer("x", StdioPeer((sys.executable, "-S", str(script), str(note))), quick()):
        child = int(note.read_text())
        assert os.getpgid(child) not in (child, os.getpgid(0))
        ended = asyncio.Event()
        watched = os.pidfd_open(child)
        asyncio.get_running_loop().add_reader(watched, ended.set)
    await ended.wait()
    asyncio.get_running_loop().remove_reader(watched)
    os.close(watched)


async def test_a_command_that_stays_at_the_end_of_its_input_is_ended() -> None:
    async with McpServer("x", hostile_peer("stays"), quick()) as server:
        assert (await server.call("x_good", {})).text == "fine"
