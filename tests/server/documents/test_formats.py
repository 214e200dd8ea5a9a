"""The lists of documents that Apollo, Relay and GraphQL Code Generator write are read; anything else is refused in words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from server.documents.formats import read_list
from server.documents.rules import bare_digest, digest_in, digest_of
from server.documents.service import Given
from server.errors import Invalid

QUERY = "query Viewer { viewer { username } }"


def test_apollos_manifest() -> None:
    operation = {"id": digest_of(QUERY), "name": "Viewer", "type": "query", "body": QUERY}
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}

    assert read_list(orjson.dumps(manifest)) == (Given(digest_of(QUERY), QUERY),)


def test_relays_and_the_code_generators_object() -> None:
    written = {digest_of(QUERY): QUERY, f"sha256:{digest_of('{ __typename }')}": "{ __typename }"}

    assert read_list(orjson.dumps(written)) == tuple(Given(digest, body) for digest, body in written.items())
    assert read_list(b"{}") == ()


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([], "it is not a JSON object"),
        ({"format": "something else", "version": 1, "operations": []}, "it is not apollo-persisted-query-manifest"),
        ({"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}, "of version 1"),
        ({"format": "apollo-persisted-query-manifest", "version": 1}, "it has no list of operations"),
        (
            {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]},
            "operation 0 has no id and body",
        ),
        ({"format": "apollo-persisted-query-manifest", "version": 1, "operations": ["a"]}, "operation 0 has no id"),
        ({"a": {"body": "b"}}, "the value of 'a' is not a document's text"),
    ],
)
def test_other_files_are_refused(found: Any, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refused:
        read_list(orjson.dumps(found))
    assert refused.value.code == "DOCUMENT_LIST_UNKNOWN"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"query {", "it is not JSON"), (b" " * 32_000_001, "it is larger than")]
)
def test_what_is_no_json_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        read_list(content)


def test_digests_are_those_other_tools_make() -> None:
    # printf '%s' '{ __typename }' | sha256sum
    known = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b"
    assert digest_of("{ __typename }") == known
    assert digest_in(f"sha256:{known}") == known
    assert digest_in(f"sha256:{known.upper()}") == known
    assert [
        digest_in(other) for other in (known, f"md5:{known}", "sha256:", f"sha256:{known}0", f"sha256: {known}")
    ] == [None] * 5
    assert [bare_digest(other) for other in ("", known[:-1], f"{known}\n", f"{known[:-1]}g", f"sha256:{known}")] == [
        None
    ] * 5
