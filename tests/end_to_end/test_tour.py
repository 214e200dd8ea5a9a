"""What the README promises, done as it says, on the running product."""

from __future__ import annotations

import re
import subprocess

import httpx
import pytest

from tests.end_to_end.conftest import ROOT, Running

pytestmark = pytest.mark.timeout(420)
_README = (ROOT / "README.md").read_text(encoding="utf-8")
_MARK = "=====answer"


def test_every_command_of_the_readme_answers_as_shown(up: Running) -> None:
    blocks = re.findall(r"```sh\n(.*?)```\n\n```json\n(.*?)```", _README, re.DOTALL)
    assert len(blocks) == _README.count("```sh\n") >= 4
    script = "set -eu\n" + "".join(f"{commands}\necho {_MARK}\n" for commands, _answer in blocks)
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=up.environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    answers = done.stdout.split(f"{_MARK}\n")[:-1]
    assert [_plain(answer) for answer in answers] == [_plain(answer) for _commands, answer in blocks]
    assert done.returncode == 0


def test_the_readmes_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (commands,) = re.findall(r"```\n(make up\nmake test)\n```", _README)
    for command in commands.splitlines():
        assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE)
    assert len(_README.splitlines()) < 150


def test_health_and_accounts(up: Running) -> None:
    assert httpx.get(f"{up.url}/readyz").status_code == 200
    roles = {"tenant_admin", "resident", "grid_worker", "posted_member", "health_worker", "analyst"}
    for city in ("daye", "huangshan", "wuhan", "hohhot", "jiamusi"):
        for role in (*roles, "first_secretary" if city == "daye" else "dispatcher"):
            viewer = up.ask(city, role, "{ viewer { tenant roles } }")["viewer"]
            assert viewer["tenant"] == city
            assert role in viewer["roles"]
    assert up.ask("platform", "operator", "{ viewer { roles } }")["viewer"]["roles"] == ["platform_operator"]


def test_jiamusi_escalates_one_level_at_a_time(up: Running) -> None:
    grid = up.ask("jiamusi", "resident", "{ viewer { resident { grid { id } } } }")["viewer"]["resident"]["grid"]["id"]
    reported = up.ask(
        "jiamusi",
        "resident",
        """mutation($input: ReportCaseInput!) { reportCase(input: $input) { case { id level } userErrors { code } } }""",
        input={"gridId": grid, "category": "HAZARD", "title": "A loose cable"},
    )["reportCase"]["case"]
    worker = up.ask("jiamusi", "grid_worker", "{ viewer { member { id } } }")["viewer"]["member"]["id"]
    chain = up.ask("jiamusi", "resident", "{ tenant { escalationChain } }")["tenant"]["escalationChain"]
    level = chain.index(reported["level"])
    steps: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("dispatcher", "acceptCase", {}),
        ("dispatcher", "triageCase", {"category": "HAZARD", "severity": "COMPLEX"}),
        ("dispatcher", "dispatchCase", {"handlerId": worker}),
        ("grid_worker", "startCase", {}),
        ("grid_worker", "escalateCase", {"reason": "needs the community"}),
        ("subdistrict_officer", "escalateCase", {"reason": "needs the subdistrict"}),
    )
    for version, (username, name, more) in enumerate(steps, start=1):
        document = f"""mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{
          case {{ level version organization {{ level }} }} userErrors {{ code message }} }} }}"""
        given = {"caseId": reported["id"], "expectedVersion": version, **more}
        payload = up.ask("jiamusi", username, document, input=given)[name]
        assert payload["userErrors"] == []
        level -= name == "escalateCase"
        assert payload["case"]["level"] == payload["case"]["organization"]["level"] == chain[level]
    assert chain[level] == "subdistrict"


def test_two_cities_do_not_see_each_other(up: Running) -> None:
    document = (
        "{ cases(first: 1) { nodes { id grid { id } reporter { id } } } organizations(first: 1) { nodes { id } } }"
    )
    theirs = up.ask("huangshan", "dispatcher", document)
    case = theirs["cases"]["nodes"][0]
    ids = [case["id"], case["grid"]["id"], theirs["organizations"]["nodes"][0]["id"]]
    assert up.ask("wuhan", "dispatcher", "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids) == {
        "nodes": [None] * 3
    }
    claim = (
        """mutation($input: EscalateCaseInput!) { escalateCase(input: $input) { case { id } userErrors { code } } }"""
    )
    given = {"caseId": case["id"], "expectedVersion": 1, "reason": "not ours"}
    foreign = up.ask("wuhan", "subdistrict_officer", claim, input=given)
    unknown = up.ask(
        "wuhan", "subdistrict_officer", claim, input={**given, "caseId": f"case_{'0' * 8}-0000-7000-8000-{'0' * 12}"}
    )
    assert foreign == unknown == {"escalateCase": {"case": None, "userErrors": [{"code": "NOT_FOUND"}]}}


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
