"""Organizations and grids: the tree of each city after its chains (sources.md 1.9), its grids by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from server.demo import names
from server.demo.bulk import Row, insert
from server.demo.desk import Desk
from server.demo.ids import id_at
from server.demo.plans import District
from server.grids.models import Grid
from server.organizations.models import Organization
from server.organizations.rules import path_of
from tenants.manifest.structure import Level

_FOUNDED = timedelta(days=700)
_SUFFIXES = {
    "subdistrict_committee": "街道党工委",
    "subdistrict_big_committee": "街道大工委",
    "township_committee": "镇党委",
    "community_org": "社区党组织",
    "community_big_committee": "社区大党委",
    "village_org": "村党组织",
    "compound_branch": "小区党支部",
    "grid_branch": "网格党支部",
}
_HOUSEHOLDS = {"URBAN": (170, 230), "RURAL": (42, 58)}
_USUAL_HOUSEHOLDS = (120, 420)


@dataclass(frozen=True, slots=True)
class Place:
    """An organization of the tree."""

    id: UUID
    parent: Place | None
    path: str
    name: str
    level: str
    kind: str

    def at_level(self, level: str) -> Place | None:
        """The organization itself or the nearest above it that stands at the level."""
        place: Place | None = self
        while place is not None and place.level != level:
            place = place.parent
        return place


@dataclass(frozen=True, slots=True)
class Cell:
    """A grid. organization: the one it hangs on, of the community or below it."""

    id: UUID
    kind: str
    organization: Place
    community: Place
    households: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are, in the order they were made; the first of each are where the demo accounts live."""

    root: Place
    subdistricts: tuple[Place, ...]
    communities: tuple[Place, ...]
    grids: tuple[Cell, ...]
    health_centers: tuple[Place, ...]
    first_district_grids: int

    @property
    def home_grids(self) -> tuple[Cell, ...]:
        """The grids of the first district: where the city's cases happen."""
        return self.grids[: self.first_district_grids]


class Surveyor:
    """Draws the map of one city, then writes it down."""

    def __init__(self, desk: Desk, root: Place) -> None:
        self._desk = desk
        self._levels = {level.code: level for level in desk.manifest.levels}
        self._root = root
        self._organizations: list[Row] = []
        self._cells: list[Cell] = []
        self._subdistricts: list[Place] = []
        self._communities: list[Place] = []
        self._health_centers: list[Place] = []
        self._first_district_grids = 0

    async def survey(self) -> Places:
        """Everything of the plan; returns where it is."""
        for number, district in enumerate(self._desk.plan.districts, start=1):
            self._district(number, district)
            self._first_district_grids = self._first_district_grids or len(self._cells)
        self._further_organizations()
        desk = self._desk
        await insert(desk.session, Organization, self._organizations, tenant_id=desk.tenant_id)
        return Places(
            root=self._root,
            subdistricts=tuple(self._subdistricts),
            communities=tuple(self._communities),
            grids=tuple(self._cells),
            health_centers=tuple(self._health_centers),
            first_district_grids=self._first_district_grids,
        )

    def _district(self, number: int, district: District) -> None:
        above = self._root
        if district.name is not None:
            level = self._level(6)
            above = self._found(above, level, level.kinds[0], f"d{number:02d}", district.name)
        kinds = [kind for kind, count in district.grids.items() for _ in range(count)]
        first_subdistrict, first_community = len(self._subdistricts), len(self._communities)
        for index in range(district.subdistricts):
            rural = self._is_rural(kinds, index, district.subdistricts)
            self._subdistrict(above, rural=rural)
        subdistricts = self._subdistricts[first_subdistrict:]
        for index in range(district.communities):
            subdistrict = subdistricts[index * len(subdistricts) // district.communities]
            self._community(subdistrict, rural=self._is_rural(kinds, index, district.communities))
        communities = self._communities[first_community:]
        for index, kind in enumerate(kinds):
            self._grid(communities[index * len(communities) // len(kinds)], kind)
        for index in range(district.stationed):
            subdistrict = subdistricts[index % len(subdistricts)]
            name = f"{names.place(index)}共建单位"
            self._found(subdistrict, self._levels["community"], "stationed_unit", f"unit{index + 1:03d}", name)

    def _subdistrict(self, above: Place, *, rural: bool) -> None:
        number = len(self._subdistricts)
        level = self._levels["subdistrict"]
        kind = "township_committee" if rural and "township_committee" in level.kinds else level.kinds[0]
        name = names.place(number)
        place = self._found(above, level, kind, f"s{number + 1:03d}", name + _SUFFIXES[kind])
        self._subdistricts.append(place)
        center = self._found(
            place, self._levels["community"], "health_center", f"health{number + 1:03d}", f"{name}社区卫生服务中心"
        )
        self._health_centers.append(center)

    def _community(self, above: Place, *, rural: bool) -> None:
        number = len(self._communities)
        level = self._levels["community"]
        kind = "village_org" if rural and "village_org" in level.kinds else level.kinds[0]
        name = names.place(number) + _SUFFIXES[kind]
        self._communities.append(self._found(above, level, kind, f"c{number + 1:03d}", name))

    def _grid(self, community: Place, kind: str) -> None:
        """A grid with the branch it hangs on: every grid has one (HH-09, C-12), in Daye that of its compound (DY-18)."""
        number = len(self._cells) + 1
        level = self._levels.get("grid") or self._levels["compound"]
        branch = level.kinds[0]
        name = names.place(number) + _SUFFIXES[branch]
        desk = self._desk
        self._cells.append(
            Cell(
                id=id_at(desk.random, desk.now - _FOUNDED),
                kind=kind,
                organization=self._found(community, level, branch, f"g{number:04d}", name),
                community=community,
                households=desk.random.randint(*_HOUSEHOLDS.get(kind, _USUAL_HOUSEHOLDS)),
            ),
        )

    def _further_organizations(self) -> None:
        """What the plan asks for beside the places: volunteer organizations, compounds, service centers."""
        plan, community = self._desk.plan, self._levels["community"]
        for index in range(plan.volunteer_organizations):
            above = self._subdistricts[index % len(self._subdistricts)]
            name = f"{names.place(index)}志愿服务队"
            self._found(above, community, "volunteer_organization", f"vol{index + 1:04d}", name)
        for index in range(plan.compounds):
            above = self._communities[index % len(self._communities)]
            name = names.place(index) + _SUFFIXES["compound_branch"]
            self._found(above, self._levels["compound"], "compound_branch", f"x{index + 1:03d}", name)
        if not plan.service_centers:
            return
        district = self._subdistricts[0].parent or self._root
        self._found(district, self._levels["subdistrict"], "service_center", "center", "街道党群服务中心")
        for index, community_place in enumerate(self._communities, start=1):
            above = community_place.parent or self._root
            self._found(
                above, community, "service_center", f"center{index:02d}", f"{names.place(index - 1)}党群服务中心"
            )

    def _level(self, rank: int) -> Level:
        return next(level for level in self._desk.manifest.levels if level.rank == rank)

    def _is_rural(self, kinds: list[str], index: int, parts: int) -> bool:
        # Grids are laid out in the order of their kinds, so the one in the middle of a part speaks for it.
        return bool(kinds) and kinds[(2 * index + 1) * len(kinds) // (2 * parts)] == "RURAL"

    def _found(self, parent: Place, level: Level, kind: str, code: str, name: str) -> Place:
        desk = self._desk
        at = desk.now - _FOUNDED
        place = Place(id_at(desk.random, at), parent, path_of(parent.path, code), name, level.code, kind)
        self._organizations.append(
            {
                "id": place.id,
                "parent_id": parent.id,
                "code": code,
                "name": name,
                "labels": {},
                "level": level.code,
                "kind": kind,
                "rank": level.rank,
                "path": place.path,
                "created_at": at,
            },
        )
        return place


async def survey(desk: Desk) -> Places:
    """The organizations and grids of the plan below the root that came with the manifest."""
    root = await desk.session.scalar(
        select(Organization).where(
            Organization.tenant_id == desk.tenant_id,
            Organization.path == path_of("", desk.manifest.slug),
        ),
    )
    if root is None:
        raise RuntimeError(f"{desk.manifest.slug} has no root organization: bring it on board first")
    return await Surveyor(desk, Place(root.id, None, root.path, root.name, root.level, root.kind)).survey()


async def open_grids(desk: Desk, places: Places, chiefs: Mapping[UUID, UUID]) -> None:
    """Write the grids down with their chiefs: grid id to member id."""
    await insert(desk.session, Grid, _grid_rows(desk, places, chiefs), tenant_id=desk.tenant_id)


def _grid_rows(desk: Desk, places: Places, chiefs: Mapping[UUID, UUID]) -> Iterator[Row]:
    opened = desk.now - _FOUNDED
    for number, cell in enumerate(places.grids, start=1):
        yield {
            "id": cell.id,
            "organization_id": cell.organization.id,
            "path": cell.organization.path,
            "code": f"{desk.manifest.slug}-{number:05d}",
            "name": f"{names.place(number - 1)}网格",
            "kind": cell.kind,
            "households": cell.households,
            "chief_id": chiefs[cell.id],
            "valid_from": desk.local_day(opened),
            "valid_to": None,
            "created_at": opened,
        }
