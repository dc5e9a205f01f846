"""Makes protos.binpb, the protos with their comments, which the OpenAPI document quotes.

python -m toolmesh_gateway.api.openapi.describe PROTOS_FOLDER
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

DESCRIBED = Path(__file__).with_name("protos.binpb")


def describe(protos: Path) -> bytes:
    """The descriptors of all protos under a folder, comments included, as a FileDescriptorSet."""
    # Needed where protos are edited, not where the gateway runs.
    from importlib.resources import files

    from grpc_tools import protoc

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "protos.binpb"
        well_known = str(files("grpc_tools") / "_proto")
        flags = [f"-I{protos}", f"-I{well_known}", "--include_source_info", f"--descriptor_set_out={made}"]
        names = sorted(str(path.relative_to(protos)) for path in protos.rglob("*.proto"))
        if protoc.main(["protoc", *flags, *names]) != 0:
            raise RuntimeError(f"protoc refused the protos under {protos}; its words are above")
        return _slim(made.read_bytes())


def _slim(data: bytes) -> bytes:
    """Only what is read: places without a comment are left out, and the order is by name."""
    described = FileDescriptorSet.FromString(data)
    slim = FileDescriptorSet()
    for file in sorted(described.file, key=lambda file: file.name):
        kept = [location for location in file.source_code_info.location if location.leading_comments]
        del file.source_code_info.location[:]
        file.source_code_info.location.extend(kept)
        slim.file.append(file)
    return slim.SerializeToString(deterministic=True)


if __name__ == "__main__":
    DESCRIBED.write_bytes(describe(Path(sys.argv[1])))
