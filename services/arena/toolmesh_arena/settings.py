"""Settings of the arena service."""

from pathlib import Path

from pydantic import Field, field_validator

from toolmesh_arena.domain.agent import AgentSpec, parse_agents
from toolmesh_core.errors import InvalidInput
from toolmesh_core.settings import ServiceSettings, service_config


class ArenaSettings(ServiceSettings):
    """What the arena can be told; variables begin with TOOLMESH_ARENA_."""

    model_config = service_config("ARENA")

    data_dir: Path = Field(
        Path(".toolmesh/arena"), description="Folder of arena.sqlite3, made if missing; one process only may use it."
    )
    planner_address: str = Field("127.0.0.1:7101", description="gRPC target of the planner, which runs the agents.")
    inference_address: str = Field("127.0.0.1:7104", description="gRPC target of inference, which knows the models.")
    agents: str = Field(
        "",
        description="The platform's own agents, on which everybody may vote, as name=model@adapter,name=model; empty "
        "means the default model, plain and with each of its adapters.",
    )
    most_running_battles_per_user: int = Field(
        10, gt=0, description="Battles of one user that have not ended; each keeps two runs of the LLM busy."
    )
    bootstrap_rounds: int = Field(
        500, ge=100, le=10_000, description="Resamples of the votes for intervals; 500 settle a 95% interval."
    )

    @field_validator("agents")
    @classmethod
    def _agents_are_named(cls, value: str) -> str:
        try:
            parse_agents(value)
        except InvalidInput as error:
            raise ValueError(error.message) from error
        return value

    @property
    def own_agents(self) -> tuple[AgentSpec, ...]:
        """The agents named in `agents`."""
        return parse_agents(self.agents)
