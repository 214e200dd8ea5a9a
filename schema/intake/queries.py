"""Root reads of intake."""

# No "from __future__ import annotations" here: Strawberry reads the resolvers' annotations.

from datetime import timedelta
from typing import Annotated

import strawberry
from strawberry.types import Info

from schema.context import Context
from schema.ids import row_id
from schema.intake.types import MOST_CATEGORIES, CaseCategory, DuplicateSuggestion, TrackedCase
from schema.mutations import refuse_unstorable
from schema.planner.prices import listed
from schema.planner.sidelong import ask
from server.intake.rules import read_code
from server.intake.service.suggestions import ASKED, MOST, likely_duplicates
from server.intake.service.tracking import TRACKED_BY, city_of, digest_of, tracked
from server.search.terms import terms_of
from tenants.authz import authorize
from tenants.clock import now
from tenants.context import anonymous_actor
from tenants.errors import NotFound, Unauthenticated
from tenants.permissions import Permission

_CODE = strawberry.argument(description="The tracking code, as it was shown when the case was reported.")
_SEARCHED = 50


@strawberry.input(description="What somebody is about to report.")
class SuggestDuplicatesInput:
    """A place, a category and a title."""

    grid_id: strawberry.ID = strawberry.field(description="Id of the grid where it is.")
    category: str = strawberry.field(description="Code of a category in the city's manifest.")
    title: str = strawberry.field(default="", description="What it is about, as far as it is written.")


_ABOUT = strawberry.argument(description="What somebody is about to report.")


async def _case_by_tracking_code(info: Info[Context, None], code: Annotated[str, _CODE]) -> TrackedCase | None:
    services = info.context.services
    found = read_code(code)
    tenant_id = await city_of(found, services.registry)
    told = await ask(
        info.context,
        anonymous_actor(tenant_id, request_id=info.context.request_id),
        "case_by_tracking_code",
        tracked,
        types=TRACKED_BY,
        values={"digest": digest_of(found, services.keyring)},
    )
    return None if told is None else TrackedCase.of(told)


async def _suggest_duplicates(
    info: Info[Context, None],
    input: Annotated[SuggestDuplicatesInput, _ABOUT],  # noqa: A002 - GraphQL's own word
) -> list[DuplicateSuggestion]:
    actor = info.context.require_actor()
    authorize(actor, Permission.CASE_REPORT)
    refuse_unstorable(input)
    try:
        grid_id = row_id(input.grid_id, "grid", field="gridId")
    except NotFound:
        return []
    manifest = await info.context.services.registry.manifest(actor.tenant_id)
    values = {
        "grid_id": grid_id,
        "category": input.category,
        "since": now() - timedelta(days=manifest.intake.duplicate_days),
        "terms": terms_of([input.title])[:_SEARCHED],
    }
    told = await ask(info.context, actor, "suggest_duplicates", likely_duplicates, types=ASKED, values=values)
    return [DuplicateSuggestion.of(each) for each in told or []]


async def _case_categories(info: Info[Context, None]) -> list[CaseCategory]:
    actor = info.context.actor
    tenant_id = info.context.tenant_hint if actor is None else actor.tenant_id
    if tenant_id is None:
        raise Unauthenticated("Sign in, or name the city in X-Tenant.")
    return CaseCategory.tree((await info.context.services.registry.manifest(tenant_id)).case_categories)


@strawberry.type
class IntakeQueries:
    """Reads of intake."""

    case_categories: list[CaseCategory] = strawberry.field(
        resolver=_case_categories,
        description="What cases can be about, each right after the wider category, and what is asked of whoever reports. "
        "Also for callers who have not signed in and name the city in X-Tenant.",
        metadata=listed(MOST_CATEGORIES),
    )
    suggest_duplicates: list[DuplicateSuggestion] = strawberry.field(
        resolver=_suggest_duplicates,
        description="Open cases that may be the same matter: of the category, lately (the city says how lately), in the "
        "grid and around it, the nearest first. Residents get others' cases without their words, and no complaints.",
        metadata=listed(MOST, surcharge=5),
    )
    case_by_tracking_code: TrackedCase | None = strawberry.field(
        resolver=_case_by_tracking_code,
        description="A case by its tracking code, for whoever holds the code; null for any other text.",
    )
