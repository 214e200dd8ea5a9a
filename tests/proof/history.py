"""The history of what clients did, and what must hold of it beside the rows that are there in the end."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise


class Outcome(StrEnum):
    """FAIL: refused, and nothing was changed. UNKNOWN: no answer, or one that does not say what became of it."""

    OK = "OK"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(slots=True)
class Operation:
    """One call of one client.

    kind: of the event that it leaves, READ for a read. case: public id, None for a report without an answer. seen: the
    version the client had; version: the one it was told. began, ended: seconds of the monotonic clock.
    """

    client: int
    kind: str
    case: str | None
    seen: int
    key: str | None = None
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    outcome: Outcome = Outcome.UNKNOWN
    version: int | None = None
    told: str = ""

    def end(self, outcome: Outcome, *, case: str | None = None, version: int | None = None, told: str = "") -> None:
        """Take down the answer."""
        self.ended, self.outcome, self.version, self.told = time.monotonic(), outcome, version, told
        self.case = self.case or case


@dataclass(frozen=True, slots=True)
class Stored:
    """A case as it is in the end. events: (version, kind), oldest first."""

    version: int
    key: str | None
    events: Sequence[tuple[int, str]]


def faults(operations: Sequence[Operation], cases: Mapping[str, Stored]) -> Iterator[str]:
    """What is wrong, in words; nothing when all that was acknowledged is there once, and nothing else."""
    yield from _of_reports([each for each in operations if each.kind == "REPORTED"], cases)
    steps: dict[str, list[Operation]] = defaultdict(list)
    for each in operations:
        if each.case is not None and each.kind not in {"REPORTED", "READ"}:
            steps[each.case].append(each)
    for case_id, stored in cases.items():
        yield from _of_steps(case_id, stored, steps[case_id])
    yield from _of_order([each for each in operations if each.outcome is Outcome.OK])


def _of_reports(reports: Sequence[Operation], cases: Mapping[str, Stored]) -> Iterator[str]:
    by_key: dict[str | None, list[str]] = defaultdict(list)
    for case_id, stored in cases.items():
        by_key[stored.key].append(case_id)
    sent = {each.key for each in reports}
    for key, found in by_key.items():
        if len(found) > 1:
            yield f"the report {key} happened {len(found)} times"
        if key not in sent:
            yield f"nobody sent the report {key}"
    for each in reports:
        if each.outcome is Outcome.OK and by_key.get(each.key) != [each.case]:
            yield f"the report {each.key} was acknowledged as {each.case} and is {by_key.get(each.key)}"
        if each.outcome is Outcome.FAIL:
            yield f"the report {each.key} was refused: {each.told}"


def _of_steps(case_id: str, stored: Stored, tried: Sequence[Operation]) -> Iterator[str]:
    versions = [version for version, _kind in stored.events]
    if versions != list(range(1, stored.version + 1)):
        yield f"{case_id} is at version {stored.version} with the events {versions}"
    done = {(each.seen + 1, each.kind): 0 for each in tried if each.outcome is Outcome.OK}
    for each in tried:
        if each.outcome is Outcome.OK:
            done[each.seen + 1, each.kind] += 1
            if each.version != each.seen + 1:
                yield f"{case_id}: {each.kind} seen at {each.seen} was acknowledged with version {each.version}"
    for step, times in done.items():
        if times > 1:
            yield f"{case_id}: {step} was acknowledged {times} times"
        if step not in stored.events:
            yield f"{case_id}: {step} was acknowledged and is lost"
    unknown = {(each.seen + 1, each.kind) for each in tried if each.outcome is Outcome.UNKNOWN}
    for step in stored.events[1:]:
        if step not in done and step not in unknown:
            yield f"{case_id}: nobody did {step}, or it was refused"


def _of_order(acknowledged: Sequence[Operation]) -> Iterator[str]:
    """What ended before something else began is behind it: versions only grow, for every client and every reader."""
    by_case: dict[str | None, list[Operation]] = defaultdict(list)
    for each in acknowledged:
        by_case[each.case].append(each)
    for case_id, found in by_case.items():
        highest = 0
        # By end and by beginning at once: at each beginning, the highest version whose answer had come by then.
        ends = sorted(found, key=lambda each: each.ended)
        starts = sorted(found, key=lambda each: each.began)
        passed = 0
        for each in starts:
            while passed < len(ends) and ends[passed].ended < each.began:
                highest = max(highest, ends[passed].version or 0)
                passed += 1
            if (each.version or 0) < highest:
                yield f"{case_id}: {each.kind} told version {each.version} after {highest} had been told"


def gaps(numbers: Sequence[int]) -> Iterator[str]:
    """Where a log from 1 on leaves a number out, or has one twice."""
    for before, after in pairwise((0, *numbers)):
        if after != before + 1:
            yield f"the log goes from {before} to {after}"
