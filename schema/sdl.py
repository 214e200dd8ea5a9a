"""``python -m schema.sdl``: write the contract with clients to schema/schema.graphql, as /schema.graphql serves it."""

from __future__ import annotations

from pathlib import Path

from schema.root import schema

COMMITTED = Path(__file__).with_name("schema.graphql")


def render() -> str:
    """The schema in GraphQL's definition language: types in the order of their names, fields as they are declared."""
    return f"{schema().as_str().rstrip()}\n"


def main() -> None:
    """Write the file."""
    COMMITTED.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
