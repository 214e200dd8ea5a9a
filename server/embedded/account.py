"""Whose account the embedded servers run under, and where their files therefore lie.

PostgreSQL refuses to run as root. Started by an ordinary user, the servers run as that user, with files in the data
directory and programs where pip put them. Started by root, they run as the system account ``civicgrid``, made on first
use; that account may not be able to reach the checkout (``/root`` is closed to others), and opening other people's
folders for it is not ours to do. So for root the clusters and a copy of the programs lie under ``/var/lib/civicgrid``,
and the data directory keeps only the pointer and the passwords, readable by root alone.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

SYSTEM_FOLDER = Path("/var/lib/civicgrid")
_ACCOUNT_NAME = "civicgrid"


class AccountError(Exception):
    """Root has no ordinary account to run PostgreSQL under; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account to become before a server starts."""

    uid: int
    gid: int


class Credentials(TypedDict, total=False):
    """The arguments of ``subprocess.Popen`` that make a child another account."""

    user: int
    group: int
    extra_groups: list[int]


def credentials(account: Account | None) -> Credentials:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def service_account() -> Account | None:
    """None for an ordinary user; for root the system account, made if missing. Errors: ``AccountError``."""
    if os.geteuid() != 0:
        return None
    entry = _find() or _make()
    return Account(entry.pw_uid, entry.pw_gid)


def give(path: Path, account: Account | None) -> None:
    """Close ``path`` to everybody but the account that works in it."""
    path.chmod(0o700 if path.is_dir() else 0o600)
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(_ACCOUNT_NAME)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise AccountError(
            "PostgreSQL does not run as root, and there is no useradd to make an account for it: "
            "run as an ordinary user, or set DATABASE_URL to a server of your own"
        )
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    command += ["--home-dir", str(SYSTEM_FOLDER), _ACCOUNT_NAME]
    made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed arguments
    # Another checkout may have made it between our look and our call: the account counts, not the exit code.
    entry = _find()
    if entry is None:
        raise AccountError(f"cannot make the account {_ACCOUNT_NAME} for PostgreSQL: {made.stderr.strip()}")
    return entry
