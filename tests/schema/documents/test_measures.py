"""Each limit lets N pass and refuses N + 1, wherever in the document it is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pytest
from graphql import get_introspection_query, parse

from schema.documents.limits import LIMITS, MAX_LINES, MAX_TEXT, Limits
from schema.documents.measures import measure
from schema.documents.memory import Checked, Documents
from schema.documents.refusals import beyond
from schema.root import schema

WHERE: dict[str, Callable[[str], str]] = {
    "plain": lambda text: f"{{{text}}}",
    "in a fragment": lambda text: f"{{...F}} fragment F on Query{{{text}}}",
    "in a fragment of a fragment": lambda text: f"{{...G}} fragment F on Query{{{text}}} fragment G on Query{{...F}}",
    "in an inline fragment": lambda text: f"{{...on Query{{{text}}}}}",
    "in a second operation": lambda text: f"mutation M{{signOut(input:{{}}){{signedOut}}}} query Q{{{text}}}",
}
LEAVES = ("username", "tenant", "roles", "permissions", "__typename")
MADE: dict[str, Callable[[int], str]] = {
    "depth": lambda n: "organization(id:1){" + "parent{" * (n - 2) + "id" + "}" * (n - 1),
    "aliases": lambda n: "viewer{" + " ".join(f"a{i}:username" for i in range(n)) + "}",
    "directives": lambda n: "viewer{" + "username @skip(if:false) " * n + "}",
    "values": lambda n: "nodes(ids:[" + "1 " * n + "]){id}",
    "fields": lambda n: "viewer{" + " ".join(LEAVES[:n]) + "}",
    "repeats": lambda n: "viewer{" + "username " * n + "}",
    "selected": lambda n: "viewer{" + "username " * (n - 1) + "}",
}


def check(text: str, **limits: int) -> Checked:
    """The verdict under otherwise generous limits."""
    roomy = dict.fromkeys(asdict(Limits()), 1000000)
    return Documents(schema()._schema).check(text, Limits(**{**roomy, **limits}))


def refusals(checked: Checked) -> list[tuple[object, object, object]]:
    """Code, limit and number of each error."""
    found = [error.extensions or {} for error in checked.errors]
    return [(each["code"], each.get("limit"), each.get("allowed")) for each in found]


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("limit", MADE)
def test_a_limit_is_inclusive_everywhere(limit: str, where: str) -> None:
    allowed = 4
    assert refusals(check(WHERE[where](MADE[limit](allowed)), **{limit: allowed})) == []
    one_more = check(WHERE[where](MADE[limit](allowed + 1)), **{limit: allowed})
    assert refusals(one_more) == [("QUERY_TOO_COMPLEX", limit, allowed)]
    assert str(allowed) in one_more.errors[0].message
    assert one_more.document is None


@pytest.mark.parametrize("where", WHERE)
def test_tokens_are_counted_to_the_last(where: str) -> None:
    text = WHERE[where]("viewer{username}")
    tokens = parse(text).token_count
    assert refusals(check(text, tokens=tokens)) == []
    assert refusals(check(text, tokens=tokens - 1)) == [("QUERY_TOO_COMPLEX", "tokens", tokens - 1)]


def test_reading_stops_at_the_limit_of_tokens() -> None:
    text = "{viewer{username}}" + " #" * 10 + '\n"'  # what stands behind is no GraphQL
    assert refusals(check(text, tokens=5)) == [("QUERY_TOO_COMPLEX", "tokens", 5)]
    assert refusals(check(text)) == [("GRAPHQL_PARSE_FAILED", None, None)]


def test_comments_count_as_tokens() -> None:
    assert refusals(check("{viewer{username}}" + "#\n" * 4, tokens=10)) == []
    assert refusals(check("{viewer{username}}" + "#\n" * 5, tokens=10)) == [("QUERY_TOO_COMPLEX", "tokens", 10)]


@pytest.mark.parametrize("where", ["", "organization(id:1)", "...on Query"])
def test_spreads_count_wherever_they_stand(where: str) -> None:
    on = "Organization" if where.startswith("organization") else "Query"
    for spreads, expected in ((4, []), (5, [("QUERY_TOO_COMPLEX", "spreads", 4)])):
        spread = "...F " * spreads
        text = f"{{{where}{{{spread}}}}}" if where else f"{{{spread}}}"
        assert refusals(check(f"{text} fragment F on {on}{{__typename}}", spreads=4)) == expected


def test_operations_count() -> None:
    four = " ".join(f"query Q{n}{{__typename}}" for n in range(4))
    assert refusals(check(four, operations=4)) == []
    assert refusals(check(f"{four} query P{{__typename}}", operations=4)) == [("QUERY_TOO_COMPLEX", "operations", 4)]


def test_text_and_lines_have_limits_of_their_own() -> None:
    query = "{viewer{username}}"
    assert refusals(check(query + " " * (MAX_TEXT - len(query)))) == []
    assert refusals(check(query + " " * (MAX_TEXT - len(query) + 1))) == [("QUERY_TOO_COMPLEX", "text", MAX_TEXT)]
    assert refusals(check(query + "\n" * MAX_LINES)) == []
    assert refusals(check(query + "\n" * (MAX_LINES + 1))) == [("QUERY_TOO_COMPLEX", "lines", MAX_LINES)]


def test_values_count_in_defaults_directives_and_nested_objects() -> None:
    default = "query($s:[CaseStatus!]=[{0}]){{cases(filter:{{status:$s}}){{nodes{{id}}}}}}"
    nested = '{{cases(filter:{{number:"x",status:[{0}]}}){{nodes{{id}}}}}}'
    for text, others in ((default, 0), (nested, 2)):
        assert refusals(check(text.format("REPORTED " * 3), values=3 + others)) == []
        assert refusals(check(text.format("REPORTED " * 4), values=3 + others)) == [
            ("QUERY_TOO_COMPLEX", "values", 3 + others),
        ]


def test_a_selection_set_has_the_fields_of_its_fragments_once() -> None:
    document = parse(
        """
        { viewer { ...A ...B ... { roles } } }
        fragment A on Viewer { username ...C }
        fragment B on Viewer { username tenant ...C ...C }
        fragment C on Viewer { permissions member { id } }
        """,
    )
    found = measure(document)
    assert (found.fields, found.repeats) == (6, 2)  # roles, username twice, tenant, permissions, member
    assert found.selected == 1 + 1 + (1 + 3) + (2 + 3 + 3)
    assert (found.spreads, found.depth, found.operations) == (5, 4 - 1, 1)


def test_depth_goes_through_fragments() -> None:
    document = parse(
        """
        { organization(id: 1) { ...A } }
        fragment A on Organization { parent { ...B ... { parent { name } } } }
        fragment B on Organization { parent { parent { id } } }
        """,
    )
    assert measure(document).depth == 5


def test_cycles_end_and_are_told_by_validation() -> None:
    text = "{...A} fragment A on Query{viewer{username} ...B} fragment B on Query{...A}"
    assert measure(parse(text)).depth == 2
    assert [error.message for error in check(text).errors] == ["Cannot spread fragment 'A' within itself via 'B'."]


def test_a_bomb_of_fragments_is_counted_without_being_blown() -> None:
    bomb = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(45))
    text = f"{{...F0}}{bomb}fragment F45 on Query{{viewer{{username}}}}"
    assert refusals(check(text, selected=2_000)) == [("QUERY_TOO_COMPLEX", "selected", 2_000)]


def test_the_first_limit_in_order_is_named() -> None:
    found = measure(parse("{" + "a:__typename " * 40 + "}"))
    error = beyond(found, Limits(aliases=10, repeats=5))
    assert error is not None
    assert (error.extensions or {})["limit"] == "aliases"


def test_tools_may_read_the_whole_schema() -> None:
    query = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, schema_description=True)
    for limits in LIMITS.values():
        assert Documents(schema()._schema).check(query, limits).errors == ()
