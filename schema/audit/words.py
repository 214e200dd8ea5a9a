"""What happened to somebody's own data, in plain words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schema.context import Context
from tenants.permissions import Permission

_DONE: Mapping[str, Mapping[str, str]] = {
    Permission.HEALTH_CHECK_RECORD: {"en": "Wrote down a health check of you", "zh-CN": "登记了您的健康体检"},
    Permission.HEALTH_RECORD_READ: {"en": "Read your health data", "zh-CN": "查看了您的健康数据"},
    Permission.RESIDENT_CREATE: {"en": "Entered you as a resident", "zh-CN": "登记了您的居民信息"},
}
_REFUSED: Mapping[str, Mapping[str, str]] = {
    Permission.HEALTH_CHECK_RECORD: {
        "en": "Tried to write down a health check of you, and was refused",
        "zh-CN": "试图登记您的健康体检,已被拒绝",
    },
    Permission.HEALTH_RECORD_READ: {
        "en": "Tried to read your health data, and was refused",
        "zh-CN": "试图查看您的健康数据,已被拒绝",
    },
}
_OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "DONE": {"en": "Changed your data", "zh-CN": "更改了您的信息"},
    "REFUSED": {"en": "Tried to change your data, and was refused", "zh-CN": "试图更改您的信息,已被拒绝"},
}


def told(action: str, outcome: str, language: str) -> str:
    """What was done to the reader of this line."""
    known = (_REFUSED if outcome == "REFUSED" else _DONE).get(action, _OTHERWISE[outcome])
    return known[language]


async def in_words(context: Context, values: list[Any]) -> list[Any]:
    """A page of (action, outcome) pairs in the language asked for."""
    return [told(action, outcome, context.language) for action, outcome in values]
