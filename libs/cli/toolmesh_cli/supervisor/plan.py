"""Which processes make up the platform on one machine, and the settings that wire them together. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# What each service must be able to reach. The arrows of docs/architecture.md.
NEIGHBOURS: Mapping[str, tuple[str, ...]] = {
    "memory": (),
    "inference": (),
    "retriever": ("inference", "tool_router"),
    "tool_router": ("memory",),
    "tool_host": ("tool_router",),
    "controller": ("inference",),
    "planner": ("retriever", "memory", "controller", "tool_router"),
    "arena": ("planner", "inference"),
    "gateway": ("planner", "retriever", "memory", "controller", "tool_router", "tool_host", "inference", "arena"),
    "tool_calculation": (),
    "tool_code": ("memory",),
    "tool_data": ("retriever",),
    "tool_sql": (),
    "tool_web": (),
}
TOOL_SERVICES = tuple(
    name for name in NEIGHBOURS if name.startswith("tool_") and name not in ("tool_router", "tool_host")
)
# Has no tools, and is not run, where this is not set.
_SQL_NEEDS = "TOOLMESH_TOOL_SQL_DATABASES_FILE"


@dataclass(frozen=True)
class PlannedProcess:
    """One process to run.

    Attributes:
        name: the service, such as "tool_router".
        module: what `python -m` runs.
        env: its settings; what the operator has set already wins.
        address: its gRPC address.
        metrics_url: where its metrics are.
    """

    name: str
    module: str
    address: str
    metrics_url: str
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlatformPaths:
    """Where the platform keeps its things.

    Attributes:
        data: the folder of all state.
        sockets: a folder with a short name, since a socket's path may hold 107 bytes only.
    """

    data: Path
    sockets: Path

    @property
    def state_file(self) -> Path:
        """What is running, for `status` and `down`."""
        return self.data / "platform.json"

    @property
    def lock_file(self) -> Path:
        """Held while the platform of this folder runs."""
        return self.data / "platform.lock"

    @property
    def api_key_file(self) -> Path:
        """The key made at the first start."""
        return self.data / "api_key"

    def log_file(self, name: str) -> Path:
        """The log of one process."""
        return self.data / "logs" / f"{name}.log"


def plan_platform(
    paths: PlatformPaths, metrics_ports: Mapping[str, int], environment: Mapping[str, str]
) -> list[PlannedProcess]:
    """All processes of the platform.

    Args:
        metrics_ports: a free loopback port a service.
        environment: the operator's; a setting found there is left as it is.
    """
    names = [name for name in NEIGHBOURS if name != "tool_sql" or environment.get(_SQL_NEEDS)]
    addresses = {name: _address_of(name, paths, environment) for name in names}
    return [_plan_process(name, paths, addresses, metrics_ports[name], environment) for name in names]


def _address_of(name: str, paths: PlatformPaths, environment: Mapping[str, str]) -> str:
    usual = "127.0.0.1:9090" if name == "gateway" else f"unix:{paths.sockets / name}.sock"
    return environment.get(f"{_prefix(name)}LISTEN", usual)


def _plan_process(
    name: str,
    paths: PlatformPaths,
    addresses: Mapping[str, str],
    metrics_port: int,
    environment: Mapping[str, str],
) -> PlannedProcess:
    prefix = _prefix(name)
    metrics = f"127.0.0.1:{metrics_port}"
    env = {
        f"{prefix}LISTEN": addresses[name],
        f"{prefix}METRICS_LISTEN": metrics,
        f"{prefix}DATA_DIR": str(paths.data / name),
    }
    env |= {f"{prefix}{neighbour.upper()}_ADDRESS": addresses[neighbour] for neighbour in NEIGHBOURS[name]}
    if name == "gateway":
        env[f"{prefix}API_KEY_FILE"] = str(paths.api_key_file)
    if name == "tool_router":
        tools = [f"{_tool_name(tool)}={addresses[tool]}" for tool in TOOL_SERVICES if tool in addresses]
        env[f"{prefix}TOOL_SERVICES"] = ",".join(tools)
    chosen = {key: environment.get(key, value) for key, value in env.items()}
    url = f"http://{chosen[f'{prefix}METRICS_LISTEN']}/metrics"
    return PlannedProcess(name, f"toolmesh_{name}", addresses[name], url, chosen)


def _prefix(name: str) -> str:
    return f"TOOLMESH_{name.upper()}_"


def _tool_name(service: str) -> str:
    return service.removeprefix("tool_")
