"""Which documents are read, and how one that is malformed is told about."""

from pathlib import Path
from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.openapi import ImportOptions, import_document

from .documents import body, parameter, text_of

YAML = """
openapi: 3.0.3
info: {title: Albums, version: 2019-10-12}
servers: [{url: https://api.example.com}]
x-shared: &album {type: string, example: 2020-01-01}
paths:
  /albums/{id}:
    get:
      operationId: get_album
      parameters:
        - {name: id, in: path, required: true, schema: *album}
        - {name: country, in: query, schema: {type: string, enum: [no, yes, 017]}}
      responses:
        200: {description: one, content: {application/json: {schema: {type: integer}}}}
"""


def problem(document: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        import_document(document)
    assert caught.value.reason == "BAD_OPENAPI"
    assert "\n" not in caught.value.message
    return caught.value.message


def test_yaml_is_read_as_the_json_it_stands_for() -> None:
    api = import_document(YAML)
    (tool,) = api.tools
    properties = tool.arguments_schema["properties"]
    assert (api.title, api.version, tool.name) == ("Albums", "2019-10-12", "get_album")
    assert properties["id"]["examples"] == ["2020-01-01"]
    assert properties["country"]["enum"] == ["no", "yes", "017"]
    assert tool.output_schema == {"type": "integer"}


def test_keys_of_yaml_are_text_as_written() -> None:
    properties = "{true: {}, null: {}, 1.0: {}, 007: {}}"
    declared = f"requestBody: {{content: {{application/json: {{schema: {{properties: {properties}}}}}}}}}"
    text = f"openapi: 3.1.0\nservers: [{{url: https://a.test}}]\npaths:\n  /a:\n    put:\n      {declared}"
    assert list(import_document(text).tools[0].arguments_schema["properties"]) == ["true", "null", "1.0", "007"]


def test_merged_keys_of_yaml_are_put_in_and_own_ones_win() -> None:
    text = """
openapi: 3.1.0
servers: [{url: https://a.test}]
x-a: &a {operationId: a, summary: of a}
x-b: &b {operationId: b, summary: of b, description: text}
paths: {/a: {get: {<<: [*a, *b], operationId: own}}}
"""
    definition = import_document(text).tools[0].definition
    assert (definition.name, definition.description) == ("own", "of a. text")


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(YAML)
    (tmp_path / "api.json").write_text("\ufeff" + text_of({"/a": {"get": {}}}), encoding="utf-8")
    assert import_document(tmp_path / "api.yaml").tools[0].name == "get_album"
    assert import_document(tmp_path / "api.json").tools[0].name == "get_a"
    with pytest.raises(InvalidInput, match=r"nowhere\.json cannot be read"):
        import_document(tmp_path / "nowhere.json")


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.1"])
def test_versions_30_and_31_are_read(version: str) -> None:
    assert import_document(text_of({"/a": {"get": {}}}, openapi=version)).tools


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "no JSON: line 1, column 2"),
        ("a: [1", "no YAML: line "),
        ("a: 1\na: 2", "no YAML: line 2, column 1: the key 'a' is twice"),
        ("? [a]\n: 1", "a key must be text"),
        ("a: !!timestamp 2020-01-01", "holds a date"),
        ("a: !!python/object:os.system x", "no YAML"),
        ("a: &a [*a]", "nested over 100 levels"),
        ("a: &a {<<: *a}", "nested without end"),
        ("a: {<<: 1}", "'<<' must merge mappings"),
        (" " * 32_000_001, "has over 32000000 bytes"),
        ("- 1", "#: must be an object"),
        ("just words", "#: must be an object"),
        ("{}", "#/openapi: must be 3.0 or 3.1, got ''"),
        ('{"openapi": "3.2.0"}', "#/openapi: must be 3.0 or 3.1, got '3.2.0'"),
        ('{"openapi": 3.1}', "#/openapi: must be text, got 3.1"),
        ('{"swagger": "2.0"}', "#/swagger: Swagger 2.0 is not read"),
    ],
)
def test_what_is_no_document_is_told_in_one_line(document: str, said: str) -> None:
    assert said in problem(document)


def test_a_document_of_endless_aliases_is_refused_at_once() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "has over" in problem("\n".join(lines))


def test_endless_merges_are_put_in_at_once() -> None:
    lines = ["l0: &l0 {openapi: 3.1.0}"]
    lines += [f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 10)}]}}" for n in range(1, 30)]
    assert "3.0 or 3.1" in problem("\n".join(lines))


@pytest.mark.parametrize("opening", ["[", '{"a":', "- "])
def test_a_document_nested_without_end_is_refused(opening: str) -> None:
    assert problem(opening * 20_000)


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ([], "#/paths: must be an object, got []"),
        ({"a": {"get": {}}}, "#/paths/a: a path must begin with '/'"),
        ({"/a?b=1": {"get": {}}}, "#/paths/~1a?b=1: a path must begin with '/' and hold neither"),
        ({"/a": {"get": []}}, "#/paths/~1a/get: must be an object, got []"),
        ({"/a": {"$ref": "#/b"}}, "#/paths/~1a: the reference '#/b' points to nothing"),
        ({"/a": {"$ref": "other.yaml"}}, "the reference 'other.yaml' leads outside: bundle"),
        ({"/a": {"$ref": "#/paths/~1a"}}, "#/paths/~1a: the reference '#/paths/~1a' leads back to itself"),
        ({"/{id}": {"get": {}}}, "#/paths/~1{id}/get: the path has {id}, which no path parameter declares"),
        ({"/a": {"get": {"operationId": 1}}}, "#/paths/~1a/get/operationId: must be text, got 1"),
        ({"/a": {"get": {"tags": "x"}}}, '#/paths/~1a/get/tags: must be a list, got "x"'),
        ({"/a": {"get": {"deprecated": "perhaps"}}}, "#/paths/~1a/get/deprecated: must be true or false"),
        ({"/a": {"get": {"security": [{"k": []}]}}}, "#/paths/~1a/get/security/0: 'k' is no scheme"),
        ({"/a": {"post": {"requestBody": {}}}}, "#/paths/~1a/post/requestBody: has no content"),
        ({"/a": {"post": {"requestBody": body({"type": "x"})}}}, "application~1json/schema/type: must be one of array"),
    ],
)
def test_the_place_of_what_is_wrong_is_named(paths: Any, said: str) -> None:
    assert said in problem(text_of(paths))


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (parameter("q", "body"), "/in: must be one of path, query, header, cookie, got 'body'"),
        (parameter(""), "/name: must be the name of a query parameter, got ''"),
        (parameter("a b", "header"), "/name: must be the name of a header parameter, got 'a b'"),
        (parameter("q", style="matrix"), "/style: must be one of form, spaceDelimited"),
        (parameter("q", required=1), "/required: must be true or false, got 1"),
        (parameter("q", schema=[]), "/schema: must be an object, got []"),
        (parameter("q", schema={"type": "file"}), "/schema/type: must be one of array"),
        (parameter("q", schema={"maximum": "many"}), '/schema/maximum: must be a number, got "many"'),
        (parameter("q", schema={"properties": []}), "/schema/properties: must be an object"),
        (parameter("q", schema={"$ref": "#name"}), "/schema: the reference '#name' leads outside"),
        (parameter("p", "path"), "#/paths/~1a/get: the path parameter 'p' is not in the path '/a'"),
    ],
)
def test_the_place_of_a_wrong_parameter_is_named(declared: Any, said: str) -> None:
    message = problem(text_of({"/a": {"get": {"parameters": [declared]}}}))
    assert message.startswith("#/paths/~1a/get")
    assert said in message


def test_a_parameter_that_is_declared_twice_is_refused() -> None:
    assert "'q' is declared twice" in problem(text_of({"/a": {"get": {"parameters": [parameter("q")] * 2}}}))


def test_arguments_that_are_no_json_schema_are_refused_with_their_operation() -> None:
    wrong = {"get": {"parameters": [parameter("q", schema={"type": "string", "pattern": "["})]}}
    assert problem(text_of({"/a": wrong})).startswith("#/paths/~1a/get: its arguments are not a JSON Schema")


def test_an_operation_that_is_left_out_cannot_spoil_the_others() -> None:
    document = text_of({"/a": {"get": {}}, "/b": {"get": {"parameters": 1}}})
    assert "#/paths/~1b/get/parameters" in problem(document)
    assert [tool.name for tool in import_document(document, ImportOptions(leave_out=("get_b",))).tools] == ["get_a"]


def test_numbers_and_booleans_written_as_text_are_taken_as_meant() -> None:
    schema = {"type": "integer", "maximum": "50", "default": "20", "example": "10"}
    wanted = parameter("q", schema=schema, required="true")
    (tool,) = import_document(text_of({"/a": {"get": {"parameters": [wanted]}}}, openapi="3.0.3")).tools
    assert tool.arguments_schema["properties"]["q"] == {
        "type": "integer",
        "maximum": 50,
        "default": 20,
        "examples": [10],
    }
    assert tool.arguments_schema["required"] == ["q"]
