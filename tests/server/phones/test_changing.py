"""Another number proves itself with a code, and the old one is told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from server.errors import AppError
from server.events.models import Event
from server.phones.rules import MessageKind
from server.residents.models import Resident
from tenants.context import Actor
from tests.server.phones.conftest import NUMBER, PHONE, Desk, wrong

NEW, NEW_NUMBER = "139 0000 0009", "+8613900000009"


async def _begin(desk: Desk, actor: Actor, phone: str = NEW) -> str:
    await desk.phones.begin_change(phone=phone, actor=actor, peer="192.0.2.7")
    await desk.work()
    return desk.gateway.messages[-1].code or ""


async def _confirm(desk: Desk, actor: Actor, code: str, phone: str = NEW) -> None:
    await desk.phones.confirm_change(phone=phone, code=code, actor=actor, peer="192.0.2.7")


async def _refused(work: Any) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(AppError) as refused:
        await work
    return refused.value.code, refused.value.field


async def _phone(desk: Desk, resident_id: UUID) -> tuple[str | None, str | None]:
    (row,) = [each for each in await desk.rows(Resident) if each.id == resident_id]
    return row.phone, row.phone_number


async def test_the_new_number_is_confirmed_and_the_old_one_told(desk: Desk) -> None:
    (resident_id,) = await desk.residents(PHONE)
    actor = await desk.actor(await desk.sign_in(await desk.code()))
    code = await _begin(desk, actor)
    sent = desk.gateway.messages[-1]
    assert (sent.kind, sent.to) == (MessageKind.CHANGE_CODE, NEW_NUMBER)
    assert await _refused(_confirm(desk, actor, wrong(code))) == ("PHONE_CODE_WRONG", ("code",))
    assert await _phone(desk, resident_id) == (PHONE, NUMBER)
    await _confirm(desk, actor, code)
    assert await _phone(desk, resident_id) == (NEW_NUMBER, NEW_NUMBER)
    await desk.work()
    told = desk.gateway.messages[-1]
    assert (told.kind, told.to, told.code) == (MessageKind.NUMBER_CHANGED, NUMBER, None)
    changed = [row.subject_id for row in await desk.rows(Event) if row.type == "ResidentPhoneChanged"]
    assert changed == [resident_id]
    assert [entry[:3] for entry in await desk.audited("phone:change")] == [("Resident", resident_id, "DONE")]
    assert await _refused(_confirm(desk, actor, code)) == ("PHONE_CODE_WRONG", ("code",))
    assert (await desk.sign_in(await desk.code(NEW), NEW)).account_id == actor.account_id


async def test_a_code_is_for_one_purpose_and_one_account(desk: Desk) -> None:
    await desk.residents(PHONE)
    mine = await desk.actor(await desk.sign_in(await desk.code()))
    await desk.residents("138 0000 0002")
    other = await desk.actor(await desk.sign_in(await desk.code("138 0000 0002"), "138 0000 0002"))
    await desk.residents(NEW)
    to_sign_in = await desk.code(NEW)
    assert await _refused(_confirm(desk, mine, to_sign_in)) == ("PHONE_CODE_WRONG", ("code",))
    to_change = await _begin(desk, mine)
    if to_change != to_sign_in:
        assert (await desk.refused(to_change, NEW)).code == "PHONE_CODE_WRONG"
    assert await _refused(_confirm(desk, other, to_change)) == ("PHONE_CODE_WRONG", ("code",))
    assert await _refused(_confirm(desk, mine, to_change, "139 0000 0008")) == ("PHONE_CODE_WRONG", ("code",))
    await _confirm(desk, mine, to_change)


async def test_only_residents_have_a_number_of_their_own(desk: Desk) -> None:
    for role in ("tenant_admin", "grid_worker"):
        actor = await desk.platform.actor("daye", role)
        assert await _refused(_begin(desk, actor)) == ("NOT_A_RESIDENT", ())
        assert await _refused(_confirm(desk, actor, "123456")) == ("NOT_A_RESIDENT", ())


async def test_the_same_number_again_changes_and_tells_nothing(desk: Desk) -> None:
    (resident_id,) = await desk.residents(PHONE)
    actor = await desk.actor(await desk.sign_in(await desk.code()))
    await _confirm(desk, actor, await _begin(desk, actor, PHONE), PHONE)
    assert await _phone(desk, resident_id) == (PHONE, NUMBER)
    await desk.work()
    assert MessageKind.NUMBER_CHANGED not in {message.kind for message in desk.gateway.messages}
