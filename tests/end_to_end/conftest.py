"""The whole product as a person starts it: ``civicgrid up`` in a directory of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from server.supervisor import asking

ROOT = Path(__file__).parents[2]
_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Running:
    """A running platform."""

    data: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Its address."""
        found: str = json.loads((self.data / "demo.json").read_text())["url"]
        return found

    def ask(self, tenant: str, username: str, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer, as ``civicgrid ask`` gets it."""
        return asking.ask(self.data / "demo.json", tenant, username, document, variables)


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """``civicgrid up`` until the tests are done, then one interrupt; it must end by itself with 0."""
    data = tmp_path_factory.mktemp("up") / ".data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("CIVICGRID_", "DATABASE_URL"))
    }
    environment |= {"CIVICGRID_DATA": str(data), "CIVICGRID_PORT": str(port)}
    with (data.parent / "up.log").open("w") as log:
        command = [str(Path(sys.executable).with_name("civicgrid")), "up"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(process, data / "demo.json", data.parent / "up.log")
            yield Running(data, environment)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=60)
    assert code == 0
    assert "Traceback" not in (data.parent / "up.log").read_text()


def _wait(process: subprocess.Popen[bytes], sign: Path, log: Path) -> None:
    until = time.monotonic() + _MINUTES * 60
    while not ("CivicGrid is up" in log.read_text() and sign.exists()):
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"civicgrid up did not come up:\n{log.read_text()}")
        time.sleep(0.2)
