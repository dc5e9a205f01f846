"""Reads the policy at the start and again when its text changes; a bad one is refused and the old one stays."""

import asyncio
import logging
from importlib import resources

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_router.app.policy_in_force import PolicyInForce
from toolmesh_tool_router.app.ports import CallMeter, PolicyText
from toolmesh_tool_router.domain.policy.policy import Policy
from toolmesh_tool_router.domain.policy.read_policy import read_policy

logger = logging.getLogger(__name__)
_SHIPPED = "default_policy.yaml"


def shipped_policy() -> Policy:
    """The policy where the operator has written none."""
    text = (resources.files("toolmesh_tool_router") / _SHIPPED).read_text(encoding="utf-8")
    return read_policy(text, _SHIPPED)


def first_policy(source: PolicyText | None) -> Policy:
    """The policy to start with. InvalidInput, with every fault and its line, where it is bad."""
    return shipped_policy() if source is None else read_policy(source.read(), source.name, shipped_policy())


class FollowPolicy:
    """Looks at the text every `every_s` seconds.

    A change is taken when two looks in a row see the same text, since one alone may see half of it written.
    """

    def __init__(self, source: PolicyText, in_force: PolicyInForce, meter: CallMeter, every_s: float) -> None:
        self._source = source
        self._in_force = in_force
        self._meter = meter
        self._every_s = every_s
        self._taken = self._seen = source.version()
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Has the text read now, changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Looks, waits until it is time or it is asked to, and so on."""
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), self._every_s)
            except TimeoutError:
                await self.look()
            else:
                self._asked.clear()
                await self.read_again()

    async def look(self) -> None:
        """Takes a text that has changed and settled."""
        version = await asyncio.to_thread(self._source.version)
        settled, self._seen = version == self._seen, version
        if settled and version != self._taken:
            await self.read_again()

    async def read_again(self) -> None:
        """Reads the text and takes it, or says why not."""
        try:
            # In a thread: the file may lie on a disk that does not answer, and a long one takes its time.
            policy = await asyncio.to_thread(self._read)
        except InvalidInput as refused:
            self._meter.policy_read("refused")
            logger.error("policy refused, the old one stays", extra={"detail": refused.message})
            return
        self._in_force.use(policy)
        self._meter.policy_read("taken")
        logger.info("policy taken", extra={"rules": len(policy.rules), "limits": len(policy.limits)})

    def _read(self) -> Policy:
        self._taken = self._seen = self._source.version()
        return read_policy(self._source.read(), self._source.name, shipped_policy())
