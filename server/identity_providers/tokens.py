"""The state of a sign-in at a provider (RFC 6749, 10.12): ``cgo_<city>.<sign-in>.<secret>``, good once.

Only its SHA-256 is kept. The nonce and the PKCE verifier follow from it by the platform's secret: whoever reads the
database can make neither.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from tenants.keys import Keyring

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_STATE = re.compile(rf"cgo_({_UUID})\.({_UUID})\.[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True)
class State:
    """A state as sent by a client; the ids are only claims until ``digest`` fits the kept one."""

    tenant_id: UUID
    id: UUID
    digest: bytes
    text: str


def new_state(tenant_id: UUID, id_: UUID) -> State:
    """A state with 256 random bits."""
    text = f"cgo_{tenant_id}.{id_}.{secrets.token_urlsafe(32)}"
    return State(tenant_id, id_, sha256(text.encode()).digest(), text)


def parse_state(text: str) -> State | None:
    """The parts of a state, or None when the text is not shaped like one."""
    match = _STATE.fullmatch(text)
    if match is None:
        return None
    return State(UUID(match[1]), UUID(match[2]), sha256(text.encode()).digest(), text)


def nonce_of(keyring: Keyring, state: State) -> str:
    """What binds the ID token to this sign-in."""
    return _derived(keyring, "oidc-nonce", state)


def verifier_of(keyring: Keyring, state: State) -> str:
    """What binds the code to this sign-in: a PKCE verifier (RFC 7636, 4.1) of 43 characters."""
    return _derived(keyring, "oidc-verifier", state)


def _derived(keyring: Keyring, purpose: str, state: State) -> str:
    return base64.urlsafe_b64encode(keyring.fingerprint(purpose, state.text.encode())).rstrip(b"=").decode()
