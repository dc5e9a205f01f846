"""Charts drawn by the real chart process, and what it does with specs that are hostile."""

import base64
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from toolmesh_core.errors import ToolError
from toolmesh_core.workers.worker_pool import WorkerKind, WorkerPool, worker_pool
from toolmesh_tool_data.domain.simple_chart import simple_chart

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROWS = [{"fruit": "apple", "price": 3}, {"fruit": "梨", "price": 5}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def charts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WorkerPool]:
    kind = WorkerKind(
        module="toolmesh_tool_data.adapters.chart_worker",
        name="chart process",
        settings={"memory_mb": 1024, "max_png_bytes": 200_000},
        timeout_s=20,
    )
    async with worker_pool(kind, tmp_path_factory.mktemp("charts"), 1) as pool:
        yield pool


async def draw(charts: WorkerPool, spec: dict[str, Any]) -> bytes:
    return base64.b64decode((await charts.ask("draw", spec=spec))["png"])


async def refusal(charts: WorkerPool, spec: dict[str, Any]) -> str:
    with pytest.raises(ToolError) as caught:
        await charts.ask("draw", spec=spec)
    return caught.value.reason


async def test_each_kind_of_simple_chart_is_a_png_of_its_own(charts: WorkerPool) -> None:
    drawn = [
        await draw(charts, simple_chart(kind, ROWS, "fruit", "price", "", "Fruit"))
        for kind in ("bar", "line", "point", "area", "pie")
    ]
    assert all(png.startswith(b"\x89PNG\r\n\x1a\n") for png in drawn)
    assert len(set(drawn)) == 5


async def test_a_spec_that_is_none_is_refused_in_words(charts: WorkerPool) -> None:
    assert await refusal(charts, {"mark": "no such mark", "data": {"values": []}}) == "BAD_SPEC"


async def test_the_process_itself_reaches_no_network_and_no_file(charts: WorkerPool, tmp_path: Path) -> None:
    """The second line: what the check of specs would let slip."""
    (tmp_path / "rows.json").write_text('[{"fruit": "secret", "price": 9}]')
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        spec = simple_chart("bar", ROWS, "fruit", "price", "", "")
        empty = await draw(charts, {**spec, "data": {"values": []}})
        network = {"url": f"http://127.0.0.1:{server.getsockname()[1]}/rows.json"}
        assert await refusal(charts, {**spec, "data": network}) == "BAD_SPEC"
        file = {"url": f"file://{tmp_path}/rows.json"}
        assert await draw(charts, {**spec, "data": file}) == empty
        with pytest.raises(BlockingIOError):  # nobody has connected
            server.accept()


async def test_a_picture_that_is_too_large_is_refused(charts: WorkerPool) -> None:
    rows = [{"x": n % 97, "y": (n * n) % 89, "c": str(n % 19)} for n in range(2000)]
    spec = {**simple_chart("point", rows, "x", "y", "c", ""), "width": 2000, "height": 2000}
    assert await refusal(charts, spec) == "TOO_LARGE"


async def test_endless_data_ends_the_process_and_the_next_chart_is_drawn(tmp_path: Path) -> None:
    kind = WorkerKind(
        module="toolmesh_tool_data.adapters.chart_worker",
        name="chart process",
        settings={"memory_mb": 1024, "max_png_bytes": 200_000},
        timeout_s=6,
    )
    endless = {"data": {"sequence": {"start": 0, "stop": 10**9}}, "mark": "point"}
    async with worker_pool(kind, tmp_path / "scratch", 1) as pool:
        assert await refusal(pool, endless) in ("TIMEOUT", "OUT_OF_MEMORY", "BAD_SPEC")
        assert (await draw(pool, simple_chart("bar", ROWS, "fruit", "price", "", ""))).startswith(b"\x89PNG")
