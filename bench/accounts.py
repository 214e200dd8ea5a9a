"""People who sign in: a member with an appointment and an account, or a resident with an account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from server.accounts import passwords
from tenants.ids import uuid7

SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { credentials { accessToken } userErrors { code message } }
}
"""


@dataclass(frozen=True, slots=True)
class Post:
    """A member's account with a role: in the whole city, below an organization, or in a grid.

    resident_id: the account of that resident instead, who has the role for what is their own.
    """

    username: str
    role: str
    organization_id: UUID | None = None
    grid_id: UUID | None = None
    resident_id: UUID | None = None


async def appoint(admin: asyncpg.Connection[asyncpg.Record], slug: str, posts: Iterable[Post], password: str) -> None:
    """Make the accounts, all with one password. ``admin`` is the database's superuser."""
    password_hash = await passwords.hash_password(password)
    root = await admin.fetchrow(
        "select t.id as tenant_id, o.id, o.path from tenant t "
        "join organization o on o.tenant_id = t.id and o.parent_id is null where t.slug = $1",
        slug,
    )
    if root is None:
        raise LookupError(slug)
    for post in posts:
        member_id = None if post.resident_id else await _member(admin, root, post)
        await admin.execute(
            "insert into account (tenant_id, id, username, password_hash, member_id, resident_id, operator, status, "
            "created_at) values ($1, $2, $3, $4, $5, $6, false, 'ACTIVE', now())",
            *(root["tenant_id"], uuid7(), post.username, password_hash, member_id, post.resident_id),
        )


async def _member(admin: asyncpg.Connection[asyncpg.Record], root: asyncpg.Record, post: Post) -> UUID:
    member_id = uuid7()
    scope = "ORGANIZATION" if post.organization_id else "GRID" if post.grid_id else "TENANT"
    await admin.execute(
        "insert into member (tenant_id, id, organization_id, path, name, status, created_at) "
        "values ($1, $2, $3, $4, $5, 'ACTIVE', now())",
        *(root["tenant_id"], member_id, root["id"], root["path"], post.username),
    )
    await admin.execute(
        "insert into appointment (tenant_id, id, member_id, role, scope, organization_id, grid_id, starts_on, "
        "created_at) values ($1, $2, $3, $4, $5, $6, $7, date '2022-01-01', now())",
        *(root["tenant_id"], uuid7(), member_id, post.role, scope, post.organization_id, post.grid_id),
    )
    return member_id
