"""A case begins: reported once however often the report is sent (T1), and accepted at once where the city says so (T2)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from server.cases import rules
from server.cases.models import Case
from server.cases.replay import CaseEventFacts, apply, begin
from server.cases.service.access import acting_role
from server.cases.service.changes import log_event, write_state
from server.cases.service.policy import CasePolicy, Category
from server.cases.service.schedule import put_on_the_clock
from server.cases.service.texts import KEY_LENGTH, TITLE_LENGTH, optional_text, required_text
from server.cases.states import Action, CaseFacts, CaseStatus, Track
from server.errors import Conflict, NotFound
from server.events.record import next_number
from server.grids.models import Grid
from server.organizations.models import Organization
from server.search.writing import make_searchable
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports. category: code of the manifest. track: None for the category's usual one."""

    grid_id: UUID
    category: str
    title: str
    description: str = ""
    track: Track | None = None

    def digest(self) -> str:
        """Tells two reports apart that carry the same idempotency key."""
        values = [str(self.grid_id), self.category, self.title, self.description, self.track]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where it is, and the organization that has it first: the grid's own or the nearest above it on the chain."""

    grid_id: UUID
    path: str
    organization: Organization


async def report_case(
    session: WriteSession,
    *,
    report: Report,
    idempotency_key: str | None,
    policy: CasePolicy,
    actor: Actor,
) -> UUID:
    """The id of the new case, or of the one this account reported with the same key before.

    Residents report their own matter; staff report without a reporter. Errors: NotFound for the grid,
    CATEGORY_NOT_LISTED, TRACK_NOT_OFFERED, TEXT_*, Conflict IDEMPOTENCY_KEY_REUSED for another report under the key.
    """
    key = optional_text(idempotency_key, field="idempotencyKey", most=KEY_LENGTH)
    digest = report.digest()
    if (known := await _reported_before(session, key, digest, actor)) is not None:
        return known
    at = now()
    place = await _place(session, report.grid_id, at, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_REPORT, path=place.path, grid_id=place.grid_id, own=True)
    category = policy.category(report.category)
    row = _row(report, place, category, report.track or policy.usual_track(category), at, actor=actor)
    row.idempotency_key, row.idempotency_digest = key, digest if key else None
    template = policy.template(Track(row.track))
    log, states = _opening(row, rules.on_report(template), actor)
    write_state(row, states[-1], {})
    # A retry that waited for the counter while its twin committed gives the number back with the savepoint.
    async with session.begin_nested() as savepoint:
        number = await next_number(session, actor.tenant_id, "case")
        if (known := await _reported_before(session, key, digest, actor)) is not None:
            await savepoint.rollback()
            return known
        row.number = numbered(policy, "", at, number)
        session.add(row)
        await session.flush()
    await make_searchable(session, "case", row.id, tenant_id=actor.tenant_id, title=row.title, number=row.number)
    await put_on_the_clock(session, row, log, states[-1], policy=policy)
    await _log(session, row, log, states, policy=policy, actor=actor)
    return row.id


def numbered(policy: CasePolicy, letter: str, at: datetime, number: int) -> str:
    """A number people can read: city, kind of number, year in the city's time zone, gap-free count."""
    year = at.astimezone(policy.calendar.time_zone).year
    return f"{policy.slug.upper()}-{letter}{year}-{number:06d}"


async def _reported_before(session: WriteSession, key: str | None, digest: str, actor: Actor) -> UUID | None:
    if key is None or actor.account_id is None:
        return None
    found = (
        await session.execute(
            select(Case.id, Case.idempotency_digest).where(
                Case.tenant_id == actor.tenant_id,
                Case.reporter_account_id == actor.account_id,
                Case.idempotency_key == key,
            ),
        )
    ).one_or_none()
    if found is None:
        return None
    if found.idempotency_digest != digest:
        raise Conflict(
            "This idempotency key was used for another report. Use a new key for a new report.",
            code="IDEMPOTENCY_KEY_REUSED",
            field=("idempotencyKey",),
        )
    case_id: UUID = found.id
    return case_id


async def _place(
    session: WriteSession,
    grid_id: UUID,
    at: datetime,
    *,
    policy: CasePolicy,
    actor: Actor,
) -> _Place:
    today = at.astimezone(policy.calendar.time_zone).date()
    path = await session.scalar(
        select(Grid.path).where(
            Grid.tenant_id == actor.tenant_id,
            Grid.id == grid_id,
            or_(Grid.valid_to.is_(None), Grid.valid_to >= today),
        ),
    )
    if path is None:
        raise NotFound("No such grid.", field=("gridId",))
    above = await organizations_on(session, path, tenant_id=actor.tenant_id)
    listed = [organization for organization in above if organization.level in policy.chain]
    return _Place(grid_id, path, (listed or above)[-1])


async def organizations_on(session: WriteSession, path: str, *, tenant_id: UUID) -> list[Organization]:
    """The organizations along a path, from the root to the one it belongs to."""
    codes = path.split("/")[:-1]
    paths = ["/".join(codes[: length + 1]) + "/" for length in range(len(codes))]
    rows = await session.scalars(
        select(Organization)
        .where(Organization.tenant_id == tenant_id, Organization.path.in_(paths))
        .order_by(Organization.path),
    )
    return list(rows)


def _row(
    report: Report,
    place: _Place,
    category: Category,
    track: Track,
    at: datetime,
    *,
    actor: Actor,
) -> Case:
    own = actor.reach(Permission.CASE_REPORT).own
    return Case(
        tenant_id=actor.tenant_id,
        id=uuid7(),
        track=track,
        category=category.code,
        title=required_text(report.title, field="title", most=TITLE_LENGTH),
        description=optional_text(report.description, field="description") or "",
        severity=category.severity,
        containment=category.containment,
        grid_id=place.grid_id,
        path=place.path,
        organization_id=place.organization.id,
        custody_path=place.organization.path,
        level=place.organization.level,
        reporter_id=actor.resident_id if own else None,
        reporter_account_id=actor.account_id,
        reported_at=at,
        changed_at=at,
    )


def _opening(row: Case, actions: tuple[Action, ...], actor: Actor) -> tuple[list[CaseEventFacts], list[CaseFacts]]:
    """The first events of a case, and the state after each."""
    log = [
        CaseEventFacts(
            kind=rules.TRANSITIONS[Action.REPORT].event,
            version=1,
            at=row.reported_at,
            to_status=CaseStatus.REPORTED,
            level=row.level,
            organization_id=row.organization_id,
            track=Track(row.track),
            category=row.category,
            severity=row.severity,  # type: ignore[arg-type]  # a member of the enumeration until it is stored
            reporter_id=row.reporter_id,
            reporter_account_id=actor.account_id,
        ),
    ]
    states = [begin(log[0])]
    for version, action in enumerate(actions[1:], start=2):
        transition = rules.TRANSITIONS[action]
        status = transition.target or states[-1].status
        log.append(CaseEventFacts(transition.event, version, row.reported_at, status, row.level))
        states.append(apply(states[-1], log[-1]))
    return log, states


async def _log(
    session: WriteSession,
    row: Case,
    log: list[CaseEventFacts],
    states: list[CaseFacts],
    *,
    policy: CasePolicy,
    actor: Actor,
) -> None:
    """One record per event; what follows the report at once is the city's rule at work, nobody's decision."""
    for index, event in enumerate(log):
        action = next(action for action, transition in rules.TRANSITIONS.items() if transition.event is event.kind)
        await log_event(
            session,
            row,
            event,
            before=states[index - 1] if index else None,
            role=acting_role(actor, action, row, policy) if index == 0 else "system",
            note=None,
            action=action,
            actor=actor,
        )
