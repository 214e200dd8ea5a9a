"""Links to files, made while a page is read: whoever sees the row may fetch the file, for a few minutes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from schema.context import Context
from server.files.links import Download, Variant


async def file_links(context: Context, values: list[Any]) -> list[Any]:
    """A page of ids as links to the files."""
    return _links(context, values, Variant.FILE)


async def thumbnail_links(context: Context, values: list[Any]) -> list[Any]:
    """The same to their thumbnails."""
    return _links(context, values, Variant.THUMBNAIL)


def _links(context: Context, values: list[Any], variant: Variant) -> list[Any]:
    tenant_id = context.require_actor().tenant_id
    links = context.services.files.links
    return [links.download(Download(tenant_id, UUID(value), variant)) for value in values]
