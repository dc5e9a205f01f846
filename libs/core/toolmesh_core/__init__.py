"""What every ToolMesh service shares; import the module you need, this package exports nothing itself."""

import os

# gRPC's own C code would print a second line beside each error that we report in one.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
