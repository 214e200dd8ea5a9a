"""The walk: every site is asked with a foreign id, with one that is hidden, and with one that nobody has.

What is answered must be the same to the byte but for the id, and no row may change: none of the other city's, and of the
caller's own only what logs it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from server.isolation.answers import Answer, codes
from server.isolation.people import Walker
from server.isolation.rows import Fingerprints, changed, fingerprints, some_ids
from server.isolation.sites import Atlas, Near, Site, Tested, VersionOfNear, filled, gaps_of
from tenants.ids import public_id, uuid7
from tenants.sessions import Database

# What being asked in vain may leave in one's own city: that it was asked, and that somebody was there.
LOGS = frozenset({"access_log", "audit_entry", "audit_head", "audit_seal", "sealed_access", "sign_in_session"})
# Counters of the logs, and what the worker keeps of its own accord.
_UPKEEP = frozenset({"due_work", "tenant_counter"})
# What a worker that runs meanwhile writes in every city, asked or not: it seals, counts and takes up due work.
WORKERS_OWN = frozenset({"audit_head", "audit_seal", "due_work", "metric_day", "tenant_counter"})
_GONE = frozenset({"NOT_FOUND"})
_TURNS = 6
# Where somebody may be named whom one does not see, and why.
NAMED_UNSEEN: Mapping[str, str] = {
    "assignResponsibility(input.memberId: member)": "who serves where a problem is may be made to answer for it",
    "reviseListItem(input.memberId: member)": "who serves where a problem is may be made to answer for it",
}
# A filter compares columns of rows that one sees: which of them refer to a hidden thing shows to who has its id.
_FILTER = "(filter."


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a city could learn of another, or do to it. said: the two answers, or the tables that changed."""

    site: str
    username: str
    what: str
    said: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What came of a walk. reached: sites at which the id itself was refused, or sought in vain, at least once.

    compared: pairs of answers. silent: kinds of which the other city has nothing. hidden: kinds of which something of
    the caller's own city was hidden from somebody.
    """

    asked: int = 0
    compared: int = 0
    sites: int = 0
    findings: list[Finding] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    refusals: dict[str, set[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)

    def unreached(self, atlas: Atlas) -> dict[str, set[str]]:
        """Sites where something else was refused before the id was looked at, with the codes it was refused with."""
        return {site.name: self.refusals.get(site.name, set()) for site in atlas.sites if site.name not in self.reached}


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the walk is made. walkers: of the caller's city. few: people asked per site; None: everybody.

    worked: whether a worker runs meanwhile, whose own tables are then left out.
    """

    database: Database
    mine: UUID
    theirs: UUID
    walkers: Sequence[Walker]
    few: int | None = None
    worked: bool = False


async def walk(atlas: Atlas, ground: Ground, progress: Callable[[str], None]) -> Report:
    """Ask everything there is to ask. Errors: WalkFailed when the installation cannot be asked."""
    report = Report(sites=len(atlas.sites))
    theirs = {kind: await some_ids(ground.database, ground.theirs, table) for kind, table in atlas.tables.items()}
    report.silent = {kind for kind, ids in theirs.items() if not ids}
    for walker in ground.walkers:
        sites = [site for site in atlas.sites if _asks(walker, site, ground)]
        progress(f"{walker.username}: {len(sites)} places")
        await _send(report, ground, walker, sites, theirs)
    for turn in range(_TURNS):
        for walker in ground.walkers:
            sites = [site for site in atlas.sites if site.name not in report.reached and _may(walker, site)]
            if sites:
                progress(f"{walker.username}: {len(sites)} places that nobody has reached")
            await _send(report, ground, walker, sites, theirs, turn)
    return report


async def _send(
    report: Report,
    ground: Ground,
    walker: Walker,
    sites: Sequence[Site],
    theirs: Mapping[str, Sequence[UUID]],
    turn: int = 0,
) -> None:
    """Somebody to these places, while the tables of both cities are watched."""
    if not sites:
        return
    before = await _standing(ground)
    for site in sites:
        await _visit(report, walker, site, theirs[site.kind], turn)
    await walker.stands()
    compare_rows(report, walker.username, before, await _standing(ground), worked=ground.worked)


def _asks(walker: Walker, site: Site, ground: Ground) -> bool:
    """Whether a site is for this walker: for everybody, or for a few of those who may and a few of those who may not."""
    if ground.few is None:
        return True
    may = [each for each in ground.walkers if _may(each, site)]
    others = [each for each in ground.walkers if each not in may]
    start = zlib.crc32(site.name.encode())
    chosen = [group[(start + step) % len(group)] for group in (may, others[:1]) if group for step in range(ground.few)]
    return any(each is walker for each in chosen)


def _may(walker: Walker, site: Site) -> bool:
    return site.permission is None or site.permission in walker.permissions


async def _visit(report: Report, walker: Walker, site: Site, theirs: Sequence[UUID], turn: int) -> None:
    """Ask at a place. turn: which of what the walker sees stands in the other gaps."""
    unknown = await _asked(report, walker, site, uuid7(), turn)
    if unknown is None:
        report.refusals.setdefault(site.name, set()).add("NOTHING_NEAR")
        return
    report.refusals.setdefault(site.name, set()).update(codes(unknown[0]))
    if _is_reached(site, unknown[0]):
        report.reached.add(site.name)
    hidden = (await walker.seen(site.kind)).hidden
    if hidden:
        report.hidden.add(site.kind)
    for what, ids in (("foreign", theirs), ("hidden", hidden)):
        if not ids or (what == "hidden" and (site.name in NAMED_UNSEEN or _FILTER in site.name)):
            continue
        found = await _asked(report, walker, site, ids[zlib.crc32(site.name.encode()) % len(ids)], turn)
        if found is None:
            continue
        report.compared += 1
        if found[0].but_for(*found[1]) != unknown[0].but_for(*unknown[1]):
            said = (_text(found[0]), _text(unknown[0]))
            report.findings.append(Finding(site.name, walker.username, f"{what} is not unknown", said))


async def _asked(
    report: Report, walker: Walker, site: Site, id_: UUID, turn: int
) -> tuple[Answer, tuple[str, ...]] | None:
    """The answer about an id, and the texts the id was sent as; None when the walker has nothing to ask it with."""
    gaps = await walker.gaps([gap for gap in gaps_of(site.variables) if isinstance(gap, Near | VersionOfNear)], turn)
    if gaps is None:
        return None
    asked = public_id(site.kind, id_)
    variables: dict[str, Any] = filled(site.variables, {**gaps, Tested(): asked})
    report.asked += 1
    return await walker.told(site.document, variables), (asked, str(id_))


def _is_reached(site: Site, answer: Answer) -> bool:
    """Whether it was the id that decided the answer to an unknown one."""
    found = codes(answer)
    return bool(found & _GONE) if site.changes else not found or bool(found & _GONE)


async def _standing(ground: Ground) -> tuple[Fingerprints, Fingerprints]:
    return await fingerprints(ground.database, ground.mine), await fingerprints(ground.database, ground.theirs)


def compare_rows(
    report: Report,
    username: str,
    before: tuple[Fingerprints, Fingerprints],
    after: tuple[Fingerprints, Fingerprints],
    *,
    worked: bool,
) -> None:
    """Find every table in which asking has changed something. before, after: of the own city and the other."""
    beside = WORKERS_OWN if worked else frozenset()
    own = changed(before[0], after[0]) - LOGS - _UPKEEP - beside
    foreign = changed(before[1], after[1]) - beside
    for what, tables in (("rows of the own city changed", own), ("rows of the other city changed", foreign)):
        if tables:
            report.findings.append(Finding("every site", username, what, tuple(sorted(tables))))


def _text(answer: Answer) -> str:
    return f"{answer.status} {answer.body[:2_000].decode(errors='replace')}"


def as_json(report: Report, atlas: Atlas) -> Mapping[str, Any]:
    """The report for programs."""
    return {
        "sites": report.sites,
        "asked": report.asked,
        "compared": report.compared,
        "reached": len(report.reached),
        "unreached": {name: sorted(found) for name, found in sorted(report.unreached(atlas).items())},
        "kindsOfWhichTheOtherCityHasNothing": sorted(report.silent),
        "kindsHiddenFromSomebody": sorted(report.hidden),
        "findings": [
            {"site": found.site, "as": found.username, "what": found.what, "said": found.said}
            for found in report.findings
        ],
    }
