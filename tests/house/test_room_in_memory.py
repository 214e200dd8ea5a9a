"""Where the databases of tests lie: in memory when there is room, and never longer than the process that made them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from migrations.roles import DatabaseUrls
from tests.fixtures import memory


def test_a_folder_is_made_and_goes_with_the_block(tmp_path: Path) -> None:
    with memory.room(tmp_path, needed=0) as folder:
        assert folder is not None
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "database").mkdir()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("folder", "needed"), [("", 2**62), ("missing", 0)])
def test_without_enough_room_the_disk_is_used(tmp_path: Path, folder: str, needed: int) -> None:
    with memory.room(tmp_path / folder, needed=needed) as found:
        assert found is None
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_given_back_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    kept = {f"civicgrid-tests-{os.getpid()}-live", "civicgrid-tests-nobody-x", "another"}
    for name in (*kept, f"civicgrid-tests-{ended.pid}-dead"):
        (tmp_path / name).mkdir()
    with memory.room(tmp_path, needed=2**62):
        assert {folder.name for folder in tmp_path.iterdir()} == kept


async def test_a_clone_lies_where_its_template_does(in_memory: Path | None, db_urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(db_urls.app)
    try:
        place = await connection.fetchval(
            "select pg_tablespace_location(dattablespace) from pg_database where datname = current_database()"
        )
    finally:
        await connection.close()
    assert place == str(in_memory or "")
