"""Settings: one frozen class per service, read once, refused by name when something is missing."""

import sys
from pathlib import Path
from typing import ClassVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

SECRETS_DIR = Path("/run/secrets")


class ServiceSettings(BaseSettings):
    """What every service must know. Subclasses set `env_prefix`; each field has a sentence.

    Values come from the environment (`ORDER_PUBLIC_PORT`), or from a file of the same name, in small letters,
    in `/run/secrets`.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
    )
    service: ClassVar[str]

    host: str = Field(default="127.0.0.1", description="Address that both ports listen on.")
    public_port: int = Field(default=0, ge=0, le=65535, description="Port that the gateway routes to.")
    internal_port: int = Field(default=0, ge=0, le=65535, description="Port for probes, metrics and neighbours.")
    worker_port: int = Field(default=0, ge=0, le=65535, description="Port for the worker's probes and metrics.")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged.")
    max_in_flight: int = Field(default=200, ge=1, le=10_000, description="Requests worked on at once; more get 503.")
    drain_seconds: float = Field(default=5, ge=0, le=60, description="How long to serve on after SIGTERM.")
    traces_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where spans go, an OTLP collector's HTTP port; without, none are recorded.",
    )
    traces_share: float = Field(
        default=1.0, ge=0, le=1, description="Share recorded of the traces that begin here; the gateway's are its own."
    )
    development_door: bool = Field(default=False, description="Serve /facts on the internal port. Never in production.")


def load[S: ServiceSettings](settings: type[S]) -> S:
    """Read the settings, or stop the process with a message that names each bad one."""
    prefix = settings.model_config.get("env_prefix", "")
    try:
        return settings()
    except SettingsError as unread:  # what should be JSON is not; pydantic names the field, and never the value
        known = (prefix + name for name in settings.model_fields if f'"{name}"' in str(unread))
        sys.stderr.write(f"{settings.service}: setting {next(known, prefix).upper()}: is not valid JSON\n")
        raise SystemExit(2) from None
    except ValidationError as refused:
        for error in refused.errors():
            name = prefix + "_".join(str(part) for part in error["loc"])
            sys.stderr.write(f"{settings.service}: setting {name.upper()}: {error['msg']}\n")
        raise SystemExit(2) from None


def example(settings: type[ServiceSettings]) -> str:
    """The text of `.env.example`, made from the class."""
    prefix = settings.model_config.get("env_prefix", "")
    lines: list[str] = []
    for name, field in settings.model_fields.items():
        default = "" if field.is_required() else field.default
        lines += [f"# {field.description}", f"{(prefix + name).upper()}={default}", ""]
    return "\n".join(lines)
