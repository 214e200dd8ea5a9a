"""Reporting without signing in, where the city takes such reports (P-03). Nothing is kept of who it was."""

from __future__ import annotations

from server.cases.origins import Intake
from server.cases.service.policy import CasePolicy
from server.cases.service.reporting import Report, report_case
from server.errors import NotPermitted
from server.intake.service.grids import grid_by_code
from server.intake.service.tracking import keep_code, new_code
from tenants.context import Actor
from tenants.keys import Keyring
from tenants.sessions import WriteSession


async def report_anonymously(
    session: WriteSession,
    *,
    grid_code: str,
    category: str,
    title: str,
    description: str,
    answers: object,
    allowed: bool,
    policy: CasePolicy,
    keyring: Keyring,
    actor: Actor,
) -> str:
    """The tracking code of the new case: shown to its reporter now and never again.

    allowed: what the city's manifest says of reports without a name. Errors: NotPermitted ANONYMOUS_NOT_TAKEN, NotFound
    for the grid, those of ``report_case``.
    """
    if not allowed:
        raise NotPermitted("This city takes no reports without a name: sign in first.", code="ANONYMOUS_NOT_TAKEN")
    grid_id = await grid_by_code(session, grid_code, field="gridCode", tenant_id=actor.tenant_id)
    code = new_code(policy.slug)
    await report_case(
        session,
        report=Report(
            grid_id=grid_id,
            category=category,
            title=title,
            description=description,
            answers=answers,
            intake=Intake(anonymous=True),
        ),
        idempotency_key=None,
        policy=policy,
        actor=actor,
        beside=[keep_code(code, keyring=keyring, tenant_id=actor.tenant_id)],
    )
    return code
