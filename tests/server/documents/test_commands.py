"""``civicgrid documents``: what is printed, and the exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrations.roles import DatabaseUrls
from server.documents.rules import digest_of
from server.documents.trusted import TrustedDocuments
from server.onboarding.service import apply_tenant, console_actor
from tenants.manifest import shipped
from tenants.registry import Registry
from tenants.sessions import Database

VIEWER = "query Viewer { viewer { username } }"
ROLES = "query Roles { viewer { roles } }"


@dataclass(frozen=True, slots=True)
class Shell:
    """A directory where ``civicgrid`` is run with the addresses of a test database."""

    home: Path
    urls: DatabaseUrls

    async def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output and error output."""
        settings = {"CIVICGRID_OPERATOR_DATABASE_URL": self.urls.operator, "COLUMNS": "200", "PYTHONUTF8": "1"}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "server.cli", "documents", *words),
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3]), **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        return process.returncode or 0, output.decode(), errors.decode()

    def file(self, content: Any) -> str:
        """The name of a JSON file."""
        path = self.home / "documents.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


@pytest.fixture
async def shell(tmp_path: Path, db_urls: DatabaseUrls, operator_database: Database) -> Shell:
    await apply_tenant(operator_database, shipped.text("daye"), actor=console_actor("test"))
    return Shell(tmp_path, db_urls)


async def test_documents_are_registered_and_listed(shell: Shell, database: Database) -> None:
    file = shell.file({digest_of(VIEWER): VIEWER, digest_of(ROLES): ROLES})
    words = ("register", file, "--tenant", "daye", "--client", "console")

    assert await shell.run(*words) == (0, "daye: 2 document(s) registered for console, 0 had been before\n", "")
    assert await shell.run(*words) == (0, "daye: 0 document(s) registered for console, 2 had been before\n", "")

    code, output, _ = await shell.run("list", "--tenant", "daye")
    assert code == 0
    lines = [line.split() for line in output.splitlines() if "sha256:" in line]
    assert [(line[0], line[1], line[2], line[4:]) for line in lines] == [
        ("console", f"sha256:{digest_of(body)}", str(len(body)), ["command", "line"]) for body in (VIEWER, ROLES)
    ]
    daye = await Registry(database).by_slug("daye")
    assert await TrustedDocuments(database).text(daye.id, "console", digest_of(ROLES)) == ROLES


async def test_documents_are_taken_back(shell: Shell, database: Database) -> None:
    file = shell.file({digest_of(VIEWER): VIEWER, digest_of(ROLES): ROLES})
    named = ("--tenant", "daye", "--client", "console")
    await shell.run("register", file, *named)

    done = await shell.run("remove", f"sha256:{digest_of(VIEWER)}", digest_of("{ never }"), *named)
    assert done == (0, "daye: 1 document(s) withdrawn from console, 1 were not registered\n", "")
    daye = await Registry(database).by_slug("daye")
    trusted = TrustedDocuments(database)
    assert await trusted.text(daye.id, "console", digest_of(VIEWER)) is None
    assert await trusted.text(daye.id, "console", digest_of(ROLES)) == ROLES

    code, output, errors = await shell.run("remove", "documents.json", *named)
    assert (code, output) == (1, "")
    assert "A document's id is its SHA-256" in errors


async def test_more_than_one_call_takes_is_registered_in_parts(shell: Shell) -> None:
    bodies = [f"query Number{number} {{ viewer {{ username }} }} #{' ' * 300}" for number in range(700)]
    file = shell.file({digest_of(body): body for body in bodies})

    code, output, errors = await shell.run("register", file, "--tenant", "daye", "--client", "console")
    assert (code, output, errors) == (0, "daye: 700 document(s) registered for console, 0 had been before\n", "")


@pytest.mark.parametrize(
    ("content", "words", "told"),
    [
        ({"abc": VIEWER}, (), "documents/0/id: The id is not the SHA-256 of the body"),
        ({digest_of("{ no }"): "{ no }"}, (), "documents/0/body: The document is not valid: Cannot query field 'no'"),
        ([], (), "The file is no list of documents: it is not a JSON object."),
        ({}, (), "Register between 1 and 500 documents at a time."),
        ({digest_of(VIEWER): VIEWER}, ("--client", "stranger"), "lists no client application stranger"),
        ({digest_of(VIEWER): VIEWER}, ("--tenant", "atlantis"), "No such city."),
    ],
)
async def test_what_is_wrong_is_told_in_words(shell: Shell, content: Any, words: tuple[str, ...], told: str) -> None:
    file = shell.file(content)
    code, output, errors = await shell.run("register", file, "--tenant", "daye", "--client", "console", *words)

    assert (code, output) == (1, "")
    assert told in errors
    assert "Traceback" not in errors
