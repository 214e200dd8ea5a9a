"""Messages and files of cases: rows for the city, and who sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from tests.reference.rows import Row, World

if TYPE_CHECKING:
    from tests.reference.asking import Args, Asking
    from tests.reference.people import Person

# Three messages to some cases, one of them taken back, with ties in time; files beside cases, in messages and of no case,
# in every state.
ROWS = """
insert into case_message (tenant_id, id, case_id, seq, thread, text, reply_to_id, author_account_id, author_member_id,
 author_resident_id, from_reporter, at, deleted_at)
 select c.tenant_id, md5('message' || n || c.id::text)::uuid, c.id,
 2000000 + row_number() over (partition by c.tenant_id order by n, c.id), case when n = 2 then 'INTERNAL' else 'PRIVATE' end,
 case when n < 3 then 'Nr. "' || n || '" — 好' end, case when n = 3 then md5('message1' || c.id::text)::uuid end,
 case when n = 1 then c.reporter_account_id end, case when n > 1 then c.handler_id end,
 case when n = 1 then c.reporter_id end, n = 1, date_trunc('month', c.reported_at), case when n = 3 then c.changed_at end
 from "case" c, generate_series(1, 3) n where right(c.id::text, 1) < 'a';
insert into attachment (tenant_id, id, case_id, message_id, thread, purpose, state, reason, filename, media_type, size, width,
 height, has_thumbnail, uploader_account_id, uploader_member_id, uploader_resident_id, created_at, expires_at)
 select c.tenant_id, md5('file' || n || c.id::text)::uuid, case when n < 4 then c.id end, m.id, m.thread,
 case when m.id is not null then 'MESSAGE' when n = 2 then 'EVIDENCE' when n < 4 then 'RESULT' end,
 case when n = 3 then 'REFUSED' when n = 4 then 'PENDING' else 'READY' end, case when n = 3 then 'UNREADABLE' end,
 'file ' || n || '.png', 'image/png', 1000 * n, case when n < 3 then 640 end, case when n < 3 then 480 end, n = 2,
 a.id, case when n <> 2 then a.member_id end, case when n = 2 then a.resident_id end, c.reported_at, c.changed_at
 from "case" c cross join generate_series(1, 4) n
 cross join lateral (select * from account a where a.tenant_id = c.tenant_id order by md5(a.id::text || c.id::text) limit 1) a
 left join case_message m on n = 1 and m.tenant_id = c.tenant_id
  and m.id = md5('message' || (1 + ascii(right(c.id::text, 2)) % 2) || c.id::text)::uuid
 where right(c.id::text, 1) < 'c';
"""
Sees = Callable[[World, "Person", Row], bool]


def message(case: Sees) -> Sees:
    """Messages of visible cases: private ones for who takes part, internal ones for staff. case: who sees one."""

    def rule(world: World, me: Person, row: Row) -> bool:
        about = world.one("case", row["case_id"])
        return about is not None and case(world, me, about) and _in_thread(world, me, about, row["thread"])

    return rule


def attachment(case: Sees) -> Sees:
    """Files of visible cases, those in messages with their thread; before they are ready, and unattached, one's own."""

    def rule(world: World, me: Person, row: Row) -> bool:
        own = bool(row["uploader_account_id"] == me.account["id"])
        about = world.one("case", row["case_id"])
        if about is None:
            return own
        if not case(world, me, about) or (row["state"] != "READY" and not own):
            return False
        return row["thread"] is None or _in_thread(world, me, about, row["thread"])

    return rule


def files_of_case(asking: Asking, row: Row) -> list[Row]:
    """The files beside a case."""
    return [file for file in asking.world.where("attachment", "case_id", row["id"]) if file["message_id"] is None]


def sending_member(row: Row) -> UUID | None:
    """The member who sent a file in office."""
    found: UUID | None = row["uploader_member_id"] if row["uploader_resident_id"] is None else None
    return found


def path_of(asking: Asking, row: Row, args: Args) -> str | None:
    """Where a link to a file leads, without its signature."""
    thumbnail = args["field"].endswith("thumbnailUrl")
    if row["state"] != "READY" or (thumbnail and not row["has_thumbnail"]):
        return None
    return f"/files/{asking.world.tenant['id']}/{row['id']}/{'thumbnail' if thumbnail else 'file'}"


def _in_thread(world: World, me: Person, case: Row, thread: str) -> bool:
    return _takes_part(me, case) if thread == "PRIVATE" else _among_staff(world, me, case)


def _takes_part(me: Person, case: Row) -> bool:
    unnamed = case["reporter_id"] is None and not case["on_behalf"]
    return (
        (me.owns("case:read") and me.is_me(resident=case["reporter_id"]))
        or (unnamed and case["reporter_account_id"] == me.account["id"])
        or _holds(me, case)
        or _reaches(me, case, "case:message", case["custody_path"])
    )


def _among_staff(world: World, me: Person, case: Row) -> bool:
    shares = [task for task in world.where("case_task", "case_id", case["id"]) if task["shares"]]
    helping = any(me.there("case:read", task["path"]) for task in shares)
    office = _holds(me, case) or helping or _reaches(me, case, "case:read", case["path"])
    return me.member is not None and office and not me.is_me(resident=case["reporter_id"])


def _holds(me: Person, case: Row) -> bool:
    return me.is_me(member=case["claimant_id"]) or me.is_me(member=case["handler_id"])


def _reaches(me: Person, case: Row, right: str, path: str) -> bool:
    return me.there(right, path, case["grid_id"]) or (
        case["queue_path"] is not None and me.there(right, case["queue_path"])
    )
