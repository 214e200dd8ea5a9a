"""What is asked beforehand is what the use cases decide: before and after a case was handed over."""

from __future__ import annotations

from uuid import UUID

from server.cases.service import closing, escalation
from server.cases.service.asking import authorize_case, find_case, sees_case
from server.cases.service.changes import OpenCase
from server.errors import NotPermitted
from tenants.context import Actor
from tenants.ids import uuid7
from tenants.permissions import Permission
from tests.server.cases.steps import do, refused
from tests.server.cases.test_escalation import started
from tests.server.cases.towns import Town

MOVING = (Permission.CASE_ACCEPT, Permission.CASE_DISPATCH, Permission.CASE_PROGRESS, Permission.CASE_RESOLVE)


async def may(town: Town, case_id: UUID, actor: Actor) -> list[bool]:
    """Of each right that goes with custody, whether it reaches the case."""
    async with town.database.write(town.tenant_id) as session:
        case = await find_case(session, case_id, policy=town.policy, actor=actor)
    assert case is not None
    return [_may(actor, right, case, town) for right in MOVING]


def _may(actor: Actor, right: Permission, case: OpenCase, town: Town) -> bool:
    try:
        authorize_case(actor, right, case, town.policy)
    except NotPermitted:
        return False
    return True


async def test_a_case_that_was_handed_over_is_with_the_level_above_alone(jiamusi: Town) -> None:
    case_id, chief = await started(jiamusi, "AID")
    secretary = await jiamusi.staff("community_secretary", at=jiamusi.home)
    above = await jiamusi.staff("dispatcher", at=jiamusi.branch["community"])
    assert await may(jiamusi, case_id, chief) == [True] * 4
    await do(jiamusi, escalation.escalate_case, case_id, chief, reason="Not in our power")
    assert await may(jiamusi, case_id, chief) == [False] * 4
    assert await refused(jiamusi, closing.resolve_case, case_id, chief, result="Done") == "FORBIDDEN"
    assert (await may(jiamusi, case_id, above))[:2] == [True, True]
    assert await refused(jiamusi, closing.resolve_case, case_id, secretary, result="Done") == "FORBIDDEN"
    assert await may(jiamusi, case_id, secretary) == [False] * 4


async def test_a_case_that_is_not_seen_is_not_found(jiamusi: Town) -> None:
    case_id, _ = await started(jiamusi, "AID")
    police = await jiamusi.staff("police")
    async with jiamusi.database.write(jiamusi.tenant_id) as session:
        assert await find_case(session, case_id, policy=jiamusi.policy, actor=police) is None
        assert not await sees_case(session, case_id, actor=police)
        chief = await jiamusi.staff("dispatcher", at=jiamusi.home)
        assert await sees_case(session, case_id, actor=chief)
        assert not await sees_case(session, uuid7(), actor=chief)
