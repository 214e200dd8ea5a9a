"""Who may send which document, and who may ask the schema about itself. Pure.

A production platform answers documents it knows: those registered for the application that sends them, and the few the
platform itself needs before any application is registered (``server.documents.builtin``).
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from server.documents.library import Rule
from tenants.clients import Client
from tenants.context import Actor
from tenants.permissions import PLATFORM_ONLY

_INTROSPECTION = frozenset({"__schema", "__type"})


def may_send_any(rule: Rule, client: Client, actor: Actor | None) -> bool:
    """Whether a document need not be registered.

    A registered application's own setting decides for it. For the others the platform's rule does, and operators of the
    platform are free of it: they bring cities on board, when nothing is registered yet.
    """
    if client.code:
        return client.documents == "any"
    return rule == "any" or is_operator(actor)


def is_operator(actor: Actor | None) -> bool:
    """Whether the caller has rights that only the platform's own tenant gives."""
    return actor is not None and any(actor.may(permission) for permission in PLATFORM_ONLY)


def may_introspect(*, production: bool, actor: Actor | None) -> bool:
    """Whether the caller may ask the schema about itself: in production, only who has signed in."""
    return actor is not None or not production


def introspects(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether an operation of a valid document asks for __schema or __type; __typename is no question."""
    waiting: list[SelectionSetNode | None] = [operation.selection_set]
    spread: set[str] = set()
    while waiting:
        chosen = waiting.pop()
        for selection in chosen.selections if chosen is not None else ():
            if isinstance(selection, FieldNode):
                if selection.name.value in _INTROSPECTION:
                    return True
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in spread and name in fragments:
                    spread.add(name)
                    waiting.append(fragments[name].selection_set)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
    return False
