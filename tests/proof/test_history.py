"""The checker of histories finds what it is there to find."""

from __future__ import annotations

import pytest

from tests.proof.history import Operation, Outcome, Stored, faults, gaps

OK, FAIL, UNKNOWN = Outcome.OK, Outcome.FAIL, Outcome.UNKNOWN
REPORT = Operation(1, "REPORTED", "a", 0, "k", 0.0, 1.0, OK, 1)
TAKEN = {"a": Stored(2, "k", [(1, "REPORTED"), (2, "DISPATCHED")])}


def dispatch(outcome: Outcome, began: float = 2.0, version: int | None = 2) -> Operation:
    return Operation(1, "DISPATCHED", "a", 1, None, began, began + 1, outcome, version)


def test_what_was_acknowledged_or_may_have_happened_is_no_fault() -> None:
    read = Operation(2, "READ", "a", 0, None, 4.0, 5.0, OK, 2)
    assert list(faults([REPORT, dispatch(OK), read], TAKEN)) == []
    assert list(faults([REPORT, dispatch(UNKNOWN)], TAKEN)) == []
    assert list(faults([REPORT, dispatch(UNKNOWN)], {"a": Stored(1, "k", [(1, "REPORTED")])})) == []
    lost_answer = Operation(1, "REPORTED", None, 0, "k", 0.0, 1.0)
    assert list(faults([lost_answer, REPORT], {"a": Stored(1, "k", [(1, "REPORTED")])})) == []


@pytest.mark.parametrize(
    ("operations", "cases", "fault"),
    [
        ([REPORT], {}, "the report k was acknowledged as a and is None"),
        (
            [REPORT, dispatch(OK)],
            {"a": Stored(1, "k", [(1, "REPORTED")])},
            "a: (2, 'DISPATCHED') was acknowledged and is lost",
        ),
        ([REPORT, dispatch(OK), dispatch(OK)], TAKEN, "a: (2, 'DISPATCHED') was acknowledged 2 times"),
        ([REPORT, dispatch(FAIL)], TAKEN, "a: nobody did (2, 'DISPATCHED'), or it was refused"),
        ([REPORT], TAKEN, "a: nobody did (2, 'DISPATCHED'), or it was refused"),
        (
            [REPORT],
            {"a": Stored(1, "k", [(1, "REPORTED")]), "b": Stored(1, "k", [(1, "REPORTED")])},
            "the report k happened 2 times",
        ),
        (
            [REPORT, dispatch(OK), Operation(2, "READ", "a", 0, None, 4.0, 5.0, OK, 1)],
            TAKEN,
            "a: READ told version 1 after 2 had been told",
        ),
        (
            [REPORT],
            {"a": Stored(3, "k", [(1, "REPORTED"), (3, "DISPATCHED")])},
            "a is at version 3 with the events [1, 3]",
        ),
    ],
)
def test_what_is_lost_doubled_made_up_or_out_of_order_is_found(
    operations: list[Operation], cases: dict[str, Stored], fault: str
) -> None:
    assert fault in list(faults(operations, cases))


def test_a_gap_in_a_log_is_found() -> None:
    assert list(gaps([1, 2, 3])) == []
    assert list(gaps([1, 3])) == ["the log goes from 1 to 3"]
    assert list(gaps([1, 2, 2])) == ["the log goes from 2 to 2"]
