"""Tool services that a cluster shows: their names, who wins, and what becomes of them when the cluster is away."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fixtures.kubernetes_api import SERVICES, FakeApi, Fault, kube_config, kubernetes_api

from toolmesh_core.errors import Unavailable
from toolmesh_tool_router.adapters.kubernetes_tool_services import KubernetesToolServices, open_kubernetes
from toolmesh_tool_router.app.discover_tool_services import DiscoverToolServices
from toolmesh_tool_router.domain.discovered_service import discovered_service, namespace_of
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.settings import ToolRouterSettings

GREETING = "dns:///greeting.tools.svc:7000"
Definition = Callable[..., ToolDefinition]


def service(name: str, *ports: tuple[str, int], labels: dict[str, str] | None = None) -> dict[str, Any]:
    listed = [{"name": called, "port": port} for called, port in ports or (("grpc", 7000),)]
    chosen = {"toolmesh.dev/tool": "true"} if labels is None else labels
    return {"metadata": {"name": name, "namespace": "tools", "labels": chosen}, "spec": {"ports": listed}}


@pytest.mark.parametrize(
    ("ports", "port"),
    [([("metrics", 9464), ("grpc", 7000)], 7000), ([("http2", 7001)], 7001), ([("a", 1), ("b", 2)], None)],
    ids=["the one named grpc", "the only one", "none can be told"],
)
def test_the_port_of_a_service(ports: list[tuple[str, int]], port: int | None) -> None:
    found = discovered_service(service("greeting", *ports))
    assert (found and found.address) == (port and f"dns:///greeting.tools.svc:{port}")


def test_what_was_discovered_is_told_from_what_was_registered_by_hand() -> None:
    found = discovered_service(service("greeting"))
    assert found is not None
    assert namespace_of(found.name, found.address) == "tools"
    assert namespace_of("web", "dns:///web.tools.svc:7000") is None
    assert namespace_of("tools_greeting", "10.0.0.7:7000") is None


class FakeWatch:
    """Shows what it is told, one after the other."""

    namespace = "tools"

    def __init__(self, *shown: Mapping[str, str]) -> None:
        self._shown = shown

    async def follow(self) -> AsyncIterator[Mapping[str, str]]:
        for shown in self._shown:
            yield shown


async def discover(router: Any, *shown: Mapping[str, str]) -> None:
    await DiscoverToolServices([FakeWatch(*shown)], router.register, router.directory).run()


async def test_a_service_that_appears_is_registered_and_looked_at_once(router: Any, definition: Definition) -> None:
    await router.add("other", definition("greet"), address=GREETING)
    await router.register.unregister("other")
    await discover(router, {"tools_greeting": GREETING})
    assert router.directory.suspects == {"tools_greeting"}
    await router.follow.look()
    assert router.callable_names() == ["greet"]


async def test_a_service_that_goes_is_forgotten_and_one_by_hand_is_not(router: Any, definition: Definition) -> None:
    await router.add("web", definition("http_get"))
    await discover(router, {"tools_greeting": GREETING}, {})
    assert set(router.directory.registry.services) == {"web"}


async def test_a_service_that_moved_is_taken_over_when_it_answers(router: Any, definition: Definition) -> None:
    moved = GREETING.replace("7000", "7001")
    await router.add("tools_greeting", definition("greet"), address=GREETING)
    router.connector.services[moved] = router.connector.services[GREETING]
    await discover(router, {"tools_greeting": moved})
    assert router.directory.registry.services["tools_greeting"].address == moved
    assert router.callable_names() == ["greet"]


async def test_a_registration_by_hand_is_not_replaced(router: Any, definition: Definition) -> None:
    await router.add("tools_greeting", definition("greet"), address="10.0.0.7:7000")
    await discover(router, {"tools_greeting": GREETING}, {})
    assert router.directory.registry.services["tools_greeting"].address == "10.0.0.7:7000"


async def test_what_went_while_the_router_was_away_is_forgotten_at_its_start(router: Any) -> None:
    await router.register.expect("tools_greeting", GREETING)
    await router.register.expect("old_greeting", "dns:///greeting.old.svc:7000")
    discovery = DiscoverToolServices([FakeWatch({})], router.register, router.directory)
    await discovery.forget_other_namespaces()
    assert set(router.directory.registry.services) == {"tools_greeting"}
    await discovery.run()
    assert router.directory.registry.services == {}
    assert router.store.services == {}


async def test_what_is_known_stays_while_nothing_is_heard(router: Any) -> None:
    await router.register.expect("tools_greeting", GREETING)
    await discover(router)
    assert set(router.directory.registry.services) == {"tools_greeting"}


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with kubernetes_api() as running:
        yield running


class Watched:
    """A watch of namespace tools against the API; what it says is noted, and it never waits."""

    def __init__(self, api: FakeApi, client: Any) -> None:
        self.said: list[Mapping[str, str]] = []
        self.waits: list[float] = []
        self._api = api
        self._watch = KubernetesToolServices(client, "tools", self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._api.moved.set()
        await asyncio.sleep(0)

    async def run(self) -> None:
        async with aclosing(self._watch.follow()) as shown:
            async for one in shown:
                self.said.append(one)
                self._api.moved.set()

    async def until(self, true: Callable[[], object]) -> None:
        await self._api.until(true)


@asynccontextmanager
async def watching(api: FakeApi, folder: Path) -> AsyncIterator[Watched]:
    async with open_kubernetes(kube_config(api, folder)) as client:
        watch = Watched(api, client)
        task = asyncio.create_task(watch.run())
        yield watch
        task.cancel()
        await asyncio.wait({task})


async def test_services_are_listed_and_then_followed(api: FakeApi, tmp_path: Path) -> None:
    async with watching(api, tmp_path) as watched:
        await watched.until(lambda: ("watch", "services") in api.asked)
        await api.create(SERVICES, service("greeting"))
        await watched.until(lambda: watched.said[-1] == {"tools_greeting": GREETING})
        await api.create(SERVICES, service("postgres", labels={}))
        await api.create(SERVICES, service("rates", ("grpc", 7100)))
        await watched.until(lambda: len(watched.said[-1]) == 2)
        await api.change(SERVICES, "tools", "greeting", {"metadata": {"labels": {"toolmesh.dev/tool": None}}})
        await watched.until(lambda: watched.said[-1] == {"tools_rates": "dns:///rates.tools.svc:7100"})
        await api.delete(SERVICES, "tools", "rates")
        await watched.until(lambda: watched.said[-1] == {})


async def test_all_are_read_again_when_a_watch_has_expired(api: FakeApi, tmp_path: Path) -> None:
    api.expired.add(SERVICES)
    async with watching(api, tmp_path) as watched:
        await watched.until(lambda: watched.said)
        await api.create(SERVICES, service("greeting"))
        await watched.until(lambda: watched.said[-1] == {"tools_greeting": GREETING})
        assert api.asked.count(("list", "services")) > 1
        api.expired.clear()
        watches = api.asked.count(("watch", "services"))
        await watched.until(lambda: api.asked.count(("watch", "services")) > watches)
        await api.delete(SERVICES, "tools", "greeting")
        await watched.until(lambda: watched.said[-1] == {})


@pytest.mark.parametrize("status", [403, 500])
async def test_an_api_that_refuses_is_asked_again_and_later_each_time(
    api: FakeApi, tmp_path: Path, status: int
) -> None:
    api.faults.append(Fault("list", SERVICES, status, times=2))
    async with watching(api, tmp_path) as watched:
        await watched.until(lambda: watched.said)
    assert watched.waits[:2] == [0.5, 1.0]
    assert api.asked.count(("list", "services")) == 3


async def test_an_api_that_went_away_takes_nothing_away(api: FakeApi, tmp_path: Path) -> None:
    api.expired.add(SERVICES)
    await api.create(SERVICES, service("greeting"))
    async with watching(api, tmp_path) as watched:
        await watched.until(lambda: watched.said)
        api.faults.append(Fault("list", SERVICES, 503, times=3))
        await watched.until(lambda: not api.faults[0].times and watched.waits[-1] < 1)
    assert all(said == {"tools_greeting": GREETING} for said in watched.said)


async def test_an_api_that_does_not_answer_is_waited_for(api: FakeApi, tmp_path: Path) -> None:
    path = kube_config(api, tmp_path)
    path.write_text(path.read_text().replace(f":{api.url.port}", ":1"))
    async with open_kubernetes(path) as client:
        watched = Watched(api, client)
        task = asyncio.create_task(watched.run())
        await watched.until(lambda: len(watched.waits) > 8)
        task.cancel()
        await asyncio.wait({task})
    assert (watched.said, watched.waits[:3], watched.waits[8]) == ([], [0.5, 1.0, 2.0], 30.0)


async def test_without_credentials_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="TOOLMESH_TOOL_ROUTER_KUBE_CONFIG"):
        async with open_kubernetes(tmp_path / "missing"):
            pass


async def test_a_missing_package_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes.aio.client", None)
    with pytest.raises(Unavailable, match=r"pip install 'toolmesh-tool-router\[kubernetes\]'"):
        async with open_kubernetes(None):
            pass


def test_namespaces_are_names() -> None:
    assert ToolRouterSettings(kubernetes_namespaces="tools, agents,tools").namespaces() == ["tools", "agents"]
    with pytest.raises(ValueError, match="must be names of namespaces"):
        ToolRouterSettings(kubernetes_namespaces="Tools!")
