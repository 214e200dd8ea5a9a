"""The closed vocabulary of what a role may do: ``area:verb``, alphabetical, the same in every city.

A permission says which kind of action; how far it reaches (city, organization subtree, grid, own) is the scope of
the role, and which rows a person sees is the area's visibility predicate. Manifests hand permissions out; code asks.
"""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One right. The value is stable: it stands in manifests, in policies and in the golden matrix."""

    # Ask why somebody may or may not do something, and what another role table would change.
    ACCESS_EXPLAIN = "access:explain"
    # Announce a volunteer activity with a capacity.
    ACTIVITY_CREATE = "activity:create"
    # Take one of an activity's places for oneself.
    ACTIVITY_SIGN_UP = "activity:sign_up"
    # Register programs of third parties, say what they may do, give them keys and take these away.
    APPLICATION_MANAGE = "application:manage"
    # Give a member a role for a term.
    APPOINTMENT_CREATE = "appointment:create"
    # End an appointment before its term.
    APPOINTMENT_END = "appointment:end"
    # Search the audit trail: who did what to which thing, and what was refused.
    AUDIT_READ = "audit:read"
    # Take a reported case in charge (T2).
    CASE_ACCEPT = "case:accept"
    # Ask for another look at a report of one's own that was refused (T3).
    CASE_APPEAL = "case:appeal"
    # Close a finished case for good (T25).
    CASE_ARCHIVE = "case:archive"
    # Take a dispatched case from the pool; exactly one claimant wins (T8).
    CASE_CLAIM = "case:claim"
    # Read whom staff reported a case for, by name and telephone; every reading is logged.
    CASE_CONTACT = "case:contact"
    # Send a case to the pool or to a named handler (T7).
    CASE_DISPATCH = "case:dispatch"
    # Hand a case one level up, with a reason (T12).
    CASE_ESCALATE = "case:escalate"
    # Tell the reporter the result (T20).
    CASE_FEEDBACK = "case:feedback"
    # Keep a case from being erased while a proceeding needs it, and let it go again (T25).
    CASE_HOLD = "case:hold"
    # Merge a report into another case of the same matter (T4).
    CASE_MERGE = "case:merge"
    # Take part in what is written privately about the cases one's place has; reporter and handler need no leave (WH-12).
    CASE_MESSAGE = "case:message"
    # Tell the reporter how the work goes, explain why it takes long, answer an urge (AQ-03, T16, T18).
    CASE_PROGRESS = "case:progress"
    # Draft, check, publish and withdraw what everybody may read of a result, or waive that (T23, T24).
    CASE_PUBLISH = "case:publish"
    # Rate the result of a case one has reported (T21).
    CASE_RATE = "case:rate"
    # Read cases within the scope of the role.
    CASE_READ = "case:read"
    # Refuse a reported case, with a reason and where to turn instead (T3).
    CASE_REJECT = "case:reject"
    # Give a claimed case back, or take it back from its claimant (T11).
    CASE_RELEASE = "case:release"
    # Reopen an answered case, with a reason (T22).
    CASE_REOPEN = "case:reopen"
    # Report a case (T1).
    CASE_REPORT = "case:report"
    # State the result of a case in hand (T19).
    CASE_RESOLVE = "case:resolve"
    # Ask again, after the feedback, whether a result holds (HS-06).
    CASE_RETURN_VISIT = "case:return_visit"
    # Score the handling of a case at one's place, apart from the reporter's rating.
    CASE_SCORE = "case:score"
    # Send a case one level down, to whom it came from (T13).
    CASE_SEND_BACK = "case:send_back"
    # Begin work on a case (T9, T10).
    CASE_START = "case:start"
    # Track and urge cases of the levels below, never one's own (T16).
    CASE_SUPERVISE = "case:supervise"
    # Set category, severity and level of an accepted case (T6).
    CASE_TRIAGE = "case:triage"
    # Take back a case one has reported (T5).
    CASE_WITHDRAW = "case:withdraw"
    # Give a channel of intake a secret, or take it away.
    CHANNEL_MANAGE = "channel:manage"
    # Read figures, never rows.
    DASHBOARD_READ = "dashboard:read"
    # Draw a new grid.
    GRID_CREATE = "grid:create"
    # Read grids and who answers for them.
    GRID_READ = "grid:read"
    # Change a grid's size, chief or team.
    GRID_UPDATE = "grid:update"
    # Write down a health check (DY-15).
    HEALTH_CHECK_RECORD = "health_check:record"
    # Read a health record; every read is logged and shown to the resident (DY-15).
    HEALTH_RECORD_READ = "health_record:read"
    # Enter one's own hours of service.
    HOURS_ENTER = "hours:enter"
    # Confirm hours of another person (DY-12).
    HOURS_VERIFY = "hours:verify"
    # Read the four lists of grids: problems, measures, responsibilities, results (HS-05).
    LIST_READ = "list:read"
    # Keep the four lists of a grid (HS-05).
    LIST_WRITE = "list:write"
    # Read the city's whole configuration.
    MANIFEST_READ = "manifest:read"
    # Enter a person who serves.
    MEMBER_CREATE = "member:create"
    # Read who serves, in which role and where.
    MEMBER_READ = "member:read"
    # Found an organization in the tree.
    ORGANIZATION_CREATE = "organization:create"
    # Read the tree of organizations.
    ORGANIZATION_READ = "organization:read"
    # Send a member to a community.
    POSTING_CREATE = "posting:create"
    # Enter a resident.
    RESIDENT_CREATE = "resident:create"
    # Read residents within the scope of the role.
    RESIDENT_READ = "resident:read"
    # Give members the roles that handle sealed matters, and take them away (T26).
    SEALED_APPOINT = "sealed:appoint"
    # Analyze a sealed matter and give it to a cooperation zone (FD-01, FD-02).
    SEALED_ASSIGN = "sealed:assign"
    # Inquire into a sealed matter, hand it over, answer it, close it (FD-02, FD-04).
    SEALED_HANDLE = "sealed:handle"
    # Learn who reported a sealed matter, for a reason that is written down (P-03).
    SEALED_IDENTIFY = "sealed:identify"
    # Read every sealed matter and its readings, and keep the cooperation zones (FD-01, FD-05).
    SEALED_LEAD = "sealed:lead"
    # Read the sealed matters that one's own organization or zone has; every read is logged (P-03).
    SEALED_READ = "sealed:read"
    # Let an operator of the platform look into the city for some hours, refuse it, end it.
    SUPPORT_DECIDE = "support:decide"
    # Operator only: ask a city for leave to look into it, and enter with it.
    SUPPORT_REQUEST = "support:request"
    # Operator only: make a manifest the configuration of a city.
    TENANT_APPLY = "tenant:apply"
    # Operator only: see what applying a manifest would change.
    TENANT_PLAN = "tenant:plan"
    # Operator only: list the cities of the platform.
    TENANT_READ = "tenant:read"
    # Open an account that can sign in, or invite somebody to.
    USER_CREATE = "user:create"
    # Keep an account from signing in, and let it again.
    USER_UPDATE = "user:update"
    # Read volunteers, their hours and stars.
    VOLUNTEER_READ = "volunteer:read"
    # Register oneself as a volunteer.
    VOLUNTEER_REGISTER = "volunteer:register"


# What only the platform's own tenant may hand out: a city that could would rule its neighbours.
PLATFORM_ONLY = frozenset(
    {Permission.SUPPORT_REQUEST, Permission.TENANT_APPLY, Permission.TENANT_PLAN, Permission.TENANT_READ}
)
# What opens health data (P-01): outside every ordinary role, the tenant admin included.
HEALTH_DATA = frozenset({Permission.HEALTH_CHECK_RECORD, Permission.HEALTH_RECORD_READ})
# What may stand beside HEALTH_DATA in a role that reaches further than one's own record.
HEALTH_COMPANIONS = frozenset({Permission.GRID_READ, Permission.ORGANIZATION_READ, Permission.RESIDENT_READ})
# What opens sealed matters (T26, P-03): outside every ordinary role, the tenant admin included.
SEALED_MATTERS = frozenset(
    {
        Permission.SEALED_APPOINT,
        Permission.SEALED_ASSIGN,
        Permission.SEALED_HANDLE,
        Permission.SEALED_IDENTIFY,
        Permission.SEALED_LEAD,
        Permission.SEALED_READ,
    },
)
# What may stand beside SEALED_MATTERS in a role: the city's places and, to appoint, its members; never a case.
SEALED_COMPANIONS = frozenset({Permission.GRID_READ, Permission.MEMBER_READ, Permission.ORGANIZATION_READ})
# What gives rights is not delegated: a substitute who could use it would outlast the term, through somebody else.
NOT_FOR_SUBSTITUTES = frozenset(
    {
        Permission.APPLICATION_MANAGE,
        Permission.APPOINTMENT_CREATE,
        Permission.APPOINTMENT_END,
        Permission.SEALED_APPOINT,
        Permission.SUPPORT_DECIDE,
        Permission.USER_CREATE,
        Permission.USER_UPDATE,
    }
)
# What no program of a third party is granted: what only operators have, what opens health data and sealed matters, and what
# would let a program hand itself, or a person it speaks for, more than the city has granted it.
NOT_FOR_APPLICATIONS = (
    PLATFORM_ONLY
    | HEALTH_DATA
    | SEALED_MATTERS
    | {
        Permission.APPLICATION_MANAGE,
        Permission.APPOINTMENT_CREATE,
        Permission.APPOINTMENT_END,
        Permission.SUPPORT_DECIDE,
        Permission.USER_CREATE,
        Permission.USER_UPDATE,
    }
)
# What an operator of the platform may look at with a city's leave, unless more is asked for.
SUPPORT_USUAL = frozenset(
    {
        Permission.CASE_READ,
        Permission.DASHBOARD_READ,
        Permission.GRID_READ,
        Permission.LIST_READ,
        Permission.MANIFEST_READ,
        Permission.MEMBER_READ,
        Permission.ORGANIZATION_READ,
        Permission.VOLUNTEER_READ,
    }
)
# What no leave opens to an operator: what no program gets, and whom staff reported a case for.
NOT_FOR_SUPPORT = NOT_FOR_APPLICATIONS | {Permission.CASE_CONTACT}
