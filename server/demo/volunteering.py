"""Volunteers, their activities with places taken, and their hours: those of posted members are verified (C-07, C-08)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.demo import names
from server.demo.bulk import Row, insert
from server.demo.desk import Desk
from server.demo.ids import id_at
from server.demo.people import Neighbor, People, Person
from server.demo.places import Place, Places
from server.demo.plans import MINUTES_PER_POSTED_MEMBER, split
from server.volunteers.models import Activity, ActivitySignUp, HourEntry, Volunteer
from server.volunteers.rules import StarPolicy, star_level

_REGISTERED = timedelta(days=400)
_UPCOMING = 12
_THEMES = (
    ("NEIGHBOR_WATCH", "邻里守望"),
    ("PEACE", "平安巡防"),
    ("COUNSELING", "心理疏导"),
    ("HYGIENE", "爱国卫生"),
)
_STAR_EVERY = 100
_STAR_MINUTES = 6_300
_USUAL_VISITS = 7
_STAR_VISITS = 25


@dataclass(frozen=True, slots=True)
class Helper:
    """A volunteer. minutes: verified in all; verifier: the member who verified them."""

    id: UUID
    place: Place
    name: str
    member: Person | None
    resident: Neighbor | None
    minutes: int
    verifier: Person


async def volunteer(desk: Desk, places: Places, people: People) -> None:
    """Volunteers, activities, sign-ups and hours of the plan."""
    helpers = [*_posted(desk, people), *_residents(desk, people)]
    await insert(desk.session, Volunteer, _volunteer_rows(desk, helpers), tenant_id=desk.tenant_id)
    activities, sign_ups = _activities(desk, places, helpers)
    await insert(desk.session, Activity, activities, tenant_id=desk.tenant_id)
    await insert(desk.session, ActivitySignUp, sign_ups, tenant_id=desk.tenant_id)
    await insert(desk.session, HourEntry, _hours(desk, helpers), tenant_id=desk.tenant_id)


def _posted(desk: Desk, people: People) -> Iterator[Helper]:
    """Every posted member; one in a hundred has earned a star, and the mean is the reported one."""
    posted = people.by_role.get("posted_member", [])
    starred = len(posted) // _STAR_EVERY
    rest = MINUTES_PER_POSTED_MEMBER * len(posted) - _STAR_MINUTES * starred
    usual = iter(split(rest, len(posted) - starred)) if posted else iter(())
    for number, member in enumerate(posted):
        is_star = number % _STAR_EVERY == _STAR_EVERY - 1
        yield Helper(
            id=id_at(desk.random, desk.now - _REGISTERED),
            place=member.home,
            name=member.name,
            member=member,
            resident=None,
            minutes=_STAR_MINUTES if is_star else next(usual),
            verifier=people.secretaries[member.home.id],
        )


def _residents(desk: Desk, people: People) -> Iterator[Helper]:
    """As many residents as the plan still asks for; the one with the volunteer's account first, not the other two."""
    count = max(desk.plan.volunteers - desk.plan.posted_members, 0)
    for neighbor in _willing(people)[:count]:
        community = neighbor.grid.community
        yield Helper(
            id=id_at(desk.random, desk.now - _REGISTERED),
            place=community,
            name=neighbor.name,
            member=None,
            resident=neighbor,
            minutes=0,
            verifier=people.secretaries[community.id],
        )


def _willing(people: People) -> list[Neighbor]:
    first_of_grids = {neighbors[0].id for neighbors in people.neighbors.values()}
    others = [neighbor for neighbor in people.residents if neighbor.id not in first_of_grids]
    # Those that live first in their grids come last: two of them are the residents with accounts.
    return others + [neighbor for neighbor in reversed(people.residents) if neighbor.id in first_of_grids]


def _volunteer_rows(desk: Desk, helpers: list[Helper]) -> Iterator[Row]:
    policy = StarPolicy(desk.manifest.star_policy.thresholds_hours)
    for helper in helpers:
        yield {
            "id": helper.id,
            "organization_id": helper.place.id,
            "path": helper.place.path,
            "resident_id": helper.resident.id if helper.resident else None,
            "member_id": helper.member.id if helper.member else None,
            "name": helper.name,
            "skills": {},
            "verified_minutes": helper.minutes,
            "stars": star_level(policy, helper.minutes),
            # Who has hours to show has been one from the start.
            "registered_at": desk.now - (_REGISTERED if helper.minutes else _REGISTERED * desk.random.random()),
        }


def _activities(desk: Desk, places: Places, helpers: list[Helper]) -> tuple[list[Row], list[Row]]:
    """Activities of the past year and a few to come, each with volunteers who took a place."""
    activities: list[Row] = []
    sign_ups: list[Row] = []
    upcoming = min(_UPCOMING, desk.plan.activities // 4)
    for number in range(desk.plan.activities):
        ahead = number - (desk.plan.activities - upcoming)
        days = ahead + 3 if ahead >= 0 else -desk.random.randrange(2, 320)
        starts_at = _at_nine(desk) + timedelta(days=days)
        community = places.communities[number % len(places.communities)]
        activity_id = id_at(desk.random, min(starts_at, desk.now) - timedelta(days=14))
        going = desk.random.sample(helpers, min(len(helpers), desk.random.randint(4, 15)))
        capacity = len(going) + desk.random.randint(1, 10)
        theme, title = _THEMES[number % len(_THEMES)]
        announced = min(starts_at, desk.now) - timedelta(days=14)
        activities.append(
            {
                "id": activity_id,
                "organization_id": community.id,
                "path": community.path,
                "title": f"{names.place(number % len(places.communities))}{title}志愿服务",
                "theme": theme,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=2),
                "capacity": capacity,
                "signed_up": len(going),
                "status": "OPEN",
                "created_at": announced,
            },
        )
        signed_at = announced + timedelta(days=1)
        sign_ups += [
            {
                "id": id_at(desk.random, signed_at),
                "activity_id": activity_id,
                "volunteer_id": helper.id,
                "at": signed_at,
            }
            for helper in going
        ]
    return activities, sign_ups


def _at_nine(desk: Desk) -> datetime:
    """Nine in the morning of the load's day, in East Asia, where the five cities are."""
    return desk.now.replace(hour=1, minute=0, second=0, microsecond=0)


def _hours(desk: Desk, helpers: list[Helper]) -> Iterator[Row]:
    """Verified visits of posted members, some of them short (C-08); a few entries of residents wait for somebody."""
    for number, helper in enumerate(helpers):
        if helper.minutes:
            visits = _STAR_VISITS if helper.minutes >= _STAR_MINUTES else _USUAL_VISITS
            for visit, minutes in enumerate(_unevenly(split(helper.minutes, visits))):
                days = 10 + visit * 300 // visits + desk.random.randrange(300 // visits)
                yield _entry(desk, helper, minutes, days, verified=True)
        elif number % 40 == 0:
            yield _entry(desk, helper, 90, desk.random.randrange(1, 9), verified=False)


def _unevenly(shares: list[int]) -> list[int]:
    """The same sum with every other share half an hour longer at the cost of the next."""
    return [
        share + (0 if index == len(shares) - 1 and index % 2 == 0 else -30 if index % 2 else 30)
        for index, share in enumerate(shares)
    ]


def _entry(desk: Desk, helper: Helper, minutes: int, days_ago: int, *, verified: bool) -> Row:
    served = desk.now - timedelta(days=days_ago)
    return {
        "id": id_at(desk.random, served),
        "volunteer_id": helper.id,
        "activity_id": None,
        "served_on": desk.local_day(served),
        "minutes": minutes,
        "note": "社区驻点服务" if verified else "社区志愿服务",
        "status": "VERIFIED" if verified else "ENTERED",
        "verified_by_id": helper.verifier.id if verified else None,
        "decided_at": served + timedelta(hours=20) if verified else None,
        "entered_at": served,
    }
