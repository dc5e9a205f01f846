"""A policy file that changes while the router runs."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput, PermissionDenied
from toolmesh_tool_router.app.follow_policy import FollowPolicy, first_policy
from toolmesh_tool_router.domain.tool_definition import ToolDefinition

Make = Callable[..., ToolDefinition]
Router = Any  # FakeRouter of the conftest
OPEN = "version: 1\nunmatched: {otherwise: allow}"
SHUT = "version: 1\nrules:\n  - {name: shut, effect: deny}"


class FakeText:
    """A policy in a variable; its version is the text itself."""

    name = "p.yaml"

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.readings = 0

    def version(self) -> object:
        return self.text

    def read(self) -> str:
        self.readings += 1
        if self.text is None:
            raise InvalidInput("p.yaml: No such file", reason="BAD_POLICY")
        return self.text


def follow(router: Router, source: FakeText) -> FollowPolicy:
    router.policy.use(first_policy(source))
    return FollowPolicy(source, router.policy, router.meter, every_s=0.001)


async def is_denied(router: Router) -> bool:
    try:
        await router.call("add")
    except PermissionDenied:
        return True
    return False


async def test_a_change_is_taken_when_it_has_been_seen_twice(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    source = FakeText(OPEN)
    followed = follow(router, source)
    source.text = SHUT
    await followed.look()
    assert not await is_denied(router)
    await followed.look()
    assert await is_denied(router)
    assert router.meter.policy_reads == ["taken"]


async def test_a_text_that_does_not_change_is_not_read_again(router: Router) -> None:
    source = FakeText(OPEN)
    followed = follow(router, source)
    for _ in range(3):
        await followed.look()
    assert source.readings == 1


@pytest.mark.parametrize("text", ["version: 1\nrules: {", "version: 1\nrule: []", None])
async def test_a_bad_text_is_refused_once_with_its_line_and_the_old_one_stays(
    router: Router, definition: Make, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    await router.add("calc", definition("add"))
    source = FakeText(SHUT)
    followed = follow(router, source)
    source.text = text
    for _ in range(4):
        await followed.look()
    assert await is_denied(router)
    [told] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "p.yaml:" in vars(told)["detail"]
    source.text = OPEN
    for _ in range(2):
        await followed.look()
    assert not await is_denied(router)
    assert router.meter.policy_reads == ["refused", "taken"]


async def test_it_is_read_at_once_when_asked_and_looked_at_in_between(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    source = FakeText(OPEN)
    router.policy.use(first_policy(source))
    asked = FollowPolicy(source, router.policy, router.meter, every_s=3600)
    running = asyncio.create_task(asked.run())
    source.text = SHUT
    asked.ask()
    await router.meter.policy_was_read.wait()
    assert await is_denied(router)
    running.cancel()


async def test_a_bad_text_at_the_start_is_an_error_with_its_line() -> None:
    with pytest.raises(InvalidInput, match=r"p\.yaml:2: rule: is not known here"):
        first_policy(FakeText("version: 1\nrule: []"))


async def test_without_a_file_the_policy_that_comes_along_is_in_force() -> None:
    assert [rule.name for rule in first_policy(None).rules][:1] == ["built-in-notes"]
