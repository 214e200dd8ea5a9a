"""What can be done to a case, one row a mutation: who may, from which states, what may be wrong, what becomes of it.

Written after sources.md 3.2 to 3.6 and docs/api.md, with nothing of the product's rules; ``model`` goes by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.proof.people import Person

MAIN = [
    "REPORTED",
    "ACCEPTED",
    "TRIAGED",
    "DISPATCHED",
    "CLAIMED",
    "IN_PROGRESS",
    "RESOLVED",
    "FEEDBACK_GIVEN",
    "RATED",
    "PUBLISHED",
    "ARCHIVED",
]
SKIPPABLE = {"ACCEPTED", "TRIAGED", "FEEDBACK_GIVEN", "RATED", "PUBLISHED"}
OPEN, WORK, TOLD = MAIN[:6], MAIN[3:6], MAIN[7:10]
ENDS = {"ARCHIVED", "REJECTED", "WITHDRAWN", "MERGED"}
# Mutation | right, and whom it must reach | from which states | to which | what may be wrong ("!" before the state is
# asked) | what becomes of the case: +flag, -flag, #count, =word kept, ~step stamped, or as ``Model`` says.
TABLE = """
acceptCase | accept custody | REPORTED | ACCEPTED | |
rejectCase | reject custody | REPORTED | REJECTED | reason |
appealCase | appeal anywhere | REJECTED | REPORTED | appealed stranger reason | anew +appealed
mergeCase | merge custody | REPORTED ACCEPTED | MERGED | unlike settled absorbing | absorbed
triageCase | triage custody | ACCEPTED | TRIAGED | | class
reclassifyCase | triage custody | TRIAGED WORK | | reason unchanged | class
dispatchCase | dispatch dispatch | TRIAGED DISPATCHED | DISPATCHED | poolless nameless | free handler
claimCase | claim anywhere | DISPATCHED | CLAIMED | named | claim works +claimed
startCase | start anywhere | DISPATCHED CLAIMED | IN_PROGRESS | unheld unclaimed unnamed | works
releaseCase | release release | CLAIMED IN_PROGRESS | DISPATCHED | unheld unclaimed unnamed reason | free
escalateCase | escalate held | IN_PROGRESS | | top reason | climb free works
sendBackCase | send_back above | IN_PROGRESS | | bottom reason | descend free
trackCase | supervise custody | WORK RESOLVED TOLD | | own | +tracked ~TRACKED
urgeCase | supervise custody | WORK | | untracked urged own text | urger +urged #urges ~URGED
answerUrge | progress held | WORK RESOLVED TOLD | | calm unclaimed unnamed mine text | works -urged
waiveUrge | supervise custody | WORK RESOLVED TOLD | | untracked urges own reason | #urges ~URGED
progressCase | progress held | IN_PROGRESS | | unclaimed unnamed text alone | works +tracked ~TRACKED
explainCase | progress held | OPEN | | plain unclaimed unnamed text | works +tracked ~TRACKED
resolveCase | resolve held | IN_PROGRESS | RESOLVED | busy unclaimed unnamed result | works +tracked ~TRACKED
relayFeedback | feedback relay | RESOLVED | | relayed feedback | #relays
giveFeedback | feedback place | RESOLVED | FEEDBACK_GIVEN | unanswered urged unwatched relaying feedback |
answerAllegation | feedback place | IN_PROGRESS RESOLVED TOLD | | complete again answer | answer
rateCase | rate anywhere | FEEDBACK_GIVEN | RATED | rated! stranger | =rating
reopenCase | reopen anywhere | FEEDBACK_GIVEN RATED | IN_PROGRESS | often outsider unvisited reason | anew #reopens
withdrawCase | withdraw anywhere | OPEN | WITHDRAWN | stranger absorbing |
publishCase | publish place | FEEDBACK_GIVEN RATED | PUBLISHED | hidden unrated waived private uncopied |
waivePublication | publish place | FEEDBACK_GIVEN RATED | | hidden unrated waived | +waived ~PUBLISHED
archiveCase | archive custody | TOLD | ARCHIVED | missing! unanswered |
assignTasks | dispatch dispatch | WORK | | twice! | assign
completeTask | resolve task | WORK | | idle closed result | close works
cancelTask | dispatch dispatch | WORK | | idle closed reason | close
scoreCase | score place | RESOLVED TOLD | | scored! own offscale | =score
recordReturnVisit | return_visit place | TOLD | | own finding | =effect ~RETURN_VISITED
linkCases | triage custody | OPEN RESOLVED TOLD | | together! elsewhere | join
unlinkCases | triage custody | OPEN RESOLVED TOLD | | single | leave
"""
ROWS = {line.split()[0]: [cell.split() for cell in line.split("|")[1:]] for line in TABLE.strip().split("\n")}


def states_of(words: list[str]) -> set[str]:
    """The states of a cell."""
    groups = {"OPEN": OPEN, "WORK": WORK, "TOLD": TOLD}
    return {state for word in words for state in groups.get(word, [word])}


_BLANK = {"text": "TEXT", "reason": "REASON", "result": "RESULT", "feedback": "FEEDBACK", "answer": "FEEDBACK"}


def _is_blank(word: str) -> Callable[[Any, Person, Any], bool]:
    return lambda _m, _p, words: not words[word].strip()


# The code that says it, and when it is so: of the case, of who tries it, and of the words.
WRONG: Mapping[str, tuple[str, Callable[[Any, Person, Any], bool]]] = {
    **{word: (f"{code}_REQUIRED", _is_blank(word)) for word, code in _BLANK.items()},
    "finding": ("RESULT_REQUIRED", lambda _m, _p, w: not w["text"].strip()),
    "appealed": ("CASE_ALREADY_APPEALED", lambda m, _p, _w: "appealed" in m.flags),
    "stranger": ("CASE_NOT_REPORTER", lambda m, p, _w: m.reporter != p.name),
    "unlike": ("CASE_NOT_ALIKE", lambda m, _p, w: w["other"].category != m.category),
    "settled": ("CASE_NOT_OPEN", lambda _m, _p, w: w["other"].status not in OPEN),
    "absorbing": ("CASE_HAS_MERGED", lambda m, _p, _w: "absorbing" in m.flags),
    "unchanged": ("CASE_CLASS_UNCHANGED", lambda m, _p, w: (w["category"], w["severity"]) == (m.category, m.severity)),
    "poolless": ("CASE_HANDLER_REQUIRED", lambda m, _p, w: not (w["handler"] or m.template.claim)),
    "nameless": ("CASE_POOL_ONLY", lambda m, _p, w: bool(w["handler"]) and not m.names_handlers),
    "named": ("CASE_NOT_IN_POOL", lambda m, _p, _w: m.holder is not None),
    "unheld": ("CASE_NOT_CLAIMED", lambda m, _p, _w: m.holder is None),
    "unclaimed": ("CASE_NOT_CLAIMANT", lambda m, p, _w: m.holder not in {None, p.name} and "claimed" in m.flags),
    "unnamed": ("CASE_NOT_HANDLER", lambda m, p, _w: m.holder not in {None, p.name}),
    "top": ("CASE_TOP_LEVEL", lambda m, _p, _w: m.level == 0),
    "bottom": ("CASE_NOT_CLIMBED", lambda m, _p, _w: m.level == m.home),
    "own": ("CASE_OWN_SERVICE", lambda m, p, _w: p.name in {*m.worked, m.holder}),
    "untracked": ("CASE_NOT_TRACKED", lambda m, _p, _w: "tracked" not in m.flags),
    "urged": ("CASE_URGE_OPEN", lambda m, _p, _w: "urged" in m.flags),
    "calm": ("CASE_NOT_URGED", lambda m, _p, _w: "urged" not in m.flags),
    "mine": ("CASE_OWN_SERVICE", lambda m, p, _w: m.kept.get("urger") == p.name),
    "urges": ("CASE_ALREADY_URGED", lambda m, _p, _w: "urges" in m.kept),
    "alone": ("CASE_CONSENT_REQUIRED", lambda _m, _p, w: w["handling"] == "MEDIATING" and w["parties"] < 2),
    "plain": ("CASE_NOT_COMPLEX", lambda m, _p, _w: m.severity == "GENERAL"),
    "busy": ("CASE_TASKS_OPEN", lambda m, _p, _w: bool(m.busy)),
    "relayed": ("CASE_NOTHING_TO_RELAY", lambda m, _p, _w: m.relaying is None),
    "relaying": ("CASE_NOT_RELAYED", lambda m, _p, _w: m.relaying is not None),
    "unanswered": ("CASE_ALLEGATIONS_UNANSWERED", lambda m, _p, _w: len(m.answered) < m.allegations),
    "unwatched": ("CASE_STEPS_MISSING", lambda m, _p, _w: bool(m.missing & {"TRACKED", "URGED"})),
    "complete": ("CASE_ALLEGATION_ANSWERED", lambda m, _p, _w: len(m.answered) == m.allegations),
    "again": ("CASE_ALLEGATION_ANSWERED", lambda m, _p, w: w["allegation"] in m.answered),
    "rated": ("CASE_ALREADY_RATED", lambda m, _p, _w: "rating" in m.kept),
    "often": ("CASE_REOPEN_LIMIT", lambda m, _p, _w: m.kept.get("reopens", 0) == m.template.max_reopens),
    "outsider": ("CASE_NOT_REPORTER", lambda m, p, _w: m.reporter != p.name and not m.judged_by(p)),
    "unvisited": ("CASE_NOT_VISITED", lambda m, p, _w: m.reporter != p.name and m.kept.get("effect") != "NOT_SOLVED"),
    "hidden": ("CASE_TRACK_NOT_PUBLISHED", lambda m, _p, _w: not m.template.publishes),
    "unrated": ("CASE_RATING_OPEN", lambda m, _p, _w: m.status != "RATED"),
    "waived": ("CASE_PUBLICATION_WAIVED", lambda m, _p, _w: "waived" in m.flags),
    "private": ("CASE_CATEGORY_PRIVATE", lambda m, _p, _w: m.category in m.private),
    "uncopied": ("PUBLICATION_NOT_CHECKED", lambda m, _p, _w: "copied" not in m.flags),
    "missing": ("CASE_STEPS_MISSING", lambda m, _p, _w: bool(m.missing) and m.status not in ENDS),
    "twice": ("CASE_TASK_EXISTS", lambda m, _p, w: w["place"] in m.busy),
    "idle": ("CASE_TASK_CLOSED", lambda m, _p, _w: not m.busy),
    "closed": ("CASE_TASK_CLOSED", lambda m, _p, w: w["task"] in m.closed),
    "scored": ("CASE_ALREADY_SCORED", lambda m, _p, _w: "score" in m.kept),
    "offscale": ("CASE_SCORE_NOT_ON_SCALE", lambda _m, _p, w: not 1 <= w["score"] <= 5),
    "together": ("CASE_LINKED_ALREADY", lambda m, _p, w: m.bundle is not None and m.bundle is w["other"].bundle),
    "elsewhere": ("CASE_LINKED_ELSEWHERE", lambda m, _p, w: m.bundle is not None and w["other"].bundle is not None),
    "single": ("CASE_NOT_LINKED", lambda m, _p, _w: m.bundle is None),
}


def _take(matter: Any, handler: str | None) -> None:
    matter.holder = handler
    matter.flags.discard("claimed")


def _class(matter: Any, _who: Person, words: Any) -> None:
    matter.category, matter.severity = words["category"], words["severity"]


def _join(matter: Any, _who: Person, words: Any) -> None:
    matter.bundle = words["other"].bundle = matter.bundle or words["other"].bundle or object()
    words["other"].version += 1


def _absorbed(matter: Any, _who: Person, words: Any) -> None:
    matter.into = words["other"]
    words["other"].flags.add("absorbing")


EFFECTS: Mapping[str, Callable[[Any, Person, Any], object]] = {
    "class": _class,
    "free": lambda m, _p, _w: _take(m, None),
    "handler": lambda m, _p, w: _take(m, w["handler"]),
    "claim": lambda m, p, _w: _take(m, p.name),
    "urger": lambda m, p, _w: m.kept.update(urger=p.name),
    "works": lambda m, p, _w: m.worked.add(p.name),
    "climb": lambda m, _p, _w: setattr(m, "level", m.level - 1),
    "descend": lambda m, _p, _w: setattr(m, "level", m.level + 1),
    "answer": lambda m, _p, w: m.answered.add(w["allegation"]),
    "assign": lambda m, _p, w: m.tasks.append(w["place"]),
    "close": lambda m, _p, w: m.closed.add(w["task"]),
    "join": _join,
    "leave": lambda m, _p, _w: setattr(m, "bundle", None),
    "absorbed": _absorbed,
}
"""What the words of the last column mean that are no flag, count, word or step."""
