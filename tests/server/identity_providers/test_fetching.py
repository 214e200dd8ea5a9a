"""Which addresses are asked at all."""

from __future__ import annotations

import pytest

from server.identity_providers.fetching import Fetcher, Unreachable, is_public
from tests.fixtures.provider import Forger, forging

ISSUER = "https://login.example"


@pytest.mark.parametrize(
    "url", ["https://login.example/token", "https://keys.example:8443/keys", "https://10.0.0.1/keys"]
)
def test_https_is_looked_at_further(url: str) -> None:
    Fetcher(production=True).check(url, issuer=ISSUER)


@pytest.mark.parametrize(
    ("url", "issuer", "production"),
    [
        ("http://login.example/token", ISSUER, False),
        ("http://127.0.0.1:6379/", "http://127.0.0.1:9000", False),
        ("http://127.0.0.1:9000/token", "http://127.0.0.1:9000", True),
        ("ftp://login.example/token", ISSUER, False),
        ("https:///token", ISSUER, False),
        ("https://user:word@login.example/token", ISSUER, False),
        ("https://login.example/token#x", ISSUER, False),
        ("https://login.example/" + "x" * 500, ISSUER, False),
    ],
)
def test_other_addresses_are_refused(url: str, issuer: str, production: bool) -> None:
    with pytest.raises(Unreachable):
        Fetcher(production=production).check(url, issuer=issuer)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("2001:0:1::f5ff:fffe", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_another_host_inside_is_not_asked(forger: Forger, host: str) -> None:
    fetcher = Fetcher(production=False)
    async with forging() as inner:
        port = inner.issuer.rpartition(":")[2]
        with pytest.raises(Unreachable, match="is not public"):
            await fetcher.get(f"https://{host}:{port}/keys", issuer=forger.issuer)
        assert dict(inner.calls) == {}
    await fetcher.close()
