"""The protos of these tests, compiled by protoc: a descriptor set, and a pool to serve and call with."""

from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_tools import protoc

PROTOS = Path(__file__).parent / "protos"
INCLUDED = Path(protoc.__file__).parent / "_proto"


def compile_protos(target: Path) -> Path:
    """A descriptor set, comments included, of all protos of these tests."""
    files = [str(path) for path in sorted(PROTOS.glob("*.proto"))]
    flags = ["--include_imports", "--include_source_info", f"--descriptor_set_out={target}"]
    code = protoc.main(["protoc", f"-I{PROTOS}", f"-I{INCLUDED}", *flags, *files])
    assert code == 0, f"protoc failed on {files}"
    return target


def pool_of(descriptor_set: Path) -> DescriptorPool:
    """A pool of a descriptor set's files, which come in order of their imports."""
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(descriptor_set.read_bytes()).file:
        pool.Add(file)
    return pool


def message_class(pool: DescriptorPool, full_name: str) -> Any:
    """The class of a message of a pool."""
    return GetMessageClass(pool.FindMessageTypeByName(full_name))
