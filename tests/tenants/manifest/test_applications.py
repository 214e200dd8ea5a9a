"""Client applications in a manifest: what is refused, what it says when left out, how changes are told."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.manifest.diff import plan
from tenants.manifest.faults import ManifestInvalid, parse

NAME = {"zh-CN": "门户", "en": "Portal"}
PORTAL = {"code": "portal", "name": NAME}
PATTERN = "/clients/0/origins/0"


def faults_of(document: dict[str, Any], *clients: object) -> list[tuple[str, str]]:
    with pytest.raises(ManifestInvalid) as refused:
        parse(document | {"clients": list(clients)})
    return [(fault.path, fault.message) for fault in refused.value.faults]


def test_what_is_left_out_is_the_narrow_choice(small_city: dict[str, Any]) -> None:
    (client,) = parse(small_city | {"clients": [PORTAL]}).clients

    assert (client.plan, client.documents, client.origins) == ("standard", "trusted", ())
    assert parse(small_city).clients == ()


@pytest.mark.parametrize(
    "origin",
    [
        "https://portal.example",
        "https://portal.example:8443",
        "https://10.0.0.7",
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "http://localhost",
    ],
)
def test_origins_as_browsers_write_them(small_city: dict[str, Any], origin: str) -> None:
    (client,) = parse(small_city | {"clients": [PORTAL | {"origins": [origin]}]}).clients

    assert client.origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "http://portal.example",
        "https://portal.example/",
        "https://portal.example/app",
        "https://*.example",
        "https://Portal.example",
        "https://user@portal.example",
        "https://portal.example:0",
        "https://portal.example:",
        "https://-portal.example",
        "https://portal..example",
        "https://portal.example\n",
        "ftp://portal.example",
        "",
    ],
)
def test_no_other_origin_is_let_in(small_city: dict[str, Any], origin: str) -> None:
    ((path, message),) = faults_of(small_city, PORTAL | {"origins": [origin]})

    assert path == PATTERN
    assert "should match pattern" in message


@pytest.mark.parametrize(
    ("clients", "path", "message"),
    [
        ([PORTAL, PORTAL], "/clients/1/code", "code 'portal' repeated"),
        (
            [PORTAL | {"origins": ["https://a.example", "https://a.example"]}],
            "/clients/0/origins/1",
            "origin 'https://a.example' repeated",
        ),
        ([PORTAL | {"origins": ["https://a.example:65536"]}], PATTERN, "port 65536 is above 65535"),
        (
            [PORTAL | {"origins": ["https://a.example:443"]}],
            PATTERN,
            "browsers leave out the port 443 of https: write https://a.example",
        ),
        (
            [PORTAL | {"origins": ["http://localhost:80"]}],
            PATTERN,
            "browsers leave out the port 80 of http: write http://localhost",
        ),
        ([PORTAL | {"plan": "unlimited"}], "/clients/0/plan", "Input should be 'standard' or 'extended'"),
        ([PORTAL | {"documents": "none"}], "/clients/0/documents", "Input should be 'any' or 'trusted'"),
        ([PORTAL | {"secret": "x"}], "/clients/0/secret", "unknown key"),
        ([{"name": NAME}], "/clients/0/code", "required"),
    ],
)
def test_each_fault_is_told_at_its_place(
    small_city: dict[str, Any],
    clients: list[object],
    path: str,
    message: str,
) -> None:
    assert faults_of(small_city, *clients) == [(path, message)]


def test_a_plan_tells_applications_by_their_code(small_city: dict[str, Any]) -> None:
    screen = {"code": "screen", "name": NAME}
    old = parse(small_city | {"clients": [PORTAL, screen]})
    new = parse(small_city | {"clients": [{"code": "kiosk", "name": NAME}, PORTAL | {"documents": "any"}]})

    assert [(change.path, change.action.value, change.effect) for change in plan(old, new)] == [
        ("/clients/portal/documents", "CHANGE", "Which documents the application portal may send is now any."),
        (
            "/clients/screen",
            "REMOVE",
            "The application screen is unknown: it has the standard plan and its documents rest.",
        ),
        (
            "/clients/kiosk",
            "ADD",
            "The application kiosk is known: its plan, its documents and its origins count.",
        ),
    ]
