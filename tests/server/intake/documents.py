"""Daye's manifest with everything that intake can have."""

from __future__ import annotations

import json
from typing import Any

from tenants.manifest import shipped
from tenants.manifest.reader import read

LABEL = {"zh-CN": "名", "en": "Name"}
QUESTIONS = {
    "properties": {
        "shop": {"type": "string", "maxLength": 20, "label": LABEL},
        "seenOn": {"type": "string", "format": "date", "label": LABEL},
    },
    "required": ["shop"],
}


def daye_with_departments(**sections: Any) -> str:
    """A market office for MARKET (with a question) and all below it, a chat and a hotline; ``sections`` replace."""
    document, faults = read(shipped.text("daye"))
    assert faults == []
    assert isinstance(document, dict)
    document["organization_kinds"].append({"code": "market_office", "name": LABEL})
    for level in document["levels"]:
        if level["code"] in {"subdistrict", "community"}:
            level["kinds"].append("market_office")
    document["case_categories"] += [
        {"code": "MARKET", "name": LABEL, "department": "market_office", "questions": QUESTIONS},
        {"code": "FOOD", "parent": "MARKET", "name": LABEL},
    ]
    document["channels"] = [
        {"code": "chat", "name": LABEL, "kind": "CHAT", "category": "SANITATION", "grid": "grid-1"},
        {"code": "hotline", "name": LABEL, "kind": "HOTLINE"},
    ]
    document["intake"] = {"anonymous": True}
    return json.dumps({**document, **sections}, ensure_ascii=False)
