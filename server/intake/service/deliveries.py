"""What a channel hands in becomes a case once, however often it is sent (WH-12, HH-14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from server.cases.models import Case
from server.cases.origins import Intake, Source
from server.cases.service.policy import CasePolicy
from server.cases.service.reporting import Report, report_case
from server.errors import Conflict, Invalid
from server.intake.models import ChannelDelivery
from server.intake.service.behalf import contact_of, keep_contact
from server.intake.service.grids import grid_by_code
from server.intake.service.tracking import derived_code, keep_code
from tenants.clock import now
from tenants.context import Actor
from tenants.ids import public_id, uuid7
from tenants.keys import Keyring
from tenants.manifest.intake import Channel
from tenants.sessions import WriteSession


class Reporter(BaseModel):
    """Whom to answer, as far as the channel knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    phone: str | None = None


class HandedIn(BaseModel):
    """The body of a webhook; docs/api.md describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: str
    description: str = ""
    category: str | None = None
    grid: str | None = None
    answers: dict[str, Any] | None = None
    reporter: Reporter | None = Field(default=None)


@dataclass(frozen=True, slots=True)
class Taken:
    """The case that a delivery became; told again word for word when it comes again."""

    case_id: UUID
    number: str
    tracking_code: str

    def told(self) -> dict[str, Any]:
        """The answer as JSON values."""
        case = {"id": public_id("case", self.case_id), "number": self.number}
        return {"case": case, "trackingCode": self.tracking_code}


def read_body(body: bytes) -> HandedIn:
    """The report of a body. Raises BODY_INVALID with the field at fault; values are never quoted."""
    try:
        return HandedIn.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Invalid(
            "The body is no report: {reason}.",
            code="BODY_INVALID",
            field=tuple(str(step) for step in details["loc"]),
            reason=str(details["type"]).replace("_", " "),
        ) from None


async def take_in(
    session: WriteSession,
    *,
    channel: Channel,
    webhook_id: str,
    body: bytes,
    policy: CasePolicy,
    keyring: Keyring,
    actor: Actor,
) -> Taken:
    """The case of a delivery: a new one, or the one it became when it came first. All or nothing is written.

    Errors: Conflict IDEMPOTENCY_KEY_REUSED for another body under the id, BODY_INVALID, NotFound for the grid, those of
    ``report_case``.
    """
    digest = sha256(body).digest()
    delivery_id = await _begun(session, channel.code, webhook_id, digest, actor)
    if delivery_id is None:
        return await _taken_before(
            session, channel.code, webhook_id, digest, policy=policy, keyring=keyring, actor=actor
        )
    handed_in = read_body(body)
    case_id = await _report(session, handed_in, channel, policy=policy, keyring=keyring, actor=actor)
    await session.execute(
        update(ChannelDelivery)
        .where(ChannelDelivery.tenant_id == actor.tenant_id, ChannelDelivery.id == delivery_id)
        .values(case_id=case_id),
    )
    return await _taken(session, case_id, policy=policy, keyring=keyring, actor=actor)


async def _begun(session: WriteSession, channel: str, webhook_id: str, digest: bytes, actor: Actor) -> UUID | None:
    """The row of a delivery that comes for the first time; a twin under way is waited for."""
    key = (ChannelDelivery.tenant_id, ChannelDelivery.channel, ChannelDelivery.webhook)
    delivery_id: UUID | None = await session.scalar(
        insert(ChannelDelivery)
        .values(
            tenant_id=actor.tenant_id,
            id=uuid7(),
            channel=channel,
            webhook=webhook_id,
            digest=digest,
            received_at=now(),
        )
        .on_conflict_do_nothing(index_elements=key)
        .returning(ChannelDelivery.id),
    )
    return delivery_id


async def _taken_before(
    session: WriteSession,
    channel: str,
    webhook_id: str,
    digest: bytes,
    *,
    policy: CasePolicy,
    keyring: Keyring,
    actor: Actor,
) -> Taken:
    row = (
        await session.execute(
            select(ChannelDelivery.digest, ChannelDelivery.case_id).where(
                ChannelDelivery.tenant_id == actor.tenant_id,
                ChannelDelivery.channel == channel,
                ChannelDelivery.webhook == webhook_id,
            ),
        )
    ).one()
    if row.digest != digest:
        raise Conflict(
            "This webhook-id was used for another body. Use a new one for a new report.",
            code="IDEMPOTENCY_KEY_REUSED",
            field=("webhook-id",),
        )
    return await _taken(session, row.case_id, policy=policy, keyring=keyring, actor=actor)


async def _taken(session: WriteSession, case_id: UUID, *, policy: CasePolicy, keyring: Keyring, actor: Actor) -> Taken:
    number = await session.scalar(select(Case.number).where(Case.tenant_id == actor.tenant_id, Case.id == case_id))
    return Taken(case_id, number or "", derived_code(policy.slug, case_id, keyring=keyring))


async def _report(
    session: WriteSession,
    handed_in: HandedIn,
    channel: Channel,
    *,
    policy: CasePolicy,
    keyring: Keyring,
    actor: Actor,
) -> UUID:
    given: Mapping[str, str | None] = {
        "grid": handed_in.grid or channel.grid,
        "category": handed_in.category or channel.category,
    }
    for name, value in given.items():
        if value is None:
            raise Invalid(
                "The report names no {name}, and the channel has none of its own.",
                code="BODY_INCOMPLETE",
                field=(name,),
                name=name,
            )
    reporter = handed_in.reporter
    contact = contact_of(reporter.name, reporter.phone, field="reporter") if reporter else None
    grid_id = await grid_by_code(session, given["grid"] or "", field="grid", tenant_id=actor.tenant_id)

    async def beside(session: WriteSession, case_id: UUID) -> None:
        code = derived_code(policy.slug, case_id, keyring=keyring)
        await keep_code(code, keyring=keyring, tenant_id=actor.tenant_id)(session, case_id)
        if contact is not None:
            await keep_contact(contact, keyring=keyring, tenant_id=actor.tenant_id)(session, case_id)

    return await report_case(
        session,
        report=Report(
            grid_id=grid_id,
            category=given["category"] or "",
            title=handed_in.title,
            description=handed_in.description,
            answers=handed_in.answers,
            intake=Intake(
                source=Source(channel.kind),
                channel=channel.code,
                for_contact=contact is not None,
                anonymous=contact is None,
            ),
        ),
        idempotency_key=None,
        policy=policy,
        actor=actor,
        beside=[beside],
    )
