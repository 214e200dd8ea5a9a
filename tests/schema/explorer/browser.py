"""A headless Chromium for one page, spoken to over its DevTools protocol, with a list of all it asks for.

The browser finds no host but this machine, so that its own errands (updates, sign-in, suggestions) end here too.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=OptimizationHints,MediaRouter,Translate,DialMediaRouteProvider,InterestFeedContentSuggestions",
    "--remote-debugging-port=0",
    "--window-size=1400,900",
)
PATIENCE_SECONDS = 40


def chromium() -> str | None:
    """The browser's program, if this machine has it (Debian's package chromium)."""
    return shutil.which("chromium")


@dataclass(slots=True)
class Page:
    """One page. asked: every address it asked for. complaints: what the console said of errors and refused loads."""

    socket: ClientConnection
    asked: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a DevTools command; events that come in between are noted."""
        number = next(self._numbers)
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(await self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                result: dict[str, Any] = message["result"]
                return result
            self._listen(message)

    async def load(self, url: str) -> None:
        """Go to an address and wait until the page is there with everything it names."""
        await self.command("Page.navigate", url=url)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (message := json.loads(await self.socket.recv())).get("method") != "Page.loadEventFired":
                self._listen(message)

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression gives, as JSON."""
        answer = await self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The first true value (text, number, boolean) of an expression that is asked again and again within the page."""
        waiting = (
            f"new Promise((done) => {{ const look = () => {{ const found = {expression}; "
            "found ? done(found) : setTimeout(look, 50); }; look(); })"
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.value(waiting)

    def _listen(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.asked.add(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked.add(params["url"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))


@asynccontextmanager
async def opened(program: str, home: Path, url: str) -> AsyncIterator[Page]:
    """A page at ``url`` in a browser of its own, whose profile is kept in ``home``."""
    process = await asyncio.create_subprocess_exec(
        program,
        *_FLAGS,
        f"--user-data-dir={home}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port = await _port(home)
        async with httpx.AsyncClient() as http:
            targets = (await http.get(f"http://127.0.0.1:{port}/json/list")).json()
        target = next(target for target in targets if target["type"] == "page")
        async with connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
            page = Page(socket)
            for domain in ("Page", "Runtime", "Log", "Network"):
                await page.command(f"{domain}.enable")
            await page.load(url)
            yield page
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _port(home: Path) -> int:
    file = home / "DevToolsActivePort"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not file.exists() or "\n" not in file.read_text():  # noqa: ASYNC110 - a file says nothing when it comes
            await asyncio.sleep(0.05)
    return int(file.read_text().splitlines()[0])
