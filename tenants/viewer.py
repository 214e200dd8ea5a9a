"""What a visibility predicate may ask about the actor while a read is compiled.

A compiled read is kept and used again for every actor with the same signature, so a predicate must never see the
actor's values: it asks for parameters, which are filled in anew at each run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, and_, any_, bindparam, exists, false, or_, true
from sqlalchemy.sql.elements import BindParameter, False_, True_
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import TypeEngine

from tenants.context import Actor
from tenants.permissions import Permission

Getter = Callable[[Actor], object]


def tenant_of_reader() -> BindParameter[UUID]:
    """The city of whoever reads: ``Viewer.tenant``, for what relates rows and is given no viewer."""
    return bindparam("tenant", type_=Uuid())


class Viewer:
    """The actor of a compiled read, seen through its signature only."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self.getters: dict[str, Getter] = {}
        self.tenant = tenant_of_reader()

    def value(self, getter: Getter, type_: TypeEngine[Any]) -> BindParameter[Any]:
        """A parameter whose value is taken from the actor at each run."""
        name = f"actor_{len(self.getters)}"
        self.getters[name] = getter
        return bindparam(name, type_=type_)

    def may(self, permission: Permission) -> bool:
        """Whether the permission holds anywhere (part of the signature)."""
        return self._actor.may(permission)

    @property
    def serves(self) -> bool:
        """Whether a member of the city stands behind the account (part of the signature)."""
        return self._actor.member_id is not None

    def values(self) -> dict[str, object]:
        """The parameters of the predicates asked for so far, for a statement that is run once, by a use case."""
        found = {name: getter(self._actor) for name, getter in self.getters.items()}
        return {self.tenant.key: self._actor.tenant_id, **found}

    def within(
        self,
        permission: Permission,
        *,
        path: ColumnElement[str] | None = None,
        grid_id: ColumnElement[UUID] | None = None,
    ) -> ColumnElement[bool]:
        """Rows at places the permission reaches: by organization path, by grid, or everywhere in the city."""
        reach = self._actor.reach(permission)
        if reach.tenant:
            return true()
        found: list[ColumnElement[bool]] = []
        if path is not None:
            found.extend(self._under(permission, path, index) for index in range(len(reach.paths)))
        if grid_id is not None and reach.grids:
            grids = self.value(lambda actor: list(actor.reach(permission).grids), ARRAY(Uuid()))
            found.append(grid_id == any_(grids))
        return either(*found)

    def mine(
        self,
        permission: Permission,
        *,
        resident_id: ColumnElement[Any] | None = None,
        member_id: ColumnElement[Any] | None = None,
    ) -> ColumnElement[bool]:
        """Rows that are about the actor's own person, where the permission holds for own things."""
        if not self._actor.reach(permission).own:
            return false()
        return self.is_me(resident_id=resident_id, member_id=member_id)

    def is_me(
        self,
        *,
        resident_id: ColumnElement[Any] | None = None,
        member_id: ColumnElement[Any] | None = None,
    ) -> ColumnElement[bool]:
        """Rows that name the actor's own person, whatever its permissions."""
        found: list[ColumnElement[bool]] = []
        if resident_id is not None and self._actor.resident_id is not None:
            found.append(resident_id == self.value(lambda actor: actor.resident_id, Uuid()))
        if member_id is not None and self._actor.member_id is not None:
            found.append(member_id == self.value(lambda actor: actor.member_id, Uuid()))
        return either(*found)

    def my_account(self, permission: Permission, account_id: ColumnElement[Any]) -> ColumnElement[bool]:
        """Rows that the actor's account made, where the permission holds for own things."""
        if not self._actor.reach(permission).own:
            return false()
        return account_id == self.value(lambda actor: actor.account_id, Uuid())

    def holds_code(self, id_: ColumnElement[Any]) -> ColumnElement[bool]:
        """The one row whose tracking code the actor holds."""
        if self._actor.tracks is None:
            return false()
        return id_ == self.value(lambda actor: actor.tracks, Uuid())

    def anywhere(self, permission: Permission) -> ColumnElement[bool]:
        """All rows of the city, for whoever holds the permission anywhere; none otherwise."""
        return true() if self.may(permission) else false()

    def through(
        self,
        other: FromClause,
        seen: ColumnElement[bool],
        *links: ColumnElement[bool],
    ) -> ColumnElement[bool]:
        """Rows linked to a row of ``other`` that the viewer sees; plainly nothing when it can see none of those."""
        if isinstance(seen, False_):
            return seen
        return exists().where(and_(other.c.tenant_id == self.tenant, *links, seen))

    def _under(self, permission: Permission, path: ColumnElement[str], index: int) -> ColumnElement[bool]:
        low = self.value(lambda actor: actor.reach(permission).paths[index], Text(collation="C"))
        high = self.value(lambda actor: end_of_subtree(actor.reach(permission).paths[index]), Text(collation="C"))
        return and_(path >= low, path < high)


def end_of_subtree(path: str) -> str:
    """The first text after every path below ``path``, in byte order (paths end with "/", the next byte is "0")."""
    return path[:-1] + "0"


def either(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Rows that any of the conditions lets through: plainly true when one is, plainly false when there is none."""
    open_ones = [condition for condition in conditions if not isinstance(condition, False_)]
    if any(isinstance(condition, True_) for condition in open_ones):
        return true()
    return or_(*open_ones) if open_ones else false()
