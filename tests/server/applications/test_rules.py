from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from server.applications.rules import (
    KeyTerm,
    check_expiry,
    check_networks,
    check_room,
    check_scopes,
    end_of_overlap,
    is_let_in,
    network_of,
)
from server.errors import AppError
from tenants.permissions import HEALTH_DATA, NOT_FOR_APPLICATIONS, PLATFORM_ONLY, SEALED_MATTERS, Permission

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD, OVER, REVOKED = KeyTerm(None, None), KeyTerm(NOW, None), KeyTerm(None, NOW - HOUR)


def test_scopes_are_of_the_vocabulary_and_come_once() -> None:
    grantable = {"case:read", "grid:read"}
    assert check_scopes(["grid:read", "case:read", "grid:read"], grantable) == ["case:read", "grid:read"]
    for wrong in ([], ["case:read", "case:*"], ["CASE:READ"], ["case:read "], ["tenant:apply"]):
        with pytest.raises(AppError) as refused:
            check_scopes(wrong, grantable)
        assert (refused.value.code, refused.value.field) == ("SCOPE_NOT_GRANTABLE", ("scopes",))


def test_no_program_is_granted_what_hands_out_rights_or_opens_secrets() -> None:
    assert NOT_FOR_APPLICATIONS >= PLATFORM_ONLY | HEALTH_DATA | SEALED_MATTERS
    assert {Permission.APPLICATION_MANAGE, Permission.APPOINTMENT_CREATE, Permission.USER_CREATE} < NOT_FOR_APPLICATIONS
    assert Permission.CASE_READ not in NOT_FOR_APPLICATIONS


def test_networks_are_told_in_one_form() -> None:
    given = ["192.0.2.0/24", "192.0.2.7", " 2001:DB8::/32", "192.0.2.7/32"]
    assert check_networks(given) == ["192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32"]
    assert check_networks([]) == []


def test_ipv4_in_ipv6_clothes_is_ipv4() -> None:
    given = ["::ffff:192.0.2.7/128", "::ffff:198.51.100.0/120", "192.0.2.7"]
    networks = check_networks(given)
    assert networks == ["192.0.2.7/32", "198.51.100.0/24"]
    stored = [network_of(text) for text in given]
    assert stored == [ip_network(text) for text in (*networks, "192.0.2.7")]
    assert is_let_in([ip_network(text) for text in networks], "192.0.2.7")
    assert is_let_in([ip_network(text) for text in networks], "::ffff:198.51.100.9")
    with pytest.raises(AppError):
        check_networks(["::ffff:0:0/96"])


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "192.0.2.7/24",
        "0.0.0.0/0",
        "::/0",
        "192.0.2.0/33",
        "192.0.2",
        "' or 1=1 --",
        "192.0.2.0/24, 10.0.0.0/8",
    ],
)
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(AppError) as refused:
        check_networks(["192.0.2.0/24", wrong])
    assert (refused.value.code, refused.value.field) == ("NETWORK_INVALID", ("networks",))


def test_there_are_twenty_networks_at_most() -> None:
    assert len(check_networks([f"192.0.2.{n}" for n in range(20)])) == 20
    with pytest.raises(AppError, match="at most 20 networks"):
        check_networks([f"192.0.2.{n}" for n in range(21)])


@pytest.mark.parametrize(
    ("peer", "let_in"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("2001:db9::1", False),
        ("", False),
        ("testclient", False),
    ],
)
def test_an_address_is_in_a_network_or_not(peer: str, let_in: bool) -> None:
    networks = [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]
    assert is_let_in(networks, peer) is let_in
    assert is_let_in([], peer)


def test_an_end_lies_in_the_future() -> None:
    assert check_expiry(None, NOW) is None
    assert check_expiry(NOW + HOUR, NOW) == NOW + HOUR
    with pytest.raises(AppError) as refused:
        check_expiry(NOW, NOW)
    assert refused.value.code == "EXPIRY_PAST"


def test_two_keys_are_good_at_a_time() -> None:
    check_room([GOOD, OVER, REVOKED], NOW)
    with pytest.raises(AppError) as refused:
        check_room([GOOD, REVOKED, KeyTerm(NOW + HOUR, None)], NOW)
    assert refused.value.code == "API_KEYS_FULL"


def test_an_overlap_never_prolongs_a_key() -> None:
    assert end_of_overlap(GOOD, 24, NOW) == NOW + 24 * HOUR
    assert end_of_overlap(GOOD, 0, NOW) == NOW
    assert end_of_overlap(KeyTerm(NOW + HOUR, None), 24, NOW) == NOW + HOUR
    for term, hours, code in (
        (OVER, 1, "API_KEY_ENDED"),
        (REVOKED, 1, "API_KEY_ENDED"),
        (GOOD, -1, "OVERLAP_INVALID"),
        (GOOD, 721, "OVERLAP_INVALID"),
    ):
        with pytest.raises(AppError) as refused:
            end_of_overlap(term, hours, NOW)
        assert refused.value.code == code
