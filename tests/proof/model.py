"""The lifecycle of a case a second time, as small as it can be: what the API must answer to people of two cities.

It goes by ``table`` and knows nothing of the product's rules. What a city decides for itself (tracks, roles, levels) is
read from its manifest. Time stands still here: nothing is ever late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenants.manifest.casework import CaseTemplate
from tenants.manifest.model import Manifest
from tests.proof.people import Person
from tests.proof.table import EFFECTS, ENDS, MAIN, ROWS, SKIPPABLE, WRONG, states_of


@dataclass(slots=True, eq=False)
class Matter:
    """A case as the model knows it. level, home: places on the chain, home where it began; kept: words and counts.

    private: categories of which nothing is made public.
    """

    city: str
    template: CaseTemplate
    category: str
    severity: str
    reporter: str
    home: int
    allegations: int
    level: int
    private: frozenset[str] = frozenset()
    status: str = "REPORTED"
    version: int = 1
    holder: str | None = None
    done: set[str] = field(default_factory=lambda: {"REPORTED"})
    flags: set[str] = field(default_factory=set)
    kept: dict[str, Any] = field(default_factory=dict)
    worked: set[str] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    tasks: list[int] = field(default_factory=list)  # where on the chain each is done
    closed: set[int] = field(default_factory=set)
    bundle: object = None
    into: Matter | None = None

    @property
    def demands(self) -> set[str]:
        return {step.value for step in self.template.mandatory_steps}

    @property
    def missing(self) -> set[str]:
        return self.demands - self.done - self.flags - {"ARCHIVED"}

    @property
    def busy(self) -> list[int]:
        return [place for task, place in enumerate(self.tasks) if task not in self.closed]

    @property
    def names_handlers(self) -> bool:
        return self.template.direct_dispatch and "CLAIMED" not in self.demands

    @property
    def relaying(self) -> int | None:
        """The level that has to pass the feedback on next, the highest that handed the case up first (JM-23)."""
        following = self.level + 1 + self.kept.get("relays", 0)
        return following if self.template.feedback_by_hop and following <= self.home else None

    @property
    def can_be_copied(self) -> bool:
        """Whether what is to be public of it can be drafted (T23)."""
        concluded = self.status in {"RESOLVED", "FEEDBACK_GIVEN", "RATED"}
        return concluded and self.template.publishes and self.category not in self.private

    def judged_by(self, who: Person) -> bool:
        """Whether somebody supervises the case who never worked on it (T22)."""
        return who.covers(self.level, self.home) and who.name not in {*self.worked, self.holder}

    def open_to(self, source: list[str]) -> bool:
        """Whether the state is one of these, or one before with only steps between that the template skips."""
        wanted = states_of(source)
        for index in range(len(MAIN) - 1, 0, -1):
            if MAIN[index] in wanted & SKIPPABLE - self.demands:
                wanted.add(MAIN[index - 1])
        return self.status in wanted

    def enter(self, target: list[str], stamps: list[str]) -> None:
        """Go to a state. An event stamps one step that is demanded: that of its state, or else the one beside (JM-09)."""
        for state in target if target != [self.status] else []:
            stamps = [] if state in self.demands - self.done else stamps
            self.status, place = state, MAIN.index(state) if state in MAIN else len(MAIN)
            self.done = {step for step in self.done if MAIN.index(step) < place} | ({state} & set(MAIN))
        self.flags |= set(stamps) & self.demands
        self.version += 1


BLANK_FIRST = {"assignTasks": "text", "waivePublication": "reason"}
"""Which word is looked at before the case is."""


@dataclass(slots=True)
class Model:
    """Everything that was reported, in the order of coming; by idempotency key what was said under it, too."""

    manifests: Mapping[str, Manifest]
    matters: list[Matter] = field(default_factory=list)
    keys: dict[tuple[Person, str], tuple[object, Matter]] = field(default_factory=dict)

    def report(self, who: Person, track: str, category: str, allegations: int, key: str | None) -> Matter | str:
        """The new case, or the one that the key stands for; or the code of the refusal."""
        said, manifest = (track, category, allegations), self.manifests[who.city]
        if key and (who, key) in self.keys:
            known = self.keys[who, key]
            return known[1] if known[0] == said else "IDEMPOTENCY_KEY_REUSED"
        template = next(each for each in manifest.case_templates if each.track == track)
        severity = next(each.default_severity for each in manifest.case_categories if each.code == category)
        home = len(manifest.escalation_chain) - 1
        private = frozenset(each.code for each in manifest.case_categories if each.private)
        matter = Matter(who.city, template, category, severity.value, who.name, home, allegations, home, private)
        if template.automatic_accept:
            matter.enter(["ACCEPTED"], [])
        self.matters.append(matter)
        if key:
            self.keys[who, key] = (said, matter)
        return matter

    def act(self, who: Person, name: str, matter: Matter, version: int, words: Mapping[str, Any]) -> str | None:
        """Do it; None, or the code of the first thing that is wrong, after which nothing has changed."""
        code = self.refusal(who, name, matter, version, words)
        if code is None:
            self._do(who, name, matter, words)
        return code

    def refusal(self, who: Person, name: str, matter: Matter, version: int, words: Mapping[str, Any]) -> str | None:
        """The code of what is wrong first, None when nothing is."""
        return next(self._wrong(who, name, matter, version, words), None)

    def _wrong(self, who: Person, name: str, matter: Matter, version: int, words: Mapping[str, Any]) -> Iterator[str]:
        """Right and words alone, sight and place, version, then state and what the table says."""
        (right, reach), source, _target, wrong, _effect = ROWS[name]
        if f"case:{right}" not in who.rights:
            yield "FORBIDDEN"
        if words.get("other") is matter:
            yield "CASE_NOT_ALIKE" if name == "mergeCase" else "CASE_LINKED_ALREADY"
        if name in BLANK_FIRST and not words[BLANK_FIRST[name]].strip():
            yield "TEXT_REQUIRED"
        yield from self._out_of_reach(who, reach, matter, words)
        if name == "claimCase" and "claimed" in matter.flags and matter.status not in ENDS:
            yield "CASE_ALREADY_CLAIMED"
        if version != matter.version:
            yield "VERSION_CONFLICT"
        if name == "releaseCase" and "case:dispatch" in who.rights:
            wrong = ["reason"]  # taken back
        first, last = ([word.strip("!") for word in wrong if word.endswith("!") is early] for early in (True, False))
        yield from (code for code, is_so in map(WRONG.__getitem__, first) if is_so(matter, who, words))
        if not all(each.open_to(source) for each in ([matter, words["other"]] if name == "linkCases" else [matter])):
            yield "CASE_WRONG_STATUS"
        yield from (code for code, is_so in map(WRONG.__getitem__, last) if is_so(matter, who, words))

    def _out_of_reach(self, who: Person, reach: str, matter: Matter, words: Mapping[str, Any]) -> Iterator[str]:
        if not self.sees(who, matter) or not self.sees(who, words.get("other", matter)):
            yield "NOT_FOUND"
        has_part = words.get("task", -1) < len(matter.tasks) and words.get("allegation", 0) <= matter.allegations
        if reach == "task" and not has_part:
            yield "NOT_FOUND"
        if not self._reaches(who, reach, matter, words):
            yield "FORBIDDEN"
        if not has_part:
            yield "NOT_FOUND"

    def sees(self, who: Person, matter: Matter) -> bool:
        """Staff see what is in their city; residents what they reported, and not what that was merged into (T4, P-03)."""
        return matter.city == who.city and (who.serves or matter.reporter == who.name)

    def _reaches(self, who: Person, reach: str, matter: Matter, words: Mapping[str, Any]) -> bool:
        """Whether the right reaches whom it must; who holds the case needs the right alone."""
        holds = who.serves and matter.holder == who.name
        if reach == "release":  # given back by whoever holds it, or else taken back by who dispatches (T11)
            reach = "dispatch" if not holds and "case:dispatch" in who.rights else "anywhere"
        if reach == "task":
            return who.place is not None and who.place <= matter.tasks[words["task"]]
        if reach == "above":
            return who.place is not None and who.place <= matter.level
        if reach == "relay":
            return who.covers(matter.home if matter.relaying is None else matter.relaying, matter.home)
        if reach == "dispatch" and who.role not in matter.template.dispatcher_roles:
            return False
        return reach in {"anywhere", "place"} or (reach == "held" and holds) or who.covers(matter.level, matter.home)

    def _do(self, who: Person, name: str, matter: Matter, words: Mapping[str, Any]) -> None:
        effects = ROWS[name][4]
        if "anew" in effects:  # another course: what was said of the last one is history, but for how often
            matter.flags &= {"claimed", "appealed", "absorbing"}
            matter.kept, matter.answered = {"reopens": matter.kept.get("reopens", 0)}, set()
        state = matter.status
        matter.enter(ROWS[name][2], [word[1:] for word in effects if word[0] == "~"])
        if matter.status != state:
            self._tell_followers(matter)
        for word in effects:
            if word in EFFECTS:
                EFFECTS[word](matter, who, words)
        matter.flags |= {word[1:] for word in effects if word[0] == "+"}
        matter.flags -= {word[1:] for word in effects if word[0] == "-"}
        matter.kept |= {word[1:]: words[word[1:]] for word in effects if word[0] == "="}
        matter.kept |= {word[1:]: matter.kept.get(word[1:], 0) + 1 for word in effects if word[0] == "#"}

    def _tell_followers(self, matter: Matter) -> None:
        """The case comes to another state, which those that were merged into it are told (T4)."""
        for each in self.matters:
            each.version += each.into is matter
