"""Runs compiled reads: plans kept by operation and viewer signature, values bound, sensitive fields decoded and noted."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema
from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from strawberry.types import Info

from schema.context import Context
from schema.planner.arguments import shape
from schema.planner.binding import MAX_NODES, Binder, Parameters, Run, TooManyNodes, nodes_asked
from schema.planner.compile import Compiler, Denied, Findings
from schema.planner.finish import finish
from schema.planner.selection import Selector
from schema.planner.splice import Finished
from tenants.context import Actor
from tenants.sessions import Database
from tenants.viewer import Getter, Viewer

KEPT_PLANS = 1024
Build = Callable[[Compiler, GraphQLObjectType, list[Any], tuple[str, ...]], ColumnElement[Any]]
RawBuild = Callable[[Viewer, Parameters], ColumnElement[Any]]
_DIALECT: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
_PLACE = re.compile(r"\$(\d+)")  # $1 belongs to the tenant setting (tenants.sessions)


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled read: the statement, its parameters in order, and what to do around it."""

    statement: str
    binders: tuple[Binder, ...]
    findings: Findings


class Reads:
    """All reads of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._plans: OrderedDict[tuple[Any, ...], Plan] = OrderedDict()

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
    ) -> Any:
        """Answer the field being resolved: compile (or find) its plan, run it, and return its JSON for splicing.

        own: values from the resolver's own object that ``build`` binds by name. variant: tells plans of one field
        apart when ``build`` depends on more than the operation.
        """
        context = info.context
        actor = context.require_actor()
        raw: Any = info._raw_info  # noqa: SLF001 - Strawberry offers no public way to the selected AST
        path = tuple(str(key) for key in raw.path.as_list())
        variables: dict[str, Any] = raw.variable_values
        key = (_source(raw), raw.operation.name and raw.operation.name.value, path, shape(variables), variant)
        plan = self._plan((*key, actor.signature), lambda: self._compile(raw, Viewer(actor), build, path))
        run = Run(actor=actor, variables=variables, own=own or {})
        _charge(context, nodes_asked(plan.findings.pages, run))
        values = [binder(run) for binder in plan.binders]
        text = await self._database.read(plan.statement, actor.tenant_id, values)
        errors = [_denied(denied) for denied in plan.findings.denied]
        if text is None:
            return Finished(None, errors) if errors else None
        if plan.findings.decoders or plan.findings.observed:
            return Finished(await finish(context, plan.findings, path, orjson.loads(text)), errors)
        return Finished(orjson.Fragment(text), errors)

    async def raw(self, actor: Actor, name: str, build: RawBuild, own: Mapping[str, Any]) -> str | None:
        """JSON text for the platform's own use (streams), compiled and guarded like every read.

        ``build`` writes the statement from the viewer and its parameters; ``name`` tells such statements apart.
        """

        def make() -> Plan:
            viewer, parameters = Viewer(actor), Parameters()
            return render(viewer, parameters, Findings(), build(viewer, parameters))

        plan = self._plan((name, actor.signature), make)
        run = Run(actor=actor, variables={}, own=own)
        return await self._database.read(plan.statement, actor.tenant_id, [binder(run) for binder in plan.binders])

    def _plan(self, key: tuple[Any, ...], make: Callable[[], Plan]) -> Plan:
        plan = self._plans.get(key)
        if plan is None:
            plan = make()
            self._plans[key] = plan
            while len(self._plans) > KEPT_PLANS:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        return plan

    def _compile(self, raw: Any, viewer: Viewer, build: Build, path: tuple[str, ...]) -> Plan:
        schema: GraphQLSchema = raw.schema
        fragments = {name: getattr(found, "definition", found) for name, found in raw.fragments.items()}
        selector = Selector(schema, fragments, raw.variable_values)
        compiler = Compiler(schema, selector, raw.variable_values, viewer)
        json = build(compiler, raw.parent_type, list(raw.field_nodes), path)
        return render(viewer, compiler.parameters, compiler.findings, json)


def render(viewer: Viewer, parameters: Parameters, findings: Findings, json: ColumnElement[Any]) -> Plan:
    """The statement as text, with its parameters in order."""
    compiled = select(cast(json, Text)).compile(dialect=_DIALECT)
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


def _source(raw: Any) -> str:
    location = raw.operation.loc
    if location is None:
        message = "an operation is always parsed from a text"
        raise TypeError(message)
    return str(location.source.body)


def _charge(context: Context, asked: int) -> None:
    """Take the objects asked for from the operation's allowance."""
    if asked > context.nodes_left:
        raise TooManyNodes(MAX_NODES - context.nodes_left + asked)
    if not context.lasting:
        context.nodes_left -= asked


def _denied(denied: Denied) -> GraphQLError:
    message = f"Your roles do not include the permission {denied.permission.value}."
    return GraphQLError(message, path=list(denied.path), extensions={"code": "FORBIDDEN"})
