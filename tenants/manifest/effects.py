"""What a change of a manifest means to the people of the city, in one plain sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# (path with * for any one step, action or *) -> sentence; {0}, {1} are the starred steps, {before} and {after} values.
# The first match wins; a path matches every path below it too.
_SENTENCES: tuple[tuple[str, str, str], ...] = (
    ("identity/slug", "*", "The slug of a tenant never changes: applying is refused."),
    ("identity/kind", "*", "The kind of a tenant never changes: applying is refused."),
    (
        "identity/totp_required_roles",
        "*",
        "Holders of these roles may do nothing before they have an authenticator, those signed in now included.",
    ),
    (
        "identity/local_passwords",
        "*",
        "Whether staff may sign in with a password is now {after}; sessions that run go on until they end.",
    ),
    (
        "identity/provider/issuer",
        "*",
        "Staff sign in at {after}; whom the provider until now knew must be linked anew.",
    ),
    (
        "identity/provider",
        "*",
        "Staff sign in at the identity provider by the new setting from now on; running sessions go on.",
    ),
    ("identity", "*", "The city shows itself under the new name."),
    ("time_zone", "*", "Days and terms that begin from now on count in {after}; deadlines are computed anew."),
    ("languages", "*", "The city is offered in {after}."),
    ("labels/*", "REMOVE", "The local word for {0} is no longer shown."),
    ("labels/*", "*", "Front ends show the new local word for {0}."),
    ("organization_kinds/*", "ADD", "Organizations of the kind {0} can be founded where a level allows it."),
    ("organization_kinds/*", "REMOVE", "No new organization of the kind {0}; existing ones stay."),
    ("levels/*", "ADD", "Organizations can be founded at the level {0}."),
    ("levels/*", "REMOVE", "No new organization at the level {0}; existing ones stay."),
    ("levels/*/kinds", "*", "New organizations at the level {0} are of the kinds {after}; existing ones stay."),
    ("levels/*/grids", "*", "Whether new grids may attach at the level {0} is now {after}; existing ones stay."),
    ("chains/*", "*", "New organizations of the chain {0} find their parents by it; existing ones stay."),
    ("escalation_chain", "*", "Cases escalated from now on climb {after}; none is moved now."),
    ("grid_policy/kinds/*", "ADD", "Grids of the kind {0} can be drawn."),
    ("grid_policy/kinds/*", "REMOVE", "No new grid of the kind {0}; existing ones stay."),
    ("grid_policy/kinds/*", "*", "Grids of the kind {0} are measured against the new size; none is refused now."),
    ("grid_policy/staffing", "*", "Gaps in staffing are counted by the new formula."),
    ("grid_policy", "*", "Grids drawn from now on follow the new policy."),
    ("roles/*/permissions/*", "ADD", "Everybody appointed as {0} gains {1} at once."),
    ("roles/*/permissions/*", "REMOVE", "Everybody appointed as {0} loses {1} at once."),
    ("roles/*/scope", "*", "New appointments as {0} reach {after}; running ones keep their scope."),
    ("roles/*/term_months", "*", "New appointments as {0} run for {after} months; running ones keep their end."),
    ("roles/*/max_active_per_organization", "*", "New appointments as {0} respect the limit {after}; none is ended."),
    ("roles/*/requires_posting", "*", "Whether {0} needs a posting, to be appointed and to act, is now {after}."),
    ("roles/*/name", "*", "The role {0} is shown under its new name."),
    ("roles/*", "ADD", "Members can be appointed as {0}."),
    ("roles/*", "REMOVE", "Nobody can be appointed as {0}; running appointments give no rights any more."),
    ("case_categories/*", "ADD", "Cases can be reported under {0}."),
    ("case_categories/*", "REMOVE", "No new case under {0}; old ones keep it."),
    (
        "case_categories/*/department",
        "*",
        "New cases under {0} wait in the queue of {after}; old ones stay where they are.",
    ),
    ("case_categories/*/questions", "*", "Whoever reports under {0} from now on is asked anew; answers given stay."),
    ("case_categories/*/private", "*", "Whether cases under {0} are never made public is now {after}; copies stay."),
    ("case_categories/*", "*", "New cases under {0} follow the new setting; old ones keep theirs."),
    ("case_templates/*", "ADD", "Cases of the track {0} can be reported."),
    ("case_templates/*", "REMOVE", "No new case of the track {0}; open ones finish by the course they began with."),
    (
        "case_templates/*/deadlines",
        "*",
        "Deadlines of the track {0} are counted by the new rule, those set already too.",
    ),
    (
        "case_templates/*/pauses_in",
        "*",
        "The clocks of the track {0} stand still in {after}; deadlines are computed anew.",
    ),
    (
        "case_templates/*",
        "*",
        "Cases of the track {0} reported from now on follow the new course; open ones keep theirs.",
    ),
    ("deadlines", "*", "Deadlines are counted by the new rule; those set and not yet passed are computed anew."),
    ("escalation_ladder", "*", "Open cases climb by the new ladder from their next step on."),
    ("containment_targets/*", "*", "The containment rate of {0} cases is measured anew; no escalation is barred."),
    ("work_calendar/holidays/*", "ADD", "{0} is a day off; deadlines over it are computed anew."),
    ("work_calendar/holidays/*", "REMOVE", "{0} is an ordinary day; deadlines over it are computed anew."),
    ("work_calendar/make_up_days/*", "ADD", "{0} is worked; deadlines over it are computed anew."),
    ("work_calendar/make_up_days/*", "REMOVE", "{0} is an ordinary day; deadlines over it are computed anew."),
    ("work_calendar", "*", "Deadlines in working time follow the new calendar, those set already too."),
    ("calendars/*", "ADD", "Deadlines in working time at {0} and below follow a calendar of their own."),
    ("calendars/*", "REMOVE", "Deadlines in working time at {0} and below follow the calendar above."),
    ("calendars/*", "*", "Deadlines in working time at {0} and below follow the new calendar."),
    ("star_policy", "*", "Stars are counted anew from the verified hours of every volunteer."),
    ("health_check_policies/*", "ADD", "From {0} on the new policy decides who is entitled; past records stay."),
    ("health_check_policies/*", "REMOVE", "The policy from {0} decides no more; past records stay."),
    ("health_check_policies/*", "*", "Eligibility from {0} on follows the new policy; past records stay."),
    (
        "intake/anonymous",
        "*",
        "Whether anybody may report without signing in is now {after}; tracking codes stay good.",
    ),
    ("intake/duplicate_days", "*", "Suggestions of what may be the same matter look back {after} days."),
    ("publication", "*", "Drafts are checked against the new words; what is public stays."),
    ("retention/*/*", "REMOVE", "Personal parts of cases under {1} are kept for ever, or as long as their track says."),
    (
        "retention/*/*",
        "*",
        "Personal parts of cases under {1} are erased {after} years after their end, those overdue tonight.",
    ),
    ("retention", "*", "Personal parts of cases are kept by the new rule; what is erased stays erased."),
    ("channels/*", "ADD", "The channel {0} may hand reports in, once it has a secret."),
    ("channels/*", "REMOVE", "The channel {0} is refused; what it handed in stays."),
    ("channels/*", "*", "Reports of the channel {0} follow the new setting; old ones stay."),
    ("clients/*", "ADD", "The application {0} is known: its plan, its documents and its origins count."),
    ("clients/*", "REMOVE", "The application {0} is unknown: it has the standard plan and its documents rest."),
    ("clients/*/documents", "*", "Which documents the application {0} may send is now {after}."),
    ("clients/*/origins", "*", "Browsers let pages of {after} speak for the application {0}."),
    ("clients/*/plan", "*", "Requests of the application {0} have the limits of the plan {after}."),
)


def effect_of(path: tuple[str, ...], action: str, before: object, after: object) -> str:
    """The sentence for a change at a path (steps, outermost first)."""
    if len(path) == 1 and action == "ADD":
        return f"Sets {path[0].replace('_', ' ')}{_count(after)}."
    for pattern, wanted, sentence in _SENTENCES:
        stars = _stars(pattern, path)
        if stars is not None and _fits(pattern, wanted, path, action):
            return sentence.format(*stars, before=_shown(before), after=_shown(after))
    return f"Sets {'/'.join(path)} to {_shown(after)}."


def _stars(pattern: str, path: tuple[str, ...]) -> list[str] | None:
    steps = pattern.split("/")
    if len(steps) > len(path):
        return None
    if any(step not in ("*", given) for step, given in zip(steps, path, strict=False)):
        return None
    return [given for step, given in zip(steps, path, strict=False) if step == "*"]


def _fits(pattern: str, wanted: str, path: tuple[str, ...], action: str) -> bool:
    # ADD and REMOVE speak of the item itself; a part added inside it is a change of the item.
    return wanted == "*" or (wanted == action and len(pattern.split("/")) == len(path))


def _count(value: object) -> str:
    return f" ({len(value)})" if isinstance(value, list) else ""


def _shown(value: object) -> str:
    shown: dict[type, Callable[[Any], str]] = {
        bool: lambda flag: "true" if flag else "false",
        list: lambda items: ", ".join(_shown(item) for item in items) or "nothing",
        type(None): lambda _: "not set",
    }
    return shown.get(type(value), str)(value)
