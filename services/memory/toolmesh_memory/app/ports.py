"""What the use cases need from storage; each adapter of a port passes the same contract suite."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from toolmesh_memory.domain.artifact import Artifact
from toolmesh_memory.domain.session import Message, Session, SessionMessage


@dataclass(frozen=True, slots=True)
class PageKey:
    """The place after which a page of sessions or artifacts begins: newest first, then id backwards."""

    time: datetime
    id: str


@dataclass(frozen=True, slots=True)
class MessageRange:
    """Which messages of a session: after a place (None: from the first), at most `limit` and about `max_bytes`.

    At least one message is returned where there is one, however large.
    """

    limit: int
    max_bytes: int
    after: int | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Addition:
    """Messages to add in one call; an empty request_id is never joined with another call."""

    messages: Sequence[Message]
    run: str
    request_id: str
    at: datetime


class SessionStore(Protocol):
    """Sessions and messages; what belongs to another user is absent."""

    async def create(self, session: Session) -> Session:
        """Keeps it, or returns the user's one of that id. AlreadyExists where another user has the id."""
        ...

    async def get(self, user: str, session: str) -> Session | None:
        """The user's session of that id."""
        ...

    async def list(self, user: str, limit: int, after: PageKey | None) -> Sequence[Session]:
        """The user's sessions, last used first."""
        ...

    async def delete(self, user: str, session: str) -> None:
        """Removes the user's session and its messages, if there is one."""
        ...

    async def append(self, user: str, session: str, addition: Addition) -> Sequence[SessionMessage] | None:
        """Adds all messages or none; a repeated request_id returns the first result. None: no such session."""
        ...

    async def list_messages(self, user: str, session: str, wanted: MessageRange) -> Sequence[SessionMessage] | None:
        """Messages in order of place. None: no such session."""
        ...


class ArtifactIndex(Protocol):
    """Who owns which artifact: one row a user and content."""

    async def add(self, artifact: Artifact) -> Artifact:
        """Keeps it, or returns what the user already has under that id."""
        ...

    async def get(self, user: str, artifact: str) -> Artifact | None:
        """The user's artifact of that id."""
        ...

    async def list(self, user: str, limit: int, after: PageKey | None) -> Sequence[Artifact]:
        """The user's artifacts, newest first."""
        ...

    async def remove(self, user: str, artifact: str) -> bool:
        """Removes the user's row, if any; True where no user has the content now."""
        ...

    async def unowned(self, artifacts: Sequence[str]) -> Sequence[str]:
        """Those of the ids that no user has."""
        ...


class Upload(Protocol):
    """Bytes on their way in."""

    async def write(self, piece: bytes) -> None:
        """Adds a piece. ResourceExhausted: the disk is full."""
        ...

    async def digest(self) -> str:
        """The SHA-256 of what was written, in hex; nothing can be added after. ResourceExhausted: the disk is full."""
        ...

    async def publish(self) -> None:
        """Makes the content readable for good. ResourceExhausted: the disk is full."""
        ...


class ArtifactFiles(Protocol):
    """Contents by the ids of artifacts, whoever owns them."""

    def upload(self) -> AbstractAsyncContextManager[Upload]:
        """Takes in one content; leaving without `publish` leaves nothing behind."""
        ...

    def read(self, artifact: str) -> AsyncGenerator[bytes, None]:
        """The content in pieces; Internal where it is missing or no longer has its hash."""
        ...

    async def remove(self, artifact: str) -> None:
        """Removes the content, if there is any."""
        ...

    async def ids(self) -> Sequence[str]:
        """The ids of all contents; what uploads of an earlier process left half done is removed on the way."""
        ...
