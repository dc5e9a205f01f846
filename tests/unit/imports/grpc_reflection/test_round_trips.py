"""What the schema takes, a message holds; what a message holds, the output schema takes."""

import base64
import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolmesh_core.json_schema import JsonSchema
from toolmesh_imports.grpc_reflection import GrpcPeer, import_grpc
from toolmesh_imports.grpc_reflection.grpc_tool import GrpcTool

SPECIAL = ("NaN", "Infinity", "-Infinity")
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def integers(least: int, most: int) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.integers(least, most).map(lambda value: (value, value))


def long_integers(least: int, most: int) -> st.SearchStrategy[tuple[Any, Any]]:
    """As text, and as a number where the schema takes it as one; printed as text."""
    number = st.integers(max(least, -(2**63) + 1024), most)
    return st.one_of(number.map(lambda v: (v, str(v))), st.integers(least, most).map(lambda v: (str(v), str(v))))


def floats(width: int) -> st.SearchStrategy[tuple[Any, Any]]:
    finite = st.floats(width=width, allow_nan=False, allow_infinity=False)  # type: ignore[call-overload]
    return st.one_of(finite, st.sampled_from(SPECIAL)).map(lambda value: (value, value))


def binary() -> st.SearchStrategy[tuple[Any, Any]]:
    """In the two alphabets of base64, with and without padding; printed in the usual one."""

    def forms(value: bytes) -> st.SearchStrategy[tuple[Any, Any]]:
        usual, safe = base64.b64encode(value).decode(), base64.urlsafe_b64encode(value).decode()
        return st.sampled_from([(form, usual) for form in (usual, usual.rstrip("="), safe, safe.rstrip("="))])

    return st.binary(max_size=40).flatmap(forms)


INT32, UINT32 = (-(2**31), 2**31 - 1), (0, 2**32 - 1)
INT64, UINT64 = (-(2**63), 2**63 - 1), (0, 2**64 - 1)
KINDS: dict[str, st.SearchStrategy[tuple[Any, Any]]] = {
    **{f"{kind}Value": integers(*INT32) for kind in ("int32", "sint32", "sfixed32")},
    **{f"{kind}Value": integers(*UINT32) for kind in ("uint32", "fixed32")},
    **{f"{kind}Value": long_integers(*INT64) for kind in ("int64", "sint64", "sfixed64")},
    **{f"{kind}Value": long_integers(*UINT64) for kind in ("uint64", "fixed64")},
    "doubleValue": floats(64),
    "floatValue": floats(32),
    "boolValue": st.booleans().map(lambda value: (value, value)),
    "stringValue": st.text().map(lambda value: (value, value)),
    "bytesValue": binary(),
    "colour": st.sampled_from(["COLOUR_UNSPECIFIED", "COLOUR_RED", "COLOUR_BLUE"]).map(lambda value: (value, value)),
    "wrappedText": st.text().map(lambda value: (value, value)),
    "wrappedNumber": long_integers(*INT64),
    "maybe": integers(*INT32),
}


@pytest.fixture
async def echo(descriptor_set: Path) -> AsyncIterator[GrpcTool]:
    async with await import_grpc(GrpcPeer("127.0.0.1:1"), descriptor_set=descriptor_set) as found:
        yield found.tools["Kinds_Echo"]


def single(value: float) -> bytes:
    """The four bytes; a number of single precision is printed with as few digits as tell it from the next."""
    return struct.pack("f", value)


@pytest.mark.parametrize("name", KINDS)
def test_a_scalar_comes_back_as_it_went(echo: GrpcTool, name: str) -> None:
    arguments = JsonSchema(echo.definition.arguments_schema_json)
    output = JsonSchema(echo.definition.output_schema_json)

    @SETTINGS
    @given(KINDS[name])
    def holds(pair: tuple[Any, Any]) -> None:
        written, printed = pair
        assert arguments.check({name: written}) == []
        reply = json.loads(echo._method.replies.read(echo._method.requests.write(json.dumps({name: written}))))
        assert output.check(reply) == []
        assert reply[name] == printed or (name == "floatValue" and single(reply[name]) == single(printed))

    holds()
