"""Public data sets turned into dialogues, on small copies of their formats."""

from pathlib import Path

import orjson
import pytest

from toolmesh_dialogues.filters.well_formed import why_malformed
from toolmesh_dialogues.sources.metatool_source import MetaToolSource
from toolmesh_dialogues.sources.seal_tools_source import SealToolsSource
from toolmesh_dialogues.sources.typed import Untypable, typed

TOOLS = [
    {
        "api_name": "countRain",
        "api_description": "Count rain",
        "parameters": {"days": {"type": "int", "description": ""}, "city": {"type": "str", "description": ""}},
        "required": ["days"],
        "responses": {"total": {"type": "float", "description": ""}},
    },
    {
        "api_name": "plotRain",
        "api_description": "Plot rain",
        "parameters": {"amount": {"type": "float", "description": ""}},
        "required": ["amount"],
        "responses": {},
    },
]


def folder_of(tmp_path: Path, *calling: object) -> Path:
    (tmp_path / "tool.jsonl").write_bytes(b"\n".join(map(orjson.dumps, TOOLS)))
    records = [{"id": f"d{n}", "query": "Rain?", "calling": calls} for n, calls in enumerate(calling)]
    (tmp_path / "dev.jsonl").write_bytes(b"\n".join(map(orjson.dumps, records)))
    return tmp_path


def test_values_get_the_declared_type(tmp_path: Path) -> None:
    call = {"api": "countRain", "parameters": {"city": "Oslo", "days": "3"}, "responses": ["API_call_0"]}
    ((made, tools),) = SealToolsSource(folder_of(tmp_path, [call]), 1).dialogues()
    (said,) = made.calls()
    assert list(said.arguments.items()) == [("days", 3), ("city", "Oslo")]
    assert tools == ("countRain",)
    assert why_malformed(made) is None


def test_a_reference_becomes_the_value_of_the_first_result(tmp_path: Path) -> None:
    first = {"api": "countRain", "parameters": {"days": "3"}, "responses": ["API_call_0"]}
    second = {"api": "plotRain", "parameters": {"amount": "API_call_0"}, "responses": []}
    ((made, _),) = SealToolsSource(folder_of(tmp_path, [first, second]), 1).dialogues()
    roles = [message.role for message in made.messages]
    assert roles == ["user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert list(made.calls())[1].arguments["amount"] == orjson.loads(made.messages[2].content)["total"]


def test_a_query_that_cannot_be_mended_is_counted(tmp_path: Path) -> None:
    call = {"api": "countRain", "parameters": {"days": "country"}, "responses": []}
    source = SealToolsSource(folder_of(tmp_path, [call]), 1)
    assert list(source.dialogues()) == []
    assert source.left_out == 1


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [("1,200", "integer", 1200), ("4.5", "number", 4.5), ("Yes", "boolean", True), (7, "string", "7")],
)
def test_text_is_brought_to_a_type(value: object, kind: str, wanted: object) -> None:
    assert typed(value, {"type": kind}) == wanted


@pytest.mark.parametrize(("value", "kind"), [("2.5", "integer"), ("soon", "number"), ("maybe", "boolean")])
def test_what_cannot_be_of_a_type_is_refused(value: object, kind: str) -> None:
    with pytest.raises(Untypable):
        typed(value, {"type": kind})


def test_metatool_queries_choose_their_tool(tmp_path: Path) -> None:
    (tmp_path / "plugin_des.json").write_text('{"chess": "Plays chess.", "news": "Tells news."}')
    (tmp_path / "big_tool_des.json").write_text("{}")
    (tmp_path / "queries.csv").write_text("Query,Tool\nPlay with me,chess\nPlay with me,chess\nWho?,gone\n")
    source = MetaToolSource(tmp_path, 1)
    ((made, tools),) = source.dialogues()
    assert tools == ("chess",)
    assert [call.tool for call in made.calls()] == ["chess"]
    assert source.left_out == 1
