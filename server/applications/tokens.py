"""What an application shows: its key, or a token it was given for one (RFC 6749, 4.4).

Key: ``cg_<id>.<secret>``. The id is the key's and the city's, 32 bytes in base64url: it says where to look. Of the text only
the SHA-256 is kept. A slow hash like argon2 protects what people choose from being guessed; the secret is 256 random bits,
which nobody guesses, and a key is checked at every request.

Token: ``cga_`` and a JWT (RFC 9068's type ``at+jwt``, HS256), short-lived. It is signed with a key of its own, so that no
token of a person ever passes for one of an application, nor the other way round. Both prefixes let secret scanners find them.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.errors import Unauthenticated
from tenants.keys import derive

KEY_PREFIX, TOKEN_PREFIX = "cg_", "cga_"
ISSUER = "civicgrid"
MAXIMUM_BYTES = 4096

_KEY = re.compile(r"cg_([A-Za-z0-9_-]{43})\.[A-Za-z0-9_-]{43}")
_ID_BYTES, _SECRET_BYTES, _HINT_LENGTH = 16, 32, 15
_HEADER = {"alg": "HS256", "typ": "at+jwt"}
_CLAIMS = frozenset({"iss", "sub", "tid", "kid", "scope", "iat", "exp"})
_CLOCK_DRIFT = timedelta(seconds=60)  # between our own machines
_KEPT_TOKENS = 10_000
_NOBODYS = bytes(_SECRET_BYTES)


@dataclass(frozen=True, slots=True)
class Shown:
    """A key or a token as an application shows it, from an address; what stands in a key is only claimed so far.

    digest: of a key; None for a token, whose signature was checked. scopes: those of a token; None for all there are.
    expires_at: of a token.
    """

    tenant_id: UUID
    key_id: UUID
    peer: str = ""
    digest: bytes | None = None
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be shown once. hint: its beginning, which says which key it is and opens nothing."""

    text: str
    digest: bytes
    hint: str


def is_shown_by_applications(text: str) -> bool:
    """Whether a bearer's text is meant to be a key or token of an application."""
    return text.startswith((KEY_PREFIX, TOKEN_PREFIX))


def new_key(tenant_id: UUID, key_id: UUID) -> NewKey:
    """A key with 256 random bits."""
    id_ = base64.urlsafe_b64encode(key_id.bytes + tenant_id.bytes).rstrip(b"=").decode()
    text = f"{KEY_PREFIX}{id_}.{secrets.token_urlsafe(_SECRET_BYTES)}"
    return NewKey(text, _digest(text), text[:_HINT_LENGTH])


def read_key(text: str, *, peer: str) -> Shown:
    """A key's parts. Raises Unauthenticated for a text of another shape, which nothing has to be looked up for."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise refused()
    ids = base64.urlsafe_b64decode(match[1] + "=")
    return Shown(
        tenant_id=UUID(bytes=ids[_ID_BYTES:]),
        key_id=UUID(bytes=ids[:_ID_BYTES]),
        peer=peer,
        digest=_digest(text),
    )


def fits(shown: Shown, kept_digest: bytes | None) -> bool:
    """Whether this is the key that is kept, compared in constant time, also when none is. A token was signed by us."""
    same = hmac.compare_digest(shown.digest or _NOBODYS, kept_digest or _NOBODYS)
    return kept_digest is not None and (same or shown.digest is None)


def refused() -> Unauthenticated:
    """The one answer to whatever is wrong with a key or token."""
    return Unauthenticated("The key or token is wrong, over, or not for this place.")


class ApplicationTokens:
    """Signs and reads the tokens of applications, with a key derived from the platform's secret."""

    def __init__(self, secret: str, *, lifetime: timedelta = timedelta(minutes=15)) -> None:
        self._key = OctKey.import_key(derive(secret, "application-token"))
        self._lifetime = lifetime
        self._read: OrderedDict[str, tuple[Shown, datetime]] = OrderedDict()

    def issue(
        self,
        *,
        tenant_id: UUID,
        application_id: UUID,
        key_id: UUID,
        scopes: Iterable[str],
        ends_at: datetime,
        now: datetime,
    ) -> tuple[str, datetime]:
        """A token for these scopes and the instant it expires: never later than ``ends_at``, the end of its key."""
        expires_at = min(now + self._lifetime, ends_at).replace(microsecond=0)
        claims = {
            "iss": ISSUER,
            "sub": str(application_id),
            "tid": str(tenant_id),
            "kid": str(key_id),
            "scope": " ".join(sorted(scopes)),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return TOKEN_PREFIX + jwt.encode(dict(_HEADER), claims, self._key, algorithms=["HS256"]), expires_at

    def read(self, text: str, *, peer: str, now: datetime) -> Shown:
        """What a token says. Raises Unauthenticated for anything that this platform did not sign for now."""
        if len(text) > MAXIMUM_BYTES or not text.isascii() or not text.startswith(TOKEN_PREFIX):
            raise refused()
        found = self._read.get(text)
        if found is None:
            found = self._verified(text.removeprefix(TOKEN_PREFIX))
            self._read[text] = found
            while len(self._read) > _KEPT_TOKENS:
                self._read.popitem(last=False)
        shown, issued_at = found
        if shown.expires_at is None or not issued_at - _CLOCK_DRIFT <= now < shown.expires_at:
            raise refused()
        return Shown(shown.tenant_id, shown.key_id, peer, None, shown.scopes, shown.expires_at)

    def _verified(self, token: str) -> tuple[Shown, datetime]:
        try:
            decoded = jwt.decode(token, self._key, algorithms=["HS256"])
            if decoded.header != _HEADER or decoded.claims.keys() != _CLAIMS or decoded.claims["iss"] != ISSUER:
                raise refused()
            return _shown(decoded.claims)
        except (JoseError, ValueError, TypeError, OverflowError) as error:
            raise refused() from error


def _shown(claims: Mapping[str, str | int]) -> tuple[Shown, datetime]:
    """What verified claims say, and when they were issued. Raises ValueError, TypeError, OverflowError."""
    shown = Shown(
        tenant_id=UUID(str(claims["tid"])),
        key_id=UUID(str(claims["kid"])),
        scopes=frozenset(str(claims["scope"]).split()),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
    )
    return shown, datetime.fromtimestamp(int(claims["iat"]), UTC)


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
