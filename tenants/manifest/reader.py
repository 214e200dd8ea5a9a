"""From YAML text to plain values, without trusting the text.

Bounded in size and depth before anything is built; anchors and aliases are refused (a few lines of them unfold to
gigabytes), and so are tags and repeated keys. Words mean what they look like: dates, clock times and yes/no stay
text, where YAML 1.1 would make 14:00 the number 840 and "no" false.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from tenants.manifest.pointers import Fault

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16


class _Loader(yaml.CSafeLoader):
    """Safe loader that knows only the scalars of JSON and refuses a key given twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (the base class's own form)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A dict of the node; a repeated key is an error, where the base class keeps the last in silence."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} repeated", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null)?$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9][0-9]{0,17})$"), list("-0123456789"))


def read(text: str) -> tuple[object, list[Fault]]:
    """The document's plain values and no fault, or None and the fault that makes it unreadable."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return None, [Fault("", f"the document is larger than {MAX_BYTES // 1024} KiB")]
    try:
        refused = next(_refusals(text), None)
        if refused is not None:
            return None, [refused]
        # The loader derives from CSafeLoader and builds nothing but JSON's values.
        return yaml.load(text, Loader=_Loader), []  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        return None, [Fault("", f"not valid YAML: {error.problem or error.context}{place}")]
    except (yaml.YAMLError, UnicodeEncodeError, ValueError) as error:
        return None, [Fault("", f"not valid YAML: {str(error).splitlines()[0]}")]


def _refusals(text: str) -> Iterator[Fault]:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield Fault("", f"anchors and aliases are not allowed (line {line})")
        if getattr(event, "tag", None):
            yield Fault("", f"tags are not allowed (line {line})")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            yield Fault("", f"nested deeper than {MAX_DEPTH} (line {line})")
