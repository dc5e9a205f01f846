"""Settings of the web tools, read from TOOLMESH_TOOL_WEB_*."""

from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from toolmesh_core.egress.host_list import parse_rules
from toolmesh_core.settings import service_config
from toolmesh_toolkit import ToolSettings


class WebSettings(ToolSettings):
    """What the web tools can be told."""

    model_config = service_config("TOOL_WEB")

    allowed_hosts: str = Field(
        "", description="Hosts that may be read, by commas: example.com, *.example.com, example.com:8080; empty: none."
    )
    private_hosts: str = Field(
        "", description="Those of allowed_hosts that may lie on loopback or in a private network; empty: none."
    )
    request_timeout_s: float = Field(10.0, gt=0, le=50, description="Seconds for one page, redirects included.")
    max_page_bytes: int = Field(1_000_000, gt=0, le=20_000_000, description="Bytes read of one page; the rest is left.")
    max_text_chars: int = Field(
        8000, gt=0, description="Characters of a page's text in an answer; an LLM reads no more."
    )
    max_redirects: int = Field(
        5, ge=0, le=20, description="Redirects followed; each is checked like the first address."
    )
    ca_file: Path | None = Field(None, description="PEM of authorities to trust instead of the usual ones.")

    @field_validator("allowed_hosts", "private_hosts")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_rules(value)
        return value

    @model_validator(mode="after")
    def _private_ones_are_allowed(self) -> Self:
        extra = set(parse_rules(self.private_hosts)) - set(parse_rules(self.allowed_hosts))
        if extra:
            raise ValueError(f"PRIVATE_HOSTS names {sorted(rule.host for rule in extra)}, which ALLOWED_HOSTS does not")
        return self
