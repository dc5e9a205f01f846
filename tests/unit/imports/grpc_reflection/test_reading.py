"""Reading descriptors: both versions of reflection, descriptor sets, servers that describe themselves wrongly."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha import reflection_pb2 as pb
from unit.imports.grpc_reflection.kinds_server import serving_kinds

from toolmesh_core.errors import DeadlineExceeded, FailedPrecondition, InvalidInput, Unavailable
from toolmesh_imports.grpc_reflection import GrpcPeer, ImportOptions, LeftOut, import_grpc

TOOLS = {
    "Kinds_Echo",
    "Kinds_Count",
    "Kinds_GetHTTPPage",
    "Kinds_Ping",
    "Kinds_Shout",
    "Kinds_Merge",
    "Kinds_Fail",
    "Kinds_Wait",
    "Kinds_Swell",
    "Old_Keep",
}


def bent(answer: Callable[[Any], Any]) -> Any:
    """A reflection that answers as told."""

    async def reflect(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        async for request in requests:
            yield answer(request)

    return reflect


def answering(files: dict[str, FileDescriptorProto], service: str = "broken.Service") -> Any:
    """A reflection that has these files by name; the first is the service's."""

    def answer(request: Any) -> Any:
        if request.WhichOneof("message_request") == "list_services":
            listed = pb.ListServiceResponse(service=[pb.ServiceResponse(name=service)])
            return pb.ServerReflectionResponse(list_services_response=listed)
        file = files.get(request.file_by_filename or next(iter(files), ""))
        if file is None:
            return pb.ServerReflectionResponse(error_response=pb.ErrorResponse(error_code=5))
        found = pb.FileDescriptorResponse(file_descriptor_proto=[file.SerializeToString()])
        return pb.ServerReflectionResponse(file_descriptor_response=found)

    return bent(answer)


def file(name: str, *, imports: tuple[str, ...] = (), request: str = ".broken.M") -> FileDescriptorProto:
    described = FileDescriptorProto(name=name, package="broken", syntax="proto3", dependency=imports)
    if name == "service.proto":
        described.message_type.add(name="M")
        described.service.add(name="Service").method.add(name="Do", input_type=request, output_type=".broken.M")
    return described


def without_file(descriptor_set: Path, name: str) -> bytes:
    whole = FileDescriptorSet.FromString(descriptor_set.read_bytes())
    return FileDescriptorSet(file=[item for item in whole.file if item.name != name]).SerializeToString()


async def problem_of(pool: DescriptorPool, reflect: Any) -> str:
    async with serving_kinds(pool, reflect=reflect) as server:
        with pytest.raises(InvalidInput) as caught:
            await import_grpc(GrpcPeer(server.address))
    assert caught.value.reason == "BAD_DESCRIPTORS"
    assert "\n" not in caught.value.message
    return caught.value.message.replace(server.address, "HOST")


@pytest.mark.parametrize(
    ("versions", "source"),
    [
        (("v1",), "reflection v1"),
        (("v1alpha",), "reflection v1alpha"),
        (("v1", "v1alpha"), "reflection v1"),
    ],
)
async def test_v1_is_read_and_else_v1alpha(pool: DescriptorPool, versions: tuple[str, ...], source: str) -> None:
    async with serving_kinds(pool, versions) as server, await import_grpc(GrpcPeer(server.address)) as found:
        assert (found.source, set(found.tools)) == (source, TOOLS)
        assert await found.tools["Kinds_Count"].call('{"upto": 1}') == '[{"value":"0","padding":""}]'


async def test_what_cannot_be_a_tool_is_listed_with_its_reason(pool: DescriptorPool) -> None:
    async with serving_kinds(pool) as server, await import_grpc(GrpcPeer(server.address)) as found:
        assert set(found.left_out) == {
            LeftOut("kinds.v1.Kinds.Upload", "client streaming: a tool call has one request"),
            LeftOut("kinds.v1.Kinds.Chat", "bidirectional streaming: a tool call has one request"),
            LeftOut("grpc.health.v1.Health", "the server's own reflection or health"),
            LeftOut("grpc.reflection.v1.ServerReflection", "the server's own reflection or health"),
        }


async def test_services_and_methods_are_picked_by_pattern(pool: DescriptorPool) -> None:
    async with serving_kinds(pool) as server:
        options = ImportOptions(services=("kinds.*",), methods=("*.Kinds.[CE]*",), name_prefix="my_")
        async with await import_grpc(GrpcPeer(server.address), options) as found:
            assert set(found.tools) == {"my_Kinds_Echo", "my_Kinds_Count"}
        with pytest.raises(InvalidInput, match=r"no service of .* there are: grpc\.health\.v1\.Health, .*legacy\.Old"):
            await import_grpc(GrpcPeer(server.address), ImportOptions(services=("nothing",)))


async def test_only_whoever_imports_can_say_that_a_method_changes_nothing(pool: DescriptorPool) -> None:
    async with serving_kinds(pool) as server:
        options = ImportOptions(read_only=("kinds.v1.Kinds.Count",))
        async with await import_grpc(GrpcPeer(server.address), options) as found:
            told = {name: tool.definition for name, tool in found.tools.items()}
    claimed, said, other = told["Kinds_GetHTTPPage"], told["Kinds_Count"], told["Kinds_Echo"]
    assert (claimed.read_only, claimed.idempotent, claimed.needs_approval) == (False, True, True)
    assert (said.read_only, said.idempotent, said.needs_approval) == (True, True, False)
    assert (other.read_only, other.idempotent, other.needs_approval) == (False, False, True)


async def test_a_server_without_reflection_is_told_in_one_line(pool: DescriptorPool) -> None:
    async with serving_kinds(pool, ()) as server:
        with pytest.raises(FailedPrecondition, match="has no gRPC reflection, neither v1 nor v1alpha; switch it on or"):
            await import_grpc(GrpcPeer(server.address))


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be reached"):
        await import_grpc(GrpcPeer("127.0.0.1:1"))


async def test_a_server_that_never_answers_is_given_up(pool: DescriptorPool) -> None:
    async def silent(requests: Any, context: Any) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    async with serving_kinds(pool, reflect=silent) as server:
        with pytest.raises(DeadlineExceeded, match=r"did not describe itself within 0\.2 s"):
            await import_grpc(GrpcPeer(server.address), ImportOptions(import_timeout_s=0.2))


async def test_a_server_that_refuses_reflection_is_told_in_one_line(pool: DescriptorPool) -> None:
    async def refusing(requests: Any, context: Any) -> AsyncIterator[Any]:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "who\nare you")
        yield

    async with serving_kinds(pool, reflect=refusing) as server:
        with pytest.raises(FailedPrecondition, match="refused reflection with UNAUTHENTICATED: who are you; allow it"):
            await import_grpc(GrpcPeer(server.address))


async def test_an_answer_without_a_message_is_told_in_one_line(pool: DescriptorPool) -> None:
    async def ending(requests: Any, context: Any) -> AsyncIterator[Any]:
        return
        yield

    async with serving_kinds(pool, reflect=ending) as server:
        with pytest.raises(FailedPrecondition, match="ended reflection without an answer"):
            await import_grpc(GrpcPeer(server.address))


async def test_files_that_a_server_sends_one_by_one_are_fetched_by_name(pool: DescriptorPool) -> None:
    files = {"service.proto": file("service.proto", imports=("a.proto", "google/protobuf/any.proto"))}
    files |= {"a.proto": file("a.proto", imports=("b.proto",)), "b.proto": file("b.proto")}
    async with (
        serving_kinds(pool, reflect=answering(files)) as server,
        await import_grpc(GrpcPeer(server.address)) as found,
    ):
        assert set(found.tools) == {"Service_Do"}


async def test_a_missing_file_is_told_in_one_line(pool: DescriptorPool) -> None:
    problem = await problem_of(pool, answering({"service.proto": file("service.proto", imports=("gone.proto",))}))
    assert problem == (
        "the descriptors of HOST are wrong: file 'service.proto' imports 'gone.proto', which it does not have; "
        "mend it there, choose other services, or give a descriptor set"
    )


async def test_a_missing_type_is_told_in_one_line(pool: DescriptorPool) -> None:
    problem = await problem_of(pool, answering({"service.proto": file("service.proto", request=".broken.Gone")}))
    assert problem == (
        "HOST: the descriptors of 'service.proto' are broken: couldn't resolve name '.broken.Gone'; "
        "mend them, or choose services that do without"
    )


async def test_a_service_that_no_file_defines_is_told_in_one_line(pool: DescriptorPool) -> None:
    problem = await problem_of(pool, answering({}))
    assert "it lists the service 'broken.Service', but has no file that defines it" in problem


async def test_files_that_import_each_other_are_told_in_one_line(pool: DescriptorPool) -> None:
    here, there = file("service.proto", imports=("a.proto",)), file("a.proto", imports=("service.proto",))
    here.message_type[0].field.add(name="a", number=1, type=11, label=1, type_name=".broken.A")
    there.message_type.add(name="A").field.add(name="m", number=1, type=11, label=1, type_name=".broken.M")
    files = {item.name: item for item in (here, there)}
    assert "import each other in a circle: " in await problem_of(pool, answering(files))


async def test_bytes_that_are_no_descriptor_are_told_in_one_line(pool: DescriptorPool) -> None:
    def answer(request: Any) -> Any:
        if request.WhichOneof("message_request") == "list_services":
            listed = pb.ListServiceResponse(service=[pb.ServiceResponse(name="x.Y")])
            return pb.ServerReflectionResponse(list_services_response=listed)
        found = pb.FileDescriptorResponse(file_descriptor_proto=[b"\xff\xff\xff"])
        return pb.ServerReflectionResponse(file_descriptor_response=found)

    assert "are wrong: one of them cannot be read" in await problem_of(pool, bent(answer))


async def test_a_server_cannot_redefine_the_well_known_messages(pool: DescriptorPool) -> None:
    fake = FileDescriptorProto(name="google/protobuf/timestamp.proto", package="google.protobuf", syntax="proto3")
    fake.message_type.add(name="Timestamp")
    service = file("service.proto", imports=(fake.name,), request=".google.protobuf.Timestamp")
    async with (
        serving_kinds(pool, reflect=answering({"service.proto": service, fake.name: fake})) as server,
        await import_grpc(GrpcPeer(server.address)) as found,
    ):
        assert '"format":"date-time"' in found.tools["Service_Do"].definition.arguments_schema_json


async def test_a_descriptor_set_without_its_imports_is_told_in_one_line(descriptor_set: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        await import_grpc(GrpcPeer("127.0.0.1:1"), descriptor_set=without_file(descriptor_set, "colour.proto"))
    assert caught.value.message == (
        "the descriptor set: file 'kinds.proto' imports 'colour.proto', which is missing; "
        "make it with protoc --include_imports"
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xff", "is no FileDescriptorSet; make it with protoc -o"),
        (b"", "holds no file"),
        (None, "cannot be read: No such file"),
    ],
)
async def test_a_file_that_is_no_descriptor_set_is_told_in_one_line(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    source = tmp_path / "gone" if content is None else content
    with pytest.raises(InvalidInput, match=problem):
        await import_grpc(GrpcPeer("127.0.0.1:1"), descriptor_set=source)


async def test_a_method_whose_schema_the_router_would_refuse_is_left_out() -> None:
    described = file("service.proto")
    described.message_type[0].field.add(name="x", number=1, type=14, label=1, type_name=".broken.E")
    values = described.enum_type.add(name="E").value
    for number in range(4000):
        values.add(name=f"A_LONG_NAME_OF_A_VALUE_{number}", number=number)
    content = FileDescriptorSet(file=[described]).SerializeToString()
    async with await import_grpc(GrpcPeer("127.0.0.1:1"), descriptor_set=content) as found:
        assert found.tools == {}
        assert found.left_out == (
            LeftOut("broken.Service.Do", "the schema of its arguments has over 65536 characters"),
        )
