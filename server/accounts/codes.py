"""The second factor: codes of an authenticator (TOTP, RFC 6238) and recovery codes on paper.

TOTP as every authenticator knows it: SHA-1, 20 bytes of secret, six digits, steps of 30 seconds. The secret has to be read
again for each code, so it is encrypted under the city's data key: four bytes of the key's version, then what
``tenants.keys.seal`` makes. Recovery codes have 80 random bits and need no slow hash.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from datetime import datetime
from uuid import UUID

import pyotp

from tenants.keys import Keyring, seal, unseal
from tenants.sessions import WriteSession

STEP_SECONDS = 30
RECOVERY_CODES = 10

_DRIFT_STEPS = 1
_SECRET_BYTES, _RECOVERY_BYTES = 20, 10
_VERSION = 4
_PLACE = "account.totp_secret"
_DIGITS = re.compile(r"[0-9]{6}")
_RECOVERY = re.compile(r"[a-z2-7]{16}")


def new_secret() -> bytes:
    """160 random bits (RFC 4226, R6)."""
    return secrets.token_bytes(_SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """The secret as it is typed into an authenticator: base32."""
    return base64.b32encode(secret).decode()


def otpauth_url(secret: bytes, *, username: str, city: str) -> str:
    """The address that an authenticator reads from a picture."""
    return pyotp.TOTP(as_text(secret)).provisioning_uri(name=username, issuer_name=f"CivicGrid {city}")


def step_of(secret: bytes, code: str, *, now: datetime, after: int | None) -> int | None:
    """The step of 30 seconds that a code belongs to, one to either side of ``now``; None for no code of those.

    after: the step of the last code that was taken; it and those before are over (RFC 6238, 5.2).
    """
    digits = "".join(code.split())
    if _DIGITS.fullmatch(digits) is None:
        return None
    generator, present = pyotp.TOTP(as_text(secret)), int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1):
        # All of them, whichever fits: how long it took tells nothing.
        if hmac.compare_digest(generator.generate_otp(step), digits) and (after is None or step > after):
            found = step
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes of 16 letters and digits in groups of four."""
    return tuple(
        _grouped(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()) for _ in range(RECOVERY_CODES)
    )


def recovery_digest(keyring: Keyring, code: str, *, account_id: UUID) -> bytes | None:
    """What is kept of a recovery code; None for a text that is none. Hyphens, spaces and capitals do not matter."""
    plain = "".join(code.split()).replace("-", "").lower()
    if _RECOVERY.fullmatch(plain) is None:
        return None
    return keyring.fingerprint("recovery-code", f"{account_id}|{plain}".encode())


async def sealed(session: WriteSession, keyring: Keyring, secret: bytes, *, tenant_id: UUID, account_id: UUID) -> bytes:
    """The ciphertext of an account's secret; the city's first key is made in the caller's transaction."""
    version, cipher = await keyring.newest(session, tenant_id)
    return version.to_bytes(_VERSION) + seal(cipher, secret, tenant_id=tenant_id, place=_PLACE, row_id=account_id)


async def opened(keyring: Keyring, kept: bytes, *, tenant_id: UUID, account_id: UUID) -> bytes:
    """The secret behind a ciphertext. Raises Undecipherable."""
    cipher = await keyring.cipher(tenant_id, int.from_bytes(kept[:_VERSION]))
    return unseal(cipher, kept[_VERSION:], tenant_id=tenant_id, place=_PLACE, row_id=account_id)


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
