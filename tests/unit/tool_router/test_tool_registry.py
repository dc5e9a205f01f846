"""Which tools can be called, and how that changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from toolmesh_core.errors import AlreadyExists, NotFound
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import EndpointState, ToolChange, ToolRegistry, ToolService

Make = Callable[..., ToolDefinition]


def ready(name: str, *tools: ToolDefinition) -> ToolService:
    return ToolService(name, f"{name}:1", datetime(2030, 1, 1, tzinfo=UTC), tools, EndpointState.READY, "")


def names(registry: ToolRegistry) -> list[str]:
    return [tool.definition.name for tool in registry.callable_tools()]


def test_the_tools_of_a_ready_service_can_be_called_by_name(definition: Make) -> None:
    registry = ToolRegistry()
    changes = registry.put(ready("calc", definition("sub"), definition("add")))
    assert [change.name for change in changes] == ["sub", "add"]
    assert names(registry) == ["add", "sub"]


def test_a_replaced_service_tells_only_what_changed(definition: Make) -> None:
    registry = ToolRegistry()
    registry.put(ready("calc", definition("add"), definition("sub"), definition("old")))
    better = definition("sub", description="Subtracts.")
    changes = registry.put(ready("calc", definition("add"), better))
    assert changes == [ToolChange("old"), ToolChange("sub", better)]


def test_a_schema_that_did_not_change_is_not_compiled_again(definition: Make) -> None:
    registry = ToolRegistry()
    registry.put(ready("calc", definition("add")))
    before = registry.find("add")
    registry.put(ready("calc", definition("add"), definition("sub")))
    assert registry.find("add") is before


@pytest.mark.parametrize("state", [EndpointState.UNREACHABLE, EndpointState.BROKEN])
def test_the_tools_of_a_service_that_is_down_are_left_out_and_come_back(definition: Make, state: EndpointState) -> None:
    registry = ToolRegistry()
    registry.put(ready("calc", definition("add")))
    assert registry.set_state("calc", state, "gone") == [ToolChange("add")]
    assert names(registry) == []
    assert registry.find("add").service == "calc"
    assert registry.set_state("calc", state, "gone") == []
    assert registry.set_state("calc", EndpointState.READY) == [ToolChange("add", definition("add"))]


def test_the_tools_are_sorted_once_a_change(definition: Make) -> None:
    registry = ToolRegistry()
    registry.put(ready("calc", definition("sub"), definition("add")))
    before = registry.callable_tools()
    registry.set_state("calc", EndpointState.READY)
    assert registry.callable_tools() is before
    registry.put(ready("web", definition("get")))
    assert names(registry) == ["add", "get", "sub"]
    registry.remove("calc")
    assert names(registry) == ["get"]


def test_a_name_that_another_service_has_is_refused_and_nothing_changes(definition: Make) -> None:
    registry = ToolRegistry()
    registry.put(ready("calc", definition("add")))
    with pytest.raises(AlreadyExists, match="'add' is on 'calc'"):
        registry.put(ready("other", definition("new"), definition("add")))
    assert (names(registry), list(registry.services)) == (["add"], ["calc"])


def test_a_name_is_taken_also_while_its_service_is_down(definition: Make) -> None:
    registry = ToolRegistry()
    registry.put(replace(ready("calc", definition("add")), state=EndpointState.UNREACHABLE))
    with pytest.raises(AlreadyExists):
        registry.put(ready("other", definition("add")))


def test_a_removed_service_takes_its_tools_along_and_removing_twice_is_fine(definition: Make) -> None:
    registry = ToolRegistry()
    registry.put(ready("calc", definition("add")))
    assert registry.remove("calc") == [ToolChange("add")]
    assert registry.remove("calc") == []
    with pytest.raises(NotFound):
        registry.find("add")


@pytest.mark.parametrize(
    ("asked", "hint"),
    [("get_wether", "did you mean 'get_weather'"), ("GetWeather", "'get_weather'"), ("zzzz", "list the tools")],
)
def test_an_unknown_name_brings_the_names_close_to_it(definition: Make, asked: str, hint: str) -> None:
    registry = ToolRegistry()
    registry.put(ready("web", definition("get_weather"), definition("convert_units")))
    with pytest.raises(NotFound) as caught:
        registry.find(asked)
    assert hint in caught.value.message
