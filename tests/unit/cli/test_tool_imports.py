"""`toolmesh tools import-*`: options become a source, a dry run shows the tools, a deployment says what is next."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from toolmesh_cli.tool_imports.names import name_of, name_of_command

DOCUMENT = """
openapi: 3.1.0
info: {title: Our Albums!, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
paths:
  /albums/{id}:
    get:
      operationId: get_album
      summary: Get an album
      tags: [read]
      security: [{token: []}]
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    delete:
      operationId: delete_album
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
"""
SERVER = Path(__file__).parents[1] / "imports" / "mcp" / "demo_server.py"


@pytest.fixture
def albums(tmp_path: Path) -> str:
    path = tmp_path / "albums.yaml"
    path.write_text(DOCUMENT)
    return str(path)


def deployed(platform: Any, name: str, *tools: str) -> None:
    """The platform takes the deployment."""
    events = [("stage", {"stage": "starting"}), ("deployment", {"name": name, "version": 1, "tools": [*tools]})]
    text = "".join(f"event: {kind}\ndata: {json.dumps(data)}\n\n" for kind, data in events)
    platform.answers["POST /v1/tool-deployments"] = httpx.Response(200, text=text)


def test_a_dry_run_shows_the_tools_and_what_to_mind_and_deploys_nothing(
    toolmesh: Any, platform: Any, albums: str
) -> None:
    outcome = toolmesh("tools", "import-openapi", albums, "--dry-run")
    lines = outcome.out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["delete_album", "writes"], ["get_album", "reads"]]
    assert "add --secret token=NAME" in outcome.err
    assert "add --allow-host 127.0.0.1:1" in outcome.err
    assert "deployment our-albums" in outcome.err
    assert platform.asked == []


def test_a_dry_run_for_machines_is_one_document(toolmesh: Any, albums: str) -> None:
    found = toolmesh("tools", "import-openapi", albums, "--dry-run", "--json", "--tag", "read", "--prefix", "our").json
    assert (found["name"], [tool["name"] for tool in found["tools"]]) == ("our-albums", ["our_get_album"])
    assert found["tools"][0]["tags"] == ["openapi", "read"]


def test_what_is_deployed_is_the_document_with_the_choices(toolmesh: Any, platform: Any, albums: str) -> None:
    deployed(platform, "shop", "get_album")
    options = ["--name", "shop", "--pattern", "GET /*", "--secret", "token=ALBUMS", "--allow-host", "127.0.0.1:1"]
    outcome = toolmesh("tools", "import-openapi", albums, *options)
    assert outcome.out == "deployed shop, version 1: get_album\n"
    assert "{name: shop, effect: allow, services: [shop]}" in outcome.err
    [body] = platform.bodies
    assert (body["name"], body["source"]["openapi"].pop("document")) == ("shop", DOCUMENT)
    chosen = {"patterns": ["GET /*"], "secrets": {"token": "ALBUMS"}, "allowed_hosts": ["127.0.0.1:1"]}
    assert body["source"] == {"openapi": chosen}


def test_a_bad_document_is_told_before_anything_is_sent(toolmesh: Any, platform: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(DOCUMENT.replace("3.1.0", "'2.0'"))
    outcome = toolmesh("tools", "import-openapi", str(bad))
    assert (outcome.code, platform.asked) == (1, [])
    assert "#/openapi: must be 3.0 or 3.1" in outcome.err
    assert toolmesh("tools", "import-openapi", str(tmp_path / "none.yaml")).err.endswith("No such file or directory\n")


def test_an_mcp_address_is_an_endpoint_with_secret_headers(toolmesh: Any, platform: Any) -> None:
    deployed(platform, "weather-example-com")
    toolmesh("tools", "import-mcp", "https://weather.example.com/mcp", "--secret", "Authorization=WEATHER")
    endpoint = {"url": "https://weather.example.com/mcp", "secret_headers": {"Authorization": "WEATHER"}}
    assert platform.bodies[0]["name"] == "weather-example-com"
    assert platform.bodies[0]["source"] == {"mcp": {"endpoint": endpoint, "prefix": "weather-example-com"}}


def test_an_mcp_command_keeps_its_own_flags_and_gets_whole_paths(
    toolmesh: Any, platform: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "weather_server.py").touch()
    (tmp_path / "interpreter").touch(mode=0o755)
    deployed(platform, "weather-server")
    options = ["--secret", "TOKEN=WEATHER", "--env", "MODE=a=b"]
    toolmesh("tools", "import-mcp", *options, "--", "interpreter", "-u", "weather_server.py", "--name", "x")
    arguments = ["-u", str(tmp_path / "weather_server.py"), "--name", "x"]
    program = str(tmp_path / "interpreter")
    command = {"command": program, "arguments": arguments, "secrets": {"TOKEN": "WEATHER"}}
    assert platform.bodies[0]["name"] == "weather-server"
    assert platform.bodies[0]["source"]["mcp"]["command"] == {**command, "environment": {"MODE": "a=b"}}


def test_a_dry_run_of_a_command_starts_it_with_the_secret_of_the_environment(
    toolmesh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--name", "demo", "--secret", "TOKEN=DEMO", "--", sys.executable, str(SERVER)]
    missing = toolmesh("tools", "import-mcp", "--dry-run", *words)
    assert (missing.code, "secret 'DEMO' is not there" in missing.err) == (1, True)
    monkeypatch.setenv("TOOLMESH_TOOL_HOST_SECRET_DEMO", "s3cret")
    found = toolmesh("tools", "import-mcp", "--dry-run", "--json", *words).json
    assert "demo_add" in [tool["name"] for tool in found["tools"]]


def test_a_grpc_server_is_its_address_with_metadata(toolmesh: Any, platform: Any, tmp_path: Path) -> None:
    deployed(platform, "grpc-localhost-50051")
    descriptors = tmp_path / "set.binpb"
    descriptors.write_bytes(b"\x0a\x00")
    options = ["--tls", "--service", "shop.v1.Shop", "--secret", "authorization=SHOP"]
    toolmesh("tools", "import-grpc", "localhost:50051", *options, "--descriptor-set", str(descriptors))
    chosen = {"address": "localhost:50051", "tls": True, "services": ["shop.v1.Shop"], "descriptor_set": "CgA="}
    assert platform.bodies[0]["source"] == {"grpc": {**chosen, "secret_metadata": {"authorization": "SHOP"}}}


def test_a_dry_run_of_a_server_that_is_not_there_says_so(toolmesh: Any) -> None:
    outcome = toolmesh("tools", "import-grpc", "127.0.0.1:1", "--dry-run")
    assert (outcome.code, "127.0.0.1:1 cannot be reached" in outcome.err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["import-openapi", "a.yaml", "--secret", "token"],
        ["import-mcp", "http://127.0.0.1:1/mcp", "--env", "A=b"],
        ["import-mcp", "--allow-host", "a.example", "--", "python"],
        ["import-mcp"],
    ],
)
def test_options_that_do_not_go_together_are_refused(toolmesh: Any, albums: str, arguments: list[str]) -> None:
    assert toolmesh("tools", *[albums if word == "a.yaml" else word for word in arguments]).code == 2


def test_names_come_from_what_is_imported() -> None:
    assert name_of("Spotify Web API", "x") == "spotify-web-api"
    assert name_of("天气", "openapi") == "openapi"
    assert name_of_command(["npx", "-y", "@example/server-files"]) == "server-files"
    assert name_of_command(["/usr/bin/files-mcp"]) == "files-mcp"
