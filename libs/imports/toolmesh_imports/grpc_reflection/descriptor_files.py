"""From files of descriptors to a pool of their own: every import has one, so that imports cannot clash."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from google.protobuf import (
    any_pb2,
    api_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    source_context_pb2,
    struct_pb2,
    timestamp_pb2,
    type_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.grpc_reflection.comments import one_line
from toolmesh_imports.grpc_reflection.mended_imports import with_imports

MAX_DESCRIPTOR_BYTES = 16 * 2**20

# Ours, whatever a server says they are: json_format relies on their fields. Each after those it imports.
_WELL_KNOWN = (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    source_context_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
    type_pb2,
    api_pb2,
)
WELL_KNOWN_FILES = frozenset(module.DESCRIPTOR.name for module in _WELL_KNOWN)


def read_descriptor_set(source: Path | bytes) -> dict[str, FileDescriptorProto]:
    """The files of a FileDescriptorSet by name, as `protoc --include_imports --include_source_info -o` writes it.

    Raises:
        InvalidInput: it cannot be read, is none, misses a file, or is larger than MAX_DESCRIPTOR_BYTES.
    """
    name = "the descriptor set" if isinstance(source, bytes) else f"the descriptor set {source}"
    try:
        content = source if isinstance(source, bytes) else source.read_bytes()
        if len(content) > MAX_DESCRIPTOR_BYTES:
            raise bad_descriptors(f"{name} has {len(content)} bytes; {MAX_DESCRIPTOR_BYTES} are the most")
        files = FileDescriptorSet.FromString(content).file
    except OSError as error:
        raise bad_descriptors(f"{name} cannot be read: {error.strerror}") from error
    except DecodeError as error:
        raise bad_descriptors(f"{name} is no FileDescriptorSet; make it with protoc -o") from error
    if not files:
        raise bad_descriptors(f"{name} holds no file; make it with protoc -o")
    by_name = {file.name: file for file in files}
    for importer, missing in missing_files(by_name):
        raise bad_descriptors(
            f"{name}: file {importer!r} imports {missing!r}, which is missing; make it with protoc --include_imports"
        )
    return by_name


def build_pool(files: Mapping[str, FileDescriptorProto], origin: str) -> DescriptorPool:
    """A pool of the files and the well-known ones. Files that leave out imports get them.

    Args:
        origin: who described them, for errors.

    Raises:
        InvalidInput: a file is broken, or imports itself in a circle; the message is one line.
    """
    try:
        return _strict_pool(files, origin)
    except InvalidInput as error:
        problem = error
    well_known = [FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb) for module in _WELL_KNOWN]
    try:
        return _strict_pool(with_imports(files, well_known), origin)
    except InvalidInput:
        # Imports were not what is wrong.
        raise problem from None


def _strict_pool(files: Mapping[str, FileDescriptorProto], origin: str) -> DescriptorPool:
    pool = DescriptorPool()
    for module in _WELL_KNOWN:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for file in _in_order(files, origin):
        try:
            pool.Add(file)
        except (TypeError, ValueError) as error:
            problem = one_line(str(error).rpartition("descriptor pool: ")[2], 200)
            raise bad_descriptors(
                f"{origin}: the descriptors of {one_line(file.name, 200)!r} are broken: {problem}; "
                "mend them, or choose services that do without"
            ) from error
    return pool


def missing_files(files: Mapping[str, FileDescriptorProto]) -> list[tuple[str, str]]:
    """What the files import and is not among them: (importing file, missing file), each missing one once."""
    missing: dict[str, str] = {}
    for file in files.values():
        for name in file.dependency:
            if name not in files and name not in WELL_KNOWN_FILES:
                missing.setdefault(name, file.name)
    return [(importer, name) for name, importer in missing.items()]


def service_names(file: FileDescriptorProto) -> list[str]:
    """Full names of the services that a file defines."""
    scope = f"{file.package}." if file.package else ""
    return [f"{scope}{service.name}" for service in file.service]


def bad_descriptors(message: str) -> InvalidInput:
    """The error for whatever is wrong with a description."""
    return InvalidInput(message, reason="BAD_DESCRIPTORS")


def _in_order(files: Mapping[str, FileDescriptorProto], origin: str) -> list[FileDescriptorProto]:
    """Each file after those it imports."""
    order = TopologicalSorter({name: file.dependency for name, file in files.items()})
    try:
        names = list(order.static_order())
    except CycleError as error:
        circle = one_line(", ".join(repr(name) for name in error.args[1]), 200)
        raise bad_descriptors(f"{origin}: files import each other in a circle: {circle}") from error
    return [files[name] for name in names if name in files and name not in WELL_KNOWN_FILES]
