"""What a draft must not say, and who may check it (pure). After sources.md T23, P-13 and 5.3."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from server.errors import Conflict, NotPermitted, RuleViolation

MOST_FINDINGS = 50


class PublicationStatus(StrEnum):
    """Where a publication stands."""

    DRAFT = "DRAFT"
    CHECKED = "CHECKED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


class FindingKind(StrEnum):
    """What the redaction check looks for."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    LINK = "LINK"
    PLATE = "PLATE"
    ID_NUMBER = "ID_NUMBER"
    NAME = "NAME"
    PLACE = "PLACE"
    HOUSE_NUMBER = "HOUSE_NUMBER"
    HEALTH = "HEALTH"
    MINOR = "MINOR"
    PETITION = "PETITION"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be read by everybody, in the words of whoever drafts it."""

    title: str
    asked: str
    done: str

    def fields(self) -> Mapping[str, str]:
        """The texts by the names clients know."""
        return {"title": self.title, "asked": self.asked, "done": self.done}


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What must not be in a draft of one case: the names of those it concerns, places below the one it may name, words."""

    names: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    health: tuple[str, ...] = ()
    minors: tuple[str, ...] = ()
    petitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to be taken out. field: the text it is in. text: what was found there."""

    kind: FindingKind
    field: str
    text: str


# However digits are written: in full width, as words, with hyphens or spaces between them.
_DIGITS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")
_NUMBER = re.compile(r"\d(?:[ \-.·—]?\d){6,}[Xx]?")
_DATE = re.compile(r"(?<![\d\-.])(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])(?:[-./](?:0?[1-9]|[12]\d|3[01]))?(?![\d\-.])")
_LETTERED = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]\d{8}(?!\d)")
_HOUSE = re.compile(
    r"[0-9A-Za-z十百甲乙丙丁]+ ?(?:号楼|号院|栋|幢|单元|楼|室|弄)|(?<![月0-9])\d+ ?号"
    r"|\b(?:no\.?|number|room|building|unit|apartment|apt\.?|flat|floor|house) ?#?\d+\w*",
    re.IGNORECASE,
)
_ADDRESSED = re.compile(
    r"[\u4e00-\u9fff](?<![位名个的些等])(?:某某|某)?(?:先生|女士|小姐|大爷|大妈|阿姨|大叔|大婶|奶奶|爷爷)"
    r"|\b(?:[Mm]rs?|[Mm]s|[Dd]r|Miss)\.? [A-Z]\w+",
)
# Each begins where nothing of its own kind stands before it, so that a long text is read once.
_EMAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+ ?@ ?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LINK = re.compile(
    r"(?<![A-Za-z0-9])(?:https?://|www\.)[!-~]+"
    r"|(?<![A-Za-z0-9.-])(?:[a-z0-9-]+\.)+(?:com|cn|net|org|gov|edu|info|top|vip|xyz)(?![A-Za-z0-9-])(?:/[!-~]*)?",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][ ·•.-]?(?=[A-Z]*\d)[A-Z0-9]{4,6}(?![A-Z0-9])[学警挂港澳]?",
    re.IGNORECASE,
)
_LONGEST_PHONE = 12
_SHORTEST_NAME = 2
_HAN = re.compile(r"[\u4e00-\u9fff·]+")


def findings_in(draft: Draft, forbidden: Forbidden) -> list[Finding]:
    """Everything a draft must not say, at most MOST_FINDINGS, each once."""
    found: dict[Finding, None] = {}
    for field, text in draft.fields().items():
        plain = _plain(text)
        for kind, said in (
            *_numbers(plain),
            *_addresses(plain),
            *_people_and_places(plain, forbidden),
            *_words(plain, forbidden),
        ):
            found[Finding(kind, field, said)] = None
    return list(found)[:MOST_FINDINGS]


def _plain(text: str) -> str:
    """The text as it is read: one form for each character, nothing that cannot be seen."""
    return "".join(
        character for character in unicodedata.normalize("NFKC", text) if unicodedata.category(character) != "Cf"
    )


def _numbers(text: str) -> Iterator[tuple[FindingKind, str]]:
    counted = text.translate(_DIGITS)
    dateless = _DATE.sub(lambda found: " " * len(found[0]), counted)
    for found in _NUMBER.finditer(dateless):
        digits = sum(character.isdigit() for character in found[0])
        kind = FindingKind.PHONE if digits <= _LONGEST_PHONE else FindingKind.ID_NUMBER
        yield kind, text[found.start() : found.end()]
    for found in _LETTERED.finditer(counted):
        yield FindingKind.ID_NUMBER, text[found.start() : found.end()]
    for found in _HOUSE.finditer(counted):
        yield FindingKind.HOUSE_NUMBER, text[found.start() : found.end()]


def _addresses(text: str) -> Iterator[tuple[FindingKind, str]]:
    """E-mail addresses, links that stand beside them, and number plates."""
    yield from ((FindingKind.EMAIL, found[0]) for found in _EMAIL.finditer(text))
    rest = _EMAIL.sub(lambda found: " " * len(found[0]), text)
    yield from ((FindingKind.LINK, found[0]) for found in _LINK.finditer(rest))
    yield from ((FindingKind.PLATE, found[0]) for found in _PLATE.finditer(text))


def _people_and_places(text: str, forbidden: Forbidden) -> Iterator[tuple[FindingKind, str]]:
    for found in _ADDRESSED.finditer(text):
        yield FindingKind.NAME, found[0]
    for name in sorted(forbidden.names):
        # Told as it was written: nobody learns more of a name than they wrote.
        written = next((form for form in _forms(name) if _holds(text, form)), None)
        if written is not None:
            yield FindingKind.NAME, written
    for place in sorted(forbidden.places):
        if _holds(text, place):
            yield FindingKind.PLACE, place


def _words(text: str, forbidden: Forbidden) -> Iterator[tuple[FindingKind, str]]:
    lists = {
        FindingKind.HEALTH: forbidden.health,
        FindingKind.MINOR: forbidden.minors,
        FindingKind.PETITION: forbidden.petitions,
    }
    for kind, words in lists.items():
        yield from ((kind, word) for word in words if _holds(text, word))


def _forms(name: str) -> Iterator[str]:
    """A name as it may be written, the longest form first: whole, and in Chinese also without the family name."""
    yield name
    bare = "".join(name.split())
    if _HAN.fullmatch(bare):
        yield from (bare[start:] for start in range(max(1, len(bare) - _SHORTEST_NAME + 1)))


def _holds(text: str, word: str) -> bool:
    """Whether the text has the word; words of letters as whole words, Chinese ones anywhere, spaces or none between."""
    sought = _plain(word).casefold().strip()
    if len(sought) < _SHORTEST_NAME and not _HAN.fullmatch(sought):
        return False
    if _HAN.search(sought):
        return "".join(sought.split()) in "".join(text.casefold().split())
    return re.search(rf"(?<!\w){re.escape(sought)}(?!\w)", text.casefold()) is not None


_OF_STATUS: Mapping[str, frozenset[PublicationStatus]] = MappingProxyType(
    {
        "draft": frozenset({PublicationStatus.DRAFT, PublicationStatus.CHECKED}),
        "check": frozenset({PublicationStatus.DRAFT}),
        "withdraw": frozenset({PublicationStatus.PUBLISHED}),
    },
)


def check_status(step: str, status: PublicationStatus) -> None:
    """Raise PUBLICATION_WRONG_STATUS unless the step ("draft", "check", "withdraw") is possible."""
    if status not in _OF_STATUS[step]:
        raise RuleViolation(
            "This is not possible while the publication is {status}.", code="PUBLICATION_WRONG_STATUS", status=status
        )


def check_seen(version: int, expected: int) -> None:
    """Raise Conflict VERSION_CONFLICT unless the caller saw the present version."""
    if version != expected:
        raise Conflict(
            "The publication is at version {version}; you saw {expected}. Read it again.",
            code="VERSION_CONFLICT",
            field=("expectedVersion",),
            version=version,
            expected=expected,
        )


def check_other(drafted_by: UUID, member_id: UUID | None) -> UUID:
    """The member who checks: never the one who drafted (four eyes). Raises NotPermitted, PUBLICATION_OWN_DRAFT."""
    if member_id is None:
        raise NotPermitted("Only a member checks what is to be public.")
    if member_id == drafted_by:
        raise RuleViolation("Somebody other than the drafter checks a draft.", code="PUBLICATION_OWN_DRAFT")
    return member_id


def check_clean(found: list[Finding]) -> None:
    """Raise PUBLICATION_FINDINGS for a draft that says what must not be public."""
    if found:
        listed = "; ".join(f"{finding.field}: {finding.text} ({finding.kind})" for finding in found)
        raise RuleViolation(
            "Take this out and draft it anew: {findings}.", code="PUBLICATION_FINDINGS", findings=listed
        )
