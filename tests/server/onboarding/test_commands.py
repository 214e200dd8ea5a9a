"""``civicgrid tenants`` and ``civicgrid users``: what is printed, and the exit codes."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from migrations.roles import DatabaseUrls
from server.members.models import Appointment, Member
from server.organizations.models import Organization
from tenants.ids import public_id, uuid7
from tenants.manifest import shipped
from tenants.manifest.faults import parse
from tenants.platform import list_cities
from tests.server.onboarding.conftest import Desk, daye


@dataclass(frozen=True, slots=True)
class Shell:
    """A directory where ``civicgrid`` is run with the addresses of a test database."""

    home: Path
    urls: DatabaseUrls

    async def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Exit code, output and error output."""
        settings = {
            "DATABASE_URL": self.urls.app,
            "CIVICGRID_OPERATOR_DATABASE_URL": self.urls.operator,
            "COLUMNS": "200",
            "PYTHONUTF8": "1",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "server.cli", *words),
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3]), **settings},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate(typed.encode())
        return process.returncode or 0, output.decode(), errors.decode()

    def file(self, text: str) -> str:
        """The name of a manifest file with this text."""
        path = self.home / "manifest.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def shell(tmp_path: Path, db_urls: DatabaseUrls) -> Shell:
    return Shell(tmp_path, db_urls)


async def test_a_city_comes_on_board_from_the_command_line(shell: Shell, desk: Desk) -> None:
    file = shell.file(daye())
    code, output, _ = await shell.run("tenants", "plan", file)
    assert (code, "Creates the tenant daye." in output) == (0, True)
    assert output.splitlines()[-1] == "daye: 23 change(s) to apply"
    code, output, _ = await shell.run("tenants", "apply", file)
    assert (code, output.splitlines()[-1]) == (0, "daye: 23 change(s) applied, manifest version 1 in force")
    code, output, _ = await shell.run("tenants", "apply", file)
    assert (code, output.splitlines()[-1]) == (0, "daye: nothing to change, manifest version 1 in force")
    assert (await desk.city("daye")).manifest_version == 1

    code, output, _ = await shell.run("tenants", "list")
    (line,) = [line for line in output.splitlines() if "daye" in line]
    assert (code, line.split()) == (0, ["daye", "大冶市", "Daye", "CITY", "ACTIVE", "Asia/Shanghai", "1"])
    code, output, _ = await shell.run("tenants", "show", "daye")
    assert (code, parse(output)) == (0, parse(shipped.text("daye")))
    assert list(yaml.safe_load(output))[:2] == ["version", "identity"]


async def test_faults_are_listed_and_nothing_is_changed(shell: Shell, desk: Desk) -> None:
    file = shell.file(daye(("time_zone: Asia/Shanghai", "time_zone: Asia/Nowhere"), ("rank: 5", "rank: 9")))
    for command in ("plan", "apply"):
        code, output, errors = await shell.run("tenants", command, file)
        assert (code, output) == (1, "")
        assert errors.splitlines() == [
            "civicgrid: The manifest has 2 fault(s).",
            "/levels/1/rank: Input should be less than or equal to 7",
            "/time_zone: unknown time zone 'Asia/Nowhere'",
        ]
    code, _, errors = await shell.run("tenants", "show", "daye")
    assert (code, errors) == (1, "civicgrid: No such city.\n")
    assert (await shell.run("tenants", "apply", "nowhere.yaml"))[0] == 2
    assert await list_cities(desk.operator) == ()


async def test_accounts_are_opened_and_listed(shell: Shell, desk: Desk) -> None:
    await desk.apply(shipped.text("platform"))
    create = ("users", "create", "platform", "operator", "--operator")
    code, output, _ = await shell.run(*create, typed="a long invented password\n")
    assert (code, len(output.strip())) == (0, 36)
    assert (await shell.run(*create, typed="a long invented password\n"))[0] == 1
    code, output, _ = await shell.run("users", "list", "platform")
    assert (code, [line for line in output.splitlines() if "operator" in line] != []) == (0, True)
    code, _, errors = await shell.run("users", "set-password", "platform", "operator", typed="short\n")
    assert (code, errors) == (1, "civicgrid: A password has 12 to 256 characters.\n")
    set_password = ("users", "set-password", "platform", "operator")
    assert (await shell.run(*set_password, typed="another invented password\n"))[0] == 0


async def test_a_city_gets_its_first_lead_of_discipline(shell: Shell, desk: Desk) -> None:
    tenant_id = (await desk.daye()).tenant_id
    (root,) = await desk.rows(tenant_id, Organization)
    member = Member(tenant_id=tenant_id, id=uuid7(), organization_id=root.id, path=root.path, name="Invented lead")
    async with desk.operator.write(tenant_id) as session:
        session.add(member)
        member_id = member.id
    code, output, _ = await shell.run("users", "appoint", "daye", str(member_id), "discipline_lead")
    (appointment,) = await desk.rows(tenant_id, Appointment)
    assert (code, output.strip()) == (0, str(appointment.id))
    assert (appointment.member_id, appointment.role, appointment.scope) == (member_id, "discipline_lead", "TENANT")
    code, _, _ = await shell.run("users", "appoint", "daye", public_id("member", member_id), "analyst")
    assert (code, len(await desk.rows(tenant_id, Appointment))) == (0, 2)
    code, _, errors = await shell.run("users", "appoint", "daye", public_id("org", member_id), "analyst")
    assert (code, "no id of this kind: member_" in errors) == (2, True)
    code, _, errors = await shell.run("users", "appoint", "daye", str(member_id), "discipline_office")
    assert (code, errors) == (1, "civicgrid: The role discipline_office is given for one place: name it.\n")
