"""Sessions and artifact rows in dictionaries: for tests, and the plainest statement of what a store must do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from toolmesh_core.errors import AlreadyExists
from toolmesh_memory.app.page_limits import within_bytes
from toolmesh_memory.app.ports import Addition, MessageRange, PageKey
from toolmesh_memory.domain.artifact import Artifact
from toolmesh_memory.domain.session import Session, SessionMessage


@dataclass
class _Conversation:
    session: Session
    entries: list[SessionMessage] = field(default_factory=list)
    additions: dict[str, list[SessionMessage]] = field(default_factory=dict)


class InMemorySessionStore:
    """The SessionStore without a disk."""

    def __init__(self) -> None:
        self._conversations: dict[str, _Conversation] = {}

    async def create(self, session: Session) -> Session:
        """Keeps it, or returns the user's one of that id."""
        found = self._conversations.setdefault(session.id, _Conversation(session)).session
        if found.user != session.user:
            raise AlreadyExists(f"session {session.id!r} is taken; choose another id, or leave it empty to get one")
        return found

    async def get(self, user: str, session: str) -> Session | None:
        """The user's session of that id."""
        found = self._find(user, session)
        return None if found is None else found.session

    async def list(self, user: str, limit: int, after: PageKey | None) -> Sequence[Session]:
        """The user's sessions, last used first."""
        own = (found.session for found in self._conversations.values() if found.session.user == user)
        ordered = sorted(own, key=lambda session: (session.update_time, session.id), reverse=True)
        return [s for s in ordered if after is None or (s.update_time, s.id) < (after.time, after.id)][:limit]

    async def delete(self, user: str, session: str) -> None:
        """Removes the user's session and its messages, if there is one."""
        if self._find(user, session):
            del self._conversations[session]

    async def append(self, user: str, session: str, addition: Addition) -> Sequence[SessionMessage] | None:
        """Adds all messages or none, once for each request_id."""
        found = self._find(user, session)
        if found is None:
            return None
        if addition.request_id and addition.request_id in found.additions:
            return found.additions[addition.request_id]
        places = enumerate(addition.messages, found.session.message_count + 1)
        added = [SessionMessage(place, message, addition.run, addition.at) for place, message in places]
        found.entries += added
        found.additions[addition.request_id] = added
        found.session = found.session.with_messages(len(added), addition.at)
        return added

    async def list_messages(self, user: str, session: str, wanted: MessageRange) -> Sequence[SessionMessage] | None:
        """Messages in order of place."""
        found = self._find(user, session)
        if found is None:
            return None
        if wanted.newest_first:
            rest = [e for e in reversed(found.entries) if wanted.after is None or e.sequence < wanted.after]
        else:
            rest = [e for e in found.entries if e.sequence > (wanted.after or 0)]
        return within_bytes(rest[: wanted.limit], wanted.max_bytes)

    def _find(self, user: str, session: str) -> _Conversation | None:
        found = self._conversations.get(session)
        return found if found and found.session.user == user else None


class InMemoryArtifactIndex:
    """The ArtifactIndex without a disk."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Artifact] = {}

    async def add(self, artifact: Artifact) -> Artifact:
        """Keeps it, or returns what the user already has under that id."""
        return self._rows.setdefault((artifact.id, artifact.user), artifact)

    async def get(self, user: str, artifact: str) -> Artifact | None:
        """The user's artifact of that id."""
        return self._rows.get((artifact, user))

    async def list(self, user: str, limit: int, after: PageKey | None) -> Sequence[Artifact]:
        """The user's artifacts, newest first."""
        own = (row for row in self._rows.values() if row.user == user)
        ordered = sorted(own, key=lambda row: (row.create_time, row.id), reverse=True)
        return [a for a in ordered if after is None or (a.create_time, a.id) < (after.time, after.id)][:limit]

    async def remove(self, user: str, artifact: str) -> bool:
        """Removes the user's row, if any; True where no user has the content now."""
        self._rows.pop((artifact, user), None)
        return not await self._is_owned(artifact)

    async def unowned(self, artifacts: Sequence[str]) -> Sequence[str]:
        """Those of the ids that no user has."""
        return [artifact for artifact in artifacts if not await self._is_owned(artifact)]

    async def _is_owned(self, artifact: str) -> bool:
        return any(identity == artifact for identity, _ in self._rows)
