"""GraphiQL: vendored unchanged, in development only, works in a browser, and speaks to this server alone."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
import uvicorn

from schema.explorer.pages import STATIC
from server.main import application
from tests.fixtures.city import Platform
from tests.schema.explorer import browser

OWN = {"SHA256SUMS", "VENDORED.md", "index.html", "page.css", "page.js"}
QUERY = "query Me { viewer { username tenant } }"
# The section holds both editors, the one for variables first.
HEADERS = "[...document.querySelectorAll('section[aria-label=Headers] .CodeMirror')][1]"
RESULT = "document.querySelector('section[aria-label=\"Result Window\"] .CodeMirror')"
SHOWN = f"{RESULT}.CodeMirror.getValue()"


def test_vendored_files_are_the_listed_ones() -> None:
    listed = dict(line.split("  ")[::-1] for line in (STATIC / "SHA256SUMS").read_text().splitlines())
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in STATIC.iterdir()}
    assert {name: digest for name, digest in found.items() if name not in OWN} == listed
    assert OWN - found.keys() == set()


def test_every_vendored_program_has_its_version_its_license_and_its_origin() -> None:
    told = (STATIC / "VENDORED.md").read_text(encoding="utf-8")
    programs = [file.name for file in STATIC.glob("*.min.*")]
    assert len(programs) == 4
    assert [name for name in programs if f"`{name}`" not in told] == []
    assert re.findall(r"\| ([a-z-]+ [0-9.]+)", told) == ["graphiql 2.4.7", "react 18.3.1", "react-dom 18.3.1"]
    assert (STATIC / "LICENSE.graphiql").read_text().startswith("MIT License")
    assert (STATIC / "LICENSE.react").read_text().startswith("MIT License")


async def test_the_page_may_load_and_call_nothing_but_this_server(http: httpx.AsyncClient) -> None:
    page = await http.get("/graphiql")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert page.headers["x-frame-options"] == "DENY"
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert path == "data:," or path.startswith("/graphiql/static/")
        if path != "data:,":
            assert (await http.get(path)).status_code == 200
    styles = (STATIC / "graphiql.min.css").read_text(encoding="utf-8")
    assert {place[:5] for place in re.findall(r"url\(['\"]?([^)]*)", styles)} == {"data:"}
    assert "@import" not in styles


@pytest.mark.parametrize(
    "path", ["/graphiql/static/../pages.py", "/graphiql/static/%2e%2e/pages.py", "/graphiql/static/"]
)
async def test_nothing_else_is_served(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


async def test_production_has_no_explorer(platform: Platform) -> None:
    library = dataclasses.replace(platform.services.library, production=True)
    app = application(dataclasses.replace(platform.services, library=library))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://civicgrid.test") as client:
        for path in ("/graphiql", "/graphiql/static/graphiql.min.js", "/graphiql/static/index.html"):
            assert (await client.get(path)).status_code == 404


@pytest.fixture
async def server(platform: Platform) -> AsyncIterator[str]:
    """The address of the application behind a real port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(platform.services), lifespan="off", log_level="warning", ws="websockets-sansio")
    found = uvicorn.Server(config)
    found.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(found.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    found.should_exit = True
    await serving


@pytest.mark.skipif(browser.chromium() is None, reason="this machine has no chromium (Debian's package)")
@pytest.mark.timeout(180)
async def test_a_developer_asks_in_a_browser_and_nobody_else_hears_of_it(
    platform: Platform,
    server: str,
    tmp_path: Path,
) -> None:
    token = await platform.sign_in("daye", "tenant_admin")
    program = browser.chromium()
    assert program is not None
    given = json.dumps(json.dumps({"authorization": f"Bearer {token}"}))
    async with browser.opened(program, tmp_path, f"{server}/graphiql?query={quote(QUERY)}") as page:
        await page.until("!!document.querySelector('.graphiql-execute-button')")
        await page.until(f"{HEADERS} && ({HEADERS}.CodeMirror.setValue({given}), true)")
        await page.until("(document.querySelector('.graphiql-execute-button').click(), true)")
        await page.until("(document.querySelector('[aria-label=\"Show Documentation Explorer\"]').click(), true)")
        await page.until("/Root Types/.test(document.querySelector('.graphiql-doc-explorer')?.textContent)")
        text = await page.until(f"{RESULT} && /data|errors/.test({SHOWN}) && {SHOWN}")

    assert json.loads(text)["data"] == {"viewer": {"username": "tenant_admin", "tenant": "daye"}}
    assert page.complaints == []
    asked = [urlsplit(url) for url in page.asked]
    assert {url.netloc for url in asked if url.scheme != "data"} == {urlsplit(server).netloc}
    assert {url.path for url in asked} >= {"/graphiql", "/graphiql/static/graphiql.min.js", "/graphql"}
