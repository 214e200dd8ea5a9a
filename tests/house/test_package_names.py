"""What is installed: exactly what pyproject.toml says, from wherever the reader's own settings say."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from tests.house.lints.sources import PRODUCT, ROOT

LOCKS = ("bootstrap.lock", "requirements.lock")
# Our packages stand at the root: a distribution of the same name would be imported in their place, or they in its.
TAKEN = {*PRODUCT, "bench", "tests", "casbin"}
NPM_LOCKS = sorted(
    path
    for room in ("bench", "console")
    for path in (ROOT / room).rglob("package-lock.json")
    if "node_modules" not in path.parts
)


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _pins(text: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", text, re.MULTILINE)
    return {_normal(name): version for name, version in found}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _lock(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_no_distribution_has_the_name_of_a_package_of_ours() -> None:
    """``casbin`` on PyPI is an old name without maintenance; the engine is ``pycasbin``."""
    assert sorted(TAKEN & _pins(_lock("requirements.lock")).keys()) == []
    assert "pycasbin" in _pins(_lock("requirements.lock"))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name: str) -> None:
    assert re.findall(r"(?i)https?:|git\+|--(?:extra-)?index-url|--find-links| @ ", _lock(name)) == []


@pytest.mark.parametrize("name", LOCKS)
def test_everything_locked_is_exact_and_hashed(name: str) -> None:
    entries = re.split(r"\n(?=\S)", _lock(name).strip())
    loose = [
        entry.splitlines()[0] for entry in entries if "==" not in entry.splitlines()[0] or "--hash=sha256:" not in entry
    ]
    assert loose == []


def test_versions_in_pyproject_are_the_locked_ones() -> None:
    project = _project()
    wanted = "\n".join([*project["dependencies"], *project["optional-dependencies"]["dev"]])
    pins, locked = _pins(wanted), _pins(_lock("requirements.lock"))
    assert len(pins) == len(wanted.splitlines())  # each names one version
    assert {name: version for name, version in pins.items() if locked.get(name) != version} == {}


def test_npm_locks_name_no_registry_and_are_hashed() -> None:
    for path in NPM_LOCKS:
        packages: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["packages"]
        installed = {name: entry for name, entry in packages.items() if name and not entry.get("link")}
        assert [name for name, entry in installed.items() if "resolved" in entry] == [], path
        assert [name for name, entry in installed.items() if "integrity" not in entry] == [], path
