"""The settings of the tool router."""

import re
from pathlib import Path

from pydantic import Field, field_validator

from toolmesh_core.settings import ServiceSettings, service_config
from toolmesh_tool_router.domain.tool_definition import NAME_PATTERN

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class ToolRouterSettings(ServiceSettings):
    """What the tool router can be told."""

    model_config = service_config("TOOL_ROUTER")

    data_dir: Path = Field(Path(".toolmesh/tool_router"), description="Folder of the registry; made if missing.")
    tool_services: str = Field("", description="Tool services known from the start: name=address, comma separated.")
    memory_address: str = Field("", description="gRPC target of memory; empty keeps no large outputs.")
    default_timeout_s: float = Field(30.0, gt=0, description="Seconds for one try of a tool that declares no limit.")
    call_timeout_s: float = Field(120.0, gt=0, description="Seconds for a call whose caller set no deadline.")
    max_concurrency: int = Field(32, gt=0, description="Calls of one tool that run at a time.")
    max_queue: int = Field(128, ge=0, description="Calls of one tool that wait; more are refused, so waits stay short.")
    max_attempts: int = Field(3, gt=0, description="Tries of an idempotent tool, the first included.")
    breaker_failures: int = Field(5, gt=0, description="Failures in a row after which a tool service is left alone.")
    breaker_open_s: float = Field(5.0, gt=0, description="Seconds it is left alone before one call is let through.")
    health_check_s: float = Field(1.0, gt=0, description="Seconds between looks at a tool service.")
    health_timeout_s: float = Field(1.5, gt=0, description="Seconds a tool service has to say that it is alive.")
    relist_s: float = Field(15.0, gt=0, description="Seconds between listings of the tools of a healthy service.")
    list_timeout_s: float = Field(5.0, gt=0, description="Seconds a tool service has to list its tools.")
    startup_wait_s: float = Field(
        5.0, ge=0, description="Seconds that readiness waits for tool_services; then it starts without the missing."
    )
    max_arguments_bytes: int = Field(2**20, gt=0, description="Largest arguments; the LLM writes far less.")
    max_result_bytes: int = Field(
        16 * 1024, gt=0, description="Largest output passed on whole; an LLM's context is small."
    )
    summary_characters: int = Field(2000, gt=100, description="About the length of what stands in for a larger one.")
    max_partial_characters: int = Field(4 * 2**20, gt=0, description="Most partial output of one call.")
    artifact_timeout_s: float = Field(10.0, gt=0, description="Seconds memory has to store one output.")
    request_memory_s: float = Field(
        600.0, gt=0, description="Seconds a request_id is remembered, as the contract says."
    )
    request_memory_calls: int = Field(10_000, gt=0, description="Most finished calls remembered by request_id.")
    request_memory_bytes: int = Field(32 * 2**20, gt=0, description="Most bytes of results remembered by request_id.")
    policy_file: Path | None = Field(
        None, description="YAML file of the operator's policy (docs/policy.md); unset takes the one that comes along."
    )
    policy_check_s: float = Field(
        1.0, gt=0, description="Seconds between looks at policy_file; a change is taken at the second look."
    )
    kubernetes_namespaces: str = Field(
        "",
        description="Namespaces whose Services with label toolmesh.dev/tool are tool services, by commas; empty: off.",
    )
    kube_config: Path | None = Field(None, description="Kube config file; unset: the pod's service account.")
    watch_queue: int = Field(
        1000, gt=0, description="Changes kept for a slow watcher before it gets a snapshot instead."
    )

    @field_validator("kubernetes_namespaces")
    @classmethod
    def _are_namespaces(cls, value: str) -> str:
        bad = [name.strip() for name in value.split(",") if name.strip() and not _NAMESPACE.fullmatch(name.strip())]
        if bad:
            raise ValueError(f"must be names of namespaces, comma separated; not {bad[0]!r}")
        return value

    @field_validator("tool_services")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        _addresses(value)
        return value

    def namespaces(self) -> list[str]:
        """The namespaces to discover tool services in, each once."""
        names = (name.strip() for name in self.kubernetes_namespaces.split(","))
        return list(dict.fromkeys(name for name in names if name))

    def addresses(self) -> dict[str, str]:
        """The configured tool services: address by name."""
        return _addresses(self.tool_services)


def _addresses(text: str) -> dict[str, str]:
    pairs = [item.strip().partition("=") for item in text.split(",") if item.strip()]
    bad = [name for name, _, address in pairs if not (NAME_PATTERN.fullmatch(name.strip()) and address.strip())]
    if bad:
        raise ValueError(f"must be name=address, comma separated, names of letters, digits, '_', '-'; not {bad[0]!r}")
    return {name.strip(): address.strip() for name, _, address in pairs}
