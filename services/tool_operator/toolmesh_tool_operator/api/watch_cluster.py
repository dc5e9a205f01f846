"""Watches Tools and what belongs to them by kopf, and says whose turn it is.

kopf lives in a thread with a loop of its own, since it takes the process's signals and ends its loop's tasks as it
ends. It only watches: handlers of events leave no annotations and need no finalizers.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import kopf

from toolmesh_core.errors import Unavailable
from toolmesh_tool_operator.domain.labels import TOOL_NAME
from toolmesh_tool_operator.domain.manifests import CHILD_KINDS, POD, TOOL, Kind

LogIn = Callable[[], Awaitable[kopf.ConnectionInfo]]
_WATCHED = (*CHILD_KINDS, POD)
_SERVER_TIMEOUT_S = 240.0
_INACTIVITY_S = 300.0


class Turns(Protocol):
    """Who is told of changes, on its own loop."""

    def changed(self, namespace: str, name: str) -> None:
        """A Tool was made or its owner changed it."""
        ...

    def touched(self, namespace: str, name: str) -> None:
        """Something that belongs to a Tool moved."""
        ...

    def gone(self, namespace: str, name: str) -> None:
        """A Tool was deleted."""
        ...


class WatchCluster:
    """The watching thread.

    Args:
        namespaces: the namespaces to look at.
        log_in: gives kopf its way to the API, again when the old one is refused.
    """

    def __init__(self, namespaces: Sequence[str], log_in: LogIn, turns: Turns) -> None:
        self._namespaces = namespaces
        self._log_in = log_in
        self._turns = turns
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._generations: dict[tuple[str, str], int] = {}

    async def ready(self) -> bool:
        """Whether kopf has begun."""
        return self._ready.is_set()

    async def run(self) -> None:
        """Until cancelled. Unavailable where kopf ends by itself, so that the process is started anew."""
        tell = _teller(asyncio.get_running_loop())
        thread = asyncio.create_task(asyncio.to_thread(self._run_kopf, tell))
        try:
            await asyncio.shield(thread)
        except asyncio.CancelledError:
            self._stop.set()
            await asyncio.wait({thread})
            raise
        raise Unavailable("watching the cluster ended by itself; see the log for why")

    def _run_kopf(self, tell: Callable[..., None]) -> None:
        # Records of each event and request are kopf's own business.
        logging.getLogger("kopf").setLevel(logging.WARNING)
        # It warns that it leaves the signals alone, which is why it is here.
        logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
        asyncio.run(
            kopf.operator(
                registry=self._registry(tell),
                settings=_settings(),
                namespaces=list(self._namespaces),
                standalone=True,
                ready_flag=self._ready,
                stop_flag=self._stop,
            )
        )

    def _registry(self, tell: Callable[..., None]) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        async def log_in(**_: Any) -> kopf.ConnectionInfo:
            return await self._log_in()

        def tool_moved(type: str | None, meta: kopf.Meta, **_: Any) -> None:  # noqa: A002 - kopf's name
            self._tool_moved(tell, type, meta)

        def child_moved(namespace: str | None, labels: kopf.Labels, **_: Any) -> None:
            tell(self._turns.touched, namespace or "", labels[TOOL_NAME])

        kopf.on.login(registry=registry)(log_in)
        kopf.on.event(*_selector(TOOL), registry=registry)(tool_moved)
        for kind in _WATCHED:
            watch = kopf.on.event(*_selector(kind), id=kind.plural, labels={TOOL_NAME: kopf.PRESENT}, registry=registry)
            watch(child_moved)
        return registry

    def _tool_moved(self, tell: Callable[..., None], event: str | None, meta: kopf.Meta) -> None:
        """The status that we write ourselves is no change: only the spec counts generations."""
        key = (str(meta["namespace"]), str(meta["name"]))
        if event == "DELETED":
            self._generations.pop(key, None)
            tell(self._turns.gone, *key)
        elif self._generations.get(key) != meta["generation"]:
            self._generations[key] = meta["generation"]
            tell(self._turns.changed, *key)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    # What there is to say stands in the conditions; events would need one more right.
    settings.posting.enabled = False
    # The CRD and the namespaces are there before the operator; looking out for more would need rights in the cluster.
    settings.scanning.disabled = True
    settings.watching.server_timeout = _SERVER_TIMEOUT_S
    settings.watching.inactivity_timeout = _INACTIVITY_S
    return settings


def _selector(kind: Kind) -> tuple[str, str, str]:
    return kind.group, kind.version, kind.plural


def _teller(loop: asyncio.AbstractEventLoop) -> Callable[..., None]:
    """Calls on the service's loop from kopf's; one that is closing needs to hear nothing more."""

    def tell(call: Callable[..., None], *args: str) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(call, *args)

    return tell
