"""ID tokens: their signature, by the provider's own keys and three algorithms (RFC 7515, RFC 7518, RFC 8037).

What a token says of its key but the key's name (``jwk``, ``jku``, ``x5u``) is not looked at; ``none`` and every symmetric
algorithm are refused before a key is looked for.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from server.identity_providers.rules import Refused

ALGORITHMS = ("RS256", "ES256", "EdDSA")
MAXIMUM_BYTES = 16_384

_LONGEST_NAME = 200
_MOST_KEYS = 50
_LONGEST_MODULUS = 1_366  # 8,192 bits in base64url
_SMALLEST_RSA = 2_048  # RFC 7518, 3.3
_LONGEST_EXPONENT = 6
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

Key = RSAKey | ECKey | OKPKey
Public = dict[str, str | list[str]]  # as joserfc takes it; ours are texts only


@dataclass(frozen=True, slots=True)
class Header:
    """What a token's header says that counts. kid: None for a token that names no key."""

    algorithm: str
    kid: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """A key for one algorithm."""

    algorithm: str
    kid: str | None
    key: Key


class Keys:
    """The keys of one provider that a token may be signed with."""

    def __init__(self, named: tuple[Named, ...]) -> None:
        self._named = named

    def find(self, header: Header) -> Key | None:
        """The key that a token names, or the only one for its algorithm when it names none."""
        fitting = [each for each in self._named if each.algorithm == header.algorithm]
        if header.kid is not None:
            fitting = [each for each in fitting if each.kid == header.kid]
        return fitting[0].key if len(fitting) == 1 else None


def keys_of(document: Mapping[str, Any]) -> Keys:
    """The keys of a JWK Set (RFC 7517, 5); those for anything else, too weak or broken are left out."""
    listed = document.get("keys")
    entries = listed[:_MOST_KEYS] if isinstance(listed, list) else []
    return Keys(tuple(named for entry in entries if isinstance(entry, dict) for named in _named(entry)))


def header_of(token: str) -> Header:
    """What the header says, before a key is looked for. Raises Refused."""
    if len(token) > MAXIMUM_BYTES:
        raise Refused("TOO_LARGE")
    if _SHAPE.fullmatch(token) is None:
        raise Refused("SHAPE")
    try:
        encoded = token.partition(".")[0]
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Refused("SHAPE") from error
    if not isinstance(header, dict) or header.get("alg") not in ALGORITHMS or not {"crit", "b64"}.isdisjoint(header):
        raise Refused("ALGORITHM")
    kid = header.get("kid")
    if kid is not None and (not isinstance(kid, str) or not 0 < len(kid) <= _LONGEST_NAME):
        raise Refused("KEY")
    return Header(header["alg"], kid)


def verified(token: str, header: Header, key: Key) -> Mapping[str, Any]:
    """The claims of a token that this key signed. Raises Refused."""
    registry = JWSRegistry(algorithms=[header.algorithm], strict_check_header=False)
    try:
        with warnings.catch_warnings():
            # RFC 9864 gives EdDSA with Ed25519 another name; what providers write is the old one.
            warnings.simplefilter("ignore", SecurityWarning)
            decoded = jwt.decode(token, key, algorithms=[header.algorithm], registry=registry)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise Refused("SIGNATURE") from error
    return decoded.claims


def _named(entry: Mapping[str, Any]) -> Iterator[Named]:
    """The key of a JWK for its one algorithm, made of its public parts only."""
    if entry.get("use", "sig") != "sig":
        return
    algorithm, key = _imported(entry)
    kid = entry.get("kid")
    if key is None or entry.get("alg", algorithm) != algorithm or not (kid is None or isinstance(kid, str)):
        return
    yield Named(algorithm, kid, key)


def _imported(entry: Mapping[str, Any]) -> tuple[str, Key | None]:
    parts = {name: entry.get(name) for name in ("kty", "n", "e", "crv", "x", "y")}
    public: Public = {name: value for name, value in parts.items() if isinstance(value, str)}
    kind = (public.get("kty"), public.get("crv"))
    try:
        if kind[0] == "RSA":
            return "RS256", _rsa(public)
        if kind == ("EC", "P-256"):
            return "ES256", ECKey.import_key(public)
        if kind == ("OKP", "Ed25519"):
            public.pop("y", None)
            return "EdDSA", OKPKey.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return "", None
    return "", None


def _rsa(public: Public) -> RSAKey | None:
    """An RSA key that is neither weak nor a burden to compute with."""
    if len(public["n"]) > _LONGEST_MODULUS or len(public["e"]) > _LONGEST_EXPONENT:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # it says of a weak key what the next line acts upon
        key = RSAKey.import_key(public)
    return key if key.public_key.key_size >= _SMALLEST_RSA else None
