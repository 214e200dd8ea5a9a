"""What an application may be given: permissions, addresses, terms, and how many keys (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from server.errors import Conflict, RuleViolation

MOST_KEYS = 2
"""Keys of an application that are good at once, so that one can follow the other."""

MOST_NETWORKS = 20
PURPOSE_LENGTH = 1000
LONGEST_OVERLAP_HOURS = 24 * 30
_MAPPED_PREFIX = 96  # of the IPv4-mapped addresses, ::ffff:0:0/96 (RFC 4291, 2.5.5.2)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """When a key ends, and whether it was taken away; None for neither."""

    expires_at: datetime | None
    revoked_at: datetime | None


def is_good(term: KeyTerm, now: datetime) -> bool:
    """Whether a key opens anything at an instant."""
    return term.revoked_at is None and (term.expires_at is None or term.expires_at > now)


def check_scopes(asked: Iterable[str], grantable: Collection[str]) -> list[str]:
    """The permissions asked for, sorted, each once. Raises SCOPE_NOT_GRANTABLE; at least one must be asked for."""
    scopes = sorted(set(asked))
    wrong = [scope for scope in scopes if scope not in grantable]
    if wrong or not scopes:
        raise RuleViolation(
            "An application is granted one or more permissions, and of these only: {listed}.",
            code="SCOPE_NOT_GRANTABLE",
            field=("scopes",),
            listed=", ".join(sorted(grantable)),
        )
    return scopes


def check_networks(texts: Sequence[str]) -> list[str]:
    """Networks as CIDR, each once, a lone address as the network of itself. Raises NETWORK_INVALID."""
    found: list[str] = []
    for text in texts:
        network = _network(text)
        if network is None or len(texts) > MOST_NETWORKS:
            raise RuleViolation(
                "Give at most {most} networks like 192.0.2.0/24 or 2001:db8::/32, with no bits set beyond the prefix; "
                "none to let the application come from anywhere.",
                code="NETWORK_INVALID",
                field=("networks",),
                most=MOST_NETWORKS,
            )
        found.append(str(network))
    return list(dict.fromkeys(found))


def check_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    """The instant something ends, if it does. Raises EXPIRY_PAST unless that is to come."""
    if expires_at is not None and expires_at <= now:
        raise RuleViolation("This must lie in the future.", code="EXPIRY_PAST", field=("expiresAt",))
    return expires_at


def check_room(terms: Iterable[KeyTerm], now: datetime) -> None:
    """Raise API_KEYS_FULL when another key would be more than MOST_KEYS."""
    if sum(is_good(term, now) for term in terms) >= MOST_KEYS:
        raise Conflict(
            "The application has {most} keys already; revoke one first.",
            code="API_KEYS_FULL",
            field=("applicationId",),
            most=MOST_KEYS,
        )


def end_of_overlap(term: KeyTerm, hours: int, now: datetime) -> datetime:
    """When a key that is followed by another ends: after the overlap, or before by its own term.

    Raises API_KEY_ENDED for one that is over, OVERLAP_INVALID.
    """
    if not is_good(term, now):
        raise Conflict("This key is over already; create a new one.", code="API_KEY_ENDED", field=("apiKeyId",))
    if not 0 <= hours <= LONGEST_OVERLAP_HOURS:
        raise RuleViolation(
            "An overlap has 0 to {most} hours.",
            code="OVERLAP_INVALID",
            field=("overlapHours",),
            most=LONGEST_OVERLAP_HOURS,
        )
    return min(now + timedelta(hours=hours), term.expires_at or datetime.max.replace(tzinfo=now.tzinfo))


def is_let_in(networks: Sequence[Network], peer: str) -> bool:
    """Whether an address may be come from: any when no network is listed; what is no address is in none."""
    if not networks:
        return True
    address = address_of(peer)
    return address is not None and any(address in network for network in networks)


@lru_cache(maxsize=1024)
def address_of(peer: str) -> Address | None:
    """An address without its zone, IPv4 in IPv6 clothes as IPv4; None for what is none."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def network_of(text: str) -> Network:
    """A network, IPv4 in IPv6 clothes as IPv4, as ``address_of`` has it. Raises ValueError for what is none."""
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_PREFIX:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_PREFIX))
    return network


def _network(text: str) -> Network | None:
    try:
        network = network_of(text.strip())
    except ValueError:
        return None
    return network if network.prefixlen else None
