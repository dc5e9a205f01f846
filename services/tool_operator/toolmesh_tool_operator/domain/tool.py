"""A Tool as its owner wrote it, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from toolmesh_core.errors import InvalidInput

API_VERSION = "toolmesh.dev/v1alpha1"
HTTPS_PORT = 443
NAME_PATTERN = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
_CIDR = r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)/[0-9]{1,3}$"
_HOST = r"^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?$"
Count = Annotated[int, Field(ge=0, le=1000)]
Port = Annotated[int, Field(ge=1, le=65535)]
Quantities = dict[str, str | int]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Python files in a ConfigMap, served by the stock image."""

    configMap: str = Field(min_length=1)  # noqa: N815 - the field's name in the resource


class Autoscaling(_Part):
    """Between how many pods, and at which use of the requested CPU in percent."""

    min: int = Field(1, ge=1, le=1000)
    max: int = Field(ge=1, le=1000)
    targetCPU: int = Field(70, ge=1, le=100)  # noqa: N815

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is over max {self.max}")
        return self


class Resources(_Part):
    """What the container asks for and may take."""

    requests: Quantities = {}
    limits: Quantities = {}


# Of a Tool that says nothing: room for a small Python process, and an end to what leaks.
_MODEST = Resources(requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "512Mi"})


class Variable(_Part):
    """A setting as plain text."""

    name: str
    value: str


class SecretVariable(_Part):
    """A setting whose value lies in a Secret of the same namespace."""

    env: str
    secret: str
    key: str


class Egress(_Part):
    """Addresses it may connect to, by TCP."""

    cidr: str = Field(pattern=_CIDR)
    ports: list[Port] = [HTTPS_PORT]


class Network(_Part):
    """Where it may connect to besides DNS."""

    egress: list[Egress] = []
    hosts: list[Annotated[str, Field(pattern=_HOST)]] = []


class DisruptionBudget(_Part):
    """How many pods a drain of nodes must leave, or may take."""

    minAvailable: Count | None = None  # noqa: N815
    maxUnavailable: Count | None = None  # noqa: N815

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.minAvailable is None) == (self.maxUnavailable is None):
            raise ValueError("give either minAvailable or maxUnavailable")
        return self


class ToolSpec(_Part):
    """The spec of a Tool; `k8s/crds/tool.yaml` describes each field."""

    image: str | None = Field(None, min_length=1)
    source: Source | None = None
    replicas: Count | None = None
    autoscaling: Autoscaling | None = None
    resources: Resources = _MODEST
    env: list[Variable] = []
    secrets: list[SecretVariable] = []
    port: int = Field(7000, ge=1024, le=65535)
    timeoutSeconds: int = Field(30, ge=1, le=3600)  # noqa: N815
    runtimeClassName: str | None = None  # noqa: N815
    imagePullSecrets: list[str] = []  # noqa: N815
    network: Network = Network()
    podDisruptionBudget: DisruptionBudget = DisruptionBudget(maxUnavailable=1)  # noqa: N815

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.image is None) == (self.source is None):
            raise ValueError("give either image or source")
        if self.replicas is not None and self.autoscaling is not None:
            raise ValueError("give either replicas or autoscaling")
        return self


@dataclass(frozen=True, slots=True)
class Tool:
    """A Tool resource.

    Attributes:
        generation: counts the changes of the spec.
    """

    name: str
    namespace: str
    uid: str
    generation: int
    spec: ToolSpec


def read_tool(body: Mapping[str, Any]) -> Tool:
    """The Tool of a resource from the API. InvalidInput names each field that is wrong."""
    metadata = body["metadata"]
    try:
        spec = ToolSpec.model_validate(body.get("spec") or {})
    except ValidationError as error:
        raise InvalidInput("; ".join(_fault(item) for item in error.errors()), reason="INVALID_SPEC") from error
    return Tool(metadata["name"], metadata["namespace"], metadata["uid"], metadata.get("generation", 0), spec)


def _fault(item: Any) -> str:
    path = ".".join(["spec", *(str(part) for part in item["loc"])])
    return f"{path}: {item['msg'].removeprefix('Value error, ')}"
