"""What an operator of the platform asks in a city is written down there before it is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from schema.context import Context
from server.access.service.support import note_use
from tenants.context import ActorKind


async def note(
    context: Context,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> None:
    """Write the root fields of an operator's operation into the city's audit trail; nothing for anybody else."""
    actor = context.actor
    if actor is None or actor.kind is not ActorKind.OPERATOR:
        return
    fields = sorted(set(_fields(operation.selection_set, fragments)))
    async with context.write() as session:
        await note_use(session, operation=operation.operation.value, fields=fields, actor=actor)


def _fields(
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[str]:
    """Names at the root; a document that was admitted has no fragment within itself."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments)
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
