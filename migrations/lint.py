"""``python -m migrations.lint``: what the revisions would do to a live database, judged by squawk.

The SQL of all revisions is written out without a database; .squawk.toml says which rules do not apply and why.
"""

from __future__ import annotations

import io
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

_TIMEOUTS = "set lock_timeout = '4s'; set statement_timeout = '60s';"  # as migrations.runner sets them


def main() -> int:
    """Exit code 0 when squawk has nothing to say."""
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrations.sql"
        file.write_text(statements(), encoding="utf-8")
        judged = subprocess.run(  # noqa: S603 - fixed arguments
            [str(squawk), "--config", ".squawk.toml", str(file)],
            check=False,
        )
    return judged.returncode


def statements() -> str:
    """The SQL of every revision from an empty database on."""
    written = io.StringIO()
    config = Config(output_buffer=written)
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head", sql=True)
    return f"{_TIMEOUTS}\n{written.getvalue()}"


if __name__ == "__main__":
    sys.exit(main())
