"""The children of ``up``: started in order, started again when they die, stopped in reverse order."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from migrations.roles import DatabaseUrls
from server.settings import Settings
from server.supervisor import addresses, children
from server.supervisor.children import Child, ChildError

SERVER = """
import os, signal, sys, time
name, folder = sys.argv[1:]
def tell(word):
    with open(f"{folder}/story", "a") as story:
        story.write(f"{name} {word}\\n")
def end(*_):
    time.sleep(0.2)
    tell("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
tell("started")
if name == "web" and not os.path.exists(f"{folder}/crashed"):
    while not os.path.exists(f"{folder}/crash"):
        time.sleep(0.01)
    os.rename(f"{folder}/crash", f"{folder}/crashed")
    sys.exit(3)
time.sleep(600)
"""


def child(name: str, folder: Path) -> Child:
    return Child(name, (sys.executable, "-c", SERVER, name, str(folder)))


def story(folder: Path) -> list[str]:
    file = folder / "story"
    return file.read_text().splitlines() if file.exists() else []


async def holds(folder: Path, line: str, times: int) -> None:
    async with asyncio.timeout(20):
        while story(folder).count(line) != times:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)


async def test_a_child_that_dies_is_started_again_and_all_stop_in_reverse_order(tmp_path: Path) -> None:
    said: list[str] = []
    running = asyncio.Event()

    async def ready() -> bool:
        return {"worker started", "web started"} <= set(story(tmp_path))

    task = asyncio.create_task(
        children.run(
            (child("worker", tmp_path), child("web", tmp_path)),
            environment=os.environ,
            logs=tmp_path / "logs",
            ready=ready,
            when_ready=running.set,
            say=said.append,
        )
    )
    async with asyncio.timeout(20):
        await running.wait()
    (tmp_path / "crash").touch()
    await holds(tmp_path, "web started", 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said == [f"web ended with code 3, see {tmp_path}/logs/web.log; starting it again in 1 s"]
    assert story(tmp_path)[-2:] == ["web stopped", "worker stopped"]


async def test_a_child_that_ends_before_it_was_ready_is_told_with_its_log(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    broken = Child("web", (sys.executable, "-c", "import sys; sys.exit('CIVICGRID_PORT is wrong')"))
    with pytest.raises(ChildError) as raised:
        await children.run(
            (child("worker", tmp_path), broken),
            environment=os.environ,
            logs=tmp_path / "logs",
            ready=never,
            when_ready=lambda: pytest.fail("it never was"),
            say=pytest.fail,
        )
    assert str(raised.value) == f"web ended with code 1. The end of {tmp_path}/logs/web.log:\nCIVICGRID_PORT is wrong"


def test_other_commands_find_the_running_platform_and_nobody_else_does(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    secret = addresses.secret_of(settings)
    urls = DatabaseUrls(owner="postgresql://owner@db", app="postgresql://app@db", operator="postgresql://operator@db")
    whole = addresses.connected(settings, urls, "redis://cache", secret)
    with addresses.published(whole):
        found = addresses.of_running(settings)
        assert found == whole
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        assert files == {"addresses.json": 0o600, "secret": 0o600}
        assert "secret" not in json.loads((tmp_path / "addresses.json").read_text())
    assert addresses.of_running(settings) == settings
    assert addresses.secret_of(settings) == secret


def test_a_child_does_not_get_the_owners_address(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    urls = DatabaseUrls(owner="postgresql://owner@db", app="postgresql://app@db", operator="postgresql://operator@db")
    environment = addresses.environment_of(
        addresses.connected(settings, urls, "redis://cache", addresses.secret_of(settings))
    )
    assert environment["DATABASE_URL"] == "postgresql://app@db"
    assert environment["CIVICGRID_OPERATOR_DATABASE_URL"] == "postgresql://operator@db"
    assert environment["REDIS_URL"] == "redis://cache"
    assert "CIVICGRID_OWNER_DATABASE_URL" not in environment
