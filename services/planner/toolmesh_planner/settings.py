"""Settings of the planner; each is the environment variable TOOLMESH_PLANNER_<NAME>."""

from pydantic import Field, model_validator

from toolmesh_core.settings import ServiceSettings, service_config


class PlannerSettings(ServiceSettings):
    """Where the neighbours are, what a run may spend, how many there may be."""

    model_config = service_config("PLANNER")

    controller_address: str = Field("127.0.0.1:7102", description="gRPC target of the controller.")
    tool_router_address: str = Field("127.0.0.1:7103", description="gRPC target of the tool router.")
    retriever_address: str = Field("127.0.0.1:7105", description="gRPC target of the retriever.")
    memory_address: str = Field("127.0.0.1:7106", description="gRPC target of memory.")

    default_max_steps: int = Field(12, gt=0, description="Steps of a run that asks for no limit; most need 2 to 5.")
    most_max_steps: int = Field(100, gt=0, description="The highest max_steps that may be asked for.")
    default_max_tokens: int = Field(
        100_000, gt=0, description="Tokens, read and written, of a run that asks for no limit: 12 steps of 8,000."
    )
    most_max_tokens: int = Field(2_000_000, gt=0, description="The highest max_tokens that may be asked for.")
    default_max_duration_s: float = Field(
        300.0, gt=0, description="Seconds a run may take; waiting for a person does not count."
    )
    most_max_duration_s: float = Field(86_400.0, gt=0, description="The highest max_duration, in seconds: a day.")

    most_runs: int = Field(1000, gt=0, description="Runs in progress at once; each holds its conversation in memory.")
    most_runs_per_user: int = Field(100, gt=0, description="Runs in progress of one user, waiting ones included.")
    max_request_bytes: int = Field(4 * 2**20, gt=0, description="Bytes of a request; it is kept in the journal.")
    most_history_messages: int = Field(
        100, gt=0, le=1000, description="Newest messages taken from a session; the controller fits them to the model."
    )

    retrieval_top_k: int = Field(
        8, gt=0, le=100, description="Candidate tools searched for: enough for requests of two or three parts."
    )
    max_parallel_calls: int = Field(8, gt=0, description="The most tool calls one decision may hold.")
    decision_timeout_s: float = Field(120.0, gt=0, description="Seconds of one decision: a small model on a busy CPU.")
    call_timeout_s: float = Field(
        600.0, gt=0, description="Seconds of one tool call; the tool's own limit, held by the router, comes first."
    )
    approval_wait_s: float = Field(
        86_400.0, gt=0, description="Seconds a call waits for a person, then it counts as refused: a day."
    )
    neighbour_patience_s: float = Field(
        20.0, ge=0, description="Seconds a neighbour may be away before a run fails: longer than a restart takes."
    )
    drain_step_s: float = Field(
        5.0, ge=0, description="Seconds that tool calls under way get on SIGTERM; runs go on after the restart."
    )

    @model_validator(mode="after")
    def _defaults_are_allowed(self) -> "PlannerSettings":
        for name in ("max_steps", "max_tokens", "max_duration_s"):
            default, most = getattr(self, f"default_{name}"), getattr(self, f"most_{name}")
            if default > most:
                raise ValueError(f"default_{name} is {default}, more than most_{name} {most}; lower it or raise that")
        return self
