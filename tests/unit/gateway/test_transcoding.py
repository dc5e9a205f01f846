"""Messages to JSON and back."""

import json
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from toolmesh.inference.v1 import inference_service_pb2
from toolmesh.memory.v1 import memory_service_pb2
from toolmesh.planner.v1 import run_event_pb2, run_pb2, run_service_pb2
from toolmesh.retriever.v1 import retriever_service_pb2
from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_host.v1 import source_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import InvalidInput
from toolmesh_gateway.api.transcoding.json_text import embed_json, read_json, write_json
from toolmesh_gateway.api.transcoding.reading import FieldError, read_texts, reader_of, text_readers_of
from toolmesh_gateway.api.transcoding.well_known import (
    duration_text,
    read_duration,
    read_timestamp,
    timestamp_text,
)
from toolmesh_gateway.api.transcoding.writing import response_writer_of, writer_of

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def read(text: str | bytes, into: Any, hidden: frozenset[str] = frozenset()) -> list[FieldError]:
    errors: list[FieldError] = []
    data = text.encode() if isinstance(text, str) else text
    reader_of(type(into).DESCRIPTOR, hidden)(read_json(data), into, "", errors)
    return errors


def fault_of(text: str, into: Any) -> str:
    errors = read(text, into)
    return "; ".join(f"{error.field} {error.message}" for error in errors)


@given(st.dictionaries(TEXT, ANY_JSON, max_size=4))
def test_arguments_come_out_as_they_went_in(arguments: dict[str, Any]) -> None:
    body = json.dumps({"arguments": arguments}, ensure_ascii=False)
    request = tool_router_service_pb2.InvokeToolRequest()
    assert read(body, request) == []
    assert json.loads(request.arguments_json) == arguments
    assert list(json.loads(request.arguments_json)) == list(arguments)


@pytest.mark.parametrize(
    "number", ["3", "3.0", "1.10", "0.1000000000000000055", "123456789012345678901234567890", "1e400", "-0.0", "1E5"]
)
def test_a_number_keeps_its_digits(number: str) -> None:
    request = tool_router_service_pb2.InvokeToolRequest()
    assert read(f'{{"arguments": {{"b": [{number}], "a": 1}}}}', request) == []
    assert request.arguments_json == f'{{"b":[{number}],"a":1}}'


@pytest.mark.parametrize("text", ['{"a": 1.10, "b": 123456789012345678901234567890}', "1e400", "null", '"x"', "[ ]"])
def test_an_output_is_embedded_to_the_letter(text: str) -> None:
    assert write_json({"output": embed_json(text)}) == b'{"output":%s}' % text.encode()


def test_an_output_that_is_not_json_becomes_a_string() -> None:
    assert write_json({"output": embed_json("NaN and more")}) == b'{"output":"NaN and more"}'


SAMPLING = st.builds(
    inference_service_pb2.Sampling,
    temperature=st.none() | st.floats(width=32, allow_nan=False),
    seed=st.none() | st.integers(-(2**63), 2**63 - 1),
    max_tokens=st.integers(-(2**31), 2**31 - 1),
    stop=st.lists(TEXT, max_size=3),
)
LIMITS = st.builds(
    run_pb2.RunLimits,
    max_steps=st.integers(0, 2**31 - 1),
    max_duration=st.none() | st.builds(Duration, seconds=st.integers(0, 10**9), nanos=st.integers(0, 999_999_999)),
)
CREATE_RUN = st.builds(
    run_service_pb2.CreateRunRequest,
    input=TEXT,
    tools=st.lists(TEXT, max_size=3),
    tool_choice=st.integers(0, 3),
    sampling=st.none() | SAMPLING,
    limits=st.none() | LIMITS,
    answer_constraint=st.none() | st.builds(inference_service_pb2.Constraint, grammar=TEXT),
    client_tools=st.lists(st.builds(tool_pb2.Tool, name=TEXT, read_only=st.booleans()), max_size=2),
)


@given(CREATE_RUN)
def test_a_message_survives_the_way_to_json_and_back(message: run_service_pb2.CreateRunRequest) -> None:
    text = write_json(writer_of(message.DESCRIPTOR)(message))
    again = run_service_pb2.CreateRunRequest()
    assert read(text, again) == []
    assert again == message


@given(st.binary(max_size=50))
def test_bytes_survive_as_base64(content: bytes) -> None:
    message = retriever_service_pb2.AddDocumentRequest(content=content)
    again = retriever_service_pb2.AddDocumentRequest()
    assert read(write_json(writer_of(message.DESCRIPTOR)(message)), again) == []
    assert again == message


@given(st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 999_999_999))
def test_a_timestamp_is_what_protobuf_reads(seconds: int, nanos: int) -> None:
    text = timestamp_text(Timestamp(seconds=seconds, nanos=nanos))
    theirs, ours = Timestamp(), Timestamp()
    theirs.FromJsonString(text)
    read_timestamp(text, ours)
    assert theirs == ours == Timestamp(seconds=seconds, nanos=nanos)


@given(st.integers(-(10**10), 10**10), st.integers(0, 999_999_999))
def test_a_duration_is_what_protobuf_reads(seconds: int, nanos: int) -> None:
    given_duration = Duration(seconds=seconds, nanos=nanos if seconds >= 0 else -nanos)
    theirs, ours = Duration(), Duration()
    theirs.FromJsonString(duration_text(given_duration))
    read_duration(duration_text(given_duration), ours)
    assert theirs == ours == given_duration


def test_an_offset_is_taken_off_a_timestamp() -> None:
    moment = Timestamp()
    read_timestamp("2030-01-31T12:30:00.5+02:30", moment)
    assert timestamp_text(moment) == "2030-01-31T10:00:00.5Z"


def test_defaults_are_shown_and_what_is_unset_is_left_out() -> None:
    written = writer_of(run_pb2.Run.DESCRIPTOR)(run_pb2.Run(id="r", state=run_pb2.RUN_STATE_WAITING_FOR_APPROVAL))
    assert written["state"] == "waiting_for_approval"
    assert written["output"] == ""
    assert written["step_count"] == 0
    assert written["tools_called"] == []
    assert not {"end_reason", "error", "create_time", "usage"} & set(written)


def test_an_event_is_written_under_its_name() -> None:
    event = run_event_pb2.RunEvent(sequence=2**40, step=1)
    event.tool_call_started.call.arguments_json = '{"a": 1}'
    event.tool_call_started.call.tool = "add"
    written = json.loads(write_json(writer_of(event.DESCRIPTOR)(event)))
    assert written["sequence"] == 2**40
    assert written["tool_call_started"] == {
        "call": {"id": "", "tool": "add", "arguments": {"a": 1}},
        "idempotent": False,
    }


def test_a_response_around_a_resource_is_that_resource() -> None:
    response = run_service_pb2.GetRunResponse(run=run_pb2.Run(id="r"))
    assert response_writer_of(response.DESCRIPTOR)(response)["id"] == "r"


def test_fields_beside_a_resource_stand_beside_its_own() -> None:
    response = tool_router_service_pb2.GetToolResponse(tool_service="calc")
    response.tool.name = "add"
    written = response_writer_of(response.DESCRIPTOR)(response)
    assert (written["name"], written["tool_service"]) == ("add", "calc")


def test_a_list_stays_a_list_with_its_page_token() -> None:
    response = memory_service_pb2.ListSessionsResponse(next_page_token="t")
    assert response_writer_of(response.DESCRIPTOR)(response) == {"sessions": [], "next_page_token": "t"}


@pytest.mark.parametrize("number", [0.1, 1e-7, 3.4e38, 16777216.0, 0.333333343267])
def test_a_32_bit_float_is_written_short(number: float) -> None:
    sampling = inference_service_pb2.Sampling(temperature=number)
    text = write_json(writer_of(sampling.DESCRIPTOR)(sampling)).decode()
    theirs = json_format.MessageToDict(sampling, always_print_fields_with_no_presence=False)["temperature"]
    assert json.loads(text)["temperature"] == theirs


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"input": 3}', "input must be a string, got 3"),
        ('{"inptu": "x"}', "inptu is unknown; known are: "),
        ('{"messages": [{"role": "user"}, {"role": "boss"}]}', "messages[1].role must be one of system, user, "),
        ('{"messages": {}}', "messages must be an array, got {}"),
        ('{"client_tools": [{"arguments_schema": {}, "timeout": "5"}]}', "client_tools[0].timeout must be seconds"),
        ('{"limits": {"max_steps": 2147483648}}', "limits.max_steps must be an integer from -2147483648 to "),
        ('{"limits": {"max_steps": 1.5}}', "limits.max_steps must be an integer, got 1.5"),
        ('{"limits": {"max_steps": true}}', "limits.max_steps must be an integer, got true"),
        ('{"limits": {"max_steps": "3"}}', 'limits.max_steps must be an integer, got "3"'),
        ('{"sampling": {"temperature": 1e39}}', "sampling.temperature must be a smaller number"),
        ('{"sampling": {"temperature": "hot"}}', 'sampling.temperature must be a number, got "hot"'),
        ('{"sampling": {"stop": ["a", 1]}}', "sampling.stop[1] must be a string, got 1"),
        ('{"answer_constraint": {"grammar": "g", "json_schema": "s"}}', "json_schema cannot be given together with"),
        ("[]", " must be an object, got []"),
    ],
)
def test_a_wrong_field_is_named_with_its_path(text: str, fault: str) -> None:
    assert fault in fault_of(text, run_service_pb2.CreateRunRequest())


def test_a_map_is_an_object() -> None:
    source = source_pb2.DeploymentSource()
    errors = read('{"mcp": {"command": {"command": "serve", "secrets": {"TOKEN": "crm", "bad": 1}}}}', source)
    assert dict(source.mcp.command.secrets) == {"TOKEN": "crm"}
    assert [error.field for error in errors] == ["mcp.command.secrets.bad"]


def test_all_faults_are_collected() -> None:
    assert len(read('{"input": 1, "tools": [2, 3], "x": 4}', run_service_pb2.CreateRunRequest())) == 4


def test_a_hidden_field_is_unknown() -> None:
    errors = read('{"user": "eve"}', run_service_pb2.CreateRunRequest(), frozenset(("user",)))
    assert [error.field for error in errors] == ["user"]
    assert "user" not in errors[0].message.partition("known are:")[2]


def test_null_is_as_if_it_were_not_there() -> None:
    request = run_service_pb2.CreateRunRequest()
    assert read('{"input": null, "limits": null, "tools": null}', request) == []
    assert request == run_service_pb2.CreateRunRequest()


@pytest.mark.parametrize("text", ["", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "{} x", '"\\ud800"', "[" * 5000])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not valid JSON"):
        read_json(text.encode())


def test_query_parameters_fill_fields_of_all_kinds() -> None:
    request = retriever_service_pb2.SearchToolsRequest()
    readers = text_readers_of(request.DESCRIPTOR, frozenset())
    texts = {"query": ["7"], "top_k": ["7"], "tags": ["a", "b"]}
    assert read_texts(texts, readers, request) == []
    assert request == retriever_service_pb2.SearchToolsRequest(query="7", top_k=7, tags=["a", "b"])


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ({"top_k": ["many"]}, 'must be an integer, got "many"'),
        ({"query": ["a", "b"]}, "must be given once"),
        ({"nothing": ["a"]}, "is an unknown query parameter"),
    ],
)
def test_a_wrong_query_parameter_is_named(texts: dict[str, list[str]], fault: str) -> None:
    request = retriever_service_pb2.SearchToolsRequest()
    (error,) = read_texts(texts, text_readers_of(request.DESCRIPTOR, frozenset()), request)
    assert error.field == next(iter(texts))
    assert fault in error.message
