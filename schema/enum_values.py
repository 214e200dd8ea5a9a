"""What each value of each enumeration means, as the schema tells it.

The words live beside the code that branches on them, below this room, where GraphQL is not known; so their descriptions
are kept here and, where there are many, in their area, by the enumeration's name in the schema, and put in when the schema is made.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql import GraphQLEnumType, GraphQLSchema

from schema.access import enum_values as access
from schema.cases import enum_values as cases
from schema.lists import enum_values as lists
from schema.publications import enum_values as publications
from schema.sealed import enum_values as sealed

_NEWEST, _OLDEST = "The newest first.", "The oldest first."
_COUNT_BY_ORGANIZATION = "One count for each organization."

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    **access.DESCRIPTIONS,
    **cases.DESCRIPTIONS,
    **lists.DESCRIPTIONS,
    **publications.DESCRIPTIONS,
    **sealed.DESCRIPTIONS,
    "AccessLogOrder": {"AT_DESC": _NEWEST, "AT_ASC": _OLDEST},
    "AccountStatus": {"ACTIVE": "It may sign in.", "DISABLED": "It may not, and has no session."},
    "AboutMeOrder": {"AT_DESC": _NEWEST, "AT_ASC": _OLDEST},
    "ActivityKey": {
        "STATUS": "One count for each status.",
        "THEME": "One count for each theme.",
        "ORGANIZATION": _COUNT_BY_ORGANIZATION,
        "MONTH_STARTS": "One count for each month in which activities start.",
    },
    "ActivityOrder": {"STARTS_DESC": "The last to start first.", "STARTS_ASC": "The first to start first."},
    "ActivityPhase": {
        "OPEN": "Not started, with places left.",
        "FULL": "Not started, every place taken.",
        "RUNNING": "Started and not ended.",
        "ENDED": "Over.",
        "CANCELED": "It does not take place.",
    },
    "ActivityStatus": {"OPEN": "It takes place as announced.", "CANCELED": "It does not take place."},
    "ApiKeyOrder": {"CREATED_DESC": _NEWEST},
    "ApplicationOrder": {"NAME_ASC": "By name, rising.", "REGISTERED_DESC": _NEWEST},
    "ApplicationStatus": {"ACTIVE": "It is let in.", "SUSPENDED": "It is not, whatever it shows."},
    "AttachmentPurpose": {
        "EVIDENCE": "Its reporter shows what the case is about.",
        "RESULT": "Who has the case shows what was done.",
        "MESSAGE": "It is in a message.",
    },
    "AttachmentRefusal": {
        "TYPE_MISMATCH": "Its content is not of the announced type.",
        "UNREADABLE": "It cannot be read as what it is.",
        "TOO_MANY_PIXELS": "The picture has more than 50 million pixels.",
        "AMBIGUOUS": "It is another file at the same time.",
    },
    "AttachmentState": {
        "PENDING": "It was announced, and is not there yet.",
        "READY": "It can be fetched.",
        "REFUSED": "It was sent, and not let in.",
    },
    "AuditEntryOrder": {"AT_DESC": _NEWEST, "AT_ASC": _OLDEST},
    "AuditOutcome": {"DONE": "It was done.", "REFUSED": "The actor may not, or sees no such thing; nothing was done."},
    "EligibilityReason": {
        "ELIGIBLE": "Entitled to a free check.",
        "NO_POLICY": "The city has no free check on that day.",
        "NOT_COVERED": "The policy does not cover this age and sex.",
        "TOO_YOUNG": "Below the age of the policy.",
        "TOO_OLD": "Above the age of the policy.",
        "CHECKED_RECENTLY": "The last check was too recent.",
    },
    "GridKey": {"KIND": "One count for each kind of grid.", "ORGANIZATION": _COUNT_BY_ORGANIZATION},
    "GridOrder": {
        "CODE_ASC": "By code, rising.",
        "NAME_ASC": "By name, rising.",
        "HOUSEHOLDS_DESC": "The largest first.",
        "KIND_ASC": "By kind, rising; the largest of a kind first.",
    },
    "HealthCheckOrder": {"CHECKED_DESC": _NEWEST, "CHECKED_ASC": _OLDEST},
    "HealthCheckPolicyOrder": {
        "EFFECTIVE_DESC": "The last to take effect first.",
        "EFFECTIVE_ASC": "The first to take effect first.",
    },
    "HourDecision": {"APPROVE": "The hours were served and count.", "REFUSE": "They do not count."},
    "HourEntryKey": {
        "STATUS": "One count for each status.",
        "MONTH_SERVED": "One count for each month of service.",
    },
    "HourEntryOrder": {"SERVED_DESC": "The last served first.", "SERVED_ASC": "The first served first."},
    "HourStatus": {
        "ENTERED": "Entered by the volunteer; nobody has confirmed them.",
        "VERIFIED": "Confirmed by somebody else: they count.",
        "REFUSED": "Not confirmed: they do not count.",
    },
    "IntervalStart": {
        "LAST_CHECK": "From the person's last check.",
        "BIENNIUM": "In blocks counted from the policy's first day.",
    },
    "InvitationOrder": {"CREATED_DESC": _NEWEST, "CREATED_ASC": _OLDEST},
    "ManifestChangeAction": {
        "ADD": "It would be there.",
        "CHANGE": "It would have another value.",
        "REMOVE": "It would be gone.",
    },
    "LinkedIdentityOrder": {"LINKED_DESC": _NEWEST},
    "MemberKey": {"ROLE": "One count for each role.", "ORGANIZATION": _COUNT_BY_ORGANIZATION},
    "MemberOrder": {"NAME_ASC": "By name, rising.", "CREATED_DESC": "The last entered first."},
    "OrganizationKey": {"LEVEL": "One count for each level.", "KIND": "One count for each kind."},
    "OrganizationOrder": {
        "PATH_ASC": "As the tree goes, each organization before those below it.",
        "NAME_ASC": "By name, rising.",
        "CREATED_DESC": "The last founded first.",
    },
    "ResidentOrder": {
        "ENTERED_ASC": "In the order they were entered, the first first.",
        "NAME_ASC": "By name, rising.",
    },
    "Scope": {
        "TENANT": "In the whole city.",
        "ORGANIZATION": "In the organization of the appointment and all below it.",
        "GRID": "In one grid.",
        "OWN": "Only for what the person has reported, handles or is.",
    },
    "Sex": {"FEMALE": "Female.", "MALE": "Male."},
    "SignInMethod": {
        "PASSWORD": "With a user name and a password, and a code where the account has an authenticator.",
        "OIDC": "At the city's own identity provider.",
        "PHONE": "With a code sent to a telephone.",
        "SUPPORT": "By an operator of the platform, with the city's leave.",
        "LINK": "From another city, where the same person was signed in.",
    },
    "SignInSessionOrder": {"CREATED_DESC": _NEWEST, "CREATED_ASC": _OLDEST},
    "SignUpOrder": {"AT_ASC": "The first to sign up first.", "AT_DESC": "The last to sign up first."},
    "TenantKind": {"CITY": "A city.", "PLATFORM": "The platform's own tenant, of its operators."},
    "VolunteerKey": {
        "STARS": "One count for each number of stars.",
        "ORGANIZATION": _COUNT_BY_ORGANIZATION,
        "MONTH_REGISTERED": "One count for each month in which volunteers registered.",
    },
    "VolunteerOrder": {
        "REGISTERED_DESC": "The last registered first.",
        "NAME_ASC": "By name, rising.",
        "VERIFIED_MINUTES_DESC": "Those with most verified time first.",
    },
}


def describe_enum_values(schema: GraphQLSchema) -> None:
    """Give the values of the schema's enumerations their descriptions."""
    for name, told in DESCRIPTIONS.items():
        type_ = schema.type_map.get(name)
        if isinstance(type_, GraphQLEnumType):
            for word, value in type_.values.items():
                value.description = value.description or told.get(word)
