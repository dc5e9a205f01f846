"""Settings of a service: environment variables, all of them checked before anything starts."""

import sys
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound=BaseSettings)


def service_config(name: str) -> SettingsConfigDict:
    """The model_config of a service's settings: variables begin with TOOLMESH_<name>_."""
    return SettingsConfigDict(env_prefix=f"TOOLMESH_{name}_", env_ignore_empty=True, extra="forbid", frozen=True)


class ServiceSettings(BaseSettings):
    """What every service can be told."""

    listen: str = Field("127.0.0.1:0", description="gRPC address: host:port or unix:/path; port 0 takes a free one.")
    metrics_listen: str = Field("127.0.0.1:0", description="host:port of /metrics over HTTP; empty turns it off.")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Prompts are logged at DEBUG only."
    )
    drain_timeout_s: float = Field(30.0, ge=0, description="Seconds that running calls get to finish on SIGTERM.")
    max_connection_age_s: float = Field(
        0.0, ge=0, description="Seconds after which callers connect anew, and so find new replicas; 0: never."
    )
    otlp_endpoint: str = Field("", description="URL that traces are sent to by OTLP over HTTP; empty exports none.")
    data_dir: Path = Field(Path(".toolmesh"), description="Folder for all state of this service; made if missing.")
    tls_cert_file: Path | None = Field(None, description="PEM certificate chain; with tls_key_file turns TLS on.")
    tls_key_file: Path | None = Field(None, description="PEM private key of tls_cert_file.")
    tls_ca_file: Path | None = Field(
        None, description="PEM of the authority; where set, callers must show a certificate."
    )


def load_settings(settings_class: type[S]) -> S:
    """Reads the settings from the environment; with bad ones, lists all of them on stderr and exits with 2."""
    try:
        return settings_class()
    except ValidationError as error:
        prefix = str(settings_class.model_config.get("env_prefix", ""))
        for line in settings_errors(error, prefix):
            print(line, file=sys.stderr)
        raise SystemExit(2) from error


def settings_errors(error: ValidationError, prefix: str) -> list[str]:
    """One line a bad setting: its variable, what was wrong, the value."""
    lines = []
    for item in error.errors():
        name = prefix + "__".join(str(part) for part in item["loc"]).upper()
        value = "" if "secret" in name.lower() or "key" in name.lower() else f", got {item.get('input')!r}"
        lines.append(f"setting {name}: {item['msg']}{value}")
    return lines
