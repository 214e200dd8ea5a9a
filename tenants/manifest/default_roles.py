"""The default role table (sources.md 4): what each role may do unless a city says otherwise.

Least privilege: whoever dispatches never rates, whoever claims never dispatches, health data stands alone (P-01), so do sealed
matters (T26), and what police or volunteers see of cases is only what they handle or have reported (N-03).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenants.permissions import Permission as Right

PLATFORM_ROLE = "platform_operator"

_HANDLING = (
    Right.CASE_ESCALATE,
    Right.CASE_FEEDBACK,
    Right.CASE_PROGRESS,
    Right.CASE_READ,
    Right.CASE_REPORT,
    Right.CASE_RESOLVE,
    Right.CASE_START,
)
_DISPATCHING = (
    Right.CASE_ACCEPT,
    Right.CASE_ARCHIVE,
    Right.CASE_CONTACT,
    Right.CASE_DISPATCH,
    Right.CASE_ESCALATE,
    Right.CASE_FEEDBACK,
    Right.CASE_MERGE,
    Right.CASE_MESSAGE,
    Right.CASE_READ,
    Right.CASE_REJECT,
    Right.CASE_RELEASE,
    Right.CASE_REPORT,
    Right.CASE_TRIAGE,
)
# Whoever keeps the four lists of a grid reads them, too (HS-05).
_LISTING = (Right.LIST_READ, Right.LIST_WRITE)
# Whoever asks again whether a result holds may have it opened again (T22).
_VISITING = (Right.CASE_REOPEN, Right.CASE_RETURN_VISIT)
# Whoever is above: watches what goes on below, and gives back what belongs there (T13, T16).
_SUPERVISING = (Right.CASE_SEND_BACK, Right.CASE_SUPERVISE)
_PLACES = (Right.GRID_READ, Right.ORGANIZATION_READ)
_OWN_CASES = (
    Right.CASE_APPEAL,
    Right.CASE_RATE,
    Right.CASE_READ,
    Right.CASE_REOPEN,
    Right.CASE_REPORT,
    Right.CASE_WITHDRAW,
)
_SERVING = (Right.ACTIVITY_SIGN_UP, Right.HOURS_ENTER, Right.VOLUNTEER_READ, Right.VOLUNTEER_REGISTER)


def _role(zh_cn: str, en: str, scope: str, *permissions: Right, **terms: object) -> dict[str, Any]:
    return {
        "name": {"zh-CN": zh_cn, "en": en},
        "scope": scope,
        "permissions": sorted({permission.value for permission in permissions}),
        **terms,
    }


DEFAULT_ROLES: Mapping[str, Mapping[str, Any]] = {
    "tenant_admin": _role(
        "平台管理员",
        "City administrator",
        "TENANT",
        *_PLACES,
        Right.ACCESS_EXPLAIN,
        Right.APPLICATION_MANAGE,
        Right.APPOINTMENT_CREATE,
        Right.APPOINTMENT_END,
        Right.AUDIT_READ,
        Right.CASE_HOLD,
        Right.CASE_READ,
        Right.CHANNEL_MANAGE,
        Right.DASHBOARD_READ,
        Right.GRID_CREATE,
        Right.GRID_UPDATE,
        Right.LIST_READ,
        Right.MANIFEST_READ,
        Right.MEMBER_CREATE,
        Right.MEMBER_READ,
        Right.ORGANIZATION_CREATE,
        Right.POSTING_CREATE,
        Right.RESIDENT_CREATE,
        Right.RESIDENT_READ,
        Right.SUPPORT_DECIDE,
        Right.USER_CREATE,
        Right.USER_UPDATE,
        Right.VOLUNTEER_READ,
    ),
    "first_secretary": _role(
        "第一书记",
        "First secretary",
        "ORGANIZATION",
        *_PLACES,
        *_DISPATCHING,
        *_VISITING,
        *_SUPERVISING,
        Right.ACTIVITY_CREATE,
        Right.DASHBOARD_READ,
        Right.HOURS_VERIFY,
        Right.LIST_READ,
        Right.MEMBER_READ,
        Right.POSTING_CREATE,
        Right.VOLUNTEER_READ,
        max_active_per_organization=1,
        term_months=12,
    ),
    "dispatcher": _role(
        "调度员",
        "Dispatcher",
        "ORGANIZATION",
        *_PLACES,
        *_DISPATCHING,
        *_VISITING,
        *_LISTING,
        *_SUPERVISING,
        Right.CASE_PUBLISH,
        Right.DASHBOARD_READ,
        Right.MEMBER_READ,
    ),
    "community_secretary": _role(
        "社区党组织书记",
        "Community secretary",
        "ORGANIZATION",
        *_PLACES,
        *_VISITING,
        *_LISTING,
        *_SUPERVISING,
        Right.ACTIVITY_CREATE,
        Right.CASE_ACCEPT,
        Right.CASE_ARCHIVE,
        Right.CASE_CONTACT,
        Right.CASE_ESCALATE,
        Right.CASE_FEEDBACK,
        Right.CASE_MERGE,
        Right.CASE_MESSAGE,
        Right.CASE_PROGRESS,
        Right.CASE_PUBLISH,
        Right.CASE_READ,
        Right.CASE_REJECT,
        Right.CASE_REPORT,
        Right.CASE_RESOLVE,
        Right.CASE_SCORE,
        Right.CASE_START,
        Right.CASE_TRIAGE,
        Right.DASHBOARD_READ,
        Right.GRID_UPDATE,
        Right.HOURS_VERIFY,
        Right.MEMBER_READ,
        Right.POSTING_CREATE,
        Right.RESIDENT_CREATE,
        Right.RESIDENT_READ,
        Right.VOLUNTEER_READ,
        max_active_per_organization=1,
    ),
    "subdistrict_officer": _role(
        "街道党工委干部",
        "Subdistrict officer",
        "ORGANIZATION",
        *_PLACES,
        *_VISITING,
        *_SUPERVISING,
        Right.CASE_ACCEPT,
        Right.CASE_ARCHIVE,
        Right.CASE_ESCALATE,
        Right.CASE_FEEDBACK,
        Right.CASE_MERGE,
        Right.CASE_MESSAGE,
        Right.CASE_PROGRESS,
        Right.CASE_READ,
        Right.CASE_REJECT,
        Right.CASE_REPORT,
        Right.CASE_RESOLVE,
        Right.CASE_SCORE,
        Right.CASE_START,
        Right.CASE_TRIAGE,
        Right.DASHBOARD_READ,
        Right.LIST_READ,
        Right.MEMBER_READ,
    ),
    "community_worker": _role(
        "社区工作者",
        "Community worker",
        "ORGANIZATION",
        *_PLACES,
        *_HANDLING,
        Right.CASE_CONTACT,
        Right.CASE_MESSAGE,
        Right.LIST_READ,
        Right.RESIDENT_CREATE,
        Right.RESIDENT_READ,
    ),
    "grid_chief": _role(
        "网格长",
        "Grid chief",
        "GRID",
        *_PLACES,
        *_DISPATCHING,
        *_LISTING,
        Right.CASE_PROGRESS,
        Right.CASE_RESOLVE,
        Right.CASE_START,
        Right.DASHBOARD_READ,
        Right.GRID_UPDATE,
        Right.MEMBER_READ,
        Right.RESIDENT_READ,
    ),
    "grid_worker": _role(
        "专职网格员",
        "Grid worker",
        "GRID",
        *_PLACES,
        *_HANDLING,
        Right.CASE_CLAIM,
        Right.CASE_CONTACT,
        Right.CASE_MESSAGE,
        Right.CASE_RELEASE,
        Right.LIST_READ,
        Right.RESIDENT_CREATE,
        Right.RESIDENT_READ,
    ),
    "professional_worker": _role("专业网格员", "Professional grid worker", "OWN", *_PLACES, *_HANDLING),
    "part_time_worker": _role(
        "兼职网格员",
        "Part-time grid worker",
        "GRID",
        *_PLACES,
        Right.CASE_CLAIM,
        Right.CASE_FEEDBACK,
        Right.CASE_PROGRESS,
        Right.CASE_READ,
        Right.CASE_RELEASE,
        Right.CASE_REPORT,
        Right.CASE_RESOLVE,
        Right.CASE_START,
    ),
    "building_chief": _role(
        "楼栋长",
        "Building chief",
        "OWN",
        *_PLACES,
        Right.CASE_READ,
        Right.CASE_REPORT,
        Right.CASE_WITHDRAW,
    ),
    "property_manager": _role("物业公司负责人", "Property manager", "OWN", *_PLACES, *_HANDLING),
    "service_desk": _role("政务服务窗口工作人员", "Service desk", "OWN", *_PLACES, *_HANDLING),
    "posted_member": _role(
        "下沉党员",
        "Posted member",
        "ORGANIZATION",
        *_PLACES,
        *_HANDLING,
        *_SERVING,
        Right.CASE_CLAIM,
        Right.CASE_RELEASE,
        requires_posting=True,
    ),
    "police": _role("社区民警", "Community police", "OWN", *_PLACES, *_HANDLING),
    "health_worker": _role(
        "医务人员",
        "Health worker",
        "ORGANIZATION",
        Right.HEALTH_CHECK_RECORD,
        Right.HEALTH_RECORD_READ,
        Right.ORGANIZATION_READ,
        Right.RESIDENT_READ,
    ),
    "discipline_lead": _role(
        "纪检监察负责人",
        "Discipline lead",
        "TENANT",
        *_PLACES,
        Right.MEMBER_READ,
        Right.SEALED_APPOINT,
        Right.SEALED_ASSIGN,
        Right.SEALED_HANDLE,
        Right.SEALED_IDENTIFY,
        Right.SEALED_LEAD,
        Right.SEALED_READ,
    ),
    "discipline_office": _role(
        "纪检监察室干部",
        "Discipline office",
        "ORGANIZATION",
        *_PLACES,
        Right.SEALED_ASSIGN,
        Right.SEALED_HANDLE,
        Right.SEALED_READ,
    ),
    "discipline_zone": _role(
        "协作区纪检干部",
        "Discipline zone member",
        "ORGANIZATION",
        *_PLACES,
        Right.SEALED_HANDLE,
        Right.SEALED_READ,
    ),
    "assessor": _role("考核评价员", "Assessor", "ORGANIZATION", *_PLACES, Right.DASHBOARD_READ),
    "analyst": _role("统计分析员", "Analyst", "TENANT", *_PLACES, Right.DASHBOARD_READ),
    "volunteer_organizer": _role(
        "志愿服务组织负责人",
        "Volunteer organizer",
        "ORGANIZATION",
        *_PLACES,
        Right.ACTIVITY_CREATE,
        Right.HOURS_VERIFY,
        Right.VOLUNTEER_READ,
    ),
    "volunteer": _role("志愿者", "Volunteer", "OWN", *_PLACES, *_OWN_CASES, *_SERVING),
    "resident": _role(
        "居民",
        "Resident",
        "OWN",
        *_PLACES,
        *_OWN_CASES,
        *_SERVING,
        Right.HEALTH_RECORD_READ,
        Right.RESIDENT_READ,
    ),
    PLATFORM_ROLE: _role(
        "平台运营员",
        "Platform operator",
        "TENANT",
        Right.MANIFEST_READ,
        Right.SUPPORT_REQUEST,
        Right.TENANT_APPLY,
        Right.TENANT_PLAN,
        Right.TENANT_READ,
        Right.USER_CREATE,
        Right.USER_UPDATE,
    ),
}


def with_defaults(roles: object) -> object:
    """The `roles` section of a document with the gaps of default roles filled; other values pass unchanged.

    None (no such section) stands for every default role a city may have. Positions are kept, so paths stay true.
    """
    if roles is None:
        return [{"slug": slug, **role} for slug, role in DEFAULT_ROLES.items() if slug != PLATFORM_ROLE]
    if not isinstance(roles, list | tuple):
        return roles
    return [_filled(role) for role in roles]


def _filled(role: object) -> object:
    if not isinstance(role, Mapping):
        return role
    slug = role.get("slug")
    default = DEFAULT_ROLES.get(slug, {}) if isinstance(slug, str) else {}
    return {**default, **role}
