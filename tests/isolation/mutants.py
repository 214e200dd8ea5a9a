"""``make mutants``: takes the product's guards out one at a time, in a copy of the tree, and sees that a suite fails.

What survives is a hole in the tests. Results are kept in ``.data/mutants.jsonl`` as they come, so that a run that was ended
goes on where it was; the table goes to docs/proof/mutants.md.

    python -m tests.isolation.mutants                 all of them, those killed before left out
    python -m tests.isolation.mutants --sample 3      three of each kind
    python -m tests.isolation.mutants --kind force    one kind
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.isolation.mutations import EDGE, EDGE_LETTING_IN, ROOT, VIEW, VIEW_SHOWING, Kind, Mutation, all_mutations

KEPT = ROOT / ".data" / "mutants.jsonl"
TABLE = ROOT / "docs" / "proof" / "mutants.md"
LONGEST = 1200
_OF_DATABASE = (Kind.POLICY, Kind.FORCE, Kind.KEY)
_AT_ONCE = 40
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
# The database of a run of many: the template, cloned, with one thing taken out; tests run once for each.
_TEMPLATE = '''

import json as _json


@pytest.fixture(scope="session")
def untouched(running: services.Services, in_memory: Path | None) -> Template:
    """A database at the newest revision, empty."""
    name = f"template_{uuid4().hex}"

    async def make() -> None:
        urls = await roles.prepare(running.database_admin_url, secret=SECRET, database=name)
        await runner.upgrade(urls.owner)
        if in_memory is not None:
            await memory.move(running.database_admin_url, name, in_memory)

    asyncio.run(make())
    return Template(running.database_admin_url, name)


@pytest.fixture(scope="session", params=_json.loads(os.environ["CIVICGRID_TEST_MUTATIONS"]), ids=lambda each: each["id"])
def migrated(request: pytest.FixtureRequest, untouched: Template) -> Template:
    """The same with something taken out."""

    async def make() -> str:
        name = await untouched.clone()
        owner = await asyncpg.connect(untouched.urls(name).owner)
        try:
            await owner.execute(request.param["sql"])
        finally:
            await owner.close()
        return name

    return Template(untouched.admin_url, asyncio.run(make()))
'''

# Each test of a mutation runs while that mutation alone lets everybody in.
_LETTING_IN = '''

import json as _json


@pytest.fixture(autouse=True)
def let_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody in at one mutation."""
    functions = _json.loads(os.environ["CIVICGRID_TEST_MUTATIONS"])
    monkeypatch.setattr("schema.mutations.LET_IN", functions.get(request.node.callspec.params["name"], ""))
'''

# Each test of a kind of thing runs while all things of that kind are shown to everybody.
_SHOWING = '''


@pytest.fixture(autouse=True)
def shown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show everybody all of a kind."""
    monkeypatch.setattr("schema.planner.compile.SHOWN", request.node.callspec.params["kind"])
'''
_SHOWN = """

SHOWN = ""


def _shown(entity: Entity, row: Any, viewer: Any) -> Any:
    return literal_column("true") if entity.prefix == SHOWN else entity.visible(row, viewer)
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant. by: the test that noticed; empty when none did. commit: of the tree it was made of."""

    kind: str
    name: str
    killed: bool
    by: str
    seconds: float
    commit: str
    at: str


@dataclass(frozen=True, slots=True)
class Ways:
    """How the product, and the fixtures of the tests, are changed so that a test chooses what is taken out."""

    product: Callable[[str], str]
    fixture: str


def _instead(text: str, old: str, new: str) -> str:
    """The text with ``new`` for ``old``. Errors: ValueError unless that stands there once: a mutant would be none."""
    before, after = text.split(old)
    return before + new + after


_EDGES = Ways(lambda text: _instead(text, EDGE, EDGE_LETTING_IN) + '\n\nLET_IN = ""\n', _LETTING_IN)
_VIEWS = Ways(lambda text: _instead(text, VIEW, VIEW_SHOWING) + _SHOWN, _SHOWING)


def main() -> int:
    """Run what is asked for; 1 when something survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="so many of each kind, chosen by chance")
    parser.add_argument("--kind", choices=list(Kind), action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="forget what was done before")
    given = parser.parse_args()
    if given.fresh:
        KEPT.unlink(missing_ok=True)
    done = {f"{result.kind}: {result.name}" for result in kept() if result.killed}
    wanted = [each for each in chosen(given.sample, given.kind, given.seed) if each.label not in done]
    print(f"{len(wanted)} to do, {len(done)} done before", flush=True)  # noqa: T201 - a program that tells its progress
    with copied() as tree:
        for result in results(tree, wanted):
            keep(result)
            told = f"killed by {result.by}" if result.killed else "SURVIVED"
            print(f"{result.kind}: {result.name}: {told} ({result.seconds:.0f} s)", flush=True)  # noqa: T201 - as above
    TABLE.write_text(table(kept()), encoding="utf-8")
    return int(any(not result.killed for result in kept()))


def chosen(sample: int | None, kinds: Sequence[str] | None, seed: int) -> list[Mutation]:
    """Those asked for, in the order of their kinds."""
    found = [each for each in all_mutations() if not kinds or each.kind in kinds]
    if sample is None:
        return found
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    by_kind = [[each for each in found if each.kind == kind] for kind in Kind]
    return [each for group in by_kind for each in chance.sample(group, min(sample, len(group)))]


def results(tree: Path, wanted: Sequence[Mutation]) -> Iterator[Result]:
    """What becomes of each. Those of the database are tested many in one process, the others one by one."""
    for suites, group in itertools.groupby((each for each in wanted if each.kind in _OF_DATABASE), lambda m: m.suites):
        mutations = list(group)
        for start in range(0, len(mutations), _AT_ONCE):
            yield from _in_one_process(tree, suites, mutations[start : start + _AT_ONCE])
    if edges := [each for each in wanted if each.kind is Kind.EDGE]:
        yield from _test_by_test(tree, edges, _EDGES, "without_the_permission", lambda each: each.name)
    if views := [each for each in wanted if each.kind is Kind.VISIBILITY]:
        yield from _test_by_test(tree, views, _VIEWS, "of_each_kind", lambda each: each.new)
    for mutation in wanted:
        if mutation.kind in {Kind.GUARD, Kind.FIELD}:
            yield _by_itself(tree, mutation)


def _in_one_process(tree: Path, suites: Sequence[str], mutations: Sequence[Mutation]) -> Iterator[Result]:
    started = time.monotonic()
    asked = [{"id": f"mutant-{number}-", "sql": each.sql} for number, each in enumerate(mutations)]
    with _changed(tree / "tests" / "conftest.py", lambda text: text + _TEMPLATE):
        told = _pytest(tree, [*suites, "-k", _NOTICING], {"CIVICGRID_TEST_MUTATIONS": json.dumps(asked)})
    each_took = (time.monotonic() - started) / len(mutations)
    failed = _FAILED.findall(told)
    for number, mutation in enumerate(mutations):
        by = next((name for name in failed if f"mutant-{number}-" in name), "")
        yield _result(mutation, re.sub(r"\[mutant-\d+--?", "[", by).replace("[]", ""), each_took)


def _test_by_test(
    tree: Path, mutations: Sequence[Mutation], ways: Ways, named: str, of: Callable[[Mutation], str]
) -> Iterator[Result]:
    """Each mutation's own test, all in one process: what is taken out changes with the test."""
    started = time.monotonic()
    functions = {each.name: each.new for each in mutations}
    with (
        _changed(tree / mutations[0].file, ways.product),
        _changed(tree / "tests" / "conftest.py", lambda text: text + ways.fixture),
    ):
        further = {"CIVICGRID_TEST_MUTATIONS": json.dumps(functions)}
        told = _pytest(tree, [*mutations[0].suites, "-k", named], further)
    each_took = (time.monotonic() - started) / len(mutations)
    failed = _FAILED.findall(told)
    for mutation in mutations:
        yield _result(mutation, next((name for name in failed if f"[{of(mutation)}]" in name), ""), each_took)


# Of these suites, what looks at policies, at FORCE and at keys as they are in the catalog.
_NOTICING = "row_security_is_enabled or rule_08_every or columns_constraints_and_indexes"


def _by_itself(tree: Path, mutation: Mutation) -> Result:
    started = time.monotonic()
    by = ""
    with _changed(tree / mutation.file, lambda text: _mutated(text, mutation)):
        for suite in mutation.suites:
            if found := _FAILED.findall(_pytest(tree, [suite, "-x", "-m", "not slow"], {})):
                by = found[0]
                break
    return _result(mutation, by, time.monotonic() - started)


@contextmanager
def _changed(file: Path, change: Callable[[str], str]) -> Iterator[None]:
    """A file of the copy with another text, as long as the block lasts."""
    before = file.read_text(encoding="utf-8")
    file.write_text(change(before), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")


def _mutated(text: str, mutation: Mutation) -> str:
    """The file's text with the one thing changed. Errors: ValueError when it is not there."""
    if not mutation.old:
        return text + mutation.new
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: max(0, mutation.line - 1)]))
    at = text.index(mutation.old, start)
    return text[:at] + mutation.new + text[at + len(mutation.old) :]


def _pytest(tree: Path, arguments: Sequence[str], further: dict[str, str]) -> str:
    """What pytest tells. A run that takes too long has noticed nothing."""
    command = [sys.executable, "-m", "pytest", *arguments, "-q", "--tb=no", "-p", "no:cacheprovider", "--timeout=600"]
    environment = os.environ | {"PYTHONPATH": str(tree)} | further
    try:
        ended = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return ""
    if ended.returncode not in {0, 1}:
        message = f"{' '.join(command)} ended with {ended.returncode}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
        raise RuntimeError(message)
    return ended.stdout


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree as it is, without what was made from it; gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="civicgrid-mutants-") as folder:
        tree = Path(folder) / "tree"
        left_out = shutil.ignore_patterns(".git", ".venv", ".data", "__pycache__", "node_modules", ".*_cache")
        shutil.copytree(ROOT, tree, ignore=left_out)
        yield tree


def _result(mutation: Mutation, by: str, seconds: float) -> Result:
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    return Result(mutation.kind.value, mutation.name, bool(by), by, round(seconds, 1), commit(), at)


def commit() -> str:
    """The commit the tree is at, short."""
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


def keep(result: Result) -> None:
    """Add a result to those kept."""
    KEPT.parent.mkdir(exist_ok=True)
    with KEPT.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def kept() -> list[Result]:
    """The results of all runs since the last fresh one, of each mutant the last."""
    if not KEPT.exists():
        return []
    found = [Result(**json.loads(line)) for line in KEPT.read_text(encoding="utf-8").splitlines()]
    return list({(each.kind, each.name): each for each in found}.values())


def table(found: Sequence[Result]) -> str:
    """The results as a page."""
    there = all_mutations()
    lines = [
        "# Mutants: what is taken out, and which test notices",
        "",
        "Made by `make mutants` (`tests/isolation/mutants.py`): in a copy of the tree, one thing is taken out at a time and the",
        "suite that stands for it has to fail. A survivor is a hole in the tests.",
        "",
        "| kind | there are | run | killed | survived |",
        "|---|---|---|---|---|",
    ]
    for kind in Kind:
        mine = [result for result in found if result.kind == kind.value]
        killed = sum(result.killed for result in mine)
        total = sum(each.kind == kind for each in there)
        lines.append(f"| {kind.value} | {total} | {len(mine)} | {killed} | {len(mine) - killed} |")
    lines += ["", "| mutant | killed by | commit | date |", "|---|---|---|---|"]
    for result in sorted(found, key=lambda each: (list(Kind).index(Kind(each.kind)), each.name)):
        by = f"`{result.by}`" if result.killed else "**survived**"
        lines.append(f"| {result.kind}: `{result.name}` | {by} | {result.commit} | {result.at} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
