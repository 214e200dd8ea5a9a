"""What is to be public of a case is drafted by one member and checked by another (T23, P-13)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select

from server.cases.service.changes import OpenCase, open_case
from server.cases.service.policy import CasePolicy, policy_of
from server.cases.service.texts import TITLE_LENGTH, required_text
from server.cases.states import CaseStatus
from server.errors import NotFound, NotPermitted, RuleViolation
from server.events.record import record
from server.publications.models import Publication
from server.publications.rules import (
    Draft,
    Finding,
    PublicationStatus,
    check_clean,
    check_other,
    check_seen,
    check_status,
    findings_in,
)
from server.publications.service.redaction import forbidden_in, place_of
from server.publications.visibility import publications
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import Actor
from tenants.db import rows_of
from tenants.ids import uuid7
from tenants.keys import Keyring
from tenants.manifest.model import Manifest
from tenants.permissions import Permission
from tenants.sessions import WriteSession
from tenants.viewer import Viewer

SUBJECT = "publication"
TEXT_LENGTH = 2000
_DRAFTABLE = frozenset({CaseStatus.RESOLVED, CaseStatus.FEEDBACK_GIVEN, CaseStatus.RATED})


@dataclass(frozen=True, slots=True)
class Desk:
    """What publishing needs of the city besides the case."""

    manifest: Manifest
    keyring: Keyring

    @property
    def policy(self) -> CasePolicy:
        """The city's settings of cases."""
        return policy_of(self.manifest)


async def draft_publication(
    session: WriteSession,
    *,
    case_id: UUID,
    title: str,
    asked: str,
    done: str,
    desk: Desk,
    actor: Actor,
) -> UUID:
    """The id of the draft, which replaces an earlier one that is not public yet; its findings are kept with it.

    Place, category and month are the case's. Errors: NotFound, NotPermitted, CASE_TRACK_NOT_PUBLISHED,
    CASE_CATEGORY_PRIVATE, PUBLICATION_TOO_EARLY, PUBLICATION_WRONG_STATUS, TEXT_*.
    """
    draft = Draft(
        required_text(title, field="title", most=TITLE_LENGTH),
        required_text(asked, field="asked", most=TEXT_LENGTH),
        required_text(done, field="done", most=TEXT_LENGTH),
    )
    case = await case_to_publish(session, case_id, desk=desk, actor=actor)
    if actor.member_id is None:
        raise NotPermitted("Only a member drafts what is to be public.")
    _check_draftable(case, desk.policy)
    row = await publication_of(session, case.row.id, tenant_id=actor.tenant_id)
    if row is None:
        row = Publication(tenant_id=actor.tenant_id, id=uuid7(), case_id=case.row.id, version=0)
        session.add(row)
    else:
        check_status("draft", PublicationStatus(row.status))
    row.status, row.version = PublicationStatus.DRAFT, row.version + 1
    row.title, row.asked, row.done = draft.title, draft.asked, draft.done
    row.category, row.place = case.facts.category, await place_of(session, case.row)
    row.month = _month(case, desk.policy)
    row.findings = [asdict(finding) for finding in await _found(session, case, draft, desk=desk)]
    row.drafted_by_id, row.drafted_at = actor.member_id, now()
    row.checked_by_id = row.checked_at = None
    await record_step(session, row, "PublicationDrafted", actor=actor)
    return row.id


async def check_publication(
    session: WriteSession,
    *,
    publication_id: UUID,
    expected_version: int,
    desk: Desk,
    actor: Actor,
) -> UUID:
    """Find that a draft says nothing that must not be public: somebody else than the drafter, about what they saw.

    Errors: NotFound, NotPermitted, VERSION_CONFLICT, PUBLICATION_WRONG_STATUS, PUBLICATION_OWN_DRAFT,
    PUBLICATION_FINDINGS.
    """
    row, case = await open_publication(session, publication_id, desk=desk, actor=actor)
    check_seen(row.version, expected_version)
    check_status("check", PublicationStatus(row.status))
    member_id = check_other(row.drafted_by_id, actor.member_id)
    check_clean(await _found(session, case, draft_of(row), desk=desk))
    row.status, row.version = PublicationStatus.CHECKED, row.version + 1
    row.findings, row.checked_by_id, row.checked_at = [], member_id, now()
    await record_step(session, row, "PublicationChecked", actor=actor)
    return row.id


async def case_to_publish(session: WriteSession, case_id: UUID, *, desk: Desk, actor: Actor) -> OpenCase:
    """A case locked for its publication. Errors: NotFound, NotPermitted unless the permission reaches its place."""
    case = await open_case(session, case_id, policy=desk.policy, actor=actor)
    authorize(actor, Permission.CASE_PUBLISH, path=case.row.path, grid_id=case.row.grid_id)
    return case


async def open_publication(
    session: WriteSession, publication_id: UUID, *, desk: Desk, actor: Actor
) -> tuple[Publication, OpenCase]:
    """A publication with its case, which is locked for both. Errors: NotFound, NotPermitted."""
    viewer, row = Viewer(actor), rows_of(Publication)
    seen = select(row.c.case_id).where(
        row.c.tenant_id == viewer.tenant, row.c.id == publication_id, publications(row, viewer)
    )
    case_id = await session.scalar(seen, viewer.values())
    if case_id is None:
        raise NotFound("No such publication.", field=("publicationId",))
    case = await case_to_publish(session, case_id, desk=desk, actor=actor)
    found = await publication_of(session, case_id, tenant_id=actor.tenant_id)
    if found is None:
        raise NotFound("No such publication.", field=("publicationId",))
    return found, case


async def publication_of(session: WriteSession, case_id: UUID, *, tenant_id: UUID) -> Publication | None:
    """What is drafted or public of a case, whose row is locked."""
    return await session.scalar(
        select(Publication).where(Publication.tenant_id == tenant_id, Publication.case_id == case_id),
    )


async def check_draft_again(session: WriteSession, row: Publication, case: OpenCase, *, desk: Desk) -> None:
    """The same check once more: words and people may have changed since. Raises PUBLICATION_FINDINGS."""
    check_clean(await _found(session, case, draft_of(row), desk=desk))


def draft_of(row: Publication) -> Draft:
    """The words of a publication."""
    return Draft(row.title, row.asked, row.done)


async def record_step(session: WriteSession, row: Publication, step: str, *, actor: Actor) -> None:
    """Leave audit and event of a step of a publication. Last in the transaction."""
    await record(
        session,
        type=step,
        subject_type=SUBJECT,
        subject_id=row.id,
        action=Permission.CASE_PUBLISH,
        actor=actor,
        detail={"caseId": str(row.case_id), "version": row.version, "findings": len(row.findings)},
    )


async def _found(session: WriteSession, case: OpenCase, draft: Draft, *, desk: Desk) -> list[Finding]:
    return findings_in(draft, await forbidden_in(session, case.row, manifest=desk.manifest, keyring=desk.keyring))


def _month(case: OpenCase, policy: CasePolicy) -> str:
    ended = case.facts.resolved_at or now()
    return ended.astimezone(policy.calendar.time_zone).strftime("%Y-%m")


def _check_draftable(case: OpenCase, policy: CasePolicy) -> None:
    if not case.template.publishes:
        raise RuleViolation("Results of this track are not made public.", code="CASE_TRACK_NOT_PUBLISHED")
    if policy.is_private(case.facts.category):
        raise RuleViolation(
            "Matters of this category are never made public: waive the publication.", code="CASE_CATEGORY_PRIVATE"
        )
    if case.facts.status not in _DRAFTABLE:
        raise RuleViolation(
            "A result is drafted when there is one, and before the case is archived; this one is {status}.",
            code="PUBLICATION_TOO_EARLY",
            status=case.facts.status,
        )
