"""A case begins: reported once however often the report is sent (T1), and accepted at once where the city says so (T2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.cases import rules
from server.cases.models import Case
from server.cases.origins import PLAIN, Intake, check_intake, check_service_times, one_trip
from server.cases.questions import check_answers
from server.cases.replay import CaseEventFacts, apply, begin
from server.cases.service.access import acting_role
from server.cases.service.allegations import allegation_rows, checked_allegations
from server.cases.service.changes import write_state
from server.cases.service.policy import CasePolicy, Category
from server.cases.service.records import change_by, event_row
from server.cases.service.routing import Above, grid_and_above, queue_of, resident_for
from server.cases.service.schedule import opening_work
from server.cases.service.texts import KEY_LENGTH, TITLE_LENGTH, optional_text, required_text
from server.cases.states import Action, CaseFacts, CaseStatus, CaseTemplate, Track
from server.cases.templates import settings_of
from server.errors import Conflict
from server.events.record import EVENT_COUNTER, next_numbers, recorded, rows_of_change
from server.search.writing import terms_of_new
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.db import Base
from tenants.ids import uuid7
from tenants.inserts import insert_together
from tenants.permissions import Permission
from tenants.sessions import WriteSession


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports. category: code of the manifest. track: None for the category's usual one.

    answers: to the category's questions, by name. intake: how it was taken. allegations: what is alleged or asked, to be
    answered one by one. attachment_ids: files to show in it, which ``beside`` of ``report_case`` attaches.
    """

    grid_id: UUID
    category: str
    title: str
    description: str = ""
    track: Track | None = None
    answers: object = None
    intake: Intake = PLAIN
    allegations: tuple[str, ...] = ()
    attachment_ids: tuple[UUID, ...] = ()

    def digest(self) -> str:
        """Tells two reports apart that carry the same idempotency key."""
        values: list[Any] = [str(self.grid_id), self.category, self.title, self.description, self.track]
        if self.answers or self.intake != PLAIN:
            values += [self.answers, str(self.intake)]
        if self.allegations:
            values.append(self.allegations)
        if self.attachment_ids:
            values.append([str(id_) for id_ in self.attachment_ids])
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where it is, and the organization that has it first: the grid's own or the nearest above it on the chain."""

    grid_id: UUID
    path: str
    organization: Above


Beside = Callable[[WriteSession, UUID], Awaitable[None]]
"""Writes what belongs to a new case, known by its id, into the same transaction."""


async def report_case(
    session: WriteSession,
    *,
    report: Report,
    idempotency_key: str | None,
    policy: CasePolicy,
    actor: Actor,
    beside: Sequence[Beside] = (),
) -> UUID:
    """The id of the new case, or of the one this account reported with the same key before.

    Residents report their own matter; staff report without a reporter, or on behalf of somebody. The case waits in the
    queue of the category's department, if there is one at or above the place (HS-03, AQ-02). Errors: NotFound for the
    grid or the resident, NotPermitted, CATEGORY_NOT_LISTED, TRACK_NOT_OFFERED, TEXT_*, those of ``check_intake`` and
    ``check_answers``, Conflict IDEMPOTENCY_KEY_REUSED for another report under the key.
    """
    key = optional_text(idempotency_key, field="idempotencyKey", most=KEY_LENGTH)
    digest = report.digest()
    if (known := await _reported_before(session, key, digest, actor)) is not None:
        return known
    at = now()
    place = await _place(session, report.grid_id, at, policy=policy, actor=actor)
    authorize(actor, Permission.CASE_REPORT, path=place.path, grid_id=place.grid_id, own=True)
    staff = actor.reach(Permission.CASE_REPORT).covers(path=place.path, grid_id=place.grid_id)
    check_intake(report.intake, staff=staff)
    check_service_times(report.intake, at)
    category = policy.category(report.category)
    row = _row(report, place, category, report.track or policy.usual_track(category), at, actor=actor)
    row.idempotency_key, row.idempotency_digest = key, digest if key else None
    row.answers = check_answers(policy.questions(category), report.answers)
    row.queue_id, row.queue_path = await queue_of(session, place.path, category, policy=policy, actor=actor)
    if report.intake.behalf_of is not None:
        row.reporter_id = await resident_for(session, report.intake.behalf_of, actor=actor)
    template = policy.template(Track(row.track))
    allegations = checked_allegations(report.allegations)
    log, states = _opening(row, template, actor, allegations=len(allegations))
    write_state(row, states[-1], {})
    work = opening_work(row, log, states[-1], policy=policy)
    # Both counters last and together: whoever holds them keeps the city's other writers waiting until the commit.
    number, seq = await next_numbers(session, actor.tenant_id, {"case": 1, EVENT_COUNTER: len(log)})
    if (known := await _reported_before(session, key, digest, actor)) is not None:
        # A retry that waited for the counters while its twin committed gives the numbers back.
        await next_numbers(session, actor.tenant_id, {"case": -1, EVENT_COUNTER: -len(log)})
        return known
    row.number = numbered(policy, "", at, number)
    await insert_together(
        session,
        row,
        *allegation_rows(row, allegations),
        *work,
        *_logged(row, log, states, first=seq - len(log) + 1, policy=policy, actor=actor),
        terms_of_new("case", row.id, tenant_id=actor.tenant_id, title=row.title, number=row.number),
    )
    recorded(session)
    for write in beside:
        await write(session, row.id)
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
    path, above = await grid_and_above(session, grid_id, today, tenant_id=actor.tenant_id)
    listed = [organization for organization in above if organization.level in policy.chain]
    return _Place(grid_id, path, (listed or above)[-1])


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
        source=report.intake.source,
        channel=report.intake.channel,
        origin=report.intake.origin,
        anonymous=report.intake.anonymous,
        on_behalf=report.intake.on_behalf,
        service_mode=report.intake.mode,
        consented=report.intake.consented,
        service_started_at=report.intake.started_at,
        service_finished_at=report.intake.finished_at,
        one_trip=one_trip(report.intake.materials, category.materials),
        reported_at=at,
        changed_at=at,
    )


def _opening(
    row: Case,
    template: CaseTemplate,
    actor: Actor,
    *,
    allegations: int,
) -> tuple[list[CaseEventFacts], list[CaseFacts]]:
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
            # Whoever writes a report down for somebody else is not the one to judge what comes of it.
            reporter_account_id=None if row.on_behalf else actor.account_id,
            allegations=allegations or None,
            step=CaseStatus.REPORTED if CaseStatus.REPORTED in template.mandatory_steps else None,
            template=settings_of(template),
        ),
    ]
    states = [begin(log[0])]
    for version, action in enumerate(rules.on_report(template)[1:], start=2):
        transition = rules.TRANSITIONS[action]
        status = transition.target or states[-1].status
        step = rules.step_taken(transition.event, status, states[-1], template)
        log.append(CaseEventFacts(transition.event, version, row.reported_at, status, row.level, step=step))
        states.append(apply(states[-1], log[-1]))
    return log, states


def _logged(
    row: Case,
    log: list[CaseEventFacts],
    states: list[CaseFacts],
    *,
    first: int,
    policy: CasePolicy,
    actor: Actor,
) -> Iterator[Base]:
    """The rows of each event; what follows the report at once is the city's rule at work, nobody's decision.

    first: the number of the first event.
    """
    for index, event in enumerate(log):
        action = next(action for action, transition in rules.TRANSITIONS.items() if transition.event is event.kind)
        before = states[index - 1] if index else None
        role = acting_role(actor, action, row, policy) if index == 0 else "system"
        yield from rows_of_change(change_by(action, row, event, before, actor), first + index, actor=actor)
        yield event_row(row, event, first + index, before=before, role=role, note=None, actor=actor)
