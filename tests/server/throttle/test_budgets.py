"""Budgets from settings, and whose bucket a caller's is."""

from __future__ import annotations

from uuid import UUID

import pytest

from server.settings import Settings, SettingsError, load
from server.throttle.budgets import Budget, budgets_of
from server.throttle.names import holding_of, network_of, owner_of

CITY = UUID("018f0000-0000-7000-8000-000000000001")


def test_without_settings_budgets_are_as_documented() -> None:
    budgets = budgets_of(Settings.model_construct())
    assert budgets.tenant == Budget(400_000, 20_000)
    assert budgets.of("standard") == Budget(20_000, 1_000)
    assert budgets.of("extended") == Budget(80_000, 4_000)
    assert budgets.of("anonymous") == Budget(1_000, 50)


def test_budgets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "COST_CAPACITY": "5000",
        "COST_RESTORE": "250",
        "TENANT_COST_CAPACITY": "70000",
        "TENANT_COST_RESTORE": "3000",
        "ANONYMOUS_COST_CAPACITY": "400",
        "ANONYMOUS_COST_RESTORE": "20",
    }.items():
        monkeypatch.setenv(f"CIVICGRID_{name}", value)
    budgets = budgets_of(load())
    assert budgets.tenant == Budget(70_000, 3_000)
    assert [budgets.of(plan) for plan in ("standard", "extended", "anonymous")] == [
        Budget(5_000, 250),
        Budget(20_000, 1_000),
        Budget(400, 20),
    ]


def test_a_budget_of_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVICGRID_COST_RESTORE", "0")
    with pytest.raises(SettingsError) as raised:
        load()
    assert str(raised.value) == (
        "CIVICGRID_COST_RESTORE=0: must be points per second, a whole number from 1 to 10000000"
    )


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", "unknown"),
        ("testclient", "unknown"),
        ("1.2.3.4}{x", "unknown"),
    ],
)
def test_an_address_stands_for_its_network(peer: str, network: str) -> None:
    assert network_of(peer) == network
    assert owner_of(None, peer) == (None, network)


def test_the_buckets_of_a_tenant_are_in_one_place_of_a_cluster() -> None:
    budget = Budget(1, 1)
    tenant, client = holding_of((CITY, None), budget), holding_of(owner_of(CITY, "desk{7}:4"), budget)
    assert tenant.key == f"cost:{{{CITY}}}:tenant"
    assert client.key == f"cost:{{{CITY}}}:client:desk{{7}}:4"
    assert tenant.tag == client.tag == f"cost:{{{CITY}}}"
    assert holding_of((None, "2001:db8::"), budget).key == "cost:{2001:db8::}:anonymous"
