"""Who competes now: the platform's own agents, kept up with what inference serves, and those that users added."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_arena.app.ports import AgentStore, ModelCatalog
from toolmesh_arena.domain.agent import Agent, AgentSpec, default_agents, is_served
from toolmesh_core.clock import Clock
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of


@dataclass(frozen=True)
class Roster:
    """The agents of the arena.

    Attributes:
        own: the platform's agents; empty means the default ones.
    """

    agents: AgentStore
    catalog: ModelCatalog
    own: Sequence[AgentSpec]
    clock: Clock

    async def listed(self) -> list[Agent]:
        """All that compete, by name, whether or not their model is served at the moment."""
        return (await self._current())[0]

    async def ready(self) -> list[Agent]:
        """Those whose model and adapter are served at the moment."""
        agents, ready = await self._current()
        return [agent for agent in agents if agent.name in ready]

    async def page(self, page_size: int, page_token: str) -> tuple[list[Agent], str]:
        """One page of those that compete, and the token of the next."""
        size = page_size_of(page_size)
        parts = decode_page_token(page_token)
        after = str(parts[0]) if parts else ""
        left = [agent for agent in await self.listed() if agent.name > after]
        return left[:size], encode_page_token(left[size - 1].name) if len(left) > size else ""

    async def _current(self) -> tuple[list[Agent], set[str]]:
        models = await self.catalog.models()
        await self.agents.keep_platform(self.own or default_agents(models), self.clock.now())
        agents = [agent for agent in await self.agents.all() if not agent.retired]
        return agents, {agent.name for agent in agents if is_served(agent.spec, models)}
