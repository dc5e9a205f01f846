"""Secrets are named by whoever imports, looked up at each call, and never come back."""

import logging
import traceback
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from fixtures.http_peer import HttpPeer, Reply

from toolmesh_core.errors import InvalidInput, ToolError
from toolmesh_imports.openapi import ImportOptions, OpenApiCaller, OpenApiTool, import_document

from .conftest import Vault
from .documents import parameter, text_of

MakeTool = Callable[..., OpenApiTool]
MakeCaller = Callable[..., OpenApiCaller]
SECRET = 'hun/ter+2 \u00fc"'
SCHEMES = {
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "bearer": {"type": "http", "scheme": "Bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://a.test"},
    "mutual": {"type": "mutualTLS"},
    "digest": {"type": "http", "scheme": "digest"},
}


def secured(tool_for: MakeTool, *schemes: str, more: Any = (), **given: Any) -> OpenApiTool:
    declared = {"security": [{scheme: [] for scheme in schemes}], "parameters": list(more)}
    secrets = given.get("secrets", {scheme: f"{scheme}_name" for scheme in schemes})
    return tool_for(declared, components={"securitySchemes": SCHEMES}, secrets=secrets)


@pytest.mark.parametrize(
    ("scheme", "place", "sent"),
    [
        ("header", "x-key", "hunter2"),
        ("bearer", "authorization", "Bearer hunter2"),
        ("oauth", "authorization", "Bearer hunter2"),
        ("openid", "authorization", "Bearer hunter2"),
        ("basic", "authorization", f"Basic {b64encode(b'hunter2').decode()}"),
        ("cookie", "cookie", "session=hunter2"),
    ],
)
async def test_a_secret_goes_where_its_scheme_says(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, scheme: str, place: str, sent: str
) -> None:
    vault = Vault({f"{scheme}_name": "hunter2"})
    await caller_for(vault=vault).call(secured(tool_for, scheme), {})
    assert (peer.last.headers[place], vault.asked) == (sent, [f"{scheme}_name"])


async def test_several_schemes_are_sent_together_also_in_the_query(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    tool = secured(tool_for, "query", "header", "cookie", more=[parameter("q"), parameter("lang", "cookie")])
    vault = Vault({"query_name": "a&b", "header_name": "c", "cookie_name": "d"})
    await caller_for(vault=vault).call(tool, {"q": "x", "lang": "zh"})
    assert peer.last.target == "/v1/things?q=x&api_key=a%26b"
    assert (peer.last.headers["x-key"], peer.last.headers["cookie"]) == ("c", "lang=zh; session=d")


async def test_a_secret_is_looked_up_anew_at_each_call(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    tool, secrets = secured(tool_for, "header"), {"header_name": "old"}
    caller = caller_for(vault=Vault(secrets))
    await caller.call(tool, {})
    secrets["header_name"] = "new"
    await caller.call(tool, {})
    assert [asked.headers["x-key"] for asked in peer.asked] == ["old", "new"]


@pytest.mark.parametrize(
    "vault", [None, Vault({}), Vault({"header_name": " "}), Vault({"header_name": "hunter2\r\nX: y"})]
)
async def test_without_its_secret_a_call_is_not_sent(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, vault: Vault | None
) -> None:
    with pytest.raises(ToolError, match="the secret 'header_name'") as caught:
        await caller_for(vault=vault).call(secured(tool_for, "header"), {})
    assert "hunter2" not in caught.value.message
    assert peer.asked == []


async def test_a_document_cannot_choose_which_secret_is_sent(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    vault = Vault({"header": "of another API"})
    tool = secured(tool_for, "header", secrets={})
    with pytest.raises(ToolError, match="asks for a secret of the scheme 'header', and the import names none"):
        await caller_for(vault=vault).call(tool, {})
    assert (vault.asked, peer.asked) == ([], [])


def imported(security: Any, secrets: dict[str, str]) -> Any:
    document = text_of({"/a": {"get": {"security": security}}}, components={"securitySchemes": SCHEMES})
    api = import_document(document, ImportOptions(secrets=secrets))
    return [credential.reference for credential in api.tools[0].operation.credentials], api.unmet_schemes


def test_of_several_alternatives_the_first_that_has_all_its_secrets_is_taken() -> None:
    both: list[Any] = [{"header": [], "query": []}, {"bearer": ["scope"]}]
    assert imported(both, {"header": "h", "bearer": "b"}) == (["b"], ())
    assert imported(both, {"header": "h", "query": "q", "bearer": "b"}) == (["h", "q"], ())
    assert imported(both, {"header": "h"}) == ([], ("query",))
    assert imported([{}, *both], {}) == ([], ())
    assert imported([{}, *both], {"bearer": "b"}) == (["b"], ())
    assert imported([], {}) == ([], ())


def test_security_of_the_document_holds_where_an_operation_says_nothing() -> None:
    document = text_of(
        {"/a": {"get": {}, "put": {"security": []}}},
        security=[{"header": []}],
        components={"securitySchemes": SCHEMES},
    )
    tools = import_document(document, ImportOptions(secrets={"header": "h"})).tools
    assert [len(tool.operation.credentials) for tool in tools] == [1, 0]


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("digest", "#/components/securitySchemes/digest/scheme: only 'basic' and 'bearer' can be used, got 'digest'"),
        ("mutual", "#/components/securitySchemes/mutual/type: only apiKey, http, oauth2 and openIdConnect"),
        ("none", "#: has no security scheme 'none'; there are header, query"),
    ],
)
def test_a_secret_for_a_scheme_that_cannot_be_used_is_refused(scheme: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        imported([{scheme: []}] if scheme != "none" else [], {scheme: "x"})
    assert said in caught.value.message


def test_a_parameter_that_a_secret_fills_is_no_argument(tool_for: MakeTool) -> None:
    places = [parameter("x-key", "header", required=True), parameter("api_key"), parameter("q")]
    assert list(secured(tool_for, "header", more=places).arguments_schema["properties"]) == ["api_key", "q"]


@pytest.mark.parametrize("scheme", ["header", "query", "cookie", "bearer", "basic"])
@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "broken/json"])
async def test_a_secret_that_an_api_sends_back_is_taken_out(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, scheme: str, status: str, kind: str
) -> None:
    secret = f"user:{SECRET}"

    def echo(asked: Any) -> Reply:
        seen = {secret: [secret], "target": asked.target, "headers": asked.headers}
        whole = Reply(seen, status).as_bytes().split(b"\r\n\r\n", 1)[1].replace(b"/", b"\\/")
        told = secret.encode() if kind == "text/plain" else whole[:-1] if kind == "broken/json" else whole
        return Reply(told, status, {"Content-Type": "application/json" if kind == "broken/json" else kind})

    peer.answer = echo
    caller = caller_for(vault=Vault({f"{scheme}_name": secret}))
    try:
        told = repr(await caller.call(secured(tool_for, scheme), {}))
    except ToolError as error:
        told = "".join(traceback.format_exception(error))
    assert "[secret]" in told
    for form in (SECRET, "hun/ter", "hun%2Fter", "hun\\/ter", b64encode(secret.encode()).decode()):
        assert form not in told


@pytest.mark.parametrize("scheme", ["header", "query", "cookie", "bearer", "basic"])
async def test_no_secret_is_in_logs_errors_or_the_tool(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, caplog: pytest.LogCaptureFixture, scheme: str
) -> None:
    caplog.set_level(logging.DEBUG)
    tool, vault = secured(tool_for, scheme), Vault({f"{scheme}_name": "hunter2"})
    caller = caller_for(vault=vault)
    await caller.call(tool, {})
    peer.answer = lambda asked: Reply(status="302 Found", headers={"Location": "ftp://a.test"})
    with pytest.raises(ToolError) as redirected:
        await caller.call(tool, {})
    unlisted = caller_for(vault=vault, private="")
    with pytest.raises(ToolError) as refused:
        await unlisted.call(tool, {})
    told = [
        caplog.text,
        repr(tool),
        *traceback.format_exception(redirected.value),
        *traceback.format_exception(refused.value),
    ]
    assert caplog.records
    for text in told:
        assert "hunter2" not in text
        assert b64encode(b"hunter2").decode() not in text
