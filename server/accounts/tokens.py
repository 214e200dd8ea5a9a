"""The two credentials of a signed-in device.

Access token: a JWT (RFC 9068's type ``at+jwt``, HS256), short-lived, checked without the database. Refresh token:
``cgr_<tenant>.<session>.<secret>``, an opaque text of which only the SHA-256 is kept; the ids in it say where to look,
its prefix lets secret scanners find it. Each refresh token leads to one next one, which only the platform can compute:
whoever lost an answer gets the same one again. Half of its secret proves that it was issued for its session, so that a
former one is known without keeping it, and an invented one is nobody's. Token of an invitation: ``cgi_<tenant>.<invitation>.<secret>``, likewise.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.errors import Unauthenticated
from tenants.keys import derive

ISSUER = "civicgrid"
MAXIMUM_BYTES = 4096
_KEPT_CLAIMS = 10_000
_HALF = 16  # bytes of a refresh token's secret: what nobody guesses, then the proof

_HEADER = {"alg": "HS256", "typ": "at+jwt"}
_CLAIMS = frozenset({"iss", "sub", "tid", "sid", "iat", "exp"})
_CLOCK_DRIFT = timedelta(seconds=60)  # between our own machines
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SECRET = "[A-Za-z0-9_-]{43}"  # noqa: S105 - the shape of one
_REFRESH = re.compile(rf"cgr_({_UUID})\.({_UUID})\.{_SECRET}")
_INVITATION = re.compile(rf"cgi_({_UUID})\.({_UUID})\.{_SECRET}")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says: which account of which city, signed in by which session, until when."""

    account_id: UUID
    tenant_id: UUID
    session_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as sent by a client; the ids are only claims until ``digest`` fits the kept one."""

    tenant_id: UUID
    session_id: UUID
    digest: bytes
    text: str


@dataclass(frozen=True, slots=True)
class InvitationToken:
    """The token of an invitation as sent by a client; the ids are only claims until ``digest`` fits the kept one."""

    tenant_id: UUID
    invitation_id: UUID
    digest: bytes


class Tokens:
    """Signs and reads access tokens with a key derived from the platform's secret, and makes refresh tokens."""

    def __init__(
        self,
        secret: str,
        *,
        access_lifetime: timedelta = timedelta(minutes=15),
        refresh_lifetime: timedelta = timedelta(days=30),
    ) -> None:
        self._key = OctKey.import_key(derive(secret, "access-token"))
        self._next_key = derive(secret, "refresh-token")
        self._proof_key = derive(secret, "refresh-token-proof")
        self._access_lifetime = access_lifetime
        self.refresh_lifetime = refresh_lifetime
        self._read: OrderedDict[str, Claims] = OrderedDict()

    def access(
        self,
        *,
        account_id: UUID,
        tenant_id: UUID,
        session_id: UUID,
        session_ends: datetime,
        now: datetime,
    ) -> tuple[str, datetime]:
        """A signed access token and the instant it expires: never later than the session it stands for."""
        expires_at = min(now + self._access_lifetime, session_ends).replace(microsecond=0)
        claims = {
            "iss": ISSUER,
            "sub": str(account_id),
            "tid": str(tenant_id),
            "sid": str(session_id),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode(dict(_HEADER), claims, self._key, algorithms=["HS256"]), expires_at

    def first_refresh_token(self, tenant_id: UUID, session_id: UUID) -> tuple[str, bytes]:
        """The refresh token that a session begins with, of 128 random bits, and the digest to keep of it."""
        text = self._refresh_text(tenant_id, session_id, secrets.token_bytes(_HALF))
        return text, _digest(text)

    def next_refresh_token(self, token: RefreshToken) -> tuple[str, bytes]:
        """The refresh token that a session's current one is exchanged for, always the same, and its digest."""
        following = hmac.digest(self._next_key, token.text.encode(), "sha256")[:_HALF]
        text = self._refresh_text(token.tenant_id, token.session_id, following)
        return text, _digest(text)

    def has_issued(self, token: RefreshToken) -> bool:
        """Whether the platform once made this token for this session; of releases that made no proof it cannot tell."""
        secret = base64.urlsafe_b64decode(token.text.rpartition(".")[2] + "=")
        issued = self._refresh_text(token.tenant_id, token.session_id, secret[:_HALF])
        return hmac.compare_digest(token.text, issued)

    def _refresh_text(self, tenant_id: UUID, session_id: UUID, half: bytes) -> str:
        proof = hmac.digest(self._proof_key, tenant_id.bytes + session_id.bytes + half, "sha256")[:_HALF]
        encoded = base64.urlsafe_b64encode(half + proof).rstrip(b"=").decode()
        return f"cgr_{tenant_id}.{session_id}.{encoded}"

    def read(self, token: str, *, now: datetime) -> Claims:
        """The claims of an access token; Unauthenticated for anything that this platform did not sign for now."""
        # Every character is at least a byte: a huge text is refused before anything walks it.
        if len(token) > MAXIMUM_BYTES or not token.isascii():
            raise _refused()
        claims = self._read.get(token)
        if claims is None:
            claims = self._verified(token)
            self._read[token] = claims
            while len(self._read) > _KEPT_CLAIMS:
                self._read.popitem(last=False)
        if not claims.issued_at - _CLOCK_DRIFT <= now < claims.expires_at:
            raise _refused()
        return claims

    def _verified(self, token: str) -> Claims:
        try:
            decoded = jwt.decode(token, self._key, algorithms=["HS256"])
        except (JoseError, ValueError) as error:
            raise _refused() from error
        if decoded.header != _HEADER or decoded.claims.keys() != _CLAIMS or decoded.claims["iss"] != ISSUER:
            raise _refused()
        return _claims(decoded.claims)


def parse_refresh_token(text: str) -> RefreshToken | None:
    """The parts of a refresh token, or None when the text is not shaped like one."""
    match = _REFRESH.fullmatch(text)
    if match is None:
        return None
    return RefreshToken(tenant_id=UUID(match[1]), session_id=UUID(match[2]), digest=_digest(text), text=text)


def new_invitation_token(tenant_id: UUID, invitation_id: UUID) -> tuple[str, bytes]:
    """The token of an invitation with 256 random bits, and the digest to keep of it."""
    text = f"cgi_{tenant_id}.{invitation_id}.{secrets.token_urlsafe(32)}"
    return text, _digest(text)


def parse_invitation_token(text: str) -> InvitationToken | None:
    """The parts of an invitation's token, or None when the text is not shaped like one."""
    match = _INVITATION.fullmatch(text)
    if match is None:
        return None
    return InvitationToken(tenant_id=UUID(match[1]), invitation_id=UUID(match[2]), digest=_digest(text))


def fits(token: RefreshToken | InvitationToken, kept_digest: bytes | None) -> bool:
    """Whether what is kept was made of this token, compared in constant time; nothing kept fits none."""
    return kept_digest is not None and hmac.compare_digest(token.digest, kept_digest)


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _claims(claims: Mapping[str, object]) -> Claims:
    try:
        return Claims(
            account_id=_id(claims["sub"]),
            tenant_id=_id(claims["tid"]),
            session_id=_id(claims["sid"]),
            issued_at=_instant(claims["iat"]),
            expires_at=_instant(claims["exp"]),
        )
    except (ValueError, OverflowError) as error:
        raise _refused() from error


def _id(value: object) -> UUID:
    if not isinstance(value, str) or not re.fullmatch(_UUID, value):
        message = "not an id"
        raise ValueError(message)
    return UUID(value)


def _instant(value: object) -> datetime:
    if type(value) is not int:
        message = "not a number of seconds"
        raise ValueError(message)
    return datetime.fromtimestamp(value, UTC)


def _refused() -> Unauthenticated:
    return Unauthenticated("The access token is missing, wrong or expired.")
