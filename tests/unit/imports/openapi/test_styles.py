"""How values are written in path, query, header and cookie; the rows are those of OpenAPI's own table."""

from typing import Any

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi.request import PreparedRequest, prepare

from .documents import SERVER, one_tool, parameter

COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}


def request_of(declared: dict[str, Any], value: Any) -> PreparedRequest:
    place = declared["in"]
    tool = one_tool({"parameters": [declared]}, path="/x/{color}" if place == "path" else "/x")
    (argument,) = tool.arguments_schema["properties"]
    return prepare(tool.operation, {argument: value})


def query_of(value: Any, name: str = "color", **more: Any) -> str:
    return request_of(parameter(name, schema={}, **more), value).url.removeprefix(f"{SERVER}/x")


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        ("simple", False, "blue", "blue"),
        ("simple", False, COLORS, "blue,black,brown"),
        ("simple", False, RGB, "R,100,G,200,B,150"),
        ("simple", True, RGB, "R=100,G=200,B=150"),
        ("label", False, "blue", ".blue"),
        ("label", False, COLORS, ".blue,black,brown"),
        ("label", True, COLORS, ".blue.black.brown"),
        ("label", True, RGB, ".R=100.G=200.B=150"),
        ("matrix", False, "blue", ";color=blue"),
        ("matrix", False, COLORS, ";color=blue,black,brown"),
        ("matrix", True, COLORS, ";color=blue;color=black;color=brown"),
        ("matrix", False, RGB, ";color=R,100,G,200,B,150"),
        ("matrix", True, RGB, ";R=100;G=200;B=150"),
        ("simple", False, "a/b c?d#e%专", "a%2Fb%20c%3Fd%23e%25%E4%B8%93"),
        ("simple", False, True, "true"),
        ("simple", False, 1.5, "1.5"),
    ],
)
def test_a_path_parameter_is_written_by_its_style(style: str, explode: bool, value: Any, written: str) -> None:
    declared = parameter("color", "path", schema={}, style=style, explode=explode)
    assert request_of(declared, value).url == f"{SERVER}/x/{written}"


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        ("form", True, "blue", "?color=blue"),
        ("form", True, "", "?color="),
        ("form", True, COLORS, "?color=blue&color=black&color=brown"),
        ("form", False, COLORS, "?color=blue,black,brown"),
        ("form", True, RGB, "?R=100&G=200&B=150"),
        ("form", False, RGB, "?color=R,100,G,200,B,150"),
        ("spaceDelimited", False, COLORS, "?color=blue%20black%20brown"),
        ("spaceDelimited", True, COLORS, "?color=blue&color=black&color=brown"),
        ("spaceDelimited", False, RGB, "?color=R%20100%20G%20200%20B%20150"),
        ("pipeDelimited", False, COLORS, "?color=blue%7Cblack%7Cbrown"),
        ("deepObject", True, RGB, "?color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
        ("deepObject", True, {"a": {"b": [1, 2]}}, "?color%5Ba%5D%5Bb%5D=1&color%5Ba%5D%5Bb%5D=2"),
        ("form", True, [], ""),
        ("form", False, [], ""),
        ("form", True, None, ""),
        ("form", True, False, "?color=false"),
        ("form", False, ["a,b", "c&d=e+f"], "?color=a%2Cb,c%26d%3De%2Bf"),
        ("form", True, [{"a": 1}], "?color=%7B%22a%22%3A1%7D"),
    ],
)
def test_a_query_parameter_is_written_by_its_style(style: str, explode: bool, value: Any, written: str) -> None:
    assert query_of(value, style=style, explode=explode) == written


def test_form_with_explode_is_the_default_of_a_query_and_simple_of_path_and_header() -> None:
    assert query_of(COLORS) == "?color=blue&color=black&color=brown"
    assert request_of(parameter("color", "path", schema={}), COLORS).url.endswith("/blue,black,brown")
    assert request_of(parameter("color", "header", schema={}), COLORS).headers == {"color": "blue,black,brown"}


def test_without_explode_is_the_default_of_the_delimited_styles() -> None:
    assert query_of(COLORS, style="pipeDelimited") == "?color=blue%7Cblack%7Cbrown"


def test_a_name_with_brackets_is_sent_as_declared() -> None:
    assert query_of("x", name="filter[name]") == "?filter%5Bname%5D=x"


def test_allow_reserved_leaves_reserved_signs_but_none_that_could_end_the_value() -> None:
    assert query_of("a/b:c?d&e=f+g#h", allowReserved=True) == "?color=a/b:c?d%26e%3Df%2Bg%23h"


def test_a_parameter_with_content_is_json() -> None:
    declared = {"name": "q", "in": "query", "content": {"application/json": {"schema": {}}}}
    assert request_of(declared, {"a": ["专"]}).url.endswith("?q=%7B%22a%22%3A%5B%22%E4%B8%93%22%5D%7D")
    assert request_of(declared, "x").url.endswith("?q=%22x%22")


def test_a_header_is_written_by_simple() -> None:
    assert request_of(parameter("X-A", "header", schema={}, explode=True), RGB).headers == {"X-A": "R=100,G=200,B=150"}


def test_a_cookie_is_written_by_form() -> None:
    assert request_of(parameter("c", "cookie", schema={}), "a;b").cookies == [("c", "a%3Bb")]
    assert request_of(parameter("c", "cookie", schema={}, explode=False), COLORS).cookies == [("c", "blue,black,brown")]


@pytest.mark.parametrize("value", ["", ".", "..", []])
def test_a_value_that_would_lead_to_another_path_is_refused(value: Any) -> None:
    with pytest.raises(ToolError, match="neither empty nor") as caught:
        request_of(parameter("color", "path", schema={}), value)
    assert caught.value.reason == "BAD_ARGUMENTS"


def test_a_value_cannot_end_a_header() -> None:
    with pytest.raises(ToolError, match="'X-A' must not hold line breaks"):
        request_of(parameter("X-A", "header"), "a\r\nX-B: c")
