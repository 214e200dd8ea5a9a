"""Joins the areas into one schema, and the schema with its transports."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import strawberry
from graphql import GraphQLError
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext

from schema.access.mutations import AccessMutations
from schema.access.queries import AccessQueries
from schema.accounts.mutations import AccountMutations
from schema.accounts.own_mutations import OwnAccountMutations
from schema.accounts.queries import AccountQueries
from schema.accounts.staff_mutations import StaffAccountMutations
from schema.analytics.queries import AnalyticsQueries
from schema.applications.mutations import ApplicationMutations
from schema.applications.queries import ApplicationQueries
from schema.attachments.mutations import AttachmentMutations
from schema.audit.queries import AuditQueries
from schema.cases.course_mutations import CourseMutations
from schema.cases.joint_mutations import JointMutations
from schema.cases.mutations import CaseMutations
from schema.cases.queries import CaseQueries
from schema.cases.runs import RunQueries
from schema.cases.simulation import SimulationQueries
from schema.cases.subscriptions import CaseSubscriptions
from schema.clients.mutations import DocumentMutations
from schema.context import Services
from schema.documents.extension import AdmittedDocument
from schema.documents.validity import check_of
from schema.enum_values import describe_enum_values
from schema.explorer.pages import explorer_routes
from schema.grids.mutations import GridMutations
from schema.grids.queries import GridQueries
from schema.health_checks.mutations import HealthCheckMutations
from schema.health_checks.queries import HealthCheckQueries
from schema.identity_providers.mutations import IdentityProviderMutations
from schema.intake.mutations import IntakeMutations
from schema.intake.queries import IntakeQueries
from schema.isolation.atlas import atlas_of
from schema.lists.mutations import ListMutations
from schema.lists.subscriptions import ListSubscriptions
from schema.members.mutations import MemberMutations
from schema.members.queries import MemberQueries
from schema.operations import Operations
from schema.organizations.mutations import OrganizationMutations
from schema.organizations.queries import OrganizationQueries
from schema.persons.mutations import PersonMutations
from schema.phones.mutations import PhoneMutations
from schema.planner.nodes import NodeQueries
from schema.planner.reads import Reads
from schema.planner.splice import SplicingExecutor
from schema.publications.mutations import PublicationMutations
from schema.publications.queries import PublicationQueries
from schema.residents.mutations import ResidentMutations
from schema.residents.queries import ResidentQueries
from schema.retention.mutations import RetentionMutations
from schema.scalars import DATE_TIME
from schema.sealed.mutations import SealedMutations
from schema.sealed.queries import SealedQueries
from schema.sealed.zone_mutations import ZoneMutations
from schema.tenants.mutations import TenantMutations
from schema.tenants.queries import TenantQueries
from schema.threads.mutations import ThreadMutations
from schema.threads.subscriptions import ThreadSubscriptions
from schema.transport.definition import definition
from schema.transport.http import HttpEndpoint
from schema.transport.websocket import SocketEndpoint
from schema.volunteers.mutations import VolunteerMutations
from schema.volunteers.queries import VolunteerQueries
from server.documents.service import Check
from server.isolation.sites import Atlas

__all__ = ["Reads", "Services", "atlas", "document_check", "endpoints", "schema"]

QUERIES = (
    AccessQueries,
    AccountQueries,
    AnalyticsQueries,
    AuditQueries,
    ApplicationQueries,
    CaseQueries,
    RunQueries,
    SimulationQueries,
    GridQueries,
    HealthCheckQueries,
    IntakeQueries,
    MemberQueries,
    OrganizationQueries,
    PublicationQueries,
    ResidentQueries,
    SealedQueries,
    TenantQueries,
    VolunteerQueries,
    NodeQueries,
)
MUTATIONS = (
    AccessMutations,
    AccountMutations,
    OwnAccountMutations,
    StaffAccountMutations,
    ApplicationMutations,
    AttachmentMutations,
    CaseMutations,
    CourseMutations,
    JointMutations,
    DocumentMutations,
    GridMutations,
    HealthCheckMutations,
    IdentityProviderMutations,
    ListMutations,
    IntakeMutations,
    MemberMutations,
    OrganizationMutations,
    PersonMutations,
    PhoneMutations,
    PublicationMutations,
    ResidentMutations,
    RetentionMutations,
    SealedMutations,
    ZoneMutations,
    TenantMutations,
    ThreadMutations,
    VolunteerMutations,
)
Query = merge_types("Query", QUERIES)
Mutation = merge_types("Mutation", MUTATIONS)
Subscription = merge_types("Subscription", (CaseSubscriptions, ListSubscriptions, ThreadSubscriptions))


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: ``schema.errors`` has logged what is a bug, and the rest is the client's own affair."""


@cache
def schema() -> strawberry.Schema:
    """The schema of the whole API."""
    built = _Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        execution_context_class=SplicingExecutor,
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map={datetime: DATE_TIME}),
        extensions=[AdmittedDocument],
    )
    describe_enum_values(built._schema)  # noqa: SLF001 - Strawberry's own way to graphql-core's schema
    return built


@cache
def _sdl() -> str:
    return schema().as_str()


def atlas() -> Atlas:
    """Every place of this schema that takes an id: what a proof of isolation walks."""
    return atlas_of(schema()._schema)  # noqa: SLF001 - Strawberry's own way to graphql-core's schema


def document_check() -> Check:
    """Whether a document could be answered by this schema: what registering one asks."""
    return check_of(schema()._schema)  # noqa: SLF001 - Strawberry's own way to graphql-core's schema


def endpoints(services: Services) -> tuple[ASGIApp, list[BaseRoute]]:
    """What the web process serves of the API: /graphql over HTTP; and the routes for its WebSocket, the SDL, the page."""
    built = schema()
    operations = Operations(built)
    return HttpEndpoint(operations, services), [
        WebSocketRoute("/graphql", SocketEndpoint(built, services, operations)),
        Route("/schema.graphql", definition(_sdl(), services), methods=["GET"]),
        *(() if services.library.production else explorer_routes()),
    ]
