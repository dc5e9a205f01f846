"""Servers that leave out what their files import, as those on Node.js do."""

from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.grpc_reflection import GrpcPeer, import_grpc

PEER = GrpcPeer("127.0.0.1:1")
WELL_KNOWN = "google/protobuf/"


def as_node_tells_it(descriptor_set: Path) -> FileDescriptorSet:
    """No imports, names without their first dot, and one file for all well-known messages."""
    whole = FileDescriptorSet.FromString(descriptor_set.read_bytes())
    bundle = FileDescriptorProto(name="google_protobuf.proto", package="google.protobuf", syntax="proto3")
    told = FileDescriptorSet(file=[item for item in whole.file if not item.name.startswith(WELL_KNOWN)])
    for item in whole.file:
        if item.name.startswith(WELL_KNOWN):
            bundle.message_type.extend(item.message_type)
            bundle.enum_type.extend(item.enum_type)
    for item in (*told.file, bundle):
        del item.dependency[:]
        for message in item.message_type:
            without_dots(message)
    told.file.append(bundle)
    return told


def without_dots(message: DescriptorProto) -> None:
    for field in message.field:
        if field.type_name:
            field.type_name = field.type_name.lstrip(".")
    for nested in message.nested_type:
        without_dots(nested)


@pytest.fixture
def told(descriptor_set: Path) -> FileDescriptorSet:
    return as_node_tells_it(descriptor_set)


async def test_files_without_imports_make_the_same_tools(descriptor_set: Path, told: FileDescriptorSet) -> None:
    async with (
        await import_grpc(PEER, descriptor_set=descriptor_set) as right,
        await import_grpc(PEER, descriptor_set=told.SerializeToString()) as mended,
    ):
        assert {name: tool.definition for name, tool in mended.tools.items()} == {
            name: tool.definition for name, tool in right.tools.items()
        }


async def test_what_is_wrong_besides_imports_is_still_told(told: FileDescriptorSet) -> None:
    kinds = next(item for item in told.file if item.name == "kinds.proto")
    kinds.message_type[0].field[0].number = kinds.message_type[0].field[1].number
    with pytest.raises(InvalidInput, match=r"the descriptors of 'kinds\.proto' are broken: ") as caught:
        await import_grpc(PEER, descriptor_set=told.SerializeToString())
    assert "\n" not in caught.value.message


async def test_a_name_means_the_innermost_type_of_that_name() -> None:
    far = FileDescriptorProto(name="far.proto", package="a", syntax="proto3")
    far.message_type.add(name="M").field.add(name="far", number=1, type=9, label=1)
    near = FileDescriptorProto(name="near.proto", package="a.b", syntax="proto3")
    near.message_type.add(name="M").field.add(name="near", number=1, type=9, label=1)
    service = FileDescriptorProto(name="service.proto", package="a.b", syntax="proto3")
    request = service.message_type.add(name="Request")
    request.field.add(name="m", number=1, type=11, label=1, type_name="M")
    service.service.add(name="S").method.add(name="Do", input_type="Request", output_type="Request")
    content = FileDescriptorSet(file=[far, near, service]).SerializeToString()
    async with await import_grpc(PEER, descriptor_set=content) as found:
        assert '"near"' in found.tools["S_Do"].definition.arguments_schema_json
