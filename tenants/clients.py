"""Client applications: whose program is asking, as far as the city registered it in its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Plan = Literal["standard", "extended"]


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client application.

    plan: which limits it has. documents: ``trusted`` lets it send registered documents only. origins: the web origins
    its pages are served from (RFC 6454), which CORS lets in.
    """

    code: str
    plan: Plan = "standard"
    documents: Literal["any", "trusted"] = "any"
    origins: tuple[str, ...] = ()


UNREGISTERED = Client(code="")


def client_of(clients: Sequence[Client], code: str | None) -> Client:
    """The registered client of that code; UNREGISTERED for any other and for none."""
    return next((client for client in clients if client.code == code), UNREGISTERED)
