"""What of a case is made public and what must not be, and how long its personal parts are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from tenants.manifest.casework import CaseCategory, CaseTemplate
from tenants.manifest.pointers import Fault, pointer
from tenants.manifest.words import Code, Part, Text, Track

Years = Annotated[int, Field(ge=1, le=100)]

HEALTH_WORDS = (
    *("疾病", "患病", "生病", "病情", "病人", "患者", "住院", "诊断", "手术", "残疾", "精神病", "精神障碍"),
    *("抑郁", "癌", "艾滋", "乙肝", "糖尿病", "高血压", "怀孕", "流产", "服药"),
    *("disease", "illness", "diagnosis", "diagnosed", "patient", "hospitalized", "surgery", "disabled", "disability"),
    *("depression", "cancer", "HIV", "diabetes", "pregnant", "pregnancy"),
)
MINOR_WORDS = (
    *("未成年", "儿童", "小孩", "孩子", "幼儿", "婴儿", "学生", "少年"),
    *("child", "children", "kid", "kids", "infant", "baby", "toddler", "pupil", "teenager", "underage", "minors"),
)
PETITION_WORDS = (*("信访", "上访", "举报", "控告"), *("petition", "petitions", "petitioner", "whistleblower"))


class PublicationRules(Part):
    """Words that no public copy of a case may hold, besides names, numbers and addresses (P-13)."""

    health_words: tuple[Text, ...] = Field(
        default=HEALTH_WORDS, max_length=500, description="Words that tell of somebody's health. Listing replaces them."
    )
    minor_words: tuple[Text, ...] = Field(
        default=MINOR_WORDS, max_length=500, description="Words that tell of minors. Listing replaces them."
    )
    petition_words: tuple[Text, ...] = Field(
        default=PETITION_WORDS, max_length=500, description="Words that tell of petitions. Listing replaces them."
    )


class RetentionRules(Part):
    """Years after its end for which the personal parts of a case are kept; what is listed nowhere is kept for ever."""

    tracks: dict[Track, Years] = Field(default_factory=dict, description="Years by track.")
    categories: dict[Code, Years] = Field(
        default_factory=dict,
        description="Years by category, the narrower ones without years of their own included; before those of the track.",
    )


def retention_faults(
    case_categories: tuple[CaseCategory, ...],
    case_templates: tuple[CaseTemplate, ...],
    retention: RetentionRules,
) -> Iterator[Fault]:
    """Years are given for tracks and categories there are."""
    tracks = {template.track for template in case_templates}
    for track in retention.tracks:
        if track not in tracks:
            yield Fault(pointer("retention", "tracks", track.value), f"no template for the track {track.value!r}")
    known = {category.code for category in case_categories}
    for code in retention.categories:
        if code not in known:
            yield Fault(pointer("retention", "categories", code), f"unknown category {code!r}")
