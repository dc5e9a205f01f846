"""Who competes: a model, plain or with an adapter, under a name for good."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from toolmesh_core.errors import FailedPrecondition, InvalidInput

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_HOW_TO_ADD = (
    "add one with `toolmesh arena agents add NAME --model MODEL --adapter ADAPTER` for others to judge, "
    "or name the platform's own in TOOLMESH_ARENA_AGENTS for everybody"
)


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """A name, and the model and adapter behind it; an empty adapter means none."""

    name: str
    model: str
    adapter: str = ""

    @property
    def mind(self) -> tuple[str, str]:
        """What makes two agents the same but for their names."""
        return self.model, self.adapter


@dataclass(frozen=True, slots=True)
class Agent:
    """One who competes, or has done so; an empty owner means the platform's own."""

    spec: AgentSpec
    owner: str
    create_time: datetime
    retired: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that writes text, as inference serves it."""

    id: str
    adapters: tuple[str, ...]
    is_default: bool


def check_name(name: str) -> str:
    """The name, or InvalidInput where it is not one."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"agent name {name[:80]!r} must be 1 to 64 letters, digits, '.', '_', '+' or '-', and begin with a letter "
            "or a digit",
            field="name",
        )
    return name


def parse_agents(text: str) -> tuple[AgentSpec, ...]:
    """Agents written as "name=model@adapter,name=model". InvalidInput for anything else, and for one named twice."""
    specs = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, mind = item.partition("=")
        model, _, adapter = mind.partition("@")
        if not model:
            raise InvalidInput(f"agent {item!r} must be name=model or name=model@adapter", field="agents")
        specs.append(AgentSpec(check_name(name), model, adapter))
    for what, values in (("name", [s.name for s in specs]), ("model and adapter", [s.mind for s in specs])):
        if len(set(values)) < len(values):
            raise InvalidInput(f"two agents in {text!r} have the same {what}", field="agents")
    return tuple(specs)


def default_agents(models: Sequence[ServedModel]) -> tuple[AgentSpec, ...]:
    """The default model, plain and with each of its adapters."""
    model = next((model for model in models if model.is_default), None)
    if model is None:
        return ()
    # A model's id may hold what a name may not, such as the slash of "org/model".
    name = re.sub(r"[^A-Za-z0-9._+-]", "-", model.id).lstrip("._+-") or "default"
    adapters = [(adapter, re.sub(r"[^A-Za-z0-9._+-]", "-", adapter)) for adapter in model.adapters]
    plain = AgentSpec(name[:64], model.id)
    return (plain, *(AgentSpec(f"{name}+{written}"[:64], model.id, adapter) for adapter, written in adapters))


def is_served(spec: AgentSpec, models: Sequence[ServedModel]) -> bool:
    """Whether inference has the model and the adapter."""
    return any(model.id == spec.model and (not spec.adapter or spec.adapter in model.adapters) for model in models)


def fewest_battles_first(agents: Sequence[Agent], battles: Mapping[str, int], user: str) -> tuple[Agent, Agent]:
    """Two agents that are not the same, those with the fewest battles; where equal, those that come first.

    Agents of the user come last, since the user may not vote on them. FailedPrecondition where there are not two.
    """
    ordered = sorted(agents, key=lambda agent: (bool(agent.owner) and agent.owner == user, battles.get(agent.name, 0)))
    if ordered:
        first = ordered[0]
        second = next((agent for agent in ordered if agent.spec.mind != first.spec.mind), None)
        if second is not None:
            return first, second
    there = ", ".join(sorted(agent.name for agent in agents)) or "none"
    raise FailedPrecondition(
        f"a battle needs two different agents, there is {there}: {_HOW_TO_ADD}", reason="TOO_FEW_AGENTS"
    )
