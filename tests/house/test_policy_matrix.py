"""The committed matrix is what Casbin decides today, and it keeps the promises of the design."""

from __future__ import annotations

from tenants import matrix
from tenants.authz import decide
from tenants.manifest.default_roles import DEFAULT_ROLES
from tenants.permissions import HEALTH_DATA, PLATFORM_ONLY, SEALED_COMPANIONS, SEALED_MATTERS, Permission


def _decided() -> dict[str, frozenset[Permission]]:
    rules: list[tuple[str, str, str]] = []
    for slug, role in DEFAULT_ROLES.items():
        for value in role["permissions"]:
            object_, action = value.split(":")
            rules.append((slug, object_, action))
    return decide("default", rules)


def test_golden_file_is_current() -> None:
    assert matrix.GOLDEN.read_text(encoding="utf-8") == matrix.render(DEFAULT_ROLES), "run: make policy"


def test_every_default_role_has_a_column() -> None:
    heads = matrix.GOLDEN.read_text(encoding="utf-8")
    assert [f"{slug} ({role['scope']})" in heads for slug, role in DEFAULT_ROLES.items()] == [True] * 25


def test_every_permission_is_held_by_some_role() -> None:
    assert frozenset().union(*_decided().values()) == frozenset(Permission)


def test_health_data_is_read_by_health_workers_and_the_resident_alone() -> None:
    holders = {role for role, permissions in _decided().items() if permissions & HEALTH_DATA}
    assert holders == {"health_worker", "resident"}
    assert DEFAULT_ROLES["resident"]["scope"] == "OWN"


def test_sealed_matters_are_for_discipline_alone_and_discipline_for_nothing_else() -> None:
    decided = _decided()
    holders = {role for role, permissions in decided.items() if permissions & SEALED_MATTERS}
    assert holders == {"discipline_lead", "discipline_office", "discipline_zone"}
    assert {right for role in holders for right in decided[role]} == SEALED_MATTERS | SEALED_COMPANIONS
    appointing = {role for role, permissions in decided.items() if Permission.SEALED_APPOINT in permissions}
    assert appointing == {"discipline_lead"}


def test_the_platform_is_run_by_its_operator_alone() -> None:
    holders = {role for role, permissions in _decided().items() if permissions & PLATFORM_ONLY}
    assert holders == {"platform_operator"}


def test_an_analyst_sees_figures_and_no_case() -> None:
    assert _decided()["analyst"] == {Permission.DASHBOARD_READ, Permission.GRID_READ, Permission.ORGANIZATION_READ}
