"""The descriptors of RPCs by full name; they are the source of all conversion."""

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message

# Importing a file's module is what makes its descriptors known.
from toolmesh.arena.v1 import arena_service_pb2  # noqa: F401
from toolmesh.controller.v1 import controller_service_pb2  # noqa: F401
from toolmesh.inference.v1 import inference_service_pb2  # noqa: F401
from toolmesh.memory.v1 import memory_service_pb2  # noqa: F401
from toolmesh.planner.v1 import run_service_pb2  # noqa: F401
from toolmesh.retriever.v1 import retriever_service_pb2  # noqa: F401
from toolmesh.tool_host.v1 import tool_host_service_pb2  # noqa: F401
from toolmesh.tool_router.v1 import tool_router_service_pb2  # noqa: F401

_POOL = descriptor_pool.Default()


def descriptor_of(rpc: str) -> MethodDescriptor:
    """The descriptor of "package.Service/Method"."""
    service, _, method = rpc.partition("/")
    found: MethodDescriptor = _POOL.FindServiceByName(service).methods_by_name[method]
    return found


def class_of(descriptor: Descriptor) -> type[Message]:
    """The generated class of a message type."""
    return message_factory.GetMessageClass(descriptor)


def arity_of(rpc: str) -> str:
    """How gRPC names an RPC's shape, such as "unary_stream"."""
    method = descriptor_of(rpc)
    sides = (method.client_streaming, method.server_streaming)
    return "_".join("stream" if streams else "unary" for streams in sides)
