"""How often codes may be asked for: for one number, from one address, in one city.

The number is counted for the whole platform, so that nobody is flooded by way of many cities. The address comes first: what
it may not ask for counts against nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.settings import Settings
from server.throttle.attempts import Attempts, Limit, Mark
from server.throttle.names import network_of
from tenants.keys import Keyring

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class PhoneLimits:
    """Requests for codes that are free within the hour; then the pauses begin."""

    number: Limit
    address: Limit
    city: Limit


def phone_limits_of(settings: Settings) -> PhoneLimits:
    """What the settings name. A city is slowed down and never shut: it is its residents who wait."""
    return PhoneLimits(
        number=Limit(settings.phone_codes, _HOUR, first=60, longest=_HOUR),
        address=Limit(settings.phone_codes_per_address, _HOUR, first=10, longest=600),
        city=Limit(settings.phone_codes_per_city, _HOUR, first=1, longest=10),
    )


@dataclass(frozen=True, slots=True)
class Requests:
    """Counts the requests of one process, together with all others."""

    attempts: Attempts
    limits: PhoneLimits
    keyring: Keyring

    async def admit(self, *, city: str, number: str, peer: str) -> bool:
        """Count a request; whether it may be fulfilled."""
        name = self.keyring.fingerprint("phone-code-requests", number.encode())
        slug = self.keyring.fingerprint("phone-code-cities", city.encode("utf-8", "surrogatepass"))
        return await self.attempts.count(
            Mark(f"phone-address:{network_of(peer)}", self.limits.address),
            Mark(f"phone-number:{name.hex()}", self.limits.number),
            Mark(f"phone-city:{slug.hex()}", self.limits.city),
        )
