"""The protocol versions of MCP that are spoken: the current one and the two before it."""

# Every request says all about itself; there is no session.
STATELESS = "2026-07-28"
# A session begins with a handshake, `initialize`.
HANDSHAKE = ("2025-06-18", "2025-11-25")
SUPPORTED = (STATELESS, *reversed(HANDSHAKE))
# From here on a tool's bad arguments are told to the LLM, as a result, and not to the client.
_ARGUMENT_ERRORS_ARE_RESULTS = "2025-11-25"


def negotiated(requested: str) -> str:
    """The version of a session: what the client asks for, or the latest with a handshake where we do not speak it."""
    return requested if requested in HANDSHAKE else HANDSHAKE[-1]


def tells_argument_errors_as_results(version: str) -> bool:
    """Whether bad arguments are a result with isError; before, they are a JSON-RPC error."""
    return version >= _ARGUMENT_ERRORS_ARE_RESULTS
