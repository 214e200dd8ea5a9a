"""Takes a case from its report to its fate, by the people whose duty each step is."""

from __future__ import annotations

from server.cases import rules
from server.cases.outcomes import VisitEffect
from server.cases.states import Action, CaseStatus, Rating, Severity, Stamp, Track
from server.demo.courses import Copy, Course
from server.demo.fates import Fate, Turn
from server.demo.people import Person

_RESULTS = ("已现场处理完毕。", "已协调相关单位解决。", "已上门办理并说明情况。", "双方已达成一致。")
_FEEDBACK = "处理结果已告知,请您评价。"
_RELAYED = "处理结果已知悉,逐级反馈。"
_PROGRESS = "已现场查看,正在协调处理。"
_URGE = "请抓紧办理并回复进展。"
_ANSWER = "已安排专人,近日办结。"
_NO_URGE = "按时办理,无需督办。"
_WAIVED = "内容涉及个人,依规不予公示。"
_FINDING = "经回访,问题已解决。"
_RATINGS = (
    *(Rating.VERY_SATISFIED,) * 12,
    *(Rating.SATISFIED,) * 6,
    Rating.NEUTRAL,
    Rating.DISSATISFIED,
)
_REACHED = {
    CaseStatus.RESOLVED: 0,
    CaseStatus.FEEDBACK_GIVEN: 1,
    CaseStatus.RATED: 2,
    CaseStatus.ARCHIVED: 3,
}
_DAY = 1_440


class Handling:
    """One case in the hands of its people: ``run`` once."""

    def __init__(self, course: Course, fate: Fate) -> None:
        self._course = course
        self._fate = fate
        people, community = course.people, fate.cell.community
        self._dispatcher = people.dispatchers[community.id]
        self._leading = "first_secretary" if "first_secretary" in course.policy.roles else "dispatcher"
        self._secretary = people.secretaries[community.id]
        subdistrict = community.at_level("subdistrict") or community
        self._officer = people.officers[subdistrict.id]
        self._holder: tuple[Person, str] = (self._secretary, "community_secretary")

    def run(self) -> None:
        """Every step up to the fate; a state that the track does not know is passed by."""
        until = self._fate.until
        if until in {CaseStatus.REJECTED, CaseStatus.WITHDRAWN}:
            self._drop()
        elif until not in _REACHED:
            self._work(until)
        else:
            self._work(CaseStatus.IN_PROGRESS)
            self._conclude(_REACHED[until])
        if self._fate.turn is not Turn.DUE_NOW:
            self._course.at = self._course.until
            self._course.escalate_if_late()

    def _drop(self) -> None:
        course = self._course
        course.pass_time(10, 400)
        if self._fate.until is CaseStatus.REJECTED and course.facts.status is CaseStatus.REPORTED:
            course.do(Action.REJECT, self._dispatcher, self._leading, note="不属于本市受理范围,请联系所在单位。")
        else:
            course.do(Action.WITHDRAW, None, "resident", note="问题已自行解决。")

    def _work(self, until: CaseStatus) -> None:
        """From the report to the work on it."""
        course, steps = self._course, self._course.template.mandatory_steps
        for status, act in (
            (CaseStatus.ACCEPTED, self._accept),
            (CaseStatus.TRIAGED, self._triage),
            (CaseStatus.DISPATCHED, self._dispatch),
            (CaseStatus.CLAIMED, self._claim),
            (CaseStatus.IN_PROGRESS, self._start),
        ):
            if until is CaseStatus.REPORTED or course.facts.status is until:
                return
            if status in steps or status in {CaseStatus.DISPATCHED, CaseStatus.CLAIMED, CaseStatus.IN_PROGRESS}:
                act()
            if status is until:
                return

    def _accept(self) -> None:
        if self._course.facts.status is CaseStatus.REPORTED:
            self._course.pass_time(10, 400)
            self._course.do(Action.ACCEPT, self._dispatcher, self._leading)

    def _triage(self) -> None:
        course = self._course
        course.pass_time(10, 200)
        category = course.matter.category.code
        severity = Severity.GENERAL if self._fate.turn in {Turn.LATE, Turn.DUE_NOW} else course.severity()
        course.do(Action.TRIAGE, self._dispatcher, self._leading, category=category, severity=severity)

    def _dispatch(self) -> None:
        course, template = self._course, self._course.template
        course.pass_time(10, 300)
        if template.pool and (not template.names_handlers or course.random.random() < 0.5):  # noqa: PLR2004 - a coin
            course.do(Action.DISPATCH, self._dispatcher, self._leading)
            return
        cell, people = self._fate.cell, course.people
        self._holder = (people.workers[cell.id], "grid_worker")
        if course.matter.track is Track.DISPUTE:
            # Police defuse disputes (DY-05).
            self._holder = (people.police[cell.community.id], "police")
        course.do(Action.DISPATCH, self._dispatcher, self._leading, handler=self._holder[0])

    def _claim(self) -> None:
        course = self._course
        if course.facts.handler_id is not None:
            return
        course.pass_time(5, 400)
        posted = course.people.posted[self._fate.cell.community.id]
        self._holder = (course.random.choice(posted), "posted_member")
        course.do(Action.CLAIM, *self._holder)

    def _start(self) -> None:
        self._course.pass_time(5, 300)
        self._course.do(Action.START, *self._holder)

    def _conclude(self, reached: int) -> None:
        """From the work to its result (0), what the reporter is told (1), the verdict (2) and the archive (3)."""
        course, turn = self._course, self._fate.turn
        if turn is Turn.HELP and course.ask_for_help(*self._holder, "超出本级权限,请上级协调。"):
            above_community = course.facts.level == "subdistrict"
            self._holder = (
                (self._officer, "subdistrict_officer") if above_community else (self._secretary, "community_secretary")
            )
        course.pass_time(*((11 * _DAY, 16 * _DAY) if turn is Turn.LATE else (_DAY // 4, 3 * _DAY)))
        if turn is Turn.LATE:
            self._urge()
        self._resolve()
        told = reached >= 1 and CaseStatus.FEEDBACK_GIVEN in course.template.mandatory_steps
        if turn is Turn.REOPENED and course.matter.reporter is not None:
            self._tell()
            course.pass_time(60, 2 * _DAY)
            course.do(Action.REOPEN, None, "resident", note="问题再次出现。")
            course.rating_comment = None
            course.pass_time(_DAY // 4, 3 * _DAY)
            self._resolve()
        if told or self._fate.until is CaseStatus.FEEDBACK_GIVEN:
            self._tell()
        keen = reached == 2 or course.random.random() < 0.7  # noqa: PLR2004 - most people give a verdict
        if reached >= 2 and course.matter.reporter is not None and keen:  # noqa: PLR2004 - the verdict
            self._rate()
        if reached == 3:  # noqa: PLR2004 - the archive
            self._catch_up()
            self._publish()
            self._archive()

    def _resolve(self) -> None:
        self._course.result = self._course.random.choice(_RESULTS)
        self._course.do(Action.RESOLVE, *self._holder, note=self._course.result)

    def _urge(self) -> None:
        """What somebody above does about a case that is late, where the city has it done."""
        course = self._course
        if Stamp.URGED not in course.template.mandatory_steps:
            return
        course.do(Action.PROGRESS, *self._holder, note=_PROGRESS)
        course.do(Action.URGE, *self._supervisor(), note=_URGE)
        course.pass_time(30, _DAY)
        course.do(Action.ANSWER_URGE, *self._holder, note=_ANSWER)

    def _supervisor(self) -> tuple[Person, str]:
        """Somebody above who has not worked on the case."""
        if self._holder[0] is self._officer:
            return self._dispatcher, self._leading
        return self._officer, "subdistrict_officer"

    def _supervise(self) -> None:
        """What of tracking and urging is still to be done before the feedback (A-23)."""
        course = self._course
        for stamp, action in ((Stamp.TRACKED, Action.TRACK), (Stamp.URGED, Action.WAIVE_URGE)):
            if stamp in course.template.mandatory_steps - course.facts.stamps:
                course.do(action, *self._supervisor(), note=_NO_URGE if stamp is Stamp.URGED else "")

    def _relay(self) -> None:
        """The result goes down through every level that handed the case up (JM-23)."""
        course = self._course
        cell = self._fate.cell
        while (hop := rules.relaying(course.facts, course.template)) is not None:
            course.pass_time(10, 300)
            by = {
                "grid": (course.people.chiefs[cell.id], "grid_chief"),
                "community": (self._secretary, "community_secretary"),
            }
            course.do(
                Action.RELAY_FEEDBACK,
                *by.get(hop.level, (self._officer, "subdistrict_officer")),
                note=_RELAYED,
            )

    def _tell(self) -> None:
        self._course.pass_time(10, _DAY)
        self._supervise()
        self._relay()
        self._course.do(Action.GIVE_FEEDBACK, *self._holder, note=_FEEDBACK)

    def _catch_up(self) -> None:
        """What the city demands beside the states before the archive (HS-06)."""
        course = self._course
        self._supervise()
        if Stamp.RETURN_VISITED in course.template.mandatory_steps - course.facts.stamps:
            course.pass_time(60, 2 * _DAY)
            course.finding = _FINDING
            course.do(Action.VISIT, self._dispatcher, self._leading, note=_FINDING, effect=VisitEffect.SOLVED)

    def _publish(self) -> None:
        """What the city makes public of the result; every third matter is not, nor is a private one (T23, T24)."""
        course = self._course
        if CaseStatus.PUBLISHED not in course.template.mandatory_steps:
            return
        if course.facts.status is not CaseStatus.RATED:
            days = course.template.rating_window_days
            course.pass_time(days * _DAY, (days + 2) * _DAY)
        drafted_at = course.at
        course.pass_time(10, _DAY // 2)
        if course.policy.is_private(course.facts.category) or course.random.randrange(3) == 0:
            course.do(Action.WAIVE_PUBLICATION, self._secretary, "community_secretary", note=_WAIVED)
            return
        course.copy = Copy(self._dispatcher.id, drafted_at, self._secretary.id, course.at, course.at)
        course.do(Action.PUBLISH, self._secretary, "community_secretary")

    def _rate(self) -> None:
        course = self._course
        course.pass_time(10, 36 * 60)
        rating = course.random.choice(_RATINGS)
        course.rating_comment = "处理太慢。" if rating is Rating.DISSATISFIED else None
        course.do(Action.RATE, None, "resident", rating=rating, note=course.rating_comment or "")

    def _archive(self) -> None:
        course = self._course
        if rules.missing_steps(course.facts, course.template, course.at):
            # Only the verdict is missing, and silence past the time for it waives it.
            course.pass_time(course.template.rating_window_days * _DAY, (course.template.rating_window_days + 3) * _DAY)
        else:
            course.pass_time(_DAY // 2, 3 * _DAY)
        course.do(Action.ARCHIVE, self._dispatcher, self._leading)
