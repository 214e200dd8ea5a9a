"""What each value of the enumerations of publications means; see ``schema.enum_values``."""

from __future__ import annotations

from collections.abc import Mapping

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "PublicationFindingKind": {
        "PHONE": "A telephone number, or as many digits.",
        "EMAIL": "An e-mail address.",
        "LINK": "The address of a page.",
        "PLATE": "The number plate of a vehicle.",
        "ID_NUMBER": "A number of an identity card, passport or account.",
        "NAME": "The name of somebody the case concerns, or somebody addressed by name.",
        "PLACE": "A place below the compound or community.",
        "HOUSE_NUMBER": "A house, unit or room.",
        "HEALTH": "A word that tells of somebody's health.",
        "MINOR": "A word that tells of minors.",
        "PETITION": "A word that tells of a petition.",
    },
    "PublicationStatus": {
        "DRAFT": "Somebody wrote it; nobody else has looked at it.",
        "CHECKED": "Somebody else found nothing amiss in it.",
        "PUBLISHED": "Everybody can read it.",
        "WITHDRAWN": "It was taken off again.",
    },
    "PublishedCaseOrder": {"PUBLISHED_DESC": "The newest first."},
}
