"""`toolmesh tools deploy|remove|logs|deployments`."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

DEPLOYED = {"name": "crm", "version": 2, "state": "ready", "kind": "python", "tools": ["find", "pay"]}
READING = {"name": "find", "description": "Finds.", "read_only": True}
PAYING = {"name": "pay", "description": "Pays.", "tags": ["paid", "web"]}


def stream(*events: tuple[str, Any]) -> httpx.Response:
    return httpx.Response(200, text="".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events))


@pytest.fixture
def file(tmp_path: Path, platform: Any) -> str:
    platform.answers["POST /v1/tool-deployments"] = stream(("stage", {"stage": "starting"}), ("deployment", DEPLOYED))
    platform.answers["GET /v1/tools/find"], platform.answers["GET /v1/tools/pay"] = READING, PAYING
    (tmp_path / "crm.py").write_text("x = 1")
    return str(tmp_path / "crm.py")


def test_deploying_shows_stages_tools_and_what_the_policy_denies(toolmesh: Any, platform: Any, file: str) -> None:
    outcome = toolmesh("tools", "deploy", file, "--memory", "512", "--secret", "KEY")
    assert outcome.code == 0
    assert (platform.bodies[0]["name"], platform.bodies[0]["limits"]["memory_bytes"]) == ("crm", 2**29)
    assert platform.bodies[0]["source"]["python"]["secrets"] == ["KEY"]
    assert "crm serves, version 2" in outcome.out
    assert "may be called" in outcome.out
    assert "denied: it writes (it does not say read_only) and spends and reaches outside" in outcome.out
    assert "starting" in outcome.err
    assert "- {name: crm, effect: allow, services: [crm], tools: [pay]}" in outcome.err
    assert "toolmesh tools show find" in outcome.err


def test_deploying_for_machines_is_one_document(toolmesh: Any, file: str) -> None:
    outcome = toolmesh("tools", "deploy", file, "--name", "other", "--json")
    assert (outcome.json["version"], outcome.json["denied_by_default"]) == (2, ["pay"])


def test_a_refused_version_is_one_line_and_exit_code_1(toolmesh: Any, platform: Any, file: str) -> None:
    problem = {"status": 400, "code": "INVALID_ARGUMENT", "detail": "crm.py:3: SyntaxError: invalid syntax"}
    platform.answers["POST /v1/tool-deployments"] = stream(("stage", {"stage": "starting"}), ("error", problem))
    outcome = toolmesh("tools", "deploy", file)
    assert outcome.code == 1
    assert "crm.py:3: SyntaxError" in outcome.err


def test_logs_are_shown_harmless(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tool-deployments/crm/logs"] = {"lines": ["one", "\x1b[31mtwo"]}
    assert toolmesh("tools", "logs", "crm", "--tail", "2").out == "one\n␛[31mtwo\n"
    assert platform.asked == ["GET /v1/tool-deployments/crm/logs?tail_lines=2"]
    platform.answers["GET /v1/tool-deployments/crm/logs"] = stream(("lines", {"lines": ["three"]}))
    assert toolmesh("tools", "logs", "crm", "--follow", "--json").out == '"three"\n'


def test_deployments_are_listed_and_removed(toolmesh: Any, platform: Any) -> None:
    refused = DEPLOYED | {"detail": "version 3 was refused: it crashed"}
    platform.answers["GET /v1/tool-deployments"] = {"deployments": [refused]}
    platform.answers["DELETE /v1/tool-deployments/crm"] = {}
    assert "version 3 was refused" in toolmesh("tools", "deployments").out
    assert toolmesh("tools", "deployments", "--json").json[0]["version"] == 2
    assert toolmesh("tools", "remove", "crm").out == "removed crm\n"
