"""Files that a tool hands over are kept in memory; messages carry references."""

import json

import pytest

from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_tool_router.app.keep_artifacts import KeepArtifacts
from toolmesh_tool_router.app.redact_outcome import redacted
from toolmesh_tool_router.domain.call_events import ArtifactContent, ArtifactRef, ToolCall, ToolFailure, ToolOutcome
from toolmesh_tool_router.domain.policy.redaction import Redaction

CALL = ToolCall("draw", "{}", user="ada")
PNG = ArtifactContent("image/png", "a.png", b"\x89PNG")
CSV = ArtifactContent("text/csv", "a.csv", b"name,key\nada,sk-123\n")


class Store:
    """Keeps up to `room` files."""

    def __init__(self, room: int = 9, error: ToolMeshError | None = None) -> None:
        self.stored: list[tuple[str, bytes]] = []
        self._room = room
        self._error = error or Unavailable("memory is down")

    async def store(self, user: str, content: bytes, media_type: str, file_name: str) -> ArtifactRef:
        if len(self.stored) == self._room:
            raise self._error
        self.stored.append((user, content))
        return ArtifactRef(ArtifactContent(media_type, file_name, content).id, media_type, len(content))


def outcome(*contents: ArtifactContent) -> ToolOutcome:
    return ToolOutcome(json.dumps({"files": [one.id for one in contents]}), contents=contents)


async def test_a_file_is_kept_for_the_user_and_the_message_carries_its_reference() -> None:
    store = Store()
    kept = await KeepArtifacts(store)(CALL, outcome(PNG))
    assert store.stored == [("ada", b"\x89PNG")]
    assert kept.artifacts == (ArtifactRef(PNG.id, "image/png", 4),)
    assert kept.contents == ()
    assert json.loads(kept.output_json)["files"] == [PNG.id]


@pytest.mark.parametrize("store", [None, Store(room=0)])
async def test_a_file_that_cannot_be_kept_is_told_of(store: Store | None) -> None:
    kept = await KeepArtifacts(store)(CALL, outcome(PNG))
    said = json.loads(kept.output_json)
    assert said["output"] == {"files": [PNG.id]}
    assert PNG.id in said["note"]
    assert (kept.artifacts, kept.contents) == ((), ())


async def test_what_was_kept_before_an_error_stays_kept() -> None:
    kept = await KeepArtifacts(Store(room=1))(CALL, outcome(PNG, CSV))
    assert [ref.artifact for ref in kept.artifacts] == [PNG.id]
    note = json.loads(kept.output_json)["note"]
    assert CSV.id in note
    assert PNG.id not in note


async def test_a_failure_brings_no_files() -> None:
    store = Store()
    failed = ToolOutcome(failure=ToolFailure("NO", "no"), contents=(PNG,))
    assert (await KeepArtifacts(store)(CALL, failed)).contents == ()
    assert store.stored == []


async def test_secrets_are_blotted_out_of_files_that_are_text_and_the_output_names_what_is_kept() -> None:
    blotted = await redacted(outcome(PNG, CSV), Redaction(patterns=[r"sk-\d+"]))
    assert [one.content for one in blotted.contents] == [b"\x89PNG", b"name,key\nada,[redacted]\n"]
    assert json.loads(blotted.output_json)["files"] == [one.id for one in blotted.contents]


async def test_text_that_is_not_utf_8_is_looked_through_too() -> None:
    latin = ArtifactContent("text/plain", "", "né sk-1".encode("latin-1"))
    blotted = await redacted(outcome(latin), Redaction(patterns=[r"sk-\d+"]))
    assert blotted.contents[0].content == "né [redacted]".encode("latin-1")
