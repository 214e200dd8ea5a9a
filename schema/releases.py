"""``python -m schema.releases``: keep a copy of the schema as it is released, to compare later ones with.

``schema/released/<version>.graphql`` is the contract that clients of that version were built against. What has changed since
the newest one must not break them; what might surprise them stands in ``acknowledged.txt`` with its reason.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from graphql import (
    DangerousChange,
    DangerousChangeType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from schema.sdl import render

FOLDER = Path(__file__).with_name("released")
ACKNOWLEDGED = FOLDER / "acknowledged.txt"

# New arguments and input fields that may be left out: dangerous in graphql-core's words, harmless to whoever was built before.
_HARMLESS = frozenset({DangerousChangeType.OPTIONAL_ARG_ADDED, DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED})


def newest() -> Path:
    """The file of the newest release."""
    return max(FOLDER.glob("*.graphql"), key=lambda file: tuple(int(part) for part in file.stem.split(".")))


def breaking(released: GraphQLSchema, current: GraphQLSchema) -> list[str]:
    """What a client of the release could not do any more, in graphql-core's words."""
    return sorted(change.description for change in find_breaking_changes(released, current))


def surprising(released: GraphQLSchema, current: GraphQLSchema) -> list[str]:
    """What a client of the release might not expect: new enum values and union members, other defaults."""
    return sorted(
        change.description for change in find_dangerous_changes(released, current) if not _is_harmless(change)
    )


def acknowledged() -> list[str]:
    """The surprising changes somebody has thought about; lines with # say why."""
    lines = ACKNOWLEDGED.read_text(encoding="utf-8").splitlines()
    return sorted(line for line in lines if line.strip() and not line.startswith("#"))


def _is_harmless(change: DangerousChange) -> bool:
    return change.type in _HARMLESS


def main() -> int:
    """Copy the current schema under the project's version; 1 when that version has been released with another schema."""
    file, current = FOLDER / f"{version('civicgrid')}.graphql", render()
    if file.exists() and file.read_text(encoding="utf-8") != current:
        sys.stderr.write(f"{file.name} is released already: raise the version in pyproject.toml first\n")
        return 1
    if not file.exists():
        broken = breaking(build_schema(newest().read_text(encoding="utf-8")), build_schema(current))
        sys.stderr.writelines(f"warning: breaks clients of {newest().stem}: {line}\n" for line in broken)
        ACKNOWLEDGED.write_text(
            "# Surprising changes since the newest release, each under its reason.\n", encoding="utf-8"
        )
    file.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
