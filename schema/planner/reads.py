"""Runs compiled reads: plans kept by operation and viewer signature, values bound, sensitive fields decoded and noted."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from graphql import FieldNode, GraphQLError, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from sqlalchemy import JSON, ColumnElement, cast, select
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from strawberry.types import Info

from schema.aside import aside
from schema.context import Context
from schema.planner.arguments import shape
from schema.planner.binding import Binder, Parameters, Run
from schema.planner.compile import Compiler, Findings
from schema.planner.finish import finish
from schema.planner.kept import KeptAnswers
from schema.planner.selection import Selector
from schema.planner.splice import Finished
from tenants.context import Actor
from tenants.sessions import Database
from tenants.viewer import Getter, Viewer

if TYPE_CHECKING:
    from schema.documents.memory import Checked

KEPT_PLANS = 1024
Build = Callable[[Compiler, GraphQLObjectType, list[Any], tuple[str, ...]], ColumnElement[Any]]
RawBuild = Callable[[Viewer, Parameters], ColumnElement[Any]]
_DIALECT: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
_PLACE = re.compile(r"\$(\d+)")  # $1 belongs to the tenant setting (tenants.sessions)


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled read: the statement, its parameters in order, and what to do after it ran."""

    statement: str
    binders: tuple[Binder, ...]
    findings: Findings


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field to read, as an operation wants it. ``variables`` are coerced; ``path`` has names only."""

    schema: GraphQLSchema
    checked: Checked
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    shape: object
    parent: GraphQLObjectType
    nodes: list[FieldNode]
    path: tuple[str, ...]

    def at(self, nodes: list[FieldNode], key: str) -> Wanted:
        """Another root field of the same operation."""
        return Wanted(self.schema, self.checked, self.operation, self.variables, self.shape, self.parent, nodes, (key,))


@dataclass(frozen=True, slots=True)
class Ready:
    """A plan with the values of one run."""

    plan: Plan
    values: list[object]
    path: tuple[str, ...]


class Reads:
    """All reads of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._plans: OrderedDict[tuple[Any, ...], Plan] = OrderedDict()
        self._making = asyncio.Lock()
        self._public = KeptAnswers()

    def __len__(self) -> int:
        """How many plans are kept."""
        return len(self._plans)

    async def run(
        self,
        info: Info[Context, None],
        build: Build,
        *,
        own: Mapping[str, Any] | None = None,
        variant: str = "",
        stranger: Actor | None = None,
    ) -> Any:
        """Answer the field being resolved: compile (or find) its plan, run it, and return its JSON for splicing.

        own: values from the resolver's own object that ``build`` binds by name. variant: tells plans of one field
        apart when ``build`` depends on more than the operation. stranger: nobody known, as whom what is public is read;
        its answers are kept for a second, for everybody.
        """
        context = info.context if stranger is None else replace(info.context, actor=stranger)
        raw: Any = info._raw_info  # noqa: SLF001 - Strawberry offers no public way to the selected AST
        wanted = Wanted(
            schema=raw.schema,
            checked=context.require_checked(),
            operation=raw.operation,
            variables=raw.variable_values,
            shape=shape(raw.variable_values),
            parent=raw.parent_type,
            nodes=list(raw.field_nodes),
            path=tuple(str(key) for key in raw.path.as_list()),
        )
        ready = await self.prepare(context, wanted, build, own=own, variant=variant)
        text, errors = await (self.answer(context, ready) if stranger is None else self._kept(context, ready))
        if text is None:
            return Finished(None, errors) if errors else None
        return Finished(orjson.Fragment(text), errors)

    async def prepare(
        self,
        context: Context,
        wanted: Wanted,
        build: Build,
        *,
        own: Mapping[str, Any] | None = None,
        variant: str = "",
    ) -> Ready:
        """The plan of a field with its values. Errors: Unauthenticated, BadInput."""
        actor = context.require_actor()
        # A checked document is the same object as long as it is remembered, so it stands for its text.
        name = wanted.operation.name and wanted.operation.name.value
        key = (wanted.checked, name, wanted.path, variant, wanted.shape, actor.signature)
        plan = await self._plan(key, lambda: _compile(wanted, Viewer(actor), build))
        run = Run(actor=actor, variables=wanted.variables, own=own or {})
        return Ready(plan, [binder(run) for binder in plan.binders], wanted.path)

    async def answer(self, context: Context, ready: Ready) -> tuple[bytes | None, list[GraphQLError]]:
        """The JSON of a prepared read, None for null, and the errors of what was denied within it."""
        text = await self._database.read(ready.plan.statement, context.require_actor().tenant_id, ready.values)
        if text is None or ready.plan.findings.plain:
            return text, []
        value, errors = await finish(context, ready.plan.findings, ready.path, orjson.loads(text))
        return None if value is None else orjson.dumps(value), errors

    async def _kept(self, context: Context, ready: Ready) -> tuple[bytes | None, list[GraphQLError]]:
        """The same of what is public: nothing in it is denied or decoded, so everybody is answered alike."""
        if not ready.plan.findings.plain:
            message = "what is public is read as it is stored"
            raise TypeError(message)
        tenant_id = context.require_actor().tenant_id
        key = (tenant_id, ready.plan.statement, repr(ready.values))
        read = partial(self._database.read, ready.plan.statement, tenant_id, ready.values)
        return await self._public.get(key, read), []

    async def raw(self, actor: Actor, name: str, build: RawBuild, own: Mapping[str, Any]) -> bytes | None:
        """JSON text for the platform's own use (streams), compiled and guarded like every read.

        ``build`` writes the statement from the viewer and its parameters; ``name`` tells such statements apart.
        """

        def make() -> Plan:
            viewer, parameters = Viewer(actor), Parameters()
            return render(viewer, parameters, Findings(), build(viewer, parameters))

        plan = await self._plan((name, actor.signature), make)
        run = Run(actor=actor, variables={}, own=own)
        return await self._database.read(plan.statement, actor.tenant_id, [binder(run) for binder in plan.binders])

    async def _plan(self, key: tuple[Any, ...], make: Callable[[], Plan]) -> Plan:
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
            return plan
        async with self._making:
            plan = self._plans.get(key)  # who waited may find that it was made meanwhile
            if plan is None:
                plan = self._plans[key] = await aside(make)
                while len(self._plans) > KEPT_PLANS:
                    self._plans.popitem(last=False)
        return plan


def _compile(wanted: Wanted, viewer: Viewer, build: Build) -> Plan:
    selector = Selector(wanted.schema, wanted.checked.fragments, wanted.variables)
    compiler = Compiler(wanted.schema, selector, wanted.variables, viewer)
    json = build(compiler, wanted.parent, wanted.nodes, wanted.path)
    return render(viewer, compiler.parameters, compiler.findings, json)


def render(viewer: Viewer, parameters: Parameters, findings: Findings, json: ColumnElement[Any]) -> Plan:
    """The statement as text, with its parameters in order."""
    compiled = select(cast(json, JSON)).compile(dialect=_DIALECT)
    if "__[POSTCOMPILE" in str(compiled):
        message = "a compiled read may not hold IN lists, whose length is known only at run time; use = ANY(array)"
        raise TypeError(message)
    binders: list[Binder] = []
    for name in compiled.positiontup or ():
        if name == viewer.tenant.key:
            binders.append(_tenant)
        elif name in viewer.getters:
            binders.append(_of_actor(viewer.getters[name]))
        elif name in parameters.binders:
            binders.append(parameters.binders[name])
        else:
            binders.append(_always(compiled.params[name]))
    return Plan(_PLACE.sub(_next_place, str(compiled)), tuple(binders), findings)


def _next_place(found: re.Match[str]) -> str:
    return f"${int(found.group(1)) + 1}"


def _tenant(run: Run) -> UUID:
    return run.actor.tenant_id


def _of_actor(getter: Getter) -> Binder:
    return lambda run: getter(run.actor)


def _always(value: object) -> Binder:
    return lambda _run: value
