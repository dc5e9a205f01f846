"""Calls: JSON both ways, streams within bounds, deadlines, the service's no, odd replies."""

import json
from typing import Any

import grpc
import pytest
from unit.imports.grpc_reflection.kinds_server import Running

from toolmesh_core.call_context import calling
from toolmesh_core.errors import DeadlineExceeded, InvalidInput, ToolError, Unavailable
from toolmesh_imports.grpc_reflection import GrpcImport, GrpcPeer, ImportOptions, import_grpc

FAILS = {code.name: code.value[0] for code in grpc.StatusCode}


async def importing(server: Running, **options: Any) -> GrpcImport:
    return await import_grpc(GrpcPeer(server.address), ImportOptions(**options))


def failing(code: str, message: str = "no", **more: Any) -> str:
    return json.dumps({"code": FAILS[code], "message": message, **more})


async def test_arguments_arrive_as_the_message_that_they_write(kinds: GrpcImport, server: Running) -> None:
    await kinds.tools["Kinds_Echo"].call(
        '{"int64Value": "7", "bytesValue": "aGk=", "colour": "COLOUR_RED", "namesByNumber": {"-1": "a"}, "text": ""}'
    )
    got = server.seen.requests[0]
    assert (got.int64_value, got.bytes_value, got.colour, dict(got.names_by_number)) == (7, b"hi", 1, {-1: "a"})
    assert got.WhichOneof("choice") == "text"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ('{"int32Value": "ten"}', 'argument "int32Value" must be an integer, got "ten"'),
        ('{"shape": 1}', 'argument "shape" is unknown; leave it out'),
        ("[]", "the arguments must be an object"),
        ("{", "the arguments are not JSON"),
        ('{"text": "a", "number": 1}', 'should not have multiple "choice" oneof fields'),
        ('{"floatValue": 3.5e38}', "Float value too large"),
        ('{"namesByNumber": {"9999999999": "x"}}', "namesByNumber"),
        ('{"any": {"@type": "x/kinds.v1.Gone"}}', "Can not find message descriptor by type_url: x/kinds.v1.Gone"),
        ('{"any": {"@type": "x/google.protobuf.Duration"}}', "value"),
        ('{"seenAt": "0000-01-01T00:00:00Z"}', "seenAt"),
    ],
)
async def test_wrong_arguments_are_refused_before_the_call(
    kinds: GrpcImport, server: Running, arguments: str, problem: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await kinds.tools["Kinds_Echo"].call(arguments)
    assert problem in caught.value.message
    assert caught.value.message.startswith("tool 'Kinds_Echo': ")
    assert server.seen.requests == []


async def test_a_missing_proto2_field_is_named(kinds: GrpcImport) -> None:
    with pytest.raises(InvalidInput, match='argument "id" is required and missing'):
        await kinds.tools["Old_Keep"].call("{}")


async def test_messages_nested_too_deep_are_refused(kinds: GrpcImport) -> None:
    deep = '{"branches":[' * 150 + "{}" + "]}" * 150
    with pytest.raises(InvalidInput, match="too deep"):
        await kinds.tools["Kinds_Echo"].call(f'{{"tree":{deep}}}')


async def test_replies_of_a_stream_come_one_by_one_and_their_list_is_the_output(kinds: GrpcImport) -> None:
    count = kinds.tools["Kinds_Count"]
    assert [json.loads(reply)["value"] async for reply in count.replies('{"upto": 3}')] == ["0", "1", "2"]
    assert [item["value"] for item in json.loads(await count.call('{"upto": 3}'))] == ["0", "1", "2"]
    assert await count.call("{}") == "[]"
    assert (count.streams, count.definition.result_only) == (True, False)


async def test_the_one_reply_of_a_unary_method_can_be_read_as_a_stream(kinds: GrpcImport) -> None:
    page = kinds.tools["Kinds_GetHTTPPage"]
    assert [json.loads(reply)["value"] async for reply in page.replies('{"upto": 3}')] == ["3"]
    assert page.definition.result_only


async def test_a_stream_that_is_left_early_is_ended_at_the_server(kinds: GrpcImport, server: Running) -> None:
    replies = kinds.tools["Kinds_Count"].replies('{"upto": 1000000}')
    await anext(replies)
    await replies.aclose()
    await server.seen.ended.wait()


async def test_a_stream_of_too_many_messages_is_ended(server: Running) -> None:
    async with await importing(server, max_messages=5) as found:
        assert len(json.loads(await found.tools["Kinds_Count"].call('{"upto": 5}'))) == 5
        server.seen.ended.clear()
        with pytest.raises(ToolError, match="over 5 messages and was ended: ask for fewer") as caught:
            await found.tools["Kinds_Count"].call('{"upto": 1000000}')
        await server.seen.ended.wait()
    assert caught.value.reason == "STREAM_TOO_LONG"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("Kinds_Count", '{"upto": 30, "padding": 500}'),
        ("Kinds_Count", '{"upto": 1, "padding": 9500}'),
        ("Kinds_Count", '{"upto": 1, "padding": 20000}'),
        ("Kinds_Swell", '{"upto": 4000}'),
    ],
    ids=["in sum", "as JSON", "as sent", "by what is printed of empty messages"],
)
async def test_an_output_that_is_too_large_is_refused(server: Running, tool: str, arguments: str) -> None:
    async with await importing(server, max_output_bytes=10_000) as found:
        with pytest.raises(ToolError, match="ask for less of it") as caught:
            await found.tools[tool].call(arguments)
    assert caught.value.reason == "OUTPUT_TOO_LARGE"


async def test_a_reply_is_measured_before_it_is_printed(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await importing(server, max_output_bytes=20_000) as found:
        monkeypatch.setattr("google.protobuf.json_format.MessageToDict", None)
        with pytest.raises(ToolError, match="over 20000 bytes"):
            await found.tools["Kinds_Swell"].call('{"upto": 5000}')


async def test_a_call_ends_at_its_limit(server: Running) -> None:
    async with await importing(server, timeout_s=0.2) as found:
        with pytest.raises(DeadlineExceeded) as caught:
            await found.tools["Kinds_Wait"].call()
        await server.seen.ended.wait()
    assert (caught.value.reason, found.tools["Kinds_Wait"].definition.timeout.nanos) == ("TOOL_TIMEOUT", 200_000_000)


async def test_a_call_never_outlives_its_caller(kinds: GrpcImport, server: Running) -> None:
    with calling(timeout_s=4):
        await kinds.tools["Kinds_Echo"].call()
    await kinds.tools["Kinds_Echo"].call()
    assert server.seen.deadlines[0] < 5
    assert 5 < server.seen.deadlines[1] < 31
    with calling(timeout_s=-1), pytest.raises(DeadlineExceeded):
        await kinds.tools["Kinds_Echo"].call()


async def test_nothing_of_toolmesh_goes_along(kinds: GrpcImport, server: Running) -> None:
    with calling(user="ada", run="run_1"):
        await kinds.tools["Kinds_Echo"].call()
    assert server.seen.metadata[0].keys() == {"user-agent"}


@pytest.mark.parametrize(
    "code", ["INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "OUT_OF_RANGE", "INTERNAL"]
)
async def test_a_status_is_the_services_own_no(kinds: GrpcImport, code: str) -> None:
    with pytest.raises(ToolError) as caught:
        await kinds.tools["Kinds_Fail"].call(failing(code, "no\nsuch tree"))
    assert caught.value.message == f"Kinds_Fail: the service answered {code}: no such tree"
    assert (caught.value.reason, caught.value.retryable) == (code, False)


@pytest.mark.parametrize("code", ["ABORTED", "RESOURCE_EXHAUSTED"])
async def test_what_may_succeed_later_says_so(kinds: GrpcImport, code: str) -> None:
    with pytest.raises(ToolError) as caught:
        await kinds.tools["Kinds_Fail"].call(failing(code))
    assert caught.value.retryable


async def test_refused_credentials_are_not_the_llms_to_mend(kinds: GrpcImport) -> None:
    with pytest.raises(ToolError, match="UNAUTHENTICATED: no: the credentials are those of ToolMesh"):
        await kinds.tools["Kinds_Fail"].call(failing("UNAUTHENTICATED"))


async def test_the_reason_and_the_wrong_fields_are_told(kinds: GrpcImport) -> None:
    with pytest.raises(ToolError, match="INVALID_ARGUMENT: no: code: must be even") as caught:
        await kinds.tools["Kinds_Fail"].call(failing("INVALID_ARGUMENT", withDetails=True))
    assert caught.value.reason == "NO_SUCH_TREE"


async def test_a_service_that_is_unavailable_is_not_the_tools_no(kinds: GrpcImport) -> None:
    with pytest.raises(Unavailable, match="cannot be reached: no"):
        await kinds.tools["Kinds_Fail"].call(failing("UNAVAILABLE"))


async def test_the_error_of_grpc_does_not_come_along(kinds: GrpcImport) -> None:
    with pytest.raises(ToolError) as caught:
        await kinds.tools["Kinds_Fail"].call(failing("NOT_FOUND"))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
