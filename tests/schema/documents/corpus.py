"""Documents made to cost much: up to 100 kB each, valid or not. What a check of any of them may take is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import get_introspection_query

SIZE = 100_000


def documents() -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    makers = (_repeated, _fragments, _nested, _values, _texts, _definitions, _wrong, _introspection, _statements)
    for maker in makers:
        for name, text in maker():
            yield name, text[:SIZE]


def variables() -> Iterator[tuple[str, Any]]:
    """Name and value of variables for a filter of cases, a page size and a list of ids."""
    yield "wrong words", {"filter": {"status": ["NOT_A_STATUS"] * 1_000}}
    yield "wrong kinds of values", {"filter": {"status": [{"a": n} for n in range(1_000)]}}
    yield "unknown fields", {"filter": {f"f{n}": n for n in range(4_900)}}
    yield "unknown variables", {f"v{n}": n for n in range(4_900)}
    yield "many ids", {"ids": ["case_0192f3c4-0000-7000-8000-000000000000"] * 1_000}
    yield "too many ids", {"ids": ["1"] * 25_000}
    yield "objects as ids", {"ids": [{"a": [1] * 4} for _ in range(900)]}
    yield "lists in lists", {"ids": [[["x"] * 10] * 10] * 10}
    yield "deep lists", {"filter": _deep(200)}
    yield "as deep as is allowed", {"filter": _deep(20)}
    yield "long text", {"filter": {"number": "x" * 99_000}}
    yield "long wrong text", {"filter": {"reportedSince": "x" * 99_000}}
    yield "long wrong number", {"first": "9" * 99_000}
    yield "one number of many digits", {"first": 10**18}
    yield "long names", {"filter": {"x" * 49_000: 1, "y" * 49_000: 2}}
    yield "many texts", {"filter": {"category": ["x" * 100] * 990}}


def _deep(depth: int) -> Any:
    value: Any = "x"
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def _times(text: str, times: int) -> str:
    return " ".join(text.format(n=n) for n in range(times))


def _repeated() -> Iterator[tuple[str, str]]:
    yield "300 duplicate object fields", "{" + "viewer{username}" * 300 + "}"
    yield "20 duplicate object fields", "{" + "viewer{username}" * 20 + "}"
    yield "100 kB of duplicate leaves", "{viewer{" + "username " * 11_000 + "}}"
    yield "100 kB of duplicate objects", "{" + "viewer{username}" * 6_000 + "}"
    yield "duplicates below each alias", "{" + _times("a{n}:viewer{{" + "member{{id}} " * 12 + "}}", 60) + "}"
    yield "duplicates of duplicates", "{" + ("viewer{" + "member{id organization{id}}" * 19 + "}") * 7 + "}"
    deep = "parent{" * 10 + "id" + "}" * 10
    yield "deep duplicates", "{" + f"organization(id:1){{{deep}}}" * 20 + "}"
    yield "duplicates with arguments", "{" + 'cases(first:1,filter:{number:"x"}){nodes{id}}' * 20 + "}"
    yield "long argument lists compared", "{" + f"cases(filter:{{category:[{'X,' * 150}]}}){{nodes{{id}}}}" * 10 + "}"
    yield "aliases of one object", "{" + _times("a{n}:viewer{{username}}", 4_000) + "}"
    yield (
        "as many aliases as are allowed",
        "{" + _times("a{n}:viewer{{" + "username tenant roles permissions " * 4 + "}}", 60) + "}",
    )
    fields = "username tenant roles permissions " * 2
    yield "as many fields as are allowed", "{" + _times(f"a{{n}}:viewer{{{{{fields}}}}}", 60) + "}"
    filled = 'number:"x",open:true,overdue:true,gridId:"g",status:[REPORTED ARCHIVED],category:["A" "B"]'
    filled = f'cases(first:1,after:"x",orderBy:REPORTED_DESC,filter:{{{filled}}})'
    yield "as many arguments as are allowed", "{" + " ".join(f"a{n}:{filled}{{totalCount}}" for n in range(60)) + "}"
    yield "200 fields, ten levels", "{viewer{member{" + "name " * 19 + "organization{parent{" + "name " * 19 + "}}}}}"


def _fragments() -> Iterator[tuple[str, str]]:
    fragment = "fragment F{n} on Query{{viewer{{username}}}}"
    for number in (99, 200, 400, 1_500):
        yield f"{number} fragments in one set", "{" + _times("...F{n}", number) + "}" + _times(fragment, number)
    for number in (90, 190, 400, 2_000):
        links = "".join(f"fragment F{n} on Query{{viewer{{username}}...F{n + 1}}}" for n in range(number))
        yield f"chain of {number}", f"{{...F0}}{links}fragment F{number} on Query{{__typename}}"
    bomb = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(45))
    yield "bomb", f"{{...F0}}{bomb}fragment F45 on Query{{viewer{{username}}}}"
    deep = "".join(
        f"fragment F{n} on Organization{{a:parent{{...F{n + 1}}} b:parent{{...F{n + 1}}}}}" for n in range(13)
    )
    yield "bomb in depth", f"{{organization(id:1){{...F0}}}}{deep}fragment F13 on Organization{{id}}"
    narrow = "".join(f"fragment F{n} on Organization{{parent{{...F{n + 1}}}...F{n + 1}}}" for n in range(13))
    yield "bomb by merging", f"{{organization(id:1){{...F0}}}}{narrow}fragment F13 on Organization{{id}}"
    everyone = " ".join(f"...F{n}" for n in range(30))
    cyclic = "".join(f"fragment F{n} on Query{{{everyone}}}" for n in range(30))
    yield "everyone spreads everyone", f"{{{everyone}}}{cyclic}"
    yield "cycle", "{...A}fragment A on Query{...B}fragment B on Query{...A viewer{username}}"
    yield "fragment that is not there", "{" + "...Nobody " * 200 + "}"
    yield "unused fragments", "{viewer{username}}" + _times(fragment, 550)
    inside = "cases{nodes{id number status organization{id name parent{id name}}}} "
    yield (
        "wide fragments",
        "{...F0 ...F1 ...F2}"
        + _times(
            "fragment F{n} on Query{{"
            + "a{n}:viewer{{username}} " * 1
            + inside.replace("{", "{{").replace("}", "}}") * 12
            + "}}",
            3,
        ),
    )
    yield "same fragment often", "{" + "...A " * 190 + "}fragment A on Query{viewer{username}}"


def _nested() -> Iterator[tuple[str, str]]:
    yield "braces", "{" * SIZE
    yield "fields within fields", "{a" * 199 + "}" * 199
    yield "inline fragments within each other", "{" + "...on Query{" * 150 + "viewer{username}" + "}" * 151
    yield "inline fragments side by side", "{" + "...{viewer{username}}" * 19 + "...on Query{viewer{tenant}}" * 1 + "}"
    yield "many inline fragments", "{" + "...{__typename}" * 800 + "}"
    yield "type conditions", "{node(id:1){" + "...on Case{number}...on Grid{name}" * 20 + "}}"
    yield "lists within lists", "{case(id:" + "[" * 195 + "]" * 195 + "){id}}"
    yield "100 kB of list brackets", "{case(id:" + "[" * 49_000 + "]" * 49_000 + "){id}}"
    yield "objects within objects", "{cases(filter:" + "{number:" * 190 + "1" + "}" * 190 + "){nodes{id}}}"


def _values() -> Iterator[tuple[str, str]]:
    yield "10,000 list items", "{nodes(ids:[" + "1 " * 10_000 + "]){id}}"
    yield "1,900 list items", "{nodes(ids:[" + "1 " * 1_900 + "]){id}}"
    yield "3,900 wrong list items", "{cases(filter:{status:[" + "A " * 3_900 + "]}){nodes{id}}}"
    yield "many input fields", "{cases(filter:{" + _times("f{n}:1", 1_200) + "}){nodes{id}}}"
    yield "the same input field", "{cases(filter:{" + "number:1 " * 1_200 + "}){nodes{id}}}"
    yield "many arguments", "{cases(" + _times("f{n}:1", 1_200) + "){nodes{id}}}"
    yield "huge integer", "{cases(first:" + "9" * 99_000 + "){nodes{id}}}"
    yield "huge float", "{cases(first:1." + "9" * 49_000 + "e" + "9" * 49_000 + "){nodes{id}}}"
    yield "many huge integers", "{nodes(ids:[" + ("9" * 4_000 + " ") * 24 + "]){id}}"


def _texts() -> Iterator[tuple[str, str]]:
    yield "long name", "{viewer{" + "x" * 99_000 + "}}"
    yield "20 long names", "{viewer{" + " ".join(f"x{n}" + "x" * 4_900 for n in range(20)) + "}}"
    yield "long alias", "{" + "a" * 99_000 + ":viewer{username}}"
    yield "long string", '{case(id:"' + "x" * 99_000 + '"){id}}'
    yield "long Chinese string", '{case(id:"' + "网" * 33_000 + '"){id}}'
    yield "escapes", '{case(id:"' + "\\n" * 49_000 + '"){id}}'
    yield "unicode escapes", '{case(id:"' + "\\u0041" * 16_000 + '"){id}}'
    yield "unicode escapes in braces", '{case(id:"' + "\\u{41}" * 16_000 + '"){id}}'
    yield "block string", '{case(id:"""' + "x" * 99_000 + '"""){id}}'
    yield "block string of lines", '{case(id:"""' + "\n x" * 33_000 + '"""){id}}'
    yield "block string of as many lines as are allowed", '{case(id:"""' + ("\n" + " " * 19) * 4_990 + '"""){id}}'
    yield "block string of quotes", '{case(id:"""' + '\\"""' * 24_000 + '"""){id}}'
    yield "unfinished string", '{case(id:"' + "x" * 99_000
    yield "unfinished block string", '{case(id:"""' + "\nx" * 2_400 + "x" * 90_000
    yield "one comment", "{viewer{username}}#" + "x" * 99_000
    yield "comments", "{viewer{username}}" + "#\n" * 49_000
    yield "commas", "{viewer{username}}" + "," * 99_000
    yield "spaces", " " * 99_000 + "{viewer{username}}"
    yield "line ends", "\n" * 99_000 + "{viewer{username}}"
    yield "byte order marks", "\ufeff" * 33_000 + "{viewer{username}}"
    yield "a wrong character at the end", " " * 99_000 + "?"
    yield "a wrong character after many lines", "\n" * 4_990 + " " * 90_000 + "?"
    yield "faults after many lines", "\n" * 4_990 + "{" + _times("u{n}", 200) + "}"
    yield (
        "faults of many places after many lines",
        "\n" * 4_990 + "{" + _times("a{n}:viewer{{x:username x:tenant x:roles}}", 30) + "}",
    )
    yield "nothing", ""


def _definitions() -> Iterator[tuple[str, str]]:
    yield "many operations", _times("query Q{n}{{viewer{{username}}}}", 480)
    yield "3,000 operations", _times("query Q{n}{{viewer{{username}}}}", 3_000)
    yield "operations of one name", "query Q{viewer{username}}" * 480
    yield (
        "operations that share fragments",
        _times("query Q{n}{{...A}}", 95)
        + _times("fragment A on Query{{...B}}", 1)
        + "fragment B on Query{viewer{username}}",
    )
    yield "many variables", "query(" + _times("$v{n}:Int", 950) + "){viewer{username}}"
    yield (
        "many variables, used",
        "query(" + _times("$v{n}:Int", 250) + "){" + _times("cases(first:$v{n}){{nodes{{id}}}}", 20) + "}",
    )
    yield "undefined variables", "{nodes(ids:[" + _times("$v{n}", 1_900) + "]){id}}"
    yield "variables of unknown types", "query(" + _times("$v{n}:T{n}", 950) + "){viewer{username}}"
    yield (
        "variables in each of many fragments",
        "query Q("
        + _times("$v{n}:Int", 60)
        + "){"
        + _times("...F{n}", 60)
        + "}"
        + _times("fragment F{n} on Query{{cases(first:$v{n}){{nodes{{id}}}}}}", 60),
    )
    yield "deep variable type", "query($v:" + "[" * 190 + "Int" + "]" * 190 + "){viewer{username}}"
    yield "directives", "{viewer{" + "username @include(if:true) " * 600 + "}}"
    yield "unknown directives", "{viewer" + _times("@d{n}", 1_900) + "{username}}"
    yield "the same directive", "{viewer" + "@skip(if:false)" * 650 + "{username}}"
    yield "a schema", _times("type T{n}{{a:Int}}", 550)
    yield "an extended schema", _times("extend type Query{{f{n}:Int}}", 450)


def _wrong() -> Iterator[tuple[str, str]]:
    yield "unknown fields", "{" + _times("u{n}", 15_000) + "}"
    yield "200 unknown fields", "{" + _times("u{n}", 200) + "}"
    yield (
        "unknown fields in many sets",
        "{" + _times("viewer{{u{n} w{n}}}", 20) + _times("...on Query{{viewer{{x{n}}}}}", 60) + "}",
    )
    yield "missing selections", "{" + "viewer " * 20 + "}"
    yield "selections of leaves", "{viewer{" + "username{a} " * 20 + "}}"
    yield "conflicts", "{" + _times("viewer{{x:username x:tenant x:roles x:permissions x:__typename}}", 18) + "}"
    yield "missing arguments", "{" + _times("a{n}:case{{id}}", 60) + "}"
    yield "subscription of many fields", "subscription{" + _times("a{n}:caseEvents{{cursor}}", 60) + "}"
    yield "lone surrogate", '{case(id:"\ud800"){id}}'
    yield "NUL", "{viewer{username}}" + "\x00"


def _introspection() -> Iterator[tuple[str, str]]:
    yield "introspection", get_introspection_query(directive_is_repeatable=True, schema_description=True)
    types = "types{name fields{name type{name}}}"
    yield "cycles of types", "{__schema{types" + "{fields{type" * 6 + "{name}" + "}}" * 6 + "}}"
    yield "all types, often", "{__schema{" + types * 20 + "}}"
    yield (
        "all types by aliases",
        "{__schema{" + _times("a{n}:types{{name fields{{name args{{name}} type{{name}}}}}}", 60) + "}}",
    )
    wide = "fields{name type{name fields{name type{name}}}}"
    yield "types of types", "{__schema{types{" + wide + "}}}"
    yield (
        "types of types, often",
        "{__schema{" + _times("a{n}:types{{" + wide.replace("{", "{{").replace("}", "}}") + "}}", 20) + "}}",
    )
    yield "leaves of all types, often", "{__schema{types{fields{" + _times("a{n}:description", 60) + "}}}}"
    everything = get_introspection_query(descriptions=False)
    yield "introspection beside data", everything.replace("{", "{viewer{username}", 1)
    yield (
        "a little introspection beside data",
        '{__type(name:"Case"){fields{name type{name}}}cases(first:1){nodes{id}}}',
    )


def _statements() -> Iterator[tuple[str, str]]:
    steps = "events(first:1){{nodes{{kind actor{{id organization{{name}}}}}}}}"
    yield "one statement of many subqueries", "{cases(first:1){nodes{id " + _times("a{n}:" + steps, 29) + "}}}"
    yield (
        "pages in pages",
        "{organizations(first:1){nodes{" + _times("a{n}:children(first:1){{nodes{{id}}}}", 29) + "}}}",
    )
    yield "many statements", "{" + _times("a{n}:cases(first:1){{nodes{{id grid{{name}}}}}}", 30) + "}"
    yield "many ids of every kind", "{" + _times("a{n}:nodes(ids:[]){{id ...on Case{{number}}}}", 30) + "}"
