"""The matrix role x permission of the default roles, as Casbin decides it, in one readable text.

``python -m tenants.matrix`` writes it to tests/house/policy_matrix.txt, where a review sees every right that changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tenants.authz import decide
from tenants.manifest.default_roles import DEFAULT_ROLES
from tenants.permissions import Permission

GOLDEN = Path(__file__).parents[1] / "tests" / "house" / "policy_matrix.txt"

_REACHES = {"TENANT": "T", "ORGANIZATION": "S", "GRID": "G", "OWN": "o"}
_HEADING = """\
What each default role may do, as Casbin decides it (make policy writes this file).
T everywhere in the city · S in the organization's subtree · G in the grid · o with its own things · . not at all
A city's manifest may change its roles; an appointment says which organization or grid.
"""


def render(roles: Mapping[str, Mapping[str, Any]]) -> str:
    """The matrix of roles given as in a manifest: slug -> {scope, permissions}. Rows are the whole vocabulary."""
    rules = [(slug, *value.split(":")) for slug, role in roles.items() for value in role["permissions"]]
    decided = decide("default", [(role, object_, action) for role, object_, action in rules])
    width = max(len(permission.value) for permission in Permission) + 2
    lines = [_HEADING, *_column_heads(roles, width)]
    for permission in Permission:
        marks = [
            _REACHES[role["scope"]] if permission in decided.get(slug, frozenset()) else "."
            for slug, role in roles.items()
        ]
        lines.append(f"{permission.value:<{width}}{'  '.join(marks)}")
    return "\n".join(lines) + "\n"


def _column_heads(roles: Mapping[str, Mapping[str, Any]], width: int) -> Iterator[str]:
    """One line per role, each with the rules of the columns to its left."""
    for index, (slug, role) in enumerate(roles.items()):
        yield f"{'':{width}}{'|  ' * index}{slug} ({role['scope']})"
    yield f"{'':{width}}{'|  ' * len(roles)}".rstrip()


def main() -> None:
    """Write the golden file."""
    GOLDEN.write_text(render(DEFAULT_ROLES), encoding="utf-8")


if __name__ == "__main__":
    main()
