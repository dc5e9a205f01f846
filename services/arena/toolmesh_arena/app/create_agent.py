"""Adds a user's agent, after a look at what inference serves."""

from dataclasses import dataclass

from toolmesh_arena.app.ports import AgentStore, ModelCatalog
from toolmesh_arena.domain.agent import Agent, AgentSpec, ServedModel, check_name
from toolmesh_core.clock import Clock
from toolmesh_core.errors import NotFound

# In requests for runs this means the model as it is; an agent says so by an empty adapter.
_NO_ADAPTER = "none"


@dataclass(frozen=True)
class CreateAgent:
    """Adds agents."""

    agents: AgentStore
    catalog: ModelCatalog
    clock: Clock

    async def __call__(self, user: str, name: str, model: str, adapter: str) -> Agent:
        """The agent. InvalidInput: a bad name. NotFound: no such model or adapter. AlreadyExists."""
        check_name(name)
        adapter = "" if adapter == _NO_ADAPTER else adapter
        found = _model_of(model, list(await self.catalog.models()))
        if adapter and adapter not in found.adapters:
            has = ", ".join(found.adapters) or "none"
            raise NotFound(
                f"model {found.id!r} has no adapter {adapter[:80]!r}; it has {has}", reason="ADAPTER_NOT_FOUND"
            )
        return await self.agents.add(Agent(AgentSpec(name, found.id, adapter), user, self.clock.now()))


def _model_of(model: str, models: list[ServedModel]) -> ServedModel:
    wants_default = model in ("", "default")
    for served in models:
        if served.is_default if wants_default else served.id == model:
            return served
    there = ", ".join(served.id for served in models) or "none"
    raise NotFound(
        f"there is no model {model[:80] or 'default'!r} that writes text; there is {there}", reason="MODEL_NOT_FOUND"
    )
