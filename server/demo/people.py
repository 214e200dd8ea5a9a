"""Members with their appointments and postings, the teams of the grids, and residents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from server.dates import add_months
from server.demo import names
from server.demo.bulk import Row, insert
from server.demo.desk import Desk
from server.demo.ids import id_at
from server.demo.places import Cell, Place, Places, open_grids
from server.grids.models import GridAssignment
from server.members.models import Appointment, Member, Posting
from server.residents.models import Resident

_JOINED = timedelta(days=600)
_TERM_BEGAN = timedelta(days=150)  # within any term of a year
_UNITS = (
    "税务局",
    "财政局",
    "教育局",
    "自然资源局",
    "交通运输局",
    "水务局",
    "供电公司",
    "第一中学",
    "人民医院",
    "图书馆",
)
_LEADING_ROLE = {"daye": "first_secretary"}
_CHECK_AGES = {"MALE": (60, 64), "FEMALE": (55, 64)}
_ADULT_AGES = (18, 90)


@dataclass(frozen=True, slots=True)
class Person:
    """A member. home: where the member belongs."""

    id: UUID
    name: str
    home: Place


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A resident of a grid. checked: of an age with a free health check (DY-14)."""

    id: UUID
    name: str
    grid: Cell
    birth_date: date
    checked: bool


@dataclass(slots=True)
class People:
    """Everybody of a city.

    by_role: in the order of their places. workers, chiefs, neighbors: by grid. officers: by subdistrict. posted, dispatchers,
    secretaries, police: by community.
    """

    by_role: dict[str, list[Person]] = field(default_factory=dict)
    posted: dict[UUID, list[Person]] = field(default_factory=dict)
    dispatchers: dict[UUID, Person] = field(default_factory=dict)
    secretaries: dict[UUID, Person] = field(default_factory=dict)
    police: dict[UUID, Person] = field(default_factory=dict)
    officers: dict[UUID, Person] = field(default_factory=dict)
    workers: dict[UUID, Person] = field(default_factory=dict)
    chiefs: dict[UUID, Person] = field(default_factory=dict)
    residents: list[Neighbor] = field(default_factory=list)
    neighbors: dict[UUID, list[Neighbor]] = field(default_factory=dict)


class Register:
    """Takes the members of one city on, then writes them down."""

    def __init__(self, desk: Desk, places: Places) -> None:
        self._desk = desk
        self._places = places
        self._members: list[Row] = []
        self._appointments: list[Row] = []
        self._postings: list[Row] = []
        self._assignments: list[Row] = []
        self._people = People()
        self._liaison = _LEADING_ROLE.get(desk.manifest.slug, "dispatcher")
        policy = desk.manifest.grid_policy
        self._capacities = {post.capacity for post in policy.staffing} if policy else set()

    async def take_on(self) -> People:
        """Everybody of the plan who serves."""
        self._city_staff()
        self._community_staff()
        self._grid_staff()
        self._posted_members()
        desk, chiefs = self._desk, {grid: chief.id for grid, chief in self._people.chiefs.items()}
        await insert(desk.session, Member, self._members, tenant_id=desk.tenant_id)
        await open_grids(desk, self._places, chiefs)
        await insert(desk.session, Appointment, self._appointments, tenant_id=desk.tenant_id)
        await insert(desk.session, Posting, self._postings, tenant_id=desk.tenant_id)
        await insert(desk.session, GridAssignment, self._assignments, tenant_id=desk.tenant_id)
        return self._people

    def _city_staff(self) -> None:
        root = self._places.root
        self._appoint(self._member(root), "tenant_admin")
        self._appoint(self._member(root), "analyst")
        for subdistrict, center in zip(self._places.subdistricts, self._places.health_centers, strict=True):
            officer = self._member(subdistrict)
            self._appoint(officer, "subdistrict_officer", organization=subdistrict)
            self._people.officers[subdistrict.id] = officer
            self._appoint(self._member(center), "health_worker", organization=subdistrict)

    def _community_staff(self) -> None:
        for community in self._places.communities:
            leader = self._member(community)
            self._appoint(leader, self._liaison, organization=community)
            self._people.dispatchers[community.id] = leader
            secretary = self._member(community)
            self._appoint(secretary, "community_secretary", organization=community)
            self._people.secretaries[community.id] = secretary
            officer = self._member(community)
            self._appoint(officer, "police")
            self._people.police[community.id] = officer

    def _grid_staff(self) -> None:
        extra = self._desk.plan.extra_grid_workers
        grids = self._places.grids
        for index, cell in enumerate(grids):
            chief, worker = self._member(cell.organization), self._member(cell.organization)
            self._appoint(chief, "grid_chief", grid=cell)
            self._appoint(worker, "grid_worker", grid=cell)
            self._people.chiefs[cell.id], self._people.workers[cell.id] = chief, worker
            self._assign(cell, chief, "GRID_CHIEF")
            for capacity in ("GRID_WORKER", "FULL_TIME", "FULLTIME_GRID_WORKER"):
                self._assign(cell, worker, capacity)
            self._assign(cell, self._people.secretaries[cell.community.id], "COMMUNITY_CADRE")
            subdistrict = cell.community.at_level("subdistrict")
            if subdistrict is not None:
                self._assign(cell, self._people.officers[subdistrict.id], "STREET_LIAISON")
            for place in range(extra * index // len(grids), extra * (index + 1) // len(grids)):
                self._further_worker(cell, professional=place % 3 == 0)

    def _further_worker(self, cell: Cell, *, professional: bool) -> None:
        """One of the X or N of 1+X+N (JM-15)."""
        worker = self._member(cell.organization)
        if professional:
            self._appoint(worker, "professional_worker")
            self._assign(cell, worker, "PROFESSIONAL")
        else:
            self._appoint(worker, "part_time_worker", grid=cell)
            self._assign(cell, worker, "PART_TIME")

    def _posted_members(self) -> None:
        communities = self._places.communities
        for index in range(self._desk.plan.posted_members):
            # The demo account's community first, then round and round: every community has its share.
            community = communities[index % len(communities)]
            member = self._member(community)
            self._appoint(member, "posted_member", organization=community)
            at = self._desk.now - _JOINED
            self._postings.append(
                {
                    "id": id_at(self._desk.random, at),
                    "member_id": member.id,
                    "organization_id": community.id,
                    "home_unit": self._desk.manifest.identity.name.zh_cn + _UNITS[index % len(_UNITS)],
                    "starts_on": self._desk.local_day(at),
                    "ends_on": None,
                    "ended_at": None,
                },
            )
            self._people.posted.setdefault(community.id, []).append(member)

    def _member(self, home: Place) -> Person:
        at = self._desk.now - _JOINED
        person = Person(id_at(self._desk.random, at), names.person(len(self._members)), home)
        self._members.append(
            {
                "id": person.id,
                "organization_id": home.id,
                "path": home.path,
                "name": person.name,
                "phone": None,
                "status": "ACTIVE",
                "created_at": at,
            },
        )
        return person

    def _appoint(
        self,
        person: Person,
        role: str,
        *,
        organization: Place | None = None,
        grid: Cell | None = None,
    ) -> None:
        """Give a member a role of the city, with the role's scope and usual term."""
        found = self._desk.manifest.find_role(role)
        if found is None:
            raise RuntimeError(f"{self._desk.manifest.slug} has no role {role}")
        began = self._desk.now - (_TERM_BEGAN if found.term_months else _JOINED)
        starts_on = self._desk.local_day(began)
        self._appointments.append(
            {
                "id": id_at(self._desk.random, began),
                "member_id": person.id,
                "role": role,
                "scope": found.scope.value,
                "organization_id": organization.id if organization else None,
                "grid_id": grid.id if grid else None,
                "starts_on": starts_on,
                "ends_on": add_months(starts_on, found.term_months) if found.term_months else None,
                "ended_at": None,
                "created_at": began,
            },
        )
        self._people.by_role.setdefault(role, []).append(person)

    def _assign(self, cell: Cell, person: Person, capacity: str) -> None:
        """Put a member into a grid's team, where the city's formula knows the capacity."""
        if capacity not in self._capacities:
            return
        at = self._desk.now - _JOINED
        self._assignments.append(
            {"id": id_at(self._desk.random, at), "grid_id": cell.id, "member_id": person.id, "capacity": capacity},
        )


async def populate(desk: Desk, places: Places) -> People:
    """The members and residents of the plan."""
    people = await Register(desk, places).take_on()
    await insert(desk.session, Resident, _residents(desk, places, people), tenant_id=desk.tenant_id)
    return people


def _residents(desk: Desk, places: Places, people: People) -> Iterator[Row]:
    """The first residents are of an age with a free check, as many as there are checks; all are noted in ``people``."""
    moved_in = desk.now - _JOINED
    births = {(sex, checked): _births(desk, sex, checked=checked) for sex in _CHECK_AGES for checked in (False, True)}
    for number in range(desk.plan.residents):
        cell = places.grids[number % len(places.grids)]
        sex = "MALE" if number % 2 else "FEMALE"
        checked = number < desk.plan.health_checks
        first_birth, days = births[sex, checked]
        neighbor = Neighbor(
            id=id_at(desk.random, moved_in),
            name=names.person(10_000 + number),
            grid=cell,
            birth_date=first_birth + timedelta(days=desk.random.randrange(days)),
            checked=checked,
        )
        people.residents.append(neighbor)
        people.neighbors.setdefault(cell.id, []).append(neighbor)
        yield {
            "id": neighbor.id,
            "grid_id": cell.id,
            "path": cell.organization.path,
            "name": neighbor.name,
            "phone": None,
            "sex": sex,
            "birth_date": neighbor.birth_date,
            "created_at": moved_in,
        }


def _births(desk: Desk, sex: str, *, checked: bool) -> tuple[date, int]:
    """The first day, and for how many days, people were born who are adults, or, ``checked``, of an age with a check.

    That age they were at any time of the past year, for the check may have been made then (DY-14).
    """
    least, most = _CHECK_AGES[sex] if checked else _ADULT_AGES
    oldest = add_months(desk.today, -12 * (most + 1)) + timedelta(days=1)
    youngest = add_months(desk.today, -12 * (least + 1)) - timedelta(days=1)
    return oldest, (youngest - oldest).days + 1
