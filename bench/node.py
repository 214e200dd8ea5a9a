"""The part of the bench that runs on Node: PostGraphile and autocannon, installed from the lock file when missing."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from bench.console import say

_OLDEST = 20
_SOURCE = Path(__file__).parent / "peers"
_FILES = ("package.json", "package-lock.json", "postgraphile.mjs", "promise-with-resolvers.cjs")


class NodeError(Exception):
    """Node or npm is missing, too old, or could not install the peers; the message says what to do."""


def installed(data: Path) -> Path:
    """The folder with the peers' programs and packages. Errors: ``NodeError``."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NodeError(
            "the bench needs Node.js 20 or newer with npm, for PostGraphile and the load generator: "
            "install it and put `node` and `npm` on the PATH"
        )
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < _OLDEST:
        raise NodeError(f"the bench needs Node.js {_OLDEST} or newer; {node} is {version}")
    folder = data / "peers"
    digest = hashlib.sha256(b"\0".join((_SOURCE / name).read_bytes() for name in _FILES)).hexdigest()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != digest:
        _install(npm, folder)
        stamp.write_text(digest)
    return folder


def _install(npm: str, folder: Path) -> None:
    say("installing PostGraphile and autocannon from the lock file")
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(_SOURCE / name, folder / name)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise NodeError(f"`npm ci` failed in {folder}:\n{done.stderr.strip()}")
