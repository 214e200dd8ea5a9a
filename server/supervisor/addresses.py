"""What ``up`` makes and other commands of the same data directory may use: the secret and the addresses."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from migrations.roles import DatabaseUrls
from server.settings import Settings

_SECRET_FILE = "secret"  # noqa: S105 - a file's name
_ADDRESSES_FILE = "addresses.json"


def secret_of(settings: Settings) -> SecretStr:
    """The secret of the settings, or else the one kept in the data directory, made on first use."""
    if settings.secret is not None:
        return settings.secret
    file = settings.data / _SECRET_FILE
    if not file.exists():
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(file, secrets.token_urlsafe(48))
    return SecretStr(file.read_text().strip())


def connected(settings: Settings, urls: DatabaseUrls, redis_url: str, secret: SecretStr) -> Settings:
    """The settings with every address filled in."""
    return settings.model_copy(
        update={
            "database_url": urls.app,
            "owner_database_url": urls.owner,
            "operator_database_url": urls.operator,
            "redis_url": redis_url,
            "secret": secret,
        }
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of a child: ours, with the addresses it needs; the owner's is not among them."""
    values = {
        "DATABASE_URL": settings.database_url,
        "CIVICGRID_OPERATOR_DATABASE_URL": settings.operator_database_url,
        "REDIS_URL": settings.redis_url,
        "CIVICGRID_SECRET": settings.secret.get_secret_value() if settings.secret else None,
    }
    return dict(os.environ) | {name: value for name, value in values.items() if value}


@contextmanager
def published(settings: Settings) -> Iterator[None]:
    """Let other commands find the running platform (``of_running``) while the block lasts. Readable by us alone."""
    file = settings.data / _ADDRESSES_FILE
    names = ("database_url", "owner_database_url", "operator_database_url", "redis_url")
    _write_private(file, json.dumps({name: getattr(settings, name) for name in names}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def of_running(settings: Settings) -> Settings:
    """Settings with the missing addresses and secret taken from an ``up`` of the same data directory, if one runs."""
    file = settings.data / _ADDRESSES_FILE
    if not file.exists():
        return settings
    found = {name: value for name, value in json.loads(file.read_text()).items() if getattr(settings, name) is None}
    return settings.model_copy(update=found | {"secret": secret_of(settings)})


def _write_private(file: Path, content: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}")  # mkstemp opens it 0600
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    Path(name).replace(file)
