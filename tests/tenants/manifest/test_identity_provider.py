"""The identity provider in a manifest: what is refused, what it says when left out, how changes are told."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.manifest.diff import plan
from tenants.manifest.faults import ManifestInvalid, parse

PROVIDER = {
    "issuer": "https://login.example",
    "client_id": "civicgrid",
    "redirect_uris": ["https://console.example/back"],
}


def document(small_city: dict[str, Any], *, local_passwords: bool = True, **other: Any) -> dict[str, Any]:
    """The small city with a provider, changed by ``other``."""
    identity = small_city["identity"] | {"local_passwords": local_passwords, "provider": PROVIDER | other}
    return small_city | {"identity": identity}


def faults_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ManifestInvalid) as refused:
        parse(document)
    return [(fault.path.removeprefix("/identity/"), fault.message) for fault in refused.value.faults]


def test_what_is_left_out_is_the_narrow_choice(small_city: dict[str, Any]) -> None:
    assert (parse(small_city).identity.local_passwords, parse(small_city).identity.provider) == (True, None)
    provider = parse(document(small_city)).identity.provider
    assert provider is not None
    assert (provider.client_secret, provider.scopes, provider.staff) == (None, ("openid", "profile"), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "https://login.example/realms/daye"),
        ("issuer", "http://127.0.0.1:9000"),
        ("redirect_uris", ["http://localhost:5173/back", "cn.example.grid:/back"]),
        ("client_secret", "staff"),
        ("staff", {"claim": "phone_number", "names": "PHONE", "open_accounts": True}),
        ("staff", {"claim": "https://login.example/claims/no", "names": "USERNAME"}),
    ],
)
def test_what_is_taken(small_city: dict[str, Any], name: str, value: Any) -> None:
    assert parse(document(small_city, **{name: value})).document()["identity"]["provider"][name] is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "http://login.example"),
        ("issuer", "https://login.example?x=1"),
        ("issuer", "https://login.example#x"),
        ("issuer", "https://user@login.example"),
        ("issuer", "https://LOGIN.example"),
        ("redirect_uris", ["javascript:alert(1)"]),
        ("redirect_uris", ["https://*.example/back"]),
        ("redirect_uris", ["http://console.example/back"]),
        ("redirect_uris", []),
        ("client_secret", "a secret in clear!"),
        ("client_secret", "../other"),
        ("client_id", "two words"),
    ],
)
def test_what_is_refused(small_city: dict[str, Any], name: str, value: Any) -> None:
    paths = {path for path, _message in faults_of(document(small_city, **{name: value}))}
    assert paths <= {f"provider/{name}", f"provider/{name}/0"}


def test_what_does_not_hold_together(small_city: dict[str, Any]) -> None:
    assert faults_of(small_city | {"identity": small_city["identity"] | {"local_passwords": False}}) == [
        ("local_passwords", "without passwords staff need a provider to sign in at")
    ]
    wrong = document(
        small_city,
        issuer="https://login.example:70000",
        scopes=["profile", "profile"],
        redirect_uris=["https://console.example/back"] * 2,
        staff={"claim": "name", "names": "USERNAME", "open_accounts": True},
    )
    assert faults_of(wrong) == [
        ("provider/issuer", "port 70000 is above 65535"),
        ("provider/redirect_uris/1", "address 'https://console.example/back' repeated"),
        ("provider/scopes/1", "scope 'profile' repeated"),
        ("provider/scopes", "the scope 'openid' is needed"),
        ("provider/staff/open_accounts", "a user name names an account that is there: open_accounts goes with PHONE"),
    ]


def test_a_plan_says_what_becomes_of_staff(small_city: dict[str, Any]) -> None:
    changes = plan(parse(small_city), parse(document(small_city, local_passwords=False)))
    assert {change.path: change.effect for change in changes} == {
        "/identity/local_passwords": (
            "Whether staff may sign in with a password is now false; sessions that run go on until they end."
        ),
        "/identity/provider": (
            "Staff sign in at the identity provider by the new setting from now on; running sessions go on."
        ),
    }
    moved = plan(parse(document(small_city)), parse(document(small_city, issuer="https://new.example")))
    assert [change.effect for change in moved] == [
        "Staff sign in at https://new.example; whom the provider until now knew must be linked anew."
    ]
