"""What each value of the enumerations of the four lists means; see ``schema.enum_values``."""

from __future__ import annotations

from collections.abc import Mapping

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "ListEventKind": {
        "PROBLEM_LISTED": "Somebody put a problem on the list.",
        "MEASURE_PLANNED": "A measure against it was planned.",
        "RESPONSIBILITY_ASSIGNED": "Somebody was made to answer for a measure.",
        "RESULT_RECORDED": "What came of it was recorded.",
        "LIST_ITEM_REVISED": "An item was put right.",
        "PROBLEM_CLOSED": "The problem was closed.",
    },
    "ListEventOrder": {"SEQ_ASC": "As it happened.", "SEQ_DESC": "The last event first."},
    "ListGap": {
        "NO_MEASURE": "Nothing is planned against the problem.",
        "NO_OWNER": "Nobody answers for one of its measures.",
        "PAST_DUE": "Somebody who answers is past the day, without a result.",
    },
    "ListItemKind": {
        "PROBLEM": "The first list: what is wrong.",
        "MEASURE": "The second: what is to be done.",
        "RESPONSIBILITY": "The third: who answers for it, until when.",
        "RESULT": "The fourth: what came of it.",
    },
    "ListMeasureKey": {"GRID": "One count for each grid."},
    "ListMeasureOrder": {"ADDED_ASC": "The first planned first.", "ADDED_DESC": "The last planned first."},
    "ListProblemKey": {
        "CATEGORY": "One count for each category.",
        "GRID": "One count for each grid.",
        "MONTH_ADDED": "One count for each month in which problems were listed.",
    },
    "ListProblemOrder": {
        "ADDED_DESC": "The last listed first.",
        "ADDED_ASC": "The first listed first.",
        "DUE_ASC": "The first to be due first; those with nothing due last.",
    },
    "ListResponsibilityKey": {
        "GRID": "One count for each grid.",
        "ORGANIZATION": "One count for each organization that answers; members have no key.",
    },
    "ListResponsibilityOrder": {"DUE_ASC": "The first to be due first.", "DUE_DESC": "The last to be due first."},
}
