"""Minimal valid values of input types, with gaps for ids: what else an operation must be told beside the id tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
)

from schema.isolation.kinds import Uncharted, kinds_of
from server.isolation.sites import Near, Tested, VersionOfNear
from tenants.clock import now

Made = Mapping[str, Any]
_AHEAD = timedelta(days=30)


def _moment(later: timedelta) -> str:
    return (now() + _AHEAD + later).isoformat()


_SCALARS: Mapping[str, Callable[[], Any]] = {
    "Boolean": bool,
    "Date": lambda: _moment(timedelta(0))[:10],
    "DateTime": lambda: _moment(timedelta(0)),
    "Float": lambda: 1.0,
    "Int": lambda: 1,
    "JSON": dict,
    "String": lambda: "Something invented, long enough to say what it is",
}
# Where the type alone makes nothing that the rule takes.
_PLACES: Mapping[str, Callable[[], Any]] = {
    "AddProblemInput.category": lambda: "AGENCY",
    "AppointMemberInput.role": lambda: "grid_worker",
    "AssignToGridInput.capacity": lambda: "PART_TIME",
    "ContactInput.name": lambda: "Invented Somebody",
    "CreateActivityInput.endsAt": lambda: _moment(timedelta(hours=2)),
    "CreateGridInput.code": lambda: "isolation-1",
    "CreateGridInput.kind": lambda: "URBAN",
    "CreateOrganizationInput.code": lambda: "isolation-1",
    "CreateOrganizationInput.kind": lambda: "community_org",
    "CreateOrganizationInput.level": lambda: "community",
    "EnterHoursInput.servedOn": lambda: (now() - timedelta(days=3)).date().isoformat(),
    "EnterSupportAccessInput.tenant": lambda: "canary-a",
    "ExplainAccessInput.permission": lambda: "case:read",
    "RegisterApplicationInput.scopes": lambda: ["case:read"],
    "RegisterResidentInput.birthDate": lambda: "1980-02-03",
    "RecordHealthCheckInput.findings": lambda: {"pulse": 70},
    "ReportCaseInput.category": lambda: "AGENCY",
    "ReportCaseInput.origin": lambda: "RESIDENT_REPORTED",
    "RequestUploadInput.filename": lambda: "invented.png",
    "RequestUploadInput.mediaType": lambda: "image/png",
    "RequestUploadInput.bytes": lambda: 2_000,
    "RotateApiKeyInput.overlapHours": lambda: 1,
    "SignInByPhoneInput.phone": lambda: "13800000000",
    "SuggestDuplicatesInput.category": lambda: "AGENCY",
    "TriageCaseInput.category": lambda: "AGENCY",
    "UpdateApplicationInput.scopes": lambda: ["case:read"],
}
# What a place asks for beside it: input by operation and the place's path.
_BESIDE: Mapping[str, Made] = {
    "appointMember(organizationId": {"role": "dispatcher"},
    "appointToDiscipline(memberId": {"role": "discipline_lead"},
    "appointToDiscipline(organizationId": {"role": "discipline_office"},
    "postMessage(attachmentIds": {"text": "Something to tell.", "thread": "INTERNAL"},
    "postMessage(caseId": {"text": "Something to tell.", "thread": "INTERNAL"},
    "postMessage(replyToId": {"text": "Something to tell.", "thread": "INTERNAL"},
    "reportCase(onBehalfOf.residentId": {"source": "DESK"},
    "reviseListItem(memberId": {
        "itemId": Near("responsibility"),
        "expectedVersion": VersionOfNear("responsibility"),
    },
    "reviseListItem(organizationId": {
        "itemId": Near("responsibility"),
        "expectedVersion": VersionOfNear("responsibility"),
    },
    "simulateEscalation(organizationId": {"severity": "GENERAL", "reportedAt": "2026-03-02T04:00:00Z"},
}


def beside(operation: str, path: str) -> Made:
    """What else an operation has to be told where this place is tested."""
    return _BESIDE.get(f"{operation}({path}", {})


def tested(type_: GraphQLInputObjectType) -> Iterator[tuple[str, str, Made]]:
    """Each place of an input that takes an id: its path, the kind of id, and a value with the gap there."""
    for word, field in type_.fields.items():
        rest = {} if type_.is_one_of else _required(type_, word)
        named = get_named_type(field.type)
        if isinstance(named, GraphQLInputObjectType):
            for path, kind, inner in tested(named):
                yield f"{word}.{path}", kind, {**rest, word: _listed(field.type, inner)}
        elif named.name == "ID":
            for kind in kinds_of(type_.name, word, field):
                yield word, kind, {**rest, word: _listed(field.type, Tested())}


def made(type_: GraphQLInputObjectType) -> Made:
    """A value of an input with what it must have."""
    if type_.is_one_of:
        word, field = next(iter(type_.fields.items()))
        return {word: _value(type_.name, word, field, field.type)}
    return _required(type_, None)


def _required(type_: GraphQLInputObjectType, but: str | None) -> dict[str, Any]:
    return {
        word: _value(type_.name, word, field, field.type)
        for word, field in type_.fields.items()
        if word != but and isinstance(field.type, GraphQLNonNull) and field.default_value is Undefined
    }


def _value(owner: str, word: str, field: GraphQLInputField, type_: GraphQLInputType) -> Any:
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if (maker := _PLACES.get(f"{owner}.{word}")) is not None:
        return maker()
    if isinstance(bare, GraphQLList):
        return [_value(owner, word, field, bare.of_type)]
    if isinstance(bare, GraphQLEnumType):
        return next(iter(bare.values))
    if isinstance(bare, GraphQLInputObjectType):
        return made(bare)
    if bare.name == "ID":
        return Near(kinds_of(owner, word, field)[0])
    if word == "expectedVersion":
        return VersionOfNear(_versioned(owner))
    if bare.name not in _SCALARS:
        raise Uncharted(f"{owner}.{word}")
    return _SCALARS[bare.name]()


def _versioned(owner: str) -> str:
    """The kind of thing whose version an input names."""
    for mark, kind in (
        ("Sealed", "sealed"),
        ("CooperationZone", "zone"),
        ("CheckPublication", "publication"),
        ("Problem", "problem"),
        ("ListItem", "problem"),
        ("Application", "application"),
    ):
        if mark in owner:
            return kind
    return "case"


def _listed(type_: GraphQLInputType, value: Any) -> Any:
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return [value] if isinstance(bare, GraphQLList) else value
