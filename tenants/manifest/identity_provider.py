"""The identity provider of a city: where its staff sign in, and how they are told apart (OpenID Connect Core 1.0)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints

from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.words import Part, Slug

if TYPE_CHECKING:
    from tenants.manifest.structure import Identity

_HOST = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
_PLACE = r"(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~/-]*)?"
_MAX_PORT = 65_535

# OpenID Connect Discovery 1.0, 3: https without query and fragment. Plain http only for the machine one develops on.
Issuer = Annotated[
    str,
    StringConstraints(max_length=200, pattern=rf"^(https://{_HOST}|http://(localhost|127\.0\.0\.1)){_PLACE}$"),
]
# RFC 8252: https, http on the device itself, or a scheme of the program's own, which has a dot in it.
RedirectUri = Annotated[
    str,
    StringConstraints(
        max_length=300,
        pattern=(
            rf"^(https://{_HOST}{_PLACE}|http://(localhost|127\.0\.0\.1){_PLACE}"
            r"|[a-z][a-z0-9]*(\.[a-z][a-z0-9-]*)+:/[A-Za-z0-9._~/-]*)$"
        ),
    ),
]
ClientId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]
Scope = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,100}$")]
Claim = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,100}$")]


class Naming(StrEnum):
    """What a claim of the provider's says of a member."""

    USERNAME = "USERNAME"
    PHONE = "PHONE"


class StaffClaim(Part):
    """A claim by which somebody who signs in for the first time is recognized. The provider must vouch for it."""

    claim: Claim = Field(description="Name of the claim in the ID token, e.g. preferred_username or phone_number.")
    names: Naming = Field(
        description="USERNAME: of a member's account here. PHONE: of one serving member, as it is entered here."
    )
    open_accounts: bool = Field(
        default=False,
        description="Whether a member whom the claim names by telephone, and who has no account, gets one.",
    )


class IdentityProvider(Part):
    """An OpenID provider at which this city is registered as a client."""

    issuer: Issuer = Field(description="Its issuer, exactly as its discovery document and its tokens write it.")
    client_id: ClientId = Field(description="What the city is called there.")
    client_secret: Slug | None = Field(
        default=None,
        description=(
            "Name of the secret it is known by there, never the secret itself; the operator keeps it under "
            "<slug of the city>.<name> (docs/operations.md). null for a client without one."
        ),
    )
    scopes: tuple[Scope, ...] = Field(
        default=("openid", "profile"), min_length=1, max_length=20, description="What is asked for; openid is needed."
    )
    redirect_uris: tuple[RedirectUri, ...] = Field(
        min_length=1,
        max_length=20,
        description="Where front ends have the browser come back to; nothing else is accepted.",
    )
    staff: StaffClaim | None = Field(
        default=None,
        description="How somebody is recognized at the first sign-in; null: by invitation or own account only.",
    )


def provider_faults(identity: Identity) -> Iterator[Fault]:
    """Staff without passwords need a provider; openid is asked for; each address once; only members are given accounts."""
    provider = identity.provider
    if provider is None:
        if not identity.local_passwords:
            yield Fault(pointer("identity", "local_passwords"), "without passwords staff need a provider to sign in at")
        return
    if "openid" not in provider.scopes:
        yield Fault(pointer("identity", "provider", "scopes"), "the scope 'openid' is needed")
    for index in repeated(provider.scopes):
        yield Fault(pointer("identity", "provider", "scopes", index), f"scope {provider.scopes[index]!r} repeated")
    for index in repeated(provider.redirect_uris):
        message = f"address {provider.redirect_uris[index]!r} repeated"
        yield Fault(pointer("identity", "provider", "redirect_uris", index), message)
    addresses = {("issuer",): provider.issuer} | {
        ("redirect_uris", index): address for index, address in enumerate(provider.redirect_uris)
    }
    for steps, address in addresses.items():
        if _port(address) > _MAX_PORT:
            yield Fault(pointer("identity", "provider", *steps), f"port {_port(address)} is above {_MAX_PORT}")
    if provider.staff is not None and provider.staff.open_accounts and provider.staff.names is Naming.USERNAME:
        message = "a user name names an account that is there: open_accounts goes with PHONE"
        yield Fault(pointer("identity", "provider", "staff", "open_accounts"), message)


def _port(address: str) -> int:
    return int(urlsplit(address).netloc.rpartition("@")[2].partition(":")[2] or 0)
