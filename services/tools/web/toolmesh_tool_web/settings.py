"""Settings of the web tool, read from TOOLMESH_TOOL_WEB_*."""

from pathlib import Path

from pydantic import Field, field_validator

from toolmesh_core.settings import service_config
from toolmesh_tool_web.domain.allowed_hosts import parse_host_rules
from toolmesh_toolkit import ToolSettings


class WebSettings(ToolSettings):
    """What the web tool can be told."""

    model_config = service_config("TOOL_WEB")

    allowed_hosts: str = Field(
        "", description="Hosts that may be asked: host, *.domain or host:port, by commas; empty refuses every host."
    )
    private_hosts: str = Field(
        "",
        description="Those allowed hosts that may have private or loopback addresses; no wildcards, since whoever "
        "names hosts below a domain would then choose an address inside.",
    )
    timeout_s: float = Field(15.0, gt=0, le=30, description="Seconds for a page with its redirects.")
    connect_timeout_s: float = Field(5.0, gt=0, le=30, description="Seconds until the next address is tried.")
    max_redirects: int = Field(5, ge=0, le=20, description="Redirects that are followed.")
    max_body_bytes: int = Field(
        2 * 2**20, gt=0, le=64 * 2**20, description="Bytes of a body that are read, packed and unpacked."
    )
    max_text_chars: int = Field(20_000, gt=0, le=500_000, description="Characters of text given; an LLM reads no more.")
    max_pages_at_once: int = Field(16, gt=0, description="Pages read at a time; the others wait. Bounds memory.")
    html_cpu_s: int = Field(5, gt=0, description="CPU seconds that one page's HTML may take.")
    html_memory_mb: int = Field(384, ge=128, description="Megabytes that one page's HTML may take as a tree.")
    ca_file: Path | None = Field(None, description="PEM of the authorities that TLS trusts; unset: those of the web.")

    @field_validator("allowed_hosts", "private_hosts")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_host_rules(value)
        return value

    @field_validator("private_hosts")
    @classmethod
    def _by_name(cls, value: str) -> str:
        if any(rule.subdomains for rule in parse_host_rules(value)):
            raise ValueError("name each host; *.domain is not possible here")
        return value

    @field_validator("ca_file")
    @classmethod
    def _there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("there is no such file")
        return value
