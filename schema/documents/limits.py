"""The limits of a client plan: what one document, and one operation of it, may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tenants.clients import Plan

MAX_TEXT = 100_000
MAX_LINES = 5_000
MAX_INTROSPECTED = 40_000
MAX_INTROSPECTED_BESIDE_DATA = 2_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, all inclusive.

    Of a document: ``tokens`` (comments count), ``operations``, ``depth`` of fields within fields, ``aliases``,
    ``directives``, ``spreads`` of fragments, and ``values`` written in one argument or default (list items and input
    fields). Of one selection set with its fragments: ``fields``, and ``repeats`` of a response key.
    Of one operation: ``selected``, its fields when every fragment stands in its places; ``cost``, in points
    (``schema.documents.cost``); ``nodes``, the objects with an id it may return.
    """

    tokens: int = 2_000
    operations: int = 50
    depth: int = 15
    aliases: int = 30
    directives: int = 50
    spreads: int = 100
    values: int = 200
    fields: int = 200
    repeats: int = 20
    selected: int = 300
    cost: int = 50_000
    nodes: int = 10_000


LIMITS: Mapping[Plan, Limits] = {
    "standard": Limits(),
    "extended": Limits(tokens=4_000, depth=20, aliases=60, directives=100, spreads=200, selected=600, cost=100_000),
}
