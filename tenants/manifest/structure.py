"""How a city is built: identity, levels and chains, kinds of organizations, grids and their staffing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tenants.manifest.identity_provider import IdentityProvider
from tenants.manifest.words import Code, LocalText, Part, Slug, TenantKind, TenantSlug


class Identity(Part):
    """Who this tenant is."""

    slug: TenantSlug = Field(description="Stable name of the tenant in addresses and commands; never changes.")
    name: LocalText = Field(description="Name of the city.")
    region: LocalText | None = Field(default=None, description="Province or region, as free text.")
    kind: TenantKind = Field(default=TenantKind.CITY, description="CITY, or PLATFORM for the operators' own tenant.")
    totp_required_roles: tuple[Slug, ...] = Field(
        default=(),
        description=(
            "Slugs of roles whose holders, signed in with a password, may do nothing before they have an authenticator."
        ),
    )
    local_passwords: bool = Field(
        default=True, description="Whether staff may sign in with a password of this platform; residents always may."
    )
    provider: IdentityProvider | None = Field(
        default=None, description="Where staff sign in besides; null for nowhere (docs/identity.md)."
    )


class OrganizationKind(Part):
    """A kind of organization; a label of the city, so bodies of any sort fit (A-20)."""

    code: Slug = Field(description="Stable code of the kind.")
    name: LocalText = Field(description="Local name of the kind.")


class Level(Part):
    """One storey of the city."""

    code: Slug = Field(description="Stable code of the level, unique in the manifest.")
    rank: Annotated[int, Field(ge=0, le=7)] = Field(
        description=(
            "Height on the common scale: 0 household, 1 building, 2 grid, 3 compound, 4 community or village, "
            "5 subdistrict or township, 6 district or county, 7 city."
        ),
    )
    name: LocalText = Field(description="Local name of the level.")
    kinds: tuple[Slug, ...] = Field(
        min_length=1,
        description="Kinds of organizations that may stand at this level; the first is the body that leads it.",
    )
    grids: bool = Field(default=False, description="Whether grids may attach to organizations of this level.")


class Chain(Part):
    """A line of levels in which each organization's parent is of the level before."""

    code: Slug = Field(description="Stable code of the chain; every city has one called `organization`.")
    name: LocalText = Field(description="Local name of the chain.")
    levels: tuple[Slug, ...] = Field(min_length=2, description="Level codes from the highest to the lowest.")


class GridKind(Part):
    """A kind of grid."""

    code: Code = Field(description="Stable code, e.g. GENERAL, URBAN, RURAL, DEDICATED, ALL_SUBJECT.")
    name: LocalText = Field(description="Local name of the kind.")
    target_households: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None,
        description="Households a grid of this kind should hold (JM-04); null for kinds without a size.",
    )
    tolerance_percent: Annotated[int, Field(ge=0, le=500)] = Field(
        default=20,
        description="How far a grid may be from its target before it is flagged, in percent of the target (A-21).",
    )


class StaffingPost(Part):
    """One line of the staffing formula (DY-04, HH-11, JM-15)."""

    capacity: Code = Field(description="Stable code of the capacity in which somebody serves.")
    name: LocalText = Field(description="Local name of the capacity.")
    minimum: Annotated[int, Field(ge=0, le=1000)] = Field(description="How many there must be at least; 0 for `N`.")
    per: Slug | None = Field(
        default=None,
        description="Level whose every organization needs them; null when every grid does.",
    )


class GridPolicy(Part):
    """How grids are cut and staffed."""

    kinds: tuple[GridKind, ...] = Field(min_length=1, max_length=20, description="The kinds of grids of the city.")
    micro_grids: bool = Field(default=False, description="Whether a grid may be divided into micro-grids (HH-13).")
    staffing: tuple[StaffingPost, ...] = Field(
        default=(),
        max_length=50,
        description="The staffing formula; empty for none.",
    )
