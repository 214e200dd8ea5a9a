"""Every setting of every process, read once from the environment.

``load`` is the only way in, so that a wrong setting is told in one clear line wherever the program starts.
"""

from __future__ import annotations

import base64
import difflib
import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from server.errors import AppError

T = TypeVar("T")

_PREFIX = "CIVICGRID_"
_TOOLS = ("CIVICGRID_TEST_", "CIVICGRID_BENCH_")  # read by the test and bench programs, not by the server
_MINIMUM_SECRET = 32
_WEBHOOK_KEY = 24  # bytes; Standard Webhooks asks for 24 to 64
_PUBLIC_KEY = 32  # bytes of an Ed25519 public key
_HIDDEN = frozenset(
    {
        "CIVICGRID_SECRET",
        "CIVICGRID_AUDIT_SECRET",
        "CIVICGRID_FILES_SECRET_ACCESS_KEY",
        "CIVICGRID_PHONE_WEBHOOK_SECRET",
    }
)


class SettingsError(AppError):
    """One or more settings are wrong; the text has one line for each: name, value (never a secret), what is allowed."""

    default_code = "SETTINGS"


def _database_url(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError
    return value


def _redis_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError
    return value


def _secret(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _MINIMUM_SECRET:
        raise ValueError
    return value


def _networks(value: str) -> str:
    """As uvicorn reads them, which would take a slip of the pen for a host of that name, trusted by nobody."""
    found = [item.strip() for item in value.split(",")]
    if any(ip_network(item).prefixlen == 0 for item in found):
        raise ValueError
    return ",".join(found)


def _files(value: str) -> str:
    """A directory with its whole path, or a bucket; options other than these two would be silently without effect."""
    parts = urlsplit(value)
    options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    directory = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and not options
    bucket = parts.scheme == "s3" and bool(parts.netloc) and options.keys() <= {"endpoint", "region"}
    endpoints = options.get("endpoint", [])
    if not (directory or bucket) or not all(each.startswith(("http://", "https://")) for each in endpoints):
        raise ValueError
    return value


def _webhook(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
        raise ValueError
    _ = parts.port  # raises for one that is no port
    return value


def _webhook_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) < _WEBHOOK_KEY:
        raise ValueError
    return value


def _public_keys(value: str) -> str:
    found = [item.strip().lower() for item in value.split(",")]
    if any(len(bytes.fromhex(item)) != _PUBLIC_KEY for item in found):
        raise ValueError
    return ",".join(found)


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Networks = Annotated[str, AfterValidator(_networks)]
FilesUrl = Annotated[str, AfterValidator(_files)]
WebhookUrl = Annotated[str, AfterValidator(_webhook)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]
PublicKeys = Annotated[str, AfterValidator(_public_keys)]

_POSTGRES = "an address like postgresql://user:password@host:5432/database"
_WHOLE = "a whole number from {} to {}"
_MOST_POINTS = 1_000_000_000
_MOST_RESTORED = 10_000_000
_POINTS = f"points, {_WHOLE.format(1, _MOST_POINTS)}"
_RESTORED = f"points per second, {_WHOLE.format(1, _MOST_RESTORED)}"


class Settings(BaseSettings):
    """Each field is CIVICGRID_<NAME>; its description says what is allowed, in the words of an error line."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="the address to listen on, 0.0.0.0 for all")
    port: int = Field(8000, ge=1, le=65535, description=_WHOLE.format(1, 65535))
    # Whose X-Forwarded-For and X-Forwarded-Proto are believed: budgets of strangers go by the caller's address.
    trusted_proxies: Networks | None = Field(
        None,
        description="addresses or networks with commas between, like 10.0.0.7,10.244.0.0/16, and never all there are",
    )
    data: Path = Field(Path(".data"), description="a directory; what the program keeps on this machine")
    scale: Literal["small", "full"] = Field("small", description="small or full")
    environment: Literal["development", "production"] = Field("development", description="development or production")
    documents: Literal["any", "trusted"] | None = Field(None, description="any or trusted")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    # `serve` and `worker` connect as the role under row security; for `up` it is an administrator's login, from which
    # it makes the three roles.
    database_url: DatabaseUrl | None = Field(
        None, validation_alias=AliasChoices("DATABASE_URL", "CIVICGRID_DATABASE_URL"), description=_POSTGRES
    )
    owner_database_url: DatabaseUrl | None = Field(None, description=_POSTGRES)
    operator_database_url: DatabaseUrl | None = Field(None, description=_POSTGRES)
    redis_url: RedisUrl | None = Field(
        None,
        validation_alias=AliasChoices("REDIS_URL", "CIVICGRID_REDIS_URL"),
        description="an address like redis://host:6379/0",
    )
    # Signs access tokens and is the root of the keys that encrypt health data: losing it loses those data.
    secret: Secret | None = Field(None, description=f"at least {_MINIMUM_SECRET} characters")

    # Signs the heads of the audit trail; without it a key derived from the secret does. Retired ones still prove theirs.
    audit_secret: Secret | None = Field(None, description=f"at least {_MINIMUM_SECRET} characters")
    audit_retired_keys: PublicKeys | None = Field(
        None, description="public keys as `civicgrid audit key` prints them, 64 hexadecimal digits, with commas between"
    )

    # Where attachments lie; without it the directory `files` under `data`. The keys are of an s3 store.
    files: FilesUrl | None = Field(
        None, description="file:///a/directory or s3://bucket/prefix?endpoint=https://host:port&region=name"
    )
    files_access_key_id: str | None = Field(None, description="the id of a key of the store")
    files_secret_access_key: SecretStr | None = Field(None, description="the secret of that key")
    attachment_bytes: int = Field(
        10_485_760, ge=1024, le=104_857_600, description=f"bytes, {_WHOLE.format(1024, 104_857_600)}"
    )

    # The secrets of cities at their identity providers, one file <slug of the city>.<name> each.
    identity_secrets: Path | None = Field(None, description="a directory with a file for each secret")

    read_pool_size: int = Field(8, ge=1, le=200, description=_WHOLE.format(1, 200))
    write_pool_size: int = Field(4, ge=1, le=200, description=_WHOLE.format(1, 200))
    statement_timeout_ms: int = Field(
        10_000, ge=100, le=600_000, description=f"milliseconds, {_WHOLE.format(100, 600_000)}"
    )
    access_token_minutes: int = Field(15, ge=1, le=1440, description=_WHOLE.format(1, 1440))
    refresh_token_days: int = Field(30, ge=1, le=365, description=_WHOLE.format(1, 365))
    # Failed sign-ins that are free within the window, of one user name and of one address (server.throttle.attempts).
    sign_in_attempts: int = Field(5, ge=1, le=1_000_000, description=_WHOLE.format(1, 1_000_000))
    sign_in_attempts_per_address: int = Field(50, ge=1, le=1_000_000, description=_WHOLE.format(1, 1_000_000))
    sign_in_window_minutes: int = Field(15, ge=1, le=1440, description=_WHOLE.format(1, 1440))
    # One-time codes of telephones: where they are sent, and how many may be asked for within an hour before the pauses
    # begin, for one number, from one address, in one city (server.phones.limits).
    phone_webhook_url: WebhookUrl | None = Field(None, description="an address like https://gateway.example/messages")
    phone_webhook_secret: WebhookSecret | None = Field(
        None, description=f"whsec_ and at least {_WEBHOOK_KEY} bytes in base64"
    )
    phone_codes: int = Field(3, ge=1, le=1_000_000, description=_WHOLE.format(1, 1_000_000))
    phone_codes_per_address: int = Field(20, ge=1, le=1_000_000, description=_WHOLE.format(1, 1_000_000))
    phone_codes_per_city: int = Field(1_000, ge=1, le=1_000_000, description=_WHOLE.format(1, 1_000_000))
    workers: int = Field(1, ge=1, le=64, description=f"web processes, {_WHOLE.format(1, 64)}")

    # Query cost, in points and points per second (docs/api.md, "Budget"); what is not set apart is of one client.
    cost_capacity: int = Field(20_000, ge=1, le=_MOST_POINTS, description=_POINTS)
    cost_restore: int = Field(1_000, ge=1, le=_MOST_RESTORED, description=_RESTORED)
    tenant_cost_capacity: int = Field(400_000, ge=1, le=_MOST_POINTS, description=_POINTS)
    tenant_cost_restore: int = Field(20_000, ge=1, le=_MOST_RESTORED, description=_RESTORED)
    anonymous_cost_capacity: int = Field(1_000, ge=1, le=_MOST_POINTS, description=_POINTS)
    anonymous_cost_restore: int = Field(50, ge=1, le=_MOST_RESTORED, description=_RESTORED)


def load() -> Settings:
    """The settings of this process. Errors: ``SettingsError`` with a line for each wrong one, misspelled ones included."""
    lines = _unknown(os.environ)
    try:
        settings = Settings()
    except ValidationError as error:
        lines += [_line(detail) for detail in error.errors()]
        raise SettingsError("{lines}", lines="\n".join(lines)) from error
    if lines:
        raise SettingsError("{lines}", lines="\n".join(lines))
    return settings


def require(value: T | None, variable: str, why: str) -> T:
    """The value of a setting that this process cannot do without. Errors: ``SettingsError`` naming ``variable``."""
    if value is None:
        raise SettingsError("{variable} is not set: {why}", variable=variable, why=why)
    return value


def _variable(name: str) -> str:
    """The environment variable behind a field's or alias's name."""
    return name if name.isupper() else f"{_PREFIX}{name.upper()}"


def _line(detail: ErrorDetails) -> str:
    variable = _variable(str(detail["loc"][0]))
    shown = "" if variable in _HIDDEN or variable.endswith("_URL") else f"={detail['input']}"
    return f"{variable}{shown}: must be {_allowed(variable)}"


def _allowed(variable: str) -> str:
    field = Settings.model_fields[variable.removeprefix(_PREFIX).lower()]
    return field.description or ""


def _unknown(environment: Mapping[str, str]) -> list[str]:
    """A line for each CIVICGRID_ name that nobody reads: most likely a slip of the pen, silently without effect."""
    known = {_variable(name) for name in Settings.model_fields}
    lines = []
    for name in sorted(environment):
        if name in known or not name.startswith(_PREFIX) or name.startswith(_TOOLS):
            continue
        close = difflib.get_close_matches(name, known, n=1)
        lines.append(f"{name}: no such setting" + (f", did you mean {close[0]}?" if close else ""))
    return lines
