"""Which kind of id belongs in an argument or an input field: from filters' own declarations, else by its name."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
)

from schema.planner.declare import ENTITIES, KEY, PREFIXES, Filter

_SEALED = "sealed"
_BY_PLACE: Mapping[str, tuple[str, ...]] = {
    "AuditEntryFilter.objectId": ("case", "member"),
    "EnterSupportAccessInput.accessId": ("support",),
    "ExplainAccessInput.objectId": ("case", "grid", "resident"),
    "ExplainAccessInput.subjectId": ("member", "resident"),
    "Query.dashboard.scope": ("org",),
    "ReviseListItemInput.itemId": ("problem", "measure", "responsibility", "result"),
    "SupportAccessInput.accessId": ("support",),
    "UnlinkIdentityInput.identityId": ("identity",),
    "AnalyzeSealedInput.caseId": (_SEALED,),
    "AssignSealedInput.caseId": (_SEALED,),
    "BeginSealedInquiryInput.caseId": (_SEALED,),
    "CloseSealedInput.caseId": (_SEALED,),
    "GiveSealedFeedbackInput.caseId": (_SEALED,),
    "IdentifySealedReporterInput.caseId": (_SEALED,),
    "TransferSealedInput.caseId": (_SEALED,),
}
_BY_WORD: Mapping[str, str] = {
    "allegationId": "allegation",
    "apiKeyId": "apikey",
    "attachmentIds": "attachment",
    "chiefId": "member",
    "handlerId": "member",
    "hourEntryId": "hours",
    "intoCaseId": "case",
    "measureId": "measure",
    "messageId": "message",
    "organizationId": "org",
    "organizationIds": "org",
    "otherCaseId": "case",
    "parentId": "org",
    "problemId": "problem",
    "replyToId": "message",
    "responsibilityId": "responsibility",
    "sessionId": "session",
    "taskId": "task",
    "zoneId": "zone",
}


class Uncharted(TypeError):
    """An id whose kind nobody has written down: say in ``schema.isolation.kinds`` what belongs there."""


def kinds_of(
    owner: str, word: str, field: GraphQLArgument | GraphQLInputField, returned: GraphQLOutputType | None = None
) -> tuple[str, ...]:
    """The prefixes that belong in a place; owner: the input's name, or ``Type.field`` of an argument.

    returned: the type of an argument's field. Errors: Uncharted.
    """
    if (place := _BY_PLACE.get(f"{owner}.{word}")) is not None:
        return place
    if (declared := _declared(field)) is not None:
        return (declared,)
    if word in _BY_WORD:
        return (_BY_WORD[word],)
    entity = ENTITIES.get(f"{word[0].upper()}{word[1:].removesuffix('Id')}")
    if entity is not None:
        return (entity.prefix,)
    named = get_named_type(returned) if returned is not None and word in {"id", "ids"} else None
    if isinstance(named, GraphQLObjectType) and named.name in ENTITIES:
        return (ENTITIES[named.name].prefix,)
    if named is not None and not isinstance(named, GraphQLObjectType | GraphQLUnionType):
        return tuple(sorted(PREFIXES))
    raise Uncharted(f"{owner}.{word}")


def _declared(field: GraphQLArgument | GraphQLInputField) -> str | None:
    declared = field.extensions.get("strawberry-definition")
    meaning: Filter | None = getattr(declared, "metadata", {}).get(KEY)
    return meaning.prefix if meaning is not None else None
