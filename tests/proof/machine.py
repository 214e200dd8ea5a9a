"""What random people do to random cases, step by step, in the API and in the model: both must say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, precondition, rule

from tenants.ids import public_id, uuid7
from tests.proof import calls
from tests.proof.invariants import check_invariants
from tests.proof.model import Matter, Model
from tests.proof.people import DISPATCHER, PEOPLE, SECRETARY, Person
from tests.proof.realm import CATEGORIES, CITIES, Realm

TRACKS = ("SERVICE_ORDER", "GRID_EVENT", "COMPLAINT", "DISPUTE", "TOPIC")
MOST_CASES, MOST_STEPS = 3, 14
# Who wants a case to come to its end takes the first of these that can be taken.
FORWARD = (
    "acceptCase",
    "triageCase",
    "claimCase",
    "startCase",
    "dispatchCase",
    "completeTask",
    "trackCase",
    "urgeCase",
    "answerUrge",
    "resolveCase",
    "answerAllegation",
    "relayFeedback",
    "giveFeedback",
    "recordReturnVisit",
    "rateCase",
    "publishCase",
    "waivePublication",
    "archiveCase",
)
# What only follows something else that nobody need do on the way.
PREPARED_BY = {
    "appealCase": "rejectCase",
    "sendBackCase": "escalateCase",
    "relayFeedback": "escalateCase",
    "completeTask": "assignTasks",
    "cancelTask": "assignTasks",
    "unlinkCases": "linkCases",
    "reclassifyCase": "triageCase",
    "waiveUrge": "trackCase",
}
UNLESS_STAMPED = {
    "trackCase": "TRACKED",
    "urgeCase": "URGED",
    "recordReturnVisit": "RETURN_VISITED",
    "publishCase": "PUBLISHED",
    "waivePublication": "PUBLISHED",
}
# What a walk seldom comes by is wanted more often.
SELDOM = ("appealCase", "publishCase") * 3
PICKS = st.integers(0, 80)


@dataclass(slots=True)
class Tally:
    """What was compared in all runs. done, refused: by mutation; archived: by city and track."""

    steps: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    archived: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(slots=True, eq=False)
class Filed:
    """A case with the ids that the API gave it."""

    matter: Matter
    id: str
    allegations: list[str]
    tasks: list[str] = field(default_factory=list)


class Course(RuleBasedStateMachine):
    """One run: a few cases in two cities, and whatever befalls them."""

    cases = Bundle("cases")
    model_of = Model

    def __init__(self, realm: Realm, tally: Tally) -> None:
        super().__init__()
        self.realm, self.tally = realm, tally
        self.model = self.model_of({slug: town.manifest for slug, town in realm.towns.items()})
        self.filed: list[Filed] = []
        self.run_key = str(uuid7())
        self.differs = False

    @precondition(lambda self: len(self.filed) < MOST_CASES)
    @rule(
        target=cases,
        city=st.sampled_from(CITIES),
        who=st.sampled_from(PEOPLE),
        track=st.sampled_from(TRACKS),
        complex_=st.booleans(),
        allegations=st.integers(0, 2),
        key=st.sampled_from([None, "k"]),
    )
    def reports(self, city: str, who: str, track: str, *, complex_: bool, allegations: int, key: str | None) -> Any:
        person = self.realm.people[city, who]
        category = CATEGORIES[city][complex_]
        expected = self.model.report(person, track, category, allegations, key)
        body = self.realm.ask(
            person,
            calls.REPORT,
            {
                "input": {
                    "gridId": self.realm.grids[city],
                    "category": category,
                    "title": "It is so",
                    "track": track,
                    "allegations": ["One point"] * allegations,
                    "idempotencyKey": key and f"{key} {self.run_key}",
                },
            },
        )
        payload = self._payload("reportCase", f"{who} of {city} reports {track}", body)
        if isinstance(expected, str):
            assert [error["code"] for error in payload["userErrors"]] == [expected]
            return multiple()
        known = next((each for each in self.filed if each.matter is expected), None)
        found = payload["case"]
        ids = [each["id"] for each in found["allegations"]["nodes"]]
        filed = known or Filed(expected, found["id"], ids)
        assert (found["id"], found["version"], found["status"]) == (filed.id, expected.version, expected.status)
        if known:
            return multiple()
        self.filed.append(filed)
        return filed

    @rule(case=cases, what=st.sampled_from([*calls.acts(), *SELDOM]), pick=PICKS)
    def comes_to(self, case: Filed, what: str, pick: int) -> None:
        """Take the case on its way, until what is wanted can be done."""
        before = PREPARED_BY.get(what)
        for _ in range(MOST_STEPS):
            wished = what == "publishCase" or (pick % 2 == 1 and what != "waivePublication")
            if wished and case.matter.can_be_copied and "copied" not in case.matter.flags:
                self._copy(case)
            possible = {name: (who, words) for who, name, words in self._possible(case, pick)}
            on = [name for name in FORWARD if UNLESS_STAMPED.get(name) in {None, *case.matter.missing}]
            name = next((name for name in (what, before, *on) if name in possible), None)
            if name is None:
                return
            self._act(case, possible[name][0], name, possible[name][1])
            if name == what:
                return
            before = None if name == before else before

    @rule(
        case=cases,
        city=st.sampled_from(CITIES),
        who=st.sampled_from(PEOPLE),
        what=st.sampled_from(calls.acts()),
        pick=PICKS,
    )
    def tries(self, case: Filed, city: str, who: str, what: str, pick: int) -> None:
        """Anybody of either city tries anything."""
        self._act(case, self.realm.people[city, who], what, self._words(case, what, pick))

    @rule(case=cases, what=st.sampled_from(calls.acts()), pick=PICKS)
    def insists(self, case: Filed, what: str, pick: int) -> None:
        """Somebody who may do it there does it, whether or not it is its time."""
        words = self._words(case, what, pick)
        version = case.matter.version
        for who in PEOPLE:
            person = self.realm.people[case.matter.city, who]
            if self.model.refusal(person, what, case.matter, version, words) not in {"FORBIDDEN", "NOT_FOUND"}:
                self._act(case, person, what, words)
                return

    @rule(case=cases, pick=PICKS, turn=st.integers(0, 60), stale=st.booleans())
    def slips(self, case: Filed, pick: int, turn: int, *, stale: bool) -> None:
        possible = list(self._possible(case, pick))
        if possible:
            who, name, words = possible[turn % len(possible)]
            silent = {word: " " if word in calls.SAID else value for word, value in words.items()}
            version = case.matter.version - 1 if stale else case.matter.version
            self._act(case, who, name, words if stale else silent, version)

    def teardown(self) -> None:
        if self.differs:
            return  # what comes after a difference says nothing
        for city in CITIES:
            matters = {each.id: each.matter for each in self.filed if each.matter.city == city}
            self.realm.runner.run(check_invariants(self.realm.towns[city], matters))
            for id_, matter in matters.items():
                self._unknown_abroad(id_, city)
                self._tells_of_what_goes_on(id_, matter)
                if matter.status == "ARCHIVED":
                    self.tally.archived[city, matter.template.track.value] += 1

    def _copy(self, case: Filed) -> None:
        """Have what is to be public drafted by one and checked by another."""
        city = case.matter.city
        texts = {"title": "It is so", "asked": "It was so", "done": "It is not so any more"}
        drafter, checker = self.realm.people[city, DISPATCHER], self.realm.people[city, SECRETARY]
        body = self.realm.ask(drafter, calls.DRAFT, {"input": {"caseId": case.id, **texts}})
        draft = body["data"]["draftPublication"]
        assert draft["userErrors"] == []
        given = {"publicationId": draft["publication"]["id"], "expectedVersion": draft["publication"]["version"]}
        checked = self.realm.ask(checker, calls.CHECK, {"input": given})["data"]["checkPublication"]
        assert checked == {"publication": {"id": given["publicationId"]}, "userErrors": []}
        case.matter.flags.add("copied")

    def _unknown_abroad(self, id_: str, city: str) -> None:
        """No id of a city resolves in another (3.6, 8)."""
        foreigner = next(self.realm.people[slug, DISPATCHER] for slug in CITIES if slug != city)
        query = "query($id: ID!) { case(id: $id) { id } node(id: $id) { id } }"
        body = self.realm.ask(foreigner, query, {"id": id_})
        assert body["data"] == {"case": None, "node": None}

    def _tells_of_what_goes_on(self, id_: str, matter: Matter) -> None:
        """Whoever reported a merged case learns how the one that goes on stands; its id, who may see that one (T4, P-03)."""
        if matter.into is None:
            return
        reporter, other = self.realm.people[matter.city, matter.reporter], matter.into
        query = "query($id: ID!) { case(id: $id) { mergedInto { id } survivor { status } } }"
        body = self.realm.ask(reporter, query, {"id": id_})
        known = {"id": self._id_of(other)} if self.model.sees(reporter, other) else None
        assert body["data"]["case"] == {"mergedInto": known, "survivor": {"status": other.status}}

    def _id_of(self, matter: Matter) -> str:
        return next(each.id for each in self.filed if each.matter is matter)

    def _possible(self, case: Filed, pick: int) -> Iterator[tuple[Person, str, dict[str, Any]]]:
        """What somebody of the case's city may do to it now."""
        for name in calls.acts():
            words = self._words(case, name, pick)
            for who in PEOPLE:
                person = self.realm.people[case.matter.city, who]
                if self.model.refusal(person, name, case.matter, case.matter.version, words) is None:
                    yield person, name, words

    def _words(self, case: Filed, name: str, pick: int) -> dict[str, Any]:
        return calls.words_of(name, case.matter, self.model.matters, pick)

    def _act(self, case: Filed, who: Person, name: str, words: dict[str, Any], version: int | None = None) -> None:
        """Do it in both, and compare."""
        seen = case.matter.version if version is None else version
        code = self.model.act(who, name, case.matter, seen, words)
        given = {"caseId": case.id, "expectedVersion": seen, **self._given(case, name, words)}
        body = self.realm.ask(who, calls.document(name), {"input": given})
        number = self.model.matters.index(case.matter) + 1
        said = {word: value for word, value in words.items() if not isinstance(value, Matter)}
        payload = self._payload(
            name, f"{who.name} of {who.city}: {name} of case {number}, seen at {seen}, {said}", body
        )
        expected = (code, None) if code else (None, (case.matter.version, case.matter.status))
        found = payload["case"] and (payload["case"]["version"], payload["case"]["status"])
        answered = (next((error["code"] for error in payload["userErrors"]), None), found)
        self.differs = answered != expected
        assert answered == expected
        if code:
            self.tally.codes[code] += 1
        elif name == "assignTasks":
            tasks = self.realm.ask(who, calls.TASKS_OF, {"id": case.id})["data"]["case"]["tasks"]["nodes"]
            case.tasks = [task["id"] for task in tasks]

    def _given(self, case: Filed, name: str, words: dict[str, Any]) -> dict[str, Any]:
        """The words as the API has them: with ids for what is one of several."""
        city = case.matter.city
        found: dict[str, Any] = {}
        for word, value in words.items():
            api = "intoCaseId" if name == "mergeCase" and word == "other" else calls.NAMES.get(word, word)
            if word == "other":
                value = self._id_of(value)  # noqa: PLW2901 - its id
            elif word == "handler":
                value = value and self.realm.member(city, value)  # noqa: PLW2901 - as above
            elif word == "place":
                value = [self.realm.organization(city, value)]  # noqa: PLW2901 - as above
            elif word == "task":
                value = case.tasks[value] if value < len(case.tasks) else public_id("task", uuid7())  # noqa: PLW2901
            elif word == "allegation":
                ids = case.allegations
                value = ids[value - 1] if value <= len(ids) else public_id("allegation", uuid7())  # noqa: PLW2901
            found[api] = value
        return found

    def _payload(self, name: str, step: str, body: dict[str, Any]) -> dict[str, Any]:
        """The payload, after it was taken down."""
        assert "errors" not in body, (step, body)
        payload: dict[str, Any] = body["data"][name]
        codes = [f"{error['code']}: {error['message']}" for error in payload["userErrors"]]
        case = payload["case"]
        note(f"{step} -> {codes or (case['status'], case['version'])}")
        self.tally.steps += 1
        (self.tally.refused if codes else self.tally.done)[name] += 1
        return payload
