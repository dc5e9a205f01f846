"""Who competes, who is drawn, and which names are given."""

import pytest

from toolmesh_arena.domain.agent import (
    Agent,
    AgentSpec,
    ServedModel,
    default_agents,
    fewest_battles_first,
    parse_agents,
)
from toolmesh_arena.settings import ArenaSettings
from toolmesh_core.errors import AlreadyExists, FailedPrecondition, InvalidInput, NotFound, PermissionDenied
from toolmesh_testing import FakeClock

NOW = FakeClock().now()


def agent(name: str, owner: str = "", model: str = "") -> Agent:
    return Agent(AgentSpec(name, model or name), owner, NOW)


def drawn(agents: list[Agent], battles: dict[str, int], user: str = "ada") -> list[str]:
    return [found.name for found in fewest_battles_first(agents, battles, user)]


def test_those_with_the_fewest_battles_are_drawn_and_the_given_order_breaks_ties() -> None:
    agents = [agent(name) for name in "wxyz"]
    assert drawn(agents, {"w": 2, "x": 1, "y": 1, "z": 3}) == ["x", "y"]
    assert drawn(agents[::-1], {"w": 2, "x": 1, "y": 1, "z": 3}) == ["y", "x"]
    assert drawn(agents, {"w": 1, "x": 1, "y": 1}) == ["z", "w"]


def test_ones_own_agents_are_drawn_last_in_ones_own_battles() -> None:
    agents = [agent("mine", owner="ada"), agent("x"), agent("y")]
    assert drawn(agents, {"x": 9, "y": 9}) == ["x", "y"]
    assert drawn(agents, {"x": 9, "y": 9}, user="bob") == ["mine", "x"]


def test_two_names_for_the_same_model_do_not_meet() -> None:
    assert drawn([agent("x", model="m"), agent("y", model="m"), agent("z")], {"z": 5}) == ["x", "z"]
    with pytest.raises(FailedPrecondition, match="two different agents"):
        drawn([agent("x", model="m"), agent("y", model="m")], {})


@pytest.mark.parametrize("count", [0, 1])
def test_with_fewer_than_two_it_is_said_how_to_add_one(count: int) -> None:
    with pytest.raises(FailedPrecondition, match=r"toolmesh arena agents add .* TOOLMESH_ARENA_AGENTS") as caught:
        drawn([agent("x")][:count], {})
    assert caught.value.reason == "TOO_FEW_AGENTS"


def test_the_default_agents_are_the_default_model_plain_and_with_each_adapter() -> None:
    models = [ServedModel("other", (), False), ServedModel("org/smol", ("v1", "v 2"), True)]
    assert default_agents(models) == (
        AgentSpec("org-smol", "org/smol"),
        AgentSpec("org-smol+v1", "org/smol", "v1"),
        AgentSpec("org-smol+v-2", "org/smol", "v 2"),
    )
    assert default_agents([]) == ()


def test_agents_are_configured_as_text() -> None:
    assert parse_agents("plain=smol, tuned=org/smol@v1") == (
        AgentSpec("plain", "smol"),
        AgentSpec("tuned", "org/smol", "v1"),
    )
    assert ArenaSettings(agents="x=y").own_agents == (AgentSpec("x", "y"),)


@pytest.mark.parametrize("text", ["x", "=m", "x=", "x y=m", "x=m,x=n", "x=m,y=m", "-x=m"])
def test_what_names_no_agent_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_agents(text)
    with pytest.raises(ValueError, match="agent"):
        ArenaSettings(agents=text)


async def test_the_platforms_agents_follow_what_inference_serves(stage) -> None:
    assert [found.name for found in await stage.uses.roster.listed()] == ["smol", "smol+tuned"]
    stage.catalog.served = [ServedModel("smol", (), True)]
    assert [found.name for found in await stage.uses.roster.listed()] == ["smol"]
    stage.catalog.served = [ServedModel("smol", ("tuned", "new"), True)]
    assert [found.name for found in await stage.uses.roster.listed()] == ["smol", "smol+new", "smol+tuned"]


async def test_an_agent_whose_model_is_not_served_is_listed_but_not_drawn(stage) -> None:
    stage.catalog.served.append(ServedModel("big", (), False))
    await stage.uses.create_agent("eve", "big-one", "big", "")
    stage.catalog.served.pop()
    assert "big-one" in [found.name for found in await stage.uses.roster.listed()]
    assert "big-one" not in [found.name for found in await stage.uses.roster.ready()]


async def test_agents_come_in_pages_by_name(stage) -> None:
    first, token = await stage.uses.roster.page(1, "")
    second, end = await stage.uses.roster.page(1, token)
    assert [found.name for found in [*first, *second]] == ["smol", "smol+tuned"]
    assert end == ""


async def test_a_users_agent_gets_the_default_model_by_name(stage) -> None:
    stage.catalog.served.append(ServedModel("big", ("a",), False))
    made = await stage.uses.create_agent("eve", "mine", "big", "a")
    assert (made.spec, made.owner) == (AgentSpec("mine", "big", "a"), "eve")
    stage.catalog.served[0] = ServedModel("smol", ("own",), True)
    assert (await stage.uses.create_agent("eve", "other", "default", "own")).spec.model == "smol"
    assert (await stage.uses.create_agent("eve", "bare", "big", "none")).spec.adapter == ""


async def test_an_agent_that_cannot_be_is_refused(stage) -> None:
    await stage.uses.roster.listed()
    for name, model, adapter, error in [
        ("a b", "", "", InvalidInput),
        ("x", "nothing", "", NotFound),
        ("x", "smol", "nothing", NotFound),
        ("x", "smol", "tuned", AlreadyExists),
        ("smol", "smol", "", AlreadyExists),
    ]:
        with pytest.raises(error):
            await stage.uses.create_agent("eve", name, model, adapter)


async def test_adding_the_same_again_changes_nothing_and_a_name_is_given_once(stage) -> None:
    stage.catalog.served.append(ServedModel("big", ("a", "b"), False))
    first = await stage.uses.create_agent("eve", "mine", "big", "a")
    assert await stage.uses.create_agent("eve", "mine", "big", "a") == first
    with pytest.raises(AlreadyExists, match="is taken"):
        await stage.uses.create_agent("bob", "mine", "big", "b")
    await stage.uses.agents.retire("eve", "mine")
    with pytest.raises(AlreadyExists, match="was used before"):
        await stage.uses.create_agent("eve", "mine", "big", "b")
    assert (await stage.uses.create_agent("bob", "again", "big", "a")).owner == "bob"


async def test_only_the_owner_removes_an_agent(stage) -> None:
    stage.catalog.served.append(ServedModel("big", (), False))
    await stage.uses.create_agent("eve", "mine", "big", "")
    await stage.uses.roster.listed()
    with pytest.raises(PermissionDenied, match="another user's"):
        await stage.uses.agents.retire("bob", "mine")
    with pytest.raises(PermissionDenied, match="platform's own"):
        await stage.uses.agents.retire("eve", "smol")
    await stage.uses.agents.retire("eve", "unknown")
    await stage.uses.agents.retire("eve", "mine")
    assert "mine" not in [found.name for found in await stage.uses.roster.listed()]


async def test_a_configured_name_that_changes_its_model_is_refused(stage) -> None:
    agents = stage.uses.agents
    await agents.keep_platform([AgentSpec("x", "m")], NOW)
    with pytest.raises(FailedPrecondition, match="give it another name"):
        await agents.keep_platform([AgentSpec("x", "n")], NOW)
    assert [found.spec.model for found in await agents.all() if not found.retired] == ["m"]
