"""The protos' comments by full name, out of the descriptors that ship with the gateway."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

from toolmesh_gateway.api.openapi.describe import DESCRIBED

# Field numbers in descriptor.proto, of which a location's path is made.
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6
_FIELDS, _VALUES, _METHODS = 2, 2, 2


def read_comments() -> dict[str, str]:
    """Comments by full name: of messages, fields, enums, their values, services and methods."""
    comments: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(DESCRIBED.read_bytes()).file:
        names = dict(_names(file))
        for location in file.source_code_info.location:
            name = names.get(tuple(location.path))
            if name:
                comments[name] = " ".join(location.leading_comments.split())
    return comments


def _names(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, message in enumerate(file.message_type):
        yield from _message_names(message, (_MESSAGES, index), file.package)
    yield from _member_names(file.enum_type, (_ENUMS,), file.package, "value", _VALUES)
    yield from _member_names(file.service, (_SERVICES,), file.package, "method", _METHODS)


def _message_names(
    message: DescriptorProto, path: tuple[int, ...], scope: str
) -> Iterator[tuple[tuple[int, ...], str]]:
    full_name = f"{scope}.{message.name}"
    yield path, full_name
    for index, field in enumerate(message.field):
        yield (*path, _FIELDS, index), f"{full_name}.{field.name}"


def _member_names(
    holders: Any, path: tuple[int, ...], scope: str, members: str, number: int
) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, holder in enumerate(holders):
        yield (*path, index), f"{scope}.{holder.name}"
        for place, member in enumerate(getattr(holder, members)):
            yield (*path, index, number, place), f"{scope}.{holder.name}.{member.name}"
