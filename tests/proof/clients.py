"""Seeded clients that take cases from report to rating over HTTP, note every call, and carry on whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.proof.calls import document
from tests.proof.history import Operation, Outcome

SECONDS = 8.0
_REPORT = "mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { id version } userErrors { code } } }"
_READ = "query($id: ID!) { case(id: $id) { version status } }"
# From which state, by whom, the mutation, its words, and the event it leaves.
COURSE: Mapping[str, tuple[str, str, dict[str, Any], str]] = {
    "REPORTED": ("dispatcher", "dispatchCase", {}, "DISPATCHED"),
    "DISPATCHED": ("worker", "claimCase", {}, "CLAIMED"),
    "CLAIMED": ("worker", "startCase", {}, "STARTED"),
    "IN_PROGRESS": ("worker", "resolveCase", {"result": "Done"}, "RESOLVED"),
    "RESOLVED": ("worker", "giveFeedback", {"feedback": "It is done"}, "FEEDBACK_GIVEN"),
    "FEEDBACK_GIVEN": ("resident", "rateCase", {"rating": "SATISFIED"}, "RATED"),
}


@dataclass(slots=True)
class Shared:
    """What all clients of a run have: the servers, tokens by name, the place to report at, the cases and the history."""

    urls: list[str]
    tokens: Mapping[str, str]
    grid: str
    cases: list[str] = field(default_factory=list)
    history: list[Operation] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, outcome: Outcome) -> int:
        """How many calls ended so."""
        return sum(each.outcome is outcome and each.ended > 0 for each in self.history)


@dataclass(slots=True)
class Client:
    """One of them."""

    number: int
    chance: Random
    shared: Shared
    http: httpx.AsyncClient
    reported: int = 0

    async def run(self) -> None:
        """Report, and take whatever case comes to hand a step further, until the run is over."""
        while not self.shared.over.is_set():
            if not self.shared.cases or self.chance.random() < 1 / (len(COURSE) + 1):
                await self.report()
            else:
                await self.step(self.chance.choice(self.shared.cases[-24:]))
            await asyncio.sleep(self.chance.uniform(0, 0.02))

    async def report(self) -> None:
        """Report under one key until an answer comes."""
        self.reported += 1
        key = f"{self.number}-{self.reported}"
        given = {
            "gridId": self.shared.grid,
            "category": "AID",
            "track": "SERVICE_ORDER",
            "title": f"Report {key}",
            "idempotencyKey": key,
        }
        while not self.shared.over.is_set():
            operation = self._begin("REPORTED", None, 0, key)
            body = await self._post("resident", _REPORT, {"input": given})
            self._mutated(operation, body, "reportCase")
            if operation.outcome is not Outcome.UNKNOWN:
                if operation.case is not None and operation.case not in self.shared.cases:
                    self.shared.cases.append(operation.case)
                return
            await asyncio.sleep(self.chance.uniform(0.05, 0.3))

    async def step(self, case_id: str) -> None:
        """Read a case and do what comes next, with the version that was read: others may have been quicker."""
        operation = self._begin("READ", case_id, 0)
        body = await self._post("dispatcher", _READ, {"id": case_id})
        found = (body.get("data") or {}).get("case") if body and "errors" not in body else None
        if found is None:
            operation.end(Outcome.UNKNOWN, told=str(body))
            return
        operation.end(Outcome.OK, version=found["version"])
        if found["status"] not in COURSE:
            return
        who, name, words, kind = COURSE[found["status"]]
        operation = self._begin(kind, case_id, found["version"])
        given = {"caseId": case_id, "expectedVersion": found["version"], **words}
        self._mutated(operation, await self._post(who, document(name), {"input": given}), name)

    def _begin(self, kind: str, case_id: str | None, seen: int, key: str | None = None) -> Operation:
        operation = Operation(self.number, kind, case_id, seen, key)
        self.shared.history.append(operation)
        return operation

    def _mutated(self, operation: Operation, body: dict[str, Any] | None, name: str) -> None:
        payload = (body.get("data") or {}).get(name) if body and "errors" not in body else None
        if payload is None:
            operation.end(Outcome.UNKNOWN, told=str(body))
        elif payload["userErrors"]:
            operation.end(Outcome.FAIL, told=payload["userErrors"][0]["code"])
        else:
            operation.end(Outcome.OK, case=payload["case"]["id"], version=payload["case"]["version"])

    async def _post(self, who: str, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """The body of an answer; None when none came."""
        url = self.chance.choice(self.shared.urls)
        headers = {"authorization": f"Bearer {self.shared.tokens[who]}"}
        try:
            request = {"query": query, "variables": variables}
            response = await self.http.post(f"{url}/graphql", json=request, headers=headers, timeout=SECONDS)
            body: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError):
            return None
        return body
