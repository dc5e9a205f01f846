"""What every ToolMesh service shares; import the module you need, this package exports nothing itself."""

import os

# Read by gRPC when it is first imported. Its C code would print a second line beside each error that we report in one;
# and its handlers for fork, of which we only ever use fork-then-exec, can crash the child in between.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# poll() instead of epoll: a service has a few connections, and a hop is a fifth faster so (docs/adr/0002).
os.environ.setdefault("GRPC_POLL_STRATEGY", "poll")
