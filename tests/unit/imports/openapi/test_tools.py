"""What a tool is called, says of itself and gives back, which operations are taken, and where calls go."""

from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.openapi import ImportOptions, import_document

from .documents import SERVER, one_tool, parameter, text_of

METHODS = ["get", "head", "options", "trace", "put", "delete", "post", "patch"]


def names(paths: dict[str, Any], /, **options: Any) -> list[str]:
    return [tool.name for tool in import_document(text_of(paths), ImportOptions(**options)).tools]


def test_a_name_is_the_operation_id_or_method_and_path_and_fits_a_url() -> None:
    paths = {
        "/albums/{id}/tracks": {"get": {"parameters": [parameter("id", "path")]}},
        "/a": {"get": {"operationId": "Albums.get one/专辑"}, "post": {"operationId": "x" * 100}},
        "/": {"get": {}},
    }
    assert names(paths) == ["get_albums_id_tracks", "Albums_get_one", "x" * 64, "get"]


def test_names_are_unique_whatever_is_taken() -> None:
    paths = {f"/{letter}": {"get": {"operationId": "list" + "!" * number}} for number, letter in enumerate("abc")}
    assert names(paths) == ["list", "list_2", "list_3"]
    assert names(paths, paths=("/c",)) == ["list_3"]
    assert names({"/a": {"get": {"operationId": "x" * 64}, "put": {"operationId": "x" * 65}}})[1] == "x" * 62 + "_2"


def test_a_prefix_keeps_two_apis_apart() -> None:
    assert names({"/a": {"get": {"operationId": "search"}}}, name_prefix="music_") == ["music_search"]


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"summary": "Get Album\n", "description": "Catalog\n\ninformation."}, "Get Album. Catalog information."),
        ({"summary": "Get it", "description": "Get it by its id."}, "Get it by its id."),
        ({"summary": "Get it!"}, "Get it!"),
        ({"description": "a\u202eb\u0000c\u200b 专辑"}, "abc 专辑"),
        ({}, "GET /things"),
    ],
)
def test_a_description_is_summary_and_description_in_one_line(operation: Any, said: str) -> None:
    assert one_tool(operation).definition.description == said


def test_a_description_is_bounded() -> None:
    assert len(one_tool({"description": "word " * 1000}).definition.description) <= 1000


def test_hints_follow_the_method() -> None:
    definitions = {method: one_tool({}, method=method).definition for method in METHODS}
    assert [method for method in METHODS if definitions[method].read_only] == METHODS[:4]
    assert [method for method in METHODS if definitions[method].idempotent] == METHODS[:6]
    assert [method for method in METHODS if not definitions[method].needs_approval] == METHODS[:4]


def test_writes_need_no_approval_where_whoever_imports_says_so() -> None:
    assert not one_tool({}, method="post", options=ImportOptions(writes_need_approval=False)).definition.needs_approval


def test_a_tool_is_complete_as_the_contract_has_it() -> None:
    definition = one_tool({"tags": ["Albums"], "parameters": [parameter("q", required=True)]}).definition
    assert (list(definition.tags), definition.result_only, definition.output_schema_json) == (["Albums"], True, "")
    assert definition.arguments_schema_json == (
        '{"type":"object","properties":{"q":{"type":"string"}},"additionalProperties":false,"required":["q"]}'
    )


PICKED = {
    "/albums": {"get": {"operationId": "list_albums", "tags": ["Albums", "Lists"]}, "post": {"tags": ["Albums"]}},
    "/albums/top": {"get": {"operationId": "top", "deprecated": True, "tags": ["Albums"]}},
    "/tracks": {"get": {"operationId": "list_tracks", "tags": ["Lists"]}},
}


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ({}, ["list_albums", "post_albums", "top", "list_tracks"]),
        ({"tags": frozenset({"Lists", "Other"})}, ["list_albums", "list_tracks"]),
        ({"names": ("list_*", "t?p")}, ["list_albums", "top", "list_tracks"]),
        ({"paths": ("/albums*",)}, ["list_albums", "post_albums", "top"]),
        ({"paths": ("/albums*",), "names": ("list_*",)}, ["list_albums"]),
        ({"leave_out": ("/tracks", "post_*")}, ["list_albums", "top"]),
        ({"without_deprecated": True}, ["list_albums", "post_albums", "list_tracks"]),
    ],
)
def test_operations_are_picked(options: Any, taken: list[str]) -> None:
    assert names(PICKED, **options) == taken


def test_options_that_take_no_operation_are_told() -> None:
    with pytest.raises(InvalidInput, match="no operation of the document fits") as caught:
        names(PICKED, tags=frozenset({"albums"}))
    assert caught.value.reason == "NO_OPERATION"


def answers(**responses: Any) -> Any:
    declared = {
        status.removeprefix("s"): {"content": {media_type: {"schema": schema}}} if media_type else {}
        for status, (media_type, schema) in responses.items()
    }
    return one_tool({"responses": declared}).output_schema


JSON = "application/json"


def test_the_output_is_the_body_of_the_successful_answer() -> None:
    assert answers(s200=(JSON, {"type": "integer"}), s404=(JSON, {"type": "null"})) == {"type": "integer"}
    assert answers(s2XX=("application/hal+json", {"type": "integer"})) == {"type": "integer"}
    assert answers(default=(JSON, {"type": "integer"})) == {"type": "integer"}
    assert answers(s200=("text/csv", {})) == {"type": "string"}


def test_the_output_of_an_answer_without_body_is_its_status() -> None:
    assert answers(s204=("", None))["required"] == ["status"]
    both = answers(s200=(JSON, {"type": "integer"}), s204=("", None))
    assert [schema["type"] for schema in both["anyOf"]] == ["integer", "object"]


def test_an_answer_that_is_not_described_gives_no_schema_of_the_output() -> None:
    assert answers(s200=(JSON, {})) is None
    assert answers() is None


def test_an_endless_schema_of_the_output_is_left_out() -> None:
    large = {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(2000)}}
    assert answers(s200=(JSON, large)) is None


def test_a_schema_of_the_output_that_leads_to_endless_others_is_left_out() -> None:
    schemas: dict[str, Any] = {
        f"S{n}": {"properties": {"text" * 100: {}, "next": {"$ref": f"#/components/schemas/S{(n + 1) % 100}"}}}
        for n in range(100)
    }
    answer = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/S0"}}}}
    assert one_tool({"responses": {"200": answer}}, components={"schemas": schemas}).output_schema is None


def server_of(operation: Any = None, *, servers: Any = None, options: ImportOptions | None = None) -> str:
    more = {} if servers is None else {"servers": servers}
    return one_tool(operation or {}, options=options, **more).operation.server


def test_the_server_of_the_operation_wins_and_the_options_stand_for_all() -> None:
    own = {"servers": [{"url": "https://upload.example.com/"}]}
    assert server_of() == SERVER
    assert server_of(own) == "https://upload.example.com"
    assert server_of(own, options=ImportOptions(server="http://127.0.0.1:1/x/")) == "http://127.0.0.1:1/x"


def test_variables_of_a_server_are_filled() -> None:
    region = {"default": "eu", "enum": ["eu", "us"]}
    servers = [
        {"url": "https://{region}.example.com/{base}", "variables": {"region": region, "base": {"default": "v2"}}}
    ]
    assert server_of(servers=servers) == "https://eu.example.com/v2"
    assert server_of(servers=servers, options=ImportOptions(server_variables={"region": "us"})) == (
        "https://us.example.com/v2"
    )
    with pytest.raises(InvalidInput, match=r"#/servers/0/variables/region: must be one of eu, us, got 'evil'"):
        server_of(servers=servers, options=ImportOptions(server_variables={"region": "evil"}))


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        ([], "#: names no server"),
        ([{"url": "/v1"}], "#/servers/0: the server '/v1' is no whole address: say it by the option 'server'"),
        ([{"url": "ftp://a.test"}], "no whole address"),
        ([{"url": "https://u:hunter2@a.test"}], "user name or password is refused"),
        ([{"url": "https://a.test/?x=1"}], "has a query or a fragment"),
        ([{"url": "https://{host}/"}], "#/servers/0/url: has {host}, which 'variables' does not declare"),
    ],
)
def test_a_server_that_cannot_be_called_is_refused(servers: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        server_of(servers=servers)
    assert said in caught.value.message
    assert "hunter2" not in caught.value.message
