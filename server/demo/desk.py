"""What every part of the load of one city works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from server.demo.plans import CityPlan
from tenants.manifest.model import Manifest
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Desk:
    """One city, in one transaction.

    now: the moment of the load, aware; everything invented happened before it. progress: told a word about each part.
    """

    session: WriteSession
    tenant_id: UUID
    manifest: Manifest
    plan: CityPlan
    random: Random
    now: datetime
    progress: Callable[[str], None]

    @property
    def today(self) -> date:
        """The city's day of the load."""
        return self.local_day(self.now)

    def local_day(self, at: datetime) -> date:
        """The city's day of an instant."""
        return at.astimezone(ZoneInfo(self.manifest.time_zone)).date()

    def say(self, part: str) -> None:
        """Tell what is under way."""
        self.progress(f"{self.manifest.identity.name.en}: {part}")
