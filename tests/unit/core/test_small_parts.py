"""Ids, page tokens, errors on the wire, JSON Schema errors, spans and logs."""

import json
import logging

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from toolmesh_core.call_context import calling
from toolmesh_core.error_status import DETAILS_KEY, error_of, status_details
from toolmesh_core.errors import ERROR_CLASSES, Internal, InvalidInput, ToolMeshError, error_class_of_code
from toolmesh_core.ids import new_id
from toolmesh_core.json_schema import JsonSchema
from toolmesh_core.logs import JsonLines
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_core.telemetry import current_traceparent, flush_traces, record_spans, span


def test_ids_are_unique_and_carry_their_prefix() -> None:
    ids = {new_id("run") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 30 and one.startswith("run_") for one in ids)


@given(st.lists(st.one_of(st.text(), st.integers(-(2**53), 2**53)), min_size=1))
def test_a_page_token_holds_what_it_was_given(parts: list[str | int]) -> None:
    assert decode_page_token(encode_page_token(*parts)) == parts


@pytest.mark.parametrize("token", ["?", "e30", "bnVsbA", "W3sib\u00e9"])
def test_a_made_up_page_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="page_token"):
        decode_page_token(token)


def test_page_sizes_stay_within_bounds() -> None:
    assert (page_size_of(0), page_size_of(5), page_size_of(10**6)) == (100, 5, 1000)
    with pytest.raises(InvalidInput, match="-1"):
        page_size_of(-1)


@pytest.mark.parametrize("cls", ERROR_CLASSES)
def test_each_error_is_itself_after_the_wire(cls: type[ToolMeshError]) -> None:
    error = cls("what and why", reason="SOME_REASON", metadata={"a": "b"})
    back = error_of(cls.code, error.message, ((DETAILS_KEY, status_details(error)),))
    assert (type(back), back.message, back.reason, back.metadata) == (cls, "what and why", "SOME_REASON", {"a": "b"})


def test_a_status_outside_the_tree_is_internal() -> None:
    assert error_class_of_code(grpc.StatusCode.DATA_LOSS) is Internal


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, 'argument "amount" is required and missing'),
        ({"amount": "ten"}, 'argument "amount" must be a number, got "ten"'),
        ({"amount": 1, "to": "XYZ"}, 'argument "to" must be one of ["EUR", "USD"], got "XYZ"'),
        ({"amount": 1, "extra": 2}, 'argument "extra" is unknown; leave it out'),
        ([], "the arguments must be an object, got []"),
    ],
)
def test_schema_errors_name_the_argument_and_the_value(value: object, told: str) -> None:
    schema = JsonSchema(
        {
            "type": "object",
            "properties": {"amount": {"type": "number"}, "to": {"enum": ["EUR", "USD"]}},
            "required": ["amount"],
            "additionalProperties": False,
        }
    )
    assert schema.check(value) == [told]
    assert schema.check({"amount": 2, "to": "EUR"}) == []


@pytest.mark.parametrize(
    "schema", ["{", '{"type": "nothing"}', '{"$ref": "#/missing"}', "3", '{"$ref": "http://127.0.0.1:9/x"}']
)
def test_what_is_no_schema_is_refused(schema: str) -> None:
    with pytest.raises(InvalidInput, match="not a JSON Schema"):
        JsonSchema(schema)


def test_spans_of_two_services_join_by_traceparent() -> None:
    exporter = InMemorySpanExporter()
    record_spans("probe", SimpleSpanProcessor(exporter))
    try:
        with span("caller"):
            header = current_traceparent()
        with span("callee", parent=header):
            pass
    finally:
        flush_traces()
    caller, callee = exporter.get_finished_spans()
    assert callee.context.trace_id == caller.context.trace_id
    assert callee.parent is not None
    assert callee.parent.span_id == caller.context.span_id


def test_a_made_up_traceparent_begins_a_trace_of_its_own() -> None:
    with span("callee", parent="00-zz-1-01"):
        assert len(current_traceparent()) == 55


def test_a_log_line_carries_run_trace_and_extra_fields() -> None:
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "called %s", "args": ("add",), "tool": "add"}
    )
    with calling(run="run_1"), span("outer"):
        line = json.loads(JsonLines("router").format(record))
    assert line["message"] == "called add"
    assert (line["service"], line["run"], line["tool"]) == ("router", "run_1", "add")
    assert len(line["trace_id"]) == 32
