"""How much of everything each city gets: the figures of the articles at full scale, a miniature of them at small scale.

Numbers in comments are rows of sources.md 2.1 and 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

MINUTES_PER_POSTED_MEMBER = 792
"""13.2 hours a head (15, C-07)."""


@dataclass(frozen=True, slots=True)
class District:
    """A part of a city. name: None where the city has no level between itself and its subdistricts.

    grids: how many of each kind, spread evenly over the communities. stationed: units stationed in the area.
    """

    name: str | None
    subdistricts: int
    communities: int
    grids: Mapping[str, int]
    stationed: int = 0


@dataclass(frozen=True, slots=True)
class CityPlan:
    """The counts of one city.

    extra_grid_workers: beside one full-time worker in every grid. volunteers: posted members included. cases: all in
    the first district; concluded, dropped (rejected or withdrawn) and escalating (open, due about now) are among them.
    problems: on the lists of the first grids there.
    compounds: beside those that hold the grids. seed: makes two loads of one plan alike.
    """

    seed: int
    districts: tuple[District, ...]
    extra_grid_workers: int = 0
    posted_members: int = 0
    residents: int = 0
    volunteers: int = 0
    volunteer_organizations: int = 0
    activities: int = 0
    health_checks: int = 0
    cases: int = 0
    concluded: int = 0
    dropped: int = 0
    escalating: int = 0
    problems: int = 0
    compounds: int = 0
    service_centers: bool = False
    case_tracks: Mapping[str, int] = field(default_factory=lambda: {"GRID_EVENT": 1})

    @property
    def size(self) -> int:
        """Roughly how many rows it makes."""
        return 15 * self.cases + self.residents + self.volunteers + 2 * self.health_checks


def split(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` whole numbers that differ by at most one."""
    share, rest = divmod(total, parts)
    return [share + (index < rest) for index in range(parts)]


_DAYE = CityPlan(
    seed=1,
    districts=(District(None, subdistricts=5, communities=39, grids={"GENERAL": 117}),),  # 7
    posted_members=7_443,  # 13
    residents=140_000,
    volunteers=142_103,  # 16: more than 142,000
    volunteer_organizations=935,  # 17
    activities=1_254,  # 18
    health_checks=59_000,  # 22
    cases=5_000,
    concluded=4_000,
    dropped=150,
    escalating=12,
    case_tracks={"SERVICE_ORDER": 7, "GRID_EVENT": 1, "COMPLAINT": 1, "DISPUTE": 1},
)

_HUANGSHAN = CityPlan(
    seed=2,
    districts=(
        District("屯溪区", subdistricts=8, communities=29, grids={"ALL_SUBJECT": 261}),  # 30
        *(
            District(name, subdistricts=3, communities=14, grids={"GENERAL": grids})  # 37: 773 in all
            for name, grids in zip(("黄山区", "徽州区", "歙县", "休宁县", "黟县", "祁门县"), split(773, 6), strict=True)
        ),
    ),
    posted_members=746,
    residents=6_000,
    volunteers=1_500,
    volunteer_organizations=40,
    activities=120,
    cases=79_119,  # 33
    concluded=78_195,  # C-02
    escalating=12,
    problems=261,
)

_WUHAN = CityPlan(
    seed=3,
    districts=(
        District("洪山区", subdistricts=4, communities=20, grids={"GENERAL": 100}, stationed=458),  # 66
        District("武昌区", subdistricts=2, communities=8, grids={"GENERAL": 40}),
        District("东西湖区", subdistricts=2, communities=8, grids={"GENERAL": 40}),
    ),
    posted_members=511,  # 67
    residents=4_000,
    volunteers=1_200,
    volunteer_organizations=20,
    activities=100,
    cases=3_000,
    concluded=2_500,
    dropped=90,
    escalating=8,
    case_tracks={"SERVICE_ORDER": 3, "GRID_EVENT": 1, "COMPLAINT": 1},
)

_HOHHOT = CityPlan(
    seed=4,
    districts=(District("新城区", subdistricts=1, communities=10, grids={"GENERAL": 99, "DEDICATED": 11}),),  # 76, 82
    posted_members=220,
    residents=3_000,
    volunteers=800,
    activities=80,
    cases=2_000,
    concluded=1_700,
    dropped=60,
    escalating=8,
    compounds=38,  # 79, 80
    service_centers=True,  # 77
    case_tracks={"DISPUTE": 2, "SERVICE_ORDER": 1, "GRID_EVENT": 1},
)

_COUNTIES = ("前进区", "向阳区", "东风区", "郊区", "桦南县", "桦川县", "汤原县", "同江市", "富锦市", "抚远市")


def _jiamusi(urban: int, rural: int, dedicated: int, communities: int, subdistricts: int) -> tuple[District, ...]:
    parts = len(_COUNTIES)
    return tuple(
        District(name, subdistricts=subdistricts, communities=size, grids={"URBAN": u, "RURAL": r, "DEDICATED": d})
        for name, size, u, r, d in zip(
            _COUNTIES,
            split(communities, parts),
            split(urban, parts),
            split(rural, parts),
            # From the other end, or the first counties would have one more of every kind.
            reversed(split(dedicated, parts)),
            strict=True,
        )
    )


_JIAMUSI = CityPlan(
    seed=5,
    districts=_jiamusi(4_148, 4_044, 694, communities=740, subdistricts=8),  # 89-92, C-01
    extra_grid_workers=37_762 - 8_886,  # 99, C-15
    posted_members=10_050,  # 98: more than 10,000
    residents=10_000,
    volunteers=14_000,
    volunteer_organizations=23,  # 102
    activities=402,
    cases=8_000,
    concluded=7_000,
    dropped=240,
    escalating=12,
)

FULL: Mapping[str, CityPlan] = {
    "daye": _DAYE,
    "hohhot": _HOHHOT,
    "huangshan": _HUANGSHAN,
    "jiamusi": _JIAMUSI,
    "wuhan": _WUHAN,
}

SMALL: Mapping[str, CityPlan] = {
    "daye": replace(
        _DAYE,
        districts=(District(None, subdistricts=5, communities=39, grids={"GENERAL": 78}),),
        posted_members=300,
        residents=1_200,
        volunteers=1_421,
        volunteer_organizations=94,
        activities=60,
        health_checks=200,
        cases=500,
        concluded=390,
        dropped=20,
        escalating=4,
    ),
    "hohhot": replace(
        _HOHHOT,
        posted_members=44,
        residents=330,
        volunteers=80,
        activities=16,
        cases=200,
        concluded=160,
        dropped=8,
        escalating=3,
    ),
    "huangshan": replace(
        _HUANGSHAN,
        districts=(
            District("屯溪区", subdistricts=2, communities=6, grids={"ALL_SUBJECT": 26}),
            District("黄山区", subdistricts=2, communities=8, grids={"GENERAL": 39}),
            District("黟县", subdistricts=2, communities=8, grids={"GENERAL": 38}),
        ),
        posted_members=75,
        residents=400,
        volunteers=150,
        volunteer_organizations=6,
        activities=16,
        cases=791,
        concluded=782,
        escalating=3,
        problems=26,
    ),
    "jiamusi": replace(
        _JIAMUSI,
        districts=_jiamusi(42, 40, 7, communities=20, subdistricts=1),
        extra_grid_workers=289,
        posted_members=100,
        residents=400,
        volunteers=150,
        volunteer_organizations=6,
        activities=20,
        cases=259,
        concluded=200,
        dropped=10,
        escalating=4,
    ),
    "wuhan": replace(
        _WUHAN,
        districts=(
            District("洪山区", subdistricts=2, communities=6, grids={"GENERAL": 18}, stationed=46),
            District("武昌区", subdistricts=1, communities=3, grids={"GENERAL": 9}),
            District("东西湖区", subdistricts=1, communities=3, grids={"GENERAL": 9}),
        ),
        posted_members=51,
        residents=300,
        volunteers=120,
        volunteer_organizations=6,
        activities=16,
        cases=250,
        concluded=200,
        dropped=8,
        escalating=3,
    ),
}
