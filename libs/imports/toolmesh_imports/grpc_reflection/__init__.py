"""Tools out of any gRPC server, by server reflection or from a FileDescriptorSet."""

from toolmesh_imports.grpc_reflection.grpc_peer import GrpcPeer, TlsOptions
from toolmesh_imports.grpc_reflection.grpc_tool import GrpcTool
from toolmesh_imports.grpc_reflection.importer import GrpcImport, import_grpc
from toolmesh_imports.grpc_reflection.method_tools import LeftOut
from toolmesh_imports.grpc_reflection.options import ImportOptions
from toolmesh_imports.grpc_reflection.secret_metadata import SecretMetadata
from toolmesh_imports.secret_source import SecretSource

__all__ = [
    "GrpcImport",
    "GrpcPeer",
    "GrpcTool",
    "ImportOptions",
    "LeftOut",
    "SecretMetadata",
    "SecretSource",
    "TlsOptions",
    "import_grpc",
]
