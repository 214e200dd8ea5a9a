"""What a manifest says about places must hold together: kinds, levels, chains, grids, containment.

Each check takes whole, valid sections and yields every fault it finds; none stops at the first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tenants.manifest.casework import CaseCategory
from tenants.manifest.pointers import Fault, pointer, repeated
from tenants.manifest.structure import Chain, GridPolicy, Identity, Level, OrganizationKind
from tenants.manifest.words import Containment, Language, Slug, TenantKind

MAIN_CHAIN = "organization"


def time_zone_faults(time_zone: str) -> Iterator[Fault]:
    """The time zone must be one the IANA data knows."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Fault("/time_zone", f"unknown time zone {time_zone!r}")


def language_faults(languages: tuple[Language, ...]) -> Iterator[Fault]:
    """Each language once."""
    for index in repeated(languages):
        yield Fault(pointer("languages", index), f"language {languages[index]!r} repeated")


def kind_faults(organization_kinds: tuple[OrganizationKind, ...]) -> Iterator[Fault]:
    """Each kind once."""
    for index in repeated(kind.code for kind in organization_kinds):
        code = organization_kinds[index].code
        yield Fault(pointer("organization_kinds", index, "code"), f"code {code!r} repeated")


def level_faults(levels: tuple[Level, ...]) -> Iterator[Fault]:
    """Each level once, from the highest rank strictly down."""
    for index in repeated(level.code for level in levels):
        yield Fault(pointer("levels", index, "code"), f"code {levels[index].code!r} repeated")
    for index, (above, below) in enumerate(itertools.pairwise(levels), start=1):
        if below.rank >= above.rank:
            message = f"rank {below.rank} is not below {above.rank} of the level before"
            yield Fault(pointer("levels", index, "rank"), message)


def level_kind_faults(levels: tuple[Level, ...], organization_kinds: tuple[OrganizationKind, ...]) -> Iterator[Fault]:
    """Kinds at a level are defined, each once."""
    known = {kind.code for kind in organization_kinds}
    for index, level in enumerate(levels):
        for position, code in enumerate(level.kinds):
            if code not in known:
                yield Fault(pointer("levels", index, "kinds", position), f"unknown organization kind {code!r}")
        for position in repeated(level.kinds):
            message = f"kind {level.kinds[position]!r} repeated"
            yield Fault(pointer("levels", index, "kinds", position), message)


def chain_faults(levels: tuple[Level, ...], chains: tuple[Chain, ...]) -> Iterator[Fault]:
    """Chains name known levels, strictly downward; every level hangs in a chain, or nothing could be founded there."""
    for index in repeated(chain.code for chain in chains):
        yield Fault(pointer("chains", index, "code"), f"code {chains[index].code!r} repeated")
    for index, chain in enumerate(chains):
        yield from _line_faults(levels, chain.levels, ("chains", index, "levels"))
    hung = {code for chain in chains for code in chain.levels}
    for index, level in enumerate(levels):
        if level.code not in hung:
            yield Fault(pointer("levels", index, "code"), f"level {level.code!r} is in no chain")


def escalation_chain_faults(
    levels: tuple[Level, ...],
    chains: tuple[Chain, ...],
    escalation_chain: tuple[Slug, ...],
) -> Iterator[Fault]:
    """A case climbs known levels, and an organization of each has one of the next above it in the tree."""
    yield from _line_faults(levels, escalation_chain, ("escalation_chain",))
    known = {level.code for level in levels}
    for index, (above, below) in enumerate(itertools.pairwise(escalation_chain), start=1):
        if {above, below} <= known and above not in _above(below, chains):
            message = f"no chain leads from {below!r} up to {above!r}"
            yield Fault(pointer("escalation_chain", index), message)


def grid_faults(levels: tuple[Level, ...], grid_policy: GridPolicy | None) -> Iterator[Fault]:
    """Kinds and capacities once each; staffing counts per known level; grids can attach somewhere."""
    if grid_policy is None:
        return
    for index in repeated(kind.code for kind in grid_policy.kinds):
        message = f"code {grid_policy.kinds[index].code!r} repeated"
        yield Fault(pointer("grid_policy", "kinds", index, "code"), message)
    for index in repeated(post.capacity for post in grid_policy.staffing):
        message = f"capacity {grid_policy.staffing[index].capacity!r} repeated"
        yield Fault(pointer("grid_policy", "staffing", index, "capacity"), message)
    known = {level.code for level in levels}
    for index, post in enumerate(grid_policy.staffing):
        if post.per is not None and post.per not in known:
            yield Fault(pointer("grid_policy", "staffing", index, "per"), f"unknown level {post.per!r}")
    if not any(level.grids for level in levels):
        yield Fault("/levels", "grids may attach to no level: set `grids: true` on one")


def containment_faults(
    levels: tuple[Level, ...],
    escalation_chain: tuple[Slug, ...],
    case_categories: tuple[CaseCategory, ...],
    containment_targets: Mapping[Containment, Slug],
) -> Iterator[Fault]:
    """Targets are levels a case can climb to, wider classes not below narrower ones; no category lacks its target."""
    ranks = {level.code: level.rank for level in levels}
    for kind, code in containment_targets.items():
        if code not in escalation_chain:
            message = f"level {code!r} is not in the escalation chain"
            yield Fault(pointer("containment_targets", kind.value), message)
    given = [kind for kind in Containment if containment_targets.get(kind) in ranks]
    for narrow, wide in itertools.pairwise(given):
        if ranks[containment_targets[wide]] < ranks[containment_targets[narrow]]:
            message = f"the target of {wide.value} is below the target of {narrow.value}"
            yield Fault(pointer("containment_targets", wide.value), message)
    for index, category in enumerate(case_categories):
        if category.containment is not None and category.containment not in containment_targets:
            message = f"no containment target for {category.containment.value}"
            yield Fault(pointer("case_categories", index, "containment"), message)


def city_faults(
    identity: Identity,
    chains: tuple[Chain, ...],
    escalation_chain: tuple[Slug, ...],
    grid_policy: GridPolicy | None,
) -> Iterator[Fault]:
    """A city has a main chain, a line of escalation and grids; the platform's own tenant needs none."""
    if identity.kind is not TenantKind.CITY:
        return
    if all(chain.code != MAIN_CHAIN for chain in chains):
        yield Fault("/chains", f"a city needs a chain with the code {MAIN_CHAIN!r}")
    if not escalation_chain:
        yield Fault("/escalation_chain", "a city needs at least one level here")
    if grid_policy is None:
        yield Fault("/grid_policy", "a city needs a grid policy")


def _line_faults(levels: tuple[Level, ...], codes: tuple[Slug, ...], at: tuple[object, ...]) -> Iterator[Fault]:
    ranks = {level.code: level.rank for level in levels}
    for index, code in enumerate(codes):
        if code not in ranks:
            yield Fault(pointer(*at, index), f"unknown level {code!r}")
    for index, (above, below) in enumerate(itertools.pairwise(codes), start=1):
        if above in ranks and below in ranks and ranks[below] >= ranks[above]:
            yield Fault(pointer(*at, index), f"level {below!r} is not below {above!r}")


def _above(code: str, chains: tuple[Chain, ...]) -> set[str]:
    found: set[str] = set()
    waiting = [code]
    while waiting:
        below = waiting.pop()
        parents = {
            above
            for chain in chains
            for above, next_down in zip(chain.levels, chain.levels[1:], strict=False)
            if next_down == below
        }
        waiting.extend(parents - found)
        found |= parents
    return found
