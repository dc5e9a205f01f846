"""Deploying tools by both clients."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from toolmesh_sdk import DeploymentSource, FailedPrecondition, InvalidInput, ResourceLimits, python_source

DEPLOYED = b'event: deployment\ndata: {"name": "crm", "version": 2, "state": "ready", "tools": ["find"]}\n\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "my tools"
    for path in ("find.py", "data/names.txt", ".env", "__pycache__/find.pyc", ".venv/bin/python", "x.egg-info/PKG"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    return root


async def test_a_folder_is_deployed_without_what_is_hidden_and_stages_are_told(
    sdk: Any, platform: Any, folder: Path
) -> None:
    platform.will_stream(b'event: stage\ndata: {"stage": "starting"}\n\n', b": alive\n\n", DEPLOYED)
    stages: list[str] = []
    limits = ResourceLimits(memory_bytes=2**29)
    deployed = await sdk.do(
        lambda client: client.tool_deployments.deploy(folder, limits=limits, secrets=["KEY"], on_stage=stages.append)
    )
    assert (deployed.version, deployed.tools, stages) == (2, ["find"], ["starting"])
    assert platform.asked == ["POST /v1/tool-deployments?stream=true"]
    assert platform.body["name"] == "my-tools"
    assert platform.body["limits"]["memory_bytes"] == 2**29
    python = platform.body["source"]["python"]
    assert {file["path"]: b64decode(file["content"]).decode() for file in python["files"]} == {
        "find.py": "find.py",
        "data/names.txt": "data/names.txt",
    }
    assert python["secrets"] == ["KEY"]


async def test_any_source_is_deployed_under_a_name(sdk: Any, platform: Any) -> None:
    platform.will_stream(DEPLOYED)
    source = DeploymentSource(mcp={"endpoint": {"url": "https://example.com/mcp"}})
    await sdk.do(lambda client: client.tool_deployments.deploy(source, name="crm"))
    assert platform.body["source"] == {"mcp": {"endpoint": {"url": "https://example.com/mcp"}}}


async def test_a_refusal_in_the_stream_is_raised(sdk: Any, platform: Any, folder: Path) -> None:
    platform.will_stream(b'event: error\ndata: {"status": 409, "code": "FAILED_PRECONDITION", "detail": "no"}\n\n')
    with pytest.raises(FailedPrecondition, match="no"):
        await sdk.do(lambda client: client.tool_deployments.deploy(folder))


async def test_logs_are_read_and_followed(sdk: Any, platform: Any) -> None:
    platform.will_answer({"lines": ["a"]})
    assert await sdk.do(lambda client: client.tool_deployments.logs("crm", tail_lines=1)) == ["a"]
    platform.will_stream(b'event: lines\ndata: {"lines": ["a", "b"]}\n\nevent: lines\ndata: {"lines": ["c"]}\n\n')
    assert await sdk.do(lambda client: client.tool_deployments.follow_logs("crm")) == ["a", "b", "c"]
    assert platform.asked[-1] == "GET /v1/tool-deployments/crm/logs?follow=true"


async def test_deployments_are_listed_and_removed(sdk: Any, platform: Any) -> None:
    platform.will_answer({"deployments": [{"name": "crm"}]}, {"name": "crm", "restarts": 3}, {})
    assert [found.name for found in await sdk.do(lambda client: client.tool_deployments.each())] == ["crm"]
    assert (await sdk.do(lambda client: client.tool_deployments.get("crm"))).restarts == 3
    await sdk.do(lambda client: client.tool_deployments.remove("crm"))
    assert platform.asked[-1] == "DELETE /v1/tool-deployments/crm"


def test_a_symbolic_link_is_refused_since_it_may_lead_out(folder: Path) -> None:
    (folder / "out").symlink_to("/etc")
    with pytest.raises(InvalidInput, match="symbolic link"):
        python_source(folder)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        python_source(tmp_path / "nowhere")
