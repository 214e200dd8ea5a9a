"""The client applications of a city, and that what is said of them holds together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints

from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.words import LocalText, Part, Slug

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65_535

# RFC 6454, as browsers write it: lower case, no path. Plain http only for the machine a page is developed on.
Origin = Annotated[
    str,
    StringConstraints(
        max_length=200,
        pattern=(
            r"^(https://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
            r"|http://(localhost|127\.0\.0\.1))(:[1-9][0-9]{0,4})?$"
        ),
    ),
]


class ClientApplication(Part):
    """A program that speaks to the platform in the city's name. It gives its code with every request."""

    code: Slug = Field(description="Stable code; the application sends it in the header x-client.")
    name: LocalText = Field(description="Local name of the application.")
    plan: Literal["standard", "extended"] = Field(
        default="standard",
        description="Which limits one request of the application has (docs/api.md).",
    )
    documents: Literal["any", "trusted"] = Field(
        default="trusted",
        description=(
            "trusted: it may send only documents registered for it. any: it may send any document, in production too; "
            "a code is no secret, so whoever gives this code may."
        ),
    )
    origins: tuple[Origin, ...] = Field(
        default=(),
        max_length=20,
        description="Web origins its pages are served from: https://host, or http://localhost:port on a desk.",
    )


def client_faults(clients: tuple[ClientApplication, ...]) -> Iterator[Fault]:
    """Each code once; each origin of an application once, as a browser would write it."""
    for index in repeated(client.code for client in clients):
        yield Fault(pointer("clients", index, "code"), f"code {clients[index].code!r} repeated")
    for index, client in enumerate(clients):
        for position in repeated(client.origins):
            message = f"origin {client.origins[position]!r} repeated"
            yield Fault(pointer("clients", index, "origins", position), message)
        for position, origin in enumerate(client.origins):
            if (wrong := _wrong_port(origin)) is not None:
                yield Fault(pointer("clients", index, "origins", position), wrong)


def _wrong_port(origin: str) -> str | None:
    scheme, _, address = origin.partition("://")
    port = int(address.partition(":")[2] or 0)
    if port > _MAX_PORT:
        return f"port {port} is above {_MAX_PORT}"
    if port == _DEFAULT_PORTS[scheme]:
        return f"browsers leave out the port {port} of {scheme}: write {scheme}://{urlsplit(origin).hostname}"
    return None
