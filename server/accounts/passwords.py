"""Passwords: argon2id with OWASP's parameters, at most four at a time.

One hash takes 19 MiB and some 20 ms of a core. The pool of four threads is the bound on both: whoever sends a
thousand sign-ins waits in its queue, and the event loop and the memory of the process stay free. A thread pool and not
a semaphore, because a client that goes away ends the waiting but not a hash under way.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from server.accounts.rules import MAXIMUM_LENGTH, require_strong

T = TypeVar("T")

AT_ONCE = 4
NO_PASSWORD = "!"  # noqa: S105 - of an account without a password: what fits none

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_POOL = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="argon2")


async def hash_password(password: str, *, username: str | None = None, field: str = "password") -> str:
    """The encoded hash of a new password; Invalid PASSWORD_TOO_WEAK. Call it before a transaction, never inside one.

    username: of the account, which the password may not be. field: of the input, for the error.
    """
    require_strong(password, username=username, field=field)
    return await rehash(password)


async def rehash(password: str) -> str:
    """The hash with today's parameters of a password that is already in use, whatever the policy says by now."""
    return await _off_loop(lambda: _HASHER.hash(_bytes(password)))


async def verify(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash; a hash that cannot be read fits no password."""
    if len(password) > MAXIMUM_LENGTH:
        await verify_nothing(password)
        return False

    def check() -> bool:
        try:
            return _HASHER.verify(password_hash, _bytes(password))
        except InvalidHashError:
            _HASHER.hash(_bytes(password))  # as late as any other
            return False
        except VerificationError:
            return False

    return await _off_loop(check)


async def verify_nothing(password: str) -> None:
    """Take as long as ``verify`` takes, for accounts that do not exist: hashing costs what verifying costs."""
    await _off_loop(lambda: _HASHER.hash(_bytes(password[:MAXIMUM_LENGTH])))


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's and should be replaced at this sign-in."""
    return _HASHER.check_needs_rehash(password_hash)


async def _off_loop(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_POOL, work)


def _bytes(password: str) -> bytes:
    # NFKC: the same keys give the same password with and without an input method's full-width letters. JSON may carry
    # half a surrogate pair, which plain UTF-8 would refuse with an exception.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
