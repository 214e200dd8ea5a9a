"""Whatever people do to cases through the API, the answers are those of a model of 200 lines, and the invariants hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from random import SystemRandom
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import Template
from tests.proof.calls import mutations_of_cases
from tests.proof.machine import TRACKS, Course, Tally
from tests.proof.model import Matter, Model
from tests.proof.people import Person
from tests.proof.realm import CITIES, Realm, standing
from tests.proof.table import ROWS

SHORT, LONG, SEED = 150, 5_000, 4
RULES, MOST_TOLD = 30, 8
"""Rules of a run; some take several steps."""


@pytest.fixture(scope="module")
def realm(migrated: Template, redis_url: str) -> Iterator[Realm]:
    """Both cities, for the whole file: every run reports cases of its own."""
    with standing(migrated, redis_url) as found:
        yield found


def walk(
    realm: Realm,
    steps: int,
    machine: type[Course] = Course,
    *,
    rules: int = RULES,
    first_seed: int = SEED,
    lacks: Callable[[Tally], bool] = lambda _tally: False,
) -> Tally:
    """Let people take so many steps, four runs to a seed, and up to half as many more while it lacks something.

    What was compared.
    """
    tally = Tally()
    chosen = settings(
        max_examples=4,
        stateful_step_count=rules,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    for number in count(first_seed):
        run_state_machine_as_test(cast("type[Course]", seed(number)(partial(machine, realm, tally))), settings=chosen)
        if tally.steps >= (steps * 1.5 if lacks(tally) else steps):
            break
    return tally


def lacks(tally: Tally) -> bool:
    """Whether something that can be done was not done yet, or was never refused, or no case came to its end there."""
    named = {"reportCase", *ROWS}
    ends = {(city, track) for city in CITIES for track in TRACKS}
    return bool(named - set(tally.done) or named - set(tally.refused) or ends - set(tally.archived))


def test_the_machine_knows_every_mutation_of_a_case() -> None:
    """One that is new needs its row in ``table`` and its words in ``calls``."""
    assert mutations_of_cases() == set(ROWS)


@pytest.mark.timeout(900)
def test_the_api_answers_as_the_model_does(realm: Realm) -> None:
    tally = walk(realm, SHORT)
    assert sum(tally.done.values()) > tally.steps / 3


class _Careless(Model):
    """A model that is wrong: it never minds a version."""

    def refusal(self, who: Person, name: str, matter: Matter, _version: int, words: Mapping[str, Any]) -> str | None:
        return super().refusal(who, name, matter, matter.version, words)


class _Doubtful(Course):
    model_of = _Careless


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_a_difference_is_told_in_a_few_steps(realm: Realm) -> None:
    with pytest.raises(AssertionError) as caught:
        walk(realm, SHORT, _Doubtful, rules=6)
    told = [line for line in caught.value.__notes__ if " -> " in line]
    assert len(told) <= MOST_TOLD
    assert " reports " in told[0]
    assert "VERSION_CONFLICT" in told[-1]


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_the_api_answers_as_the_model_does_in_the_long_run(realm: Realm) -> None:
    first_seed = SystemRandom().randrange(1_000_000)  # another walk each time; the short ones are always the same
    print(f"seeds from {first_seed}")  # noqa: T201 - shown when it fails
    tally = walk(realm, LONG, first_seed=first_seed, lacks=lacks)
    print(tally)  # noqa: T201 - the figures of the proof
    assert not lacks(tally)
