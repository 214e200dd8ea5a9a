"""What ``civicgrid tenants ...`` does: run a use case of the operator and print what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.onboarding import service
from tenants.manifest.diff import Change
from tenants.platform import list_cities
from tenants.registry import Registry
from tenants.sessions import Database

COMMAND_LINE = "command line"


async def plan(operator: Database, document: str, console: Console) -> None:
    """Print what applying the document would change. Errors as for ``service.plan_tenant``."""
    planned = await service.plan_tenant(operator, document, actor=service.console_actor(COMMAND_LINE))
    _changes(console, planned.changes, planned.warnings)
    if planned.deadlines is not None:
        found = planned.deadlines
        far = f", by at most {found.furthest}" if found.furthest else ""
        console.print(f"deadlines: {found.moved} of {found.looked_at} open cases move{far}")
    count = len(planned.changes)
    console.print(f"{planned.slug}: {count} change(s) to apply" if count else f"{planned.slug}: nothing to change")


async def apply(operator: Database, document: str, console: Console, *, open_cases_follow: bool = False) -> None:
    """Apply the document and print what was changed. Errors as for ``service.apply_tenant``."""
    applied = await service.apply_tenant(
        operator, document, actor=service.console_actor(COMMAND_LINE), open_cases_follow=open_cases_follow
    )
    _changes(console, applied.changes, applied.warnings)
    count = len(applied.changes)
    done = f"{count} change(s) applied" if count else "nothing to change"
    console.print(f"{applied.slug}: {done}, manifest version {applied.version} in force")


async def list_all(operator: Database, console: Console) -> None:
    """Print every tenant with its names."""
    table = Table("slug", "名称", "name", "kind", "status", "time zone", "manifest", box=SIMPLE_HEAD)
    for city in await list_cities(operator):
        names = (escape(str(city.name.get(language, ""))) for language in ("zh-CN", "en"))
        table.add_row(city.slug, *names, city.kind, city.status, city.time_zone, str(city.manifest_version))
    console.print(table)


async def shown(database: Database, slug: str) -> str:
    """A tenant's manifest in force as YAML with every default written out. Errors: NotFound."""
    registry = Registry(database)
    manifest = await registry.manifest((await registry.by_slug(slug)).id)
    return yaml.safe_dump(manifest.document(), allow_unicode=True, sort_keys=False, width=120)


def _changes(console: Console, changes: Sequence[Change], warnings: Sequence[str]) -> None:
    if changes:
        table = Table("action", "path", "effect", box=SIMPLE_HEAD)
        for change in changes:
            table.add_row(change.action.value, escape(change.path or "/"), escape(change.effect))
        console.print(table)
    for warning in warnings:
        console.print(f"[yellow]warning:[/yellow] {escape(warning)}")
