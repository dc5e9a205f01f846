"""The parts of an opened import: marks, names, hosts, JSON, secrets."""

import pytest

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_host.v1.source_pb2 import (
    DeploymentSource,
    GrpcSource,
    McpCommand,
    McpEndpoint,
    McpSource,
    OpenApiSource,
    PythonSource,
)
from toolmesh_core.egress.targets import parse_target
from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound, ToolError, ToolMeshError
from toolmesh_imports.secret_source import EnvironmentSecrets
from toolmesh_imports.sources import check_secrets, open_source
from toolmesh_imports.sources.hosts import host_list
from toolmesh_imports.sources.json_text import object_of, text_of
from toolmesh_imports.sources.marks import marked, name_prefix

NO_SECRETS = EnvironmentSecrets("X_", {})


def test_what_a_description_claims_opens_nothing_and_its_tags_come_after_ours() -> None:
    claimed = tool_pb2.Tool(name="a", read_only=True, idempotent=True, needs_approval=True, tags=["notes", "mcp"])
    tool = marked(claimed, "mcp", reads=False)
    assert (tool.read_only, tool.idempotent, tool.needs_approval) == (False, False, True)
    assert list(tool.tags) == ["mcp", "notes"]
    assert claimed.read_only


@pytest.mark.parametrize("prefix", ["a b", "ü", "x" * 32, "a/b"])
def test_a_prefix_that_no_name_can_have_is_refused(prefix: str) -> None:
    assert name_prefix("") == ""
    assert name_prefix("our_shop") == "our_shop_"
    with pytest.raises(InvalidInput, match="prefix"):
        name_prefix(prefix)


def test_without_named_hosts_the_imports_own_are_reached_at_public_addresses() -> None:
    hosts = host_list([], ["https://api.example.com/v1", "https://api.example.com/v2"])
    hosts.check(parse_target("https://api.example.com/x"))
    assert hosts.private == ()
    with pytest.raises(ToolError, match=r"--allow-host"):
        hosts.check(parse_target("http://api.example.com/x"))


def test_a_named_host_may_be_private_and_one_below_a_star_may_not() -> None:
    hosts = host_list(["api.example.com:8080", "*.example.org"], ["http://api.example.com:8080"])
    assert [rule.host for rule in hosts.private] == ["api.example.com"]
    hosts.check(parse_target("https://a.example.org/"))


def test_own_hosts_must_be_among_the_named_ones() -> None:
    with pytest.raises(FailedPrecondition, match=r"api\.example\.com cannot be reached"):
        host_list(["example.org"], ["https://api.example.com"])
    with pytest.raises(InvalidInput, match="is no host"):
        host_list(["http://example.org"], [])


@pytest.mark.parametrize("text", ["[]", "{", '{"a": NaN}', "[" * 100_000])
def test_arguments_are_one_json_object(text: str) -> None:
    assert object_of("t", "") == {}
    with pytest.raises(InvalidInput, match="tool 't'"):
        object_of("t", text)


def test_an_output_is_text_that_every_wire_carries() -> None:
    assert text_of("t", {"a": "ü\ud800"}) == '{"a":"ü?"}'
    with pytest.raises(ToolError, match="no JSON"):
        text_of("t", float("nan"))


async def test_a_secret_is_found_by_its_name_or_its_name_in_capitals_and_an_empty_one_is_none() -> None:
    secrets = EnvironmentSecrets("X_", {"X_one": "1", "X_TWO": "2", "X_EMPTY": ""})
    assert (await secrets.secret("one"), await secrets.secret("two")) == ("1", "2")
    for name in ("empty", "three"):
        with pytest.raises(NotFound, match=f"X_{name.upper()} is not set"):
            await secrets.secret(name)


async def test_all_missing_secrets_are_told_at_once() -> None:
    source = DeploymentSource(mcp=McpSource())
    source.mcp.command.secrets.update({"A": "one", "B": "two"})
    with pytest.raises(FailedPrecondition, match=r"X_ONE is not set; .*X_TWO is not set"):
        await check_secrets(source, NO_SECRETS)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (DeploymentSource(), "the source is empty, not an import"),
        (DeploymentSource(python=PythonSource()), "the source is python, not an import"),
        (DeploymentSource(mcp=McpSource()), "neither a command nor an endpoint"),
        (DeploymentSource(mcp=McpSource(command=McpCommand(command="/no/such"))), "No such file or directory"),
        (DeploymentSource(mcp=McpSource(endpoint=McpEndpoint(url="ftp://a"))), "only http and https"),
        (DeploymentSource(grpc=GrpcSource()), "has no address"),
        (DeploymentSource(grpc=GrpcSource(address="127.0.0.1:1", prefix="a b")), "prefix 'a b'"),
        (DeploymentSource(openapi=OpenApiSource(document="openapi: '2.0'")), "must be 3.0 or 3.1"),
    ],
)
async def test_a_source_that_cannot_be_opened_says_why(source: DeploymentSource, said: str) -> None:
    with pytest.raises(ToolMeshError) as raised:
        await open_source(source, "x", NO_SECRETS).__aenter__()
    assert said in raised.value.message
