"""Imports run one way: the contracts of pyproject.toml hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house.lints.sources import ROOT


def test_import_contracts_hold(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
