"""Tools as tests of the operator's rules need them."""

from typing import Any

import pytest

from toolmesh_tool_operator.domain.stock import Stock
from toolmesh_tool_operator.domain.tool import Tool, read_tool


def make_tool(**spec: Any) -> Tool:
    """A Tool of an image, unless its source is given."""
    chosen = spec if "source" in spec else {"image": "registry.test/greeting:1", **spec}
    return read_tool({"metadata": {"name": "greeting", "namespace": "tools", "uid": "uid-1"}, "spec": chosen})


@pytest.fixture
def tool() -> Any:
    return make_tool


@pytest.fixture
def stock() -> Stock:
    return Stock(runner_image="registry.test/tool-runner:1")
