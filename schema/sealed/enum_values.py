"""What each value of the enumerations of the sealed matters means; see ``schema.enum_values``."""

from __future__ import annotations

from collections.abc import Mapping

_NEWEST = "The newest first."
_OLDEST = "The oldest first."

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "CooperationZoneOrder": {"NAME_ASC": "By name."},
    "SealedAccessOrder": {"AT_DESC": _NEWEST},
    "SealedAllegationOrder": {"POSITION_ASC": "As they were reported."},
    "SealedCaseOrder": {"RECEIVED_DESC": _NEWEST, "RECEIVED_ASC": _OLDEST},
    "SealedEventKind": {
        "RECEIVED": "Somebody reported the matter.",
        "ANALYZED": "It was analyzed.",
        "ZONE_ASSIGNED": "It was given to a cooperation zone.",
        "INQUIRY_BEGUN": "The inquiry began.",
        "TRANSFERRED": "It was handed over for formal filing.",
        "FEEDBACK_GIVEN": "An allegation was answered.",
        "RATED": "The reporter said what the answers are worth.",
        "CLOSED": "It was closed, each allegation answered.",
    },
    "SealedEventOrder": {"SEQ_ASC": _OLDEST, "SEQ_DESC": _NEWEST},
    "SealedFactor": {
        "MANY_PERSONS": "Many persons are involved.",
        "LONG_TIME": "It goes back a long time.",
        "SEVERAL_PLACES": "It concerns several places.",
        "PEER_SUPERVISION": "Those who would inquire are peers of those complained of.",
        "SPECIAL_KNOWLEDGE": "It takes knowledge that few have.",
    },
    "SealedReading": {
        "READ": "Staff read it.",
        "IDENTIFY": "Staff read who reported it.",
        "TRACK": "Whoever holds its code read it.",
    },
    "SealedSatisfaction": {
        "NOT_RATED": "The reporter has said nothing.",
        "SATISFIED": "Satisfied.",
        "PARTLY_SATISFIED": "Partly satisfied.",
        "DISSATISFIED": "Dissatisfied.",
    },
    "SealedStatus": {
        "RECEIVED": "Reported; nobody has analyzed it.",
        "ANALYZED": "Analyzed; somebody decides who inquires.",
        "ZONE_ASSIGNED": "A cooperation zone has it.",
        "INQUIRY": "It is inquired into.",
        "TRANSFERRED": "Handed over; the platform's copy takes answers only.",
        "FEEDBACK": "Allegations are being answered.",
        "CLOSED": "Closed.",
    },
    "SealedVerdict": {
        "SATISFIED": "Satisfied.",
        "PARTLY_SATISFIED": "Partly satisfied.",
        "DISSATISFIED": "Dissatisfied.",
    },
    "ZonePart": {
        "OFFICE": "An office of the commission, which takes the lead as a rule.",
        "GROUP": "A dispatched group.",
        "TOWNSHIP": "The commission of a township.",
    },
    "ZoneRuleOrder": {"EFFECTIVE_DESC": "The latest in force first."},
    "ZoneRuleStatus": {"TRIAL": "On trial.", "IN_FORCE": "Fully in force."},
}
