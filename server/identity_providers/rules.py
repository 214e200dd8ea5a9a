"""What an ID token must say, and what a claim names (pure).

Each refusal has a word for the log and the audit trail; whoever asks gets one answer for all of them.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LEEWAY = timedelta(seconds=60)
"""How far the clocks of a provider may be from ours."""
SIGNING_IN_FOR = timedelta(minutes=10)
"""How long somebody may take at the provider."""

_LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, 2: ASCII characters
_MOST_AUDIENCES = 20
_COUNTRY = "86"
_PHONE = re.compile(r"\+?[0-9][0-9 -]{3,31}")
# Standard claims that a provider may pass on unproven (OpenID Connect Core 1.0, 5.1), and what says that it did not.
_VOUCHED = {"email": "email_verified", "phone_number": "phone_number_verified"}


class Refused(Exception):
    """What a provider, or somebody in its name, sent proves nothing. The text is a word: which check it was."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ID token of one sign-in must say. begun_at: when the sign-in began; no token for it is older."""

    issuer: str
    client_id: str
    nonce: str
    begun_at: datetime
    now: datetime


def check_claims(claims: Mapping[str, Any], expected: Expected) -> str:
    """The subject of a token whose signature was verified. Raises Refused (OpenID Connect Core 1.0, 3.1.3.7)."""
    if claims.get("iss") != expected.issuer:
        raise Refused("ISSUER")
    _check_audience(claims, expected.client_id)
    now, leeway = expected.now.timestamp(), LEEWAY.total_seconds()
    if _instant(claims, "exp") <= now - leeway:
        raise Refused("EXPIRED")
    if "nbf" in claims and _instant(claims, "nbf") > now + leeway:
        raise Refused("NOT_YET")
    if not expected.begun_at.timestamp() - leeway <= _instant(claims, "iat") <= now + leeway:
        raise Refused("ISSUED_AT")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise Refused("NONCE")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isascii():
        raise Refused("SUBJECT")
    if not subject.isprintable():
        raise Refused("SUBJECT")
    return subject


def vouched(claims: Mapping[str, Any], claim: str) -> str | None:
    """The text of a claim that the provider vouches for; None without one."""
    value = claims.get(claim)
    if not isinstance(value, str) or (claim in _VOUCHED and claims.get(_VOUCHED[claim]) is not True):
        return None
    return value


def phone_digits(phone: str) -> tuple[str, ...]:
    """The digits of a telephone number as people enter them: with and without the country's; none for no number."""
    if _PHONE.fullmatch(phone) is None:
        return ()
    digits = "".join(char for char in phone if char.isdigit())
    if digits.startswith(_COUNTRY):
        return digits, digits.removeprefix(_COUNTRY)
    return digits, _COUNTRY + digits


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    listed = [audience] if isinstance(audience, str) else audience
    if not isinstance(listed, list) or len(listed) > _MOST_AUDIENCES or client_id not in listed:
        raise Refused("AUDIENCE")
    # For several audiences the provider says whom it was made for; said for one, it must be true as well.
    if (len(listed) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise Refused("AUTHORIZED_PARTY")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise Refused("TIME")
    return float(value)
