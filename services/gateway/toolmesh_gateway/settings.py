"""Settings of the gateway, TOOLMESH_GATEWAY_* and TOOLMESH_API_KEY; each says its unit and its reason."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from toolmesh_core.settings import ServiceSettings, service_config


class GatewaySettings(ServiceSettings):
    """What the gateway can be told."""

    model_config = service_config("GATEWAY")

    listen: str = Field("127.0.0.1:9090", description="gRPC address for clients: host:port or unix:/path.")
    http_host: str = Field("127.0.0.1", description="Address of REST; loopback unless a network should reach it.")
    http_port: int = Field(8080, ge=0, le=65535, description="Port of REST; 0 takes a free one.")

    planner_address: str = Field("", description="gRPC target of the planner; empty: its routes answer 503.")
    tool_router_address: str = Field("", description="gRPC target of the tool router; empty: its routes answer 503.")
    retriever_address: str = Field("", description="gRPC target of the retriever; empty: its routes answer 503.")
    memory_address: str = Field("", description="gRPC target of memory; empty: its routes answer 503.")
    controller_address: str = Field("", description="gRPC target of the controller; empty: its RPCs are UNAVAILABLE.")
    inference_address: str = Field("", description="gRPC target of inference; empty: its routes answer 503.")
    arena_address: str = Field("", description="gRPC target of the arena; empty: its routes answer 503.")
    tool_host_address: str = Field("", description="gRPC target of the tool host; empty: its routes answer 503.")

    keys_required: bool = Field(True, description="Ask for an API key; false lets everybody do everything.")
    api_key: SecretStr | None = Field(
        None,
        validation_alias="TOOLMESH_API_KEY",
        description="The main key, with every scope; unset takes api_key_file.",
    )
    api_key_file: Path | None = Field(
        None, description="File of the main key, made at the first start; empty is 'api_key' in data_dir."
    )
    api_key_user: str = Field("owner", min_length=1, description="The user that the main key stands for.")
    keys_file: Path | None = Field(None, description="TOML file of further keys, as hashes; empty means none.")
    rate_per_s: float = Field(2000.0, gt=0, description="Requests a second, of keys that name no rate; one owner's.")
    rate_burst: int = Field(4000, gt=0, description="Requests at once, of keys that name no burst; two seconds.")
    max_runs_per_key: int = Field(64, gt=0, description="Runs under way of a key that names no limit; spares the LLM.")

    max_body_bytes: int = Field(4 * 2**20, gt=0, description="Bytes of a JSON body; longer than a conversation is.")
    max_document_bytes: int = Field(20 * 2**20, gt=0, description="Bytes of a document; as the retriever's own limit.")
    max_artifact_bytes: int = Field(64 * 2**20, gt=0, description="Bytes of an artifact, streamed; memory's own limit.")
    cors_origins: tuple[str, ...] = Field((), description="Web origins that may call from a browser, as JSON; none.")
    mcp_sessions_per_key: int = Field(
        1000, gt=0, description="MCP sessions of a key, and open subscriptions; beyond it the longest unused one ends."
    )
    mcp_session_idle_s: float = Field(1800.0, gt=0, description="Seconds without use after which an MCP session ends.")
    sse_keepalive_s: float = Field(15.0, gt=0, description="Seconds of silence until a comment keeps a stream up.")
    http_keepalive_s: int = Field(75, gt=0, description="Seconds an idle connection stays open; over proxies' 60.")
    http_backlog: int = Field(2048, gt=0, description="Connections that may wait to be accepted.")
    access_log: bool = Field(False, description="Log each request; off, as metrics and traces tell it.")
    ready_timeout_s: float = Field(2.0, gt=0, description="Seconds a neighbour has to answer /readyz.")

    neighbour_ca_file: Path | None = Field(
        None, description="PEM of the authority of the neighbours; where set, they are called by TLS."
    )
    neighbour_cert_file: Path | None = Field(None, description="PEM certificate that neighbours are shown.")
    neighbour_key_file: Path | None = Field(None, description="PEM private key of neighbour_cert_file.")

    @field_validator("api_key")
    @classmethod
    def _no_blank_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value().strip()) < 8:
            raise ValueError("must have 8 characters or more")
        return key

    @property
    def key_path(self) -> Path:
        """Where the main key is kept."""
        return self.api_key_file or self.data_dir / "api_key"

    def addresses(self) -> dict[str, str]:
        """The gRPC targets by neighbour; empty ones are not set."""
        return {
            "planner": self.planner_address,
            "tool_router": self.tool_router_address,
            "retriever": self.retriever_address,
            "memory": self.memory_address,
            "controller": self.controller_address,
            "inference": self.inference_address,
            "arena": self.arena_address,
            "tool_host": self.tool_host_address,
        }
