"""What ``civicgrid documents ...`` does: run a use case of the operator and print what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from server.documents import service, withdrawal
from server.documents.formats import read_list
from server.documents.rules import MAX_BYTES, MAX_DOCUMENTS, encoded
from tenants.context import system_actor
from tenants.registry import Registry
from tenants.sessions import Database

COMMAND_LINE = "command line"


async def register(
    operator: Database,
    content: bytes,
    *,
    tenant: str,
    client: str,
    check: service.Check,
    console: Console,
) -> None:
    """Register a file's documents, as many at a time as one call takes. Errors as for ``service.register``.

    Documents are only ever added, so what was registered before a fault may stay.
    """
    city = await Registry(operator).by_slug(tenant)
    actor = system_actor(city.id, name=COMMAND_LINE)
    new = known = 0
    for part in _parts(read_list(content)):
        done = await service.register(operator, part, tenant=tenant, client=client, check=check, actor=actor)
        new, known = new + done.registered, known + done.known
    console.print(f"{tenant}: {new} document(s) registered for {client}, {known} had been before")


async def remove(operator: Database, ids: Sequence[str], *, tenant: str, client: str, console: Console) -> None:
    """Take documents back from an application. Errors as for ``withdrawal.withdraw``."""
    city = await Registry(operator).by_slug(tenant)
    actor = system_actor(city.id, name=COMMAND_LINE)
    done = await withdrawal.withdraw(operator, ids, tenant=tenant, client=client, actor=actor)
    console.print(f"{tenant}: {done.withdrawn} document(s) withdrawn from {client}, {done.unknown} were not registered")


async def list_all(operator: Database, *, tenant: str, client: str | None, console: Console) -> None:
    """Print what is registered in a city, for one application or all."""
    city = await Registry(operator).by_slug(tenant)
    listed = await service.list_documents(
        operator, tenant=tenant, client=client, actor=system_actor(city.id, name=COMMAND_LINE)
    )
    table = Table("client", "id", "characters", "registered", "by", box=SIMPLE_HEAD)
    for document in listed:
        at = document.registered_at.isoformat(timespec="seconds")
        table.add_row(document.client, f"sha256:{document.digest}", str(document.size), at, document.registered_by)
    console.print(table)


def _parts(documents: Sequence[service.Given]) -> Iterator[list[service.Given]]:
    """The documents in their order, in parts that one call takes; at least one part."""
    part: list[service.Given] = []
    size = 0
    for document in documents:
        weight = len(encoded(document.body))
        if part and (len(part) == MAX_DOCUMENTS or size + weight > MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(document)
        size += weight
    yield part
