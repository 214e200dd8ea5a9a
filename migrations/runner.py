"""Bring a database to the newest revision, as the owner role, one process at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_LOCK = 20260901  # one migration run at a time; it only spares a second run its error, correctness rests on alembic


async def upgrade(owner_url: str, *, revision: str = "head") -> None:
    """Run the missing revisions in one transaction each; lock waits end after 4 s, statements after 60 s."""
    engine = create_async_engine(make_url(owner_url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("select pg_advisory_lock(:key)").bindparams(key=_LOCK))
            await connection.execute(text("set lock_timeout = '4s'"))
            await connection.execute(text("set statement_timeout = '60s'"))
            await connection.commit()
            await connection.run_sync(_upgrade, revision)
            await connection.commit()
    finally:
        await engine.dispose()


def head() -> str:
    """The newest revision's id."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        message = "there are no revisions"
        raise RuntimeError(message)
    return found


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
