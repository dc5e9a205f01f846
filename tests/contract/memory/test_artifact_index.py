"""What every ArtifactIndex must do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from toolmesh_memory.app.ports import ArtifactIndex, PageKey
from toolmesh_memory.domain.artifact import Artifact, artifact_id

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ONE, TWO, THREE = (artifact_id(digit * 64) for digit in "123")


def artifact(identity: str = ONE, user: str = "ada", at: datetime = NOON) -> Artifact:
    return Artifact(identity, user, "text/plain", "a.txt", 3, at)


async def test_an_added_artifact_is_found_again(index: ArtifactIndex) -> None:
    assert await index.add(artifact()) == artifact()
    assert await index.get("ada", ONE) == artifact()


async def test_adding_again_returns_what_the_user_had_first(index: ArtifactIndex) -> None:
    await index.add(artifact())
    again = replace(artifact(), file_name="b.txt", create_time=NOON + timedelta(hours=1))
    assert await index.add(again) == artifact()


async def test_the_same_content_of_two_users_is_two_rows(index: ArtifactIndex) -> None:
    await index.add(artifact())
    assert await index.get("bob", ONE) is None
    assert await index.list("bob", 10, None) == []
    await index.add(replace(artifact(user="bob"), file_name="bobs.txt"))
    bobs = await index.get("bob", ONE)
    assert bobs is not None
    assert bobs.file_name == "bobs.txt"
    assert await index.get("ada", ONE) == artifact()


async def test_only_the_last_owner_leaves_the_content_unowned(index: ArtifactIndex) -> None:
    await index.add(artifact())
    await index.add(artifact(user="bob"))
    assert await index.remove("ada", ONE) is False
    assert await index.get("bob", ONE) is not None
    assert await index.remove("eve", ONE) is False
    assert await index.remove("bob", ONE) is True
    assert await index.remove("bob", ONE) is True


async def test_unowned_names_only_what_nobody_has(index: ArtifactIndex) -> None:
    await index.add(artifact(ONE))
    await index.add(artifact(TWO, "bob"))
    assert await index.unowned([ONE, TWO, THREE]) == [THREE]


async def test_artifacts_are_listed_newest_first_and_a_key_goes_on_after_it(index: ArtifactIndex) -> None:
    await index.add(artifact(ONE))
    await index.add(artifact(TWO))
    await index.add(artifact(THREE, at=NOON + timedelta(hours=1)))
    first = await index.list("ada", 2, None)
    assert [found.id for found in first] == [THREE, TWO]
    rest = await index.list("ada", 10, PageKey(first[-1].create_time, first[-1].id))
    assert [found.id for found in rest] == [ONE]
