"""Whose bucket it is, and what it is called in Valkey."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from server.throttle.budgets import Budget
from server.throttle.holding import Holding

_HOUSEHOLD = 64  # a caller with IPv6 has at least a /64 to choose addresses from (RFC 6177)

Owner = tuple[UUID | None, str | None]  # tenant, client: of the tenant as a whole without a client


def owner_of(tenant_id: UUID | None, client: str) -> Owner:
    """The owner of a client's bucket; without a tenant ``client`` is the caller's address, taken by its network."""
    return (tenant_id, client) if tenant_id is not None else (None, network_of(client))


@lru_cache(maxsize=1024)
def network_of(peer: str) -> str:
    """Who is behind an address: itself for IPv4, the /64 for IPv6, ``unknown`` for what is no address."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, _HOUSEHOLD), strict=False).network_address)
    return str(address.ipv4_mapped if isinstance(address, IPv6Address) else address)


def holding_of(owner: Owner, budget: Budget) -> Holding:
    """A new holding of the owner's bucket. The buckets of one tenant have one hash tag, and so have those of one address."""
    tenant_id, client = owner
    if tenant_id is None:
        tag = f"cost:{{{client}}}"
        return Holding(f"{tag}:anonymous", tag, budget)
    tag = f"cost:{{{tenant_id}}}"
    return Holding(f"{tag}:tenant" if client is None else f"{tag}:client:{client}", tag, budget)
