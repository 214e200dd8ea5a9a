"""The one connection type (Relay's cursor connections) and the Node interface."""

from __future__ import annotations

from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.interface(description="Anything with an id that can be fetched again with node(id).")
class Node:
    """An object with a globally unique, opaque id."""

    id: strawberry.ID = strawberry.field(description="Opaque and globally unique; stays the same for ever.")


@strawberry.type(description="Where a page lies in its connection.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(
        description="Whether more items follow: exact with 'first', and with 'before'."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether more items precede: exact with 'last', and with 'after'."
    )
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first item: pass it as 'before' to go back; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last item: pass it as 'after' to go on; null on an empty page."
    )


@strawberry.type(description="An item with its place in the connection.")
class Edge(Generic[T]):
    """One item of a page."""

    cursor: str = strawberry.field(description="The item's place; stays true while other items come and go.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of items in a stable order.")
class Connection(Generic[T]):
    """A page of a list."""

    nodes: list[T] = strawberry.field(description="The items of the page.")
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description="How many items there are on all pages; costs a count.")


@strawberry.type(description="How many items of a connection share a key.")
class Count:
    """A bar of a chart."""

    key: str | None = strawberry.field(
        description="The value counted by: a word, a code, a month like 2026-11, or an id. Null: the items without one.",
    )
    label: str | None = strawberry.field(description="The name of what the key is the id of; null for other keys.")
    count: int = strawberry.field(description="How many items.")
