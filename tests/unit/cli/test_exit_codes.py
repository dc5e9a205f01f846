"""Exit codes and the line that says what to do next."""

from typing import Any

import httpx
import pytest


def refusal(status: int, **fields: Any) -> httpx.Response:
    return httpx.Response(status, json={"status": status, **fields})


def test_a_platform_that_is_not_there_is_1_and_says_how_to_start_it(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools"] = httpx.ConnectError("refused")
    outcome = toolmesh("tools", "list")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("no platform at http://127.0.0.1:8080: start it with `toolmesh up`")
    assert outcome.err.count("\n") == 1


def test_the_address_can_be_said(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools"] = httpx.ConnectError("refused")
    assert "no platform at http://elsewhere:1:" in toolmesh("--url", "http://elsewhere:1", "tools", "list").err
    assert toolmesh("--url", "elsewhere", "tools", "list").code == 1


def test_what_the_platform_refuses_is_1_in_its_own_words(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools/nope"] = refusal(404, code="NOT_FOUND", detail="there is no tool 'nope'")
    outcome = toolmesh("tools", "show", "nope")
    assert (outcome.code, outcome.err) == (1, "there is no tool 'nope'\n")


def test_a_wrong_key_says_where_a_right_one_would_be(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools"] = refusal(401, code="UNAUTHENTICATED", detail="unknown API key")
    outcome = toolmesh("tools", "list")
    assert outcome.code == 1
    assert "set TOOLMESH_API_KEY" in outcome.err


def test_a_bad_field_is_named_once(toolmesh: Any, platform: Any) -> None:
    errors = [{"field": "arguments.amount", "message": "must be a number"}]
    detail = 'must be a number, got "ten"'
    platform.answers["POST /v1/tools/t:invoke"] = refusal(400, detail=detail, errors=errors)
    assert toolmesh("tools", "invoke", "t").err == 'arguments.amount: must be a number, got "ten"\n'


def test_a_tool_that_says_no_is_1(toolmesh: Any, platform: Any) -> None:
    failure = {"reason": "DIVISION_BY_ZERO", "message": "1/0 has no value\x1b[0m"}
    platform.answers["POST /v1/tools/t:invoke"] = refusal(422, tool_failure=failure)
    outcome = toolmesh("tools", "invoke", "t")
    assert (outcome.code, outcome.err) == (1, "the tool said no (DIVISION_BY_ZERO): 1/0 has no value␛[0m\n")


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("tools", "nonsense"), ("tools", "list", "--nonsense"), ("ask",), ("runs", "show")]
)
def test_a_command_not_used_right_is_2(toolmesh: Any, arguments: tuple[str, ...]) -> None:
    assert toolmesh(*arguments).code == 2


def test_help_tells_the_exit_codes_and_every_command(toolmesh: Any) -> None:
    outcome = toolmesh("--help")
    assert outcome.code == 0
    for word in ("Exit codes", "up", "down", "status", "ask", "chat", "tools", "runs", "docs", "models", "sessions"):
        assert word in outcome.out


def test_every_command_that_shows_something_offers_json() -> None:
    from typer.main import get_command

    from toolmesh_cli.app import app

    def commands_of(group: Any, path: str) -> list[tuple[str, Any]]:
        if not hasattr(group, "commands"):
            return [(path, group)]
        return [leaf for name, inner in group.commands.items() for leaf in commands_of(inner, f"{path} {name}")]

    without = {
        path
        for path, command in commands_of(get_command(app), "toolmesh")
        if not any("--json" in parameter.opts for parameter in command.params)
    }
    assert without == {"toolmesh up", "toolmesh down"}


def test_the_version_is_told(toolmesh: Any) -> None:
    assert toolmesh("--version").out == "toolmesh 0.1.0\n"
