"""The client of the platform that the command line and the environment name."""

from contextvars import ContextVar

from toolmesh_sdk import Client

said_url: ContextVar[str | None] = ContextVar("toolmesh_url", default=None)
"""What `toolmesh --url` said."""


def connect(url: str | None = None) -> Client:
    """A client of the platform.

    Args:
        url: else what `toolmesh --url` said, else TOOLMESH_URL, else http://127.0.0.1:8080.
    """
    return Client(url or said_url.get())
