"""The words of a case beside its states: its kinds, and what happens to it."""

from __future__ import annotations

from enum import StrEnum


class Track(StrEnum):
    """The kind of course a case takes; one template per track and city."""

    SERVICE_ORDER = "SERVICE_ORDER"
    GRID_EVENT = "GRID_EVENT"
    COMPLAINT = "COMPLAINT"
    DISPUTE = "DISPUTE"
    TOPIC = "TOPIC"


class Severity(StrEnum):
    """How hard a case is; decides its deadline (sources.md 3.5)."""

    GENERAL = "GENERAL"
    COMPLEX = "COMPLEX"
    MAJOR = "MAJOR"


class Containment(StrEnum):
    """How far up a case should have to go: an aim that is measured, never a bar to escalating (sources.md 3.4)."""

    MICRO = "MICRO"
    SMALL = "SMALL"
    BIG = "BIG"


class Rating(StrEnum):
    """The reporter's verdict; its absence means NOT_RATED and never "satisfied" (T21)."""

    VERY_SATISFIED = "VERY_SATISFIED"
    SATISFIED = "SATISFIED"
    NEUTRAL = "NEUTRAL"
    DISSATISFIED = "DISSATISFIED"
    VERY_DISSATISFIED = "VERY_DISSATISFIED"


class Action(StrEnum):
    """What can be done to a case; ESCALATE_OVERDUE, NOTIFY, MISS_TARGET, MOVE_DEADLINE, RENEW_TEMPLATE, RETAIN and FOLLOW
    are the worker's.
    """

    REPORT = "REPORT"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    TRIAGE = "TRIAGE"
    DISPATCH = "DISPATCH"
    CLAIM = "CLAIM"
    RELEASE = "RELEASE"
    TAKE_BACK = "TAKE_BACK"
    START = "START"
    ESCALATE = "ESCALATE"
    ESCALATE_OVERDUE = "ESCALATE_OVERDUE"
    RESOLVE = "RESOLVE"
    GIVE_FEEDBACK = "GIVE_FEEDBACK"
    RATE = "RATE"
    REOPEN = "REOPEN"
    WITHDRAW = "WITHDRAW"
    ARCHIVE = "ARCHIVE"
    MERGE = "MERGE"
    APPEAL = "APPEAL"
    SEND_BACK = "SEND_BACK"
    RELAY_FEEDBACK = "RELAY_FEEDBACK"
    TRACK = "TRACK"
    URGE = "URGE"
    ANSWER_URGE = "ANSWER_URGE"
    WAIVE_URGE = "WAIVE_URGE"
    PROGRESS = "PROGRESS"
    EXPLAIN = "EXPLAIN"
    RECLASSIFY = "RECLASSIFY"
    ASSIGN_TASKS = "ASSIGN_TASKS"
    COMPLETE_TASK = "COMPLETE_TASK"
    CANCEL_TASK = "CANCEL_TASK"
    ANSWER_ALLEGATION = "ANSWER_ALLEGATION"
    SCORE = "SCORE"
    VISIT = "VISIT"
    LINK = "LINK"
    UNLINK = "UNLINK"
    NOTIFY = "NOTIFY"
    MISS_TARGET = "MISS_TARGET"
    MOVE_DEADLINE = "MOVE_DEADLINE"
    RENEW_TEMPLATE = "RENEW_TEMPLATE"
    FOLLOW = "FOLLOW"
    PUBLISH = "PUBLISH"
    WAIVE_PUBLICATION = "WAIVE_PUBLICATION"
    RETAIN = "RETAIN"


class EventKind(StrEnum):
    """What the log says happened: one kind per action."""

    REPORTED = "REPORTED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    TRIAGED = "TRIAGED"
    DISPATCHED = "DISPATCHED"
    CLAIMED = "CLAIMED"
    RELEASED = "RELEASED"
    TAKEN_BACK = "TAKEN_BACK"
    STARTED = "STARTED"
    ESCALATED = "ESCALATED"
    ESCALATED_OVERDUE = "ESCALATED_OVERDUE"
    RESOLVED = "RESOLVED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    RATED = "RATED"
    REOPENED = "REOPENED"
    WITHDRAWN = "WITHDRAWN"
    ARCHIVED = "ARCHIVED"
    MERGED = "MERGED"
    APPEALED = "APPEALED"
    SENT_BACK = "SENT_BACK"
    FEEDBACK_RELAYED = "FEEDBACK_RELAYED"
    TRACKED = "TRACKED"
    URGED = "URGED"
    URGE_ANSWERED = "URGE_ANSWERED"
    URGE_WAIVED = "URGE_WAIVED"
    PROGRESSED = "PROGRESSED"
    EXPLAINED = "EXPLAINED"
    RECLASSIFIED = "RECLASSIFIED"
    TASKS_ASSIGNED = "TASKS_ASSIGNED"
    TASK_COMPLETED = "TASK_COMPLETED"
    TASK_CANCELED = "TASK_CANCELED"
    ALLEGATION_ANSWERED = "ALLEGATION_ANSWERED"
    SCORED = "SCORED"
    RETURN_VISITED = "RETURN_VISITED"
    LINKED = "LINKED"
    UNLINKED = "UNLINKED"
    NOTIFIED = "NOTIFIED"
    TARGET_MISSED = "TARGET_MISSED"
    DEADLINE_MOVED = "DEADLINE_MOVED"
    TEMPLATE_RENEWED = "TEMPLATE_RENEWED"
    PUBLISHED = "PUBLISHED"
    PUBLICATION_WAIVED = "PUBLICATION_WAIVED"
    RETAINED = "RETAINED"
    SURVIVOR_MOVED = "SURVIVOR_MOVED"


class Handling(StrEnum):
    """What the work on a case in progress consists of now (sources.md 3.2)."""

    VISITING = "VISITING"
    JOINT_HANDLING = "JOINT_HANDLING"
    MEDIATING = "MEDIATING"
    DELIBERATING = "DELIBERATING"
    PROJECT = "PROJECT"


class Supervision(StrEnum):
    """How closely a case is watched, beside its state (T16, T17); URGED while an urge waits for its answer."""

    NONE = "NONE"
    TRACKED = "TRACKED"
    URGED = "URGED"
    OVERDUE = "OVERDUE"


class Stamp(StrEnum):
    """Steps a template may demand that are no states: they run beside the handling (JM-09, HS-06, A-23)."""

    TRACKED = "TRACKED"
    URGED = "URGED"
    RETURN_VISITED = "RETURN_VISITED"
