"""The published JSON Schema of a manifest. ``python -m tenants.manifest.schema`` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

from tenants.manifest.model import Manifest

PUBLISHED = Path(__file__).parent / "manifest.schema.json"


def text() -> str:
    """The JSON Schema (draft 2020-12) as it must stand in ``PUBLISHED``."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:civicgrid:manifest:1",
        **Manifest.model_json_schema(by_alias=True, mode="validation"),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(text(), encoding="utf-8")
