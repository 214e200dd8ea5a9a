"""Keys and tokens as third parties use them, over HTTP; and what becomes of those who try others'."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from schema.spending import _bucket
from schema.transport.credentials import context_of
from server.applications.models import ApiKey, Application
from server.applications.tokens import new_key
from server.events.models import AuditEntry
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.permissions import Permission
from tenants.sessions import Database
from tests.fixtures.city import Api, Platform
from tests.server.applications.making import Made, make

VIEWER = "{ viewer { username roles permissions member { id } resident { id } } }"
COUNTED = "{ cases { totalCount } grids { totalCount } members { totalCount } }"
WRONG = "The key or token is wrong, over, or not for this place."
Body = dict[str, Any]


async def post(http: httpx.AsyncClient, bearer: str, query: str, **headers: str) -> httpx.Response:
    return await http.post("/graphql", json={"query": query}, headers={"authorization": f"Bearer {bearer}", **headers})


async def data(http: httpx.AsyncClient, bearer: str, query: str) -> Body:
    body: Body = (await post(http, bearer, query)).json()
    assert "errors" not in body, body
    found: Body = body["data"]
    return found


async def token(http: httpx.AsyncClient, made: Made, **form: str) -> httpx.Response:
    given = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.key, **form}
    return await http.post("/oauth/token", data={name: value for name, value in given.items() if value})


async def made_in(platform: Platform, slug: str, *scopes: str, **terms: Any) -> Made:
    return await make(platform.services, (await platform.tenant(slug)).id, *scopes, **terms)


async def changed(platform: Platform, slug: str, model: type[Any], id_: UUID, **values: object) -> None:
    tenant_id = (await platform.tenant(slug)).id
    async with platform.services.database.write(tenant_id) as session:
        await session.execute(update(model).where(model.tenant_id == tenant_id, model.id == id_).values(**values))
    platform.services.applications.forget()


def is_refused(response: httpx.Response) -> bool:
    """Whether this is the one answer to everything that is wrong."""
    (error,) = response.json()["errors"]
    return (
        response.status_code == 401
        and response.headers["www-authenticate"] == "Bearer"
        and error["message"] == WRONG
        and error["extensions"]["code"] == "UNAUTHENTICATED"
    )


async def report(http: httpx.AsyncClient, bearer: str, grid_id: str) -> Body:
    """Report a case in a grid: its id and version."""
    given = f'gridId: "{grid_id}", category: "SANITATION", title: "Bins are full"'
    asked = f"mutation {{ reportCase(input: {{ {given} }}) {{ case {{ id version }} userErrors {{ code }} }} }}"
    payload: Body = (await data(http, bearer, asked))["reportCase"]
    assert payload["userErrors"] == []
    found: Body = payload["case"]
    return found


async def grids_of(http: httpx.AsyncClient, bearer: str) -> list[str]:
    return [grid["id"] for grid in (await data(http, bearer, "{ grids { nodes { id } } }"))["grids"]["nodes"]]


async def test_a_key_reads_what_was_granted_and_no_more(platform: Platform, http: httpx.AsyncClient, api: Api) -> None:
    reporter = await made_in(platform, "daye", "case:report", "case:read", "grid:read", name="Reporter")
    await report(http, reporter.key, (await grids_of(http, reporter.key))[0])
    made = await made_in(platform, "daye", "case:read")
    assert await data(http, made.key, VIEWER) == {
        "viewer": {
            "username": "Board",
            "roles": [],
            "permissions": ["case:read"],
            "member": None,
            "resident": None,
        }
    }
    assert (await api("daye", "tenant_admin", COUNTED))["data"]["cases"] == {"totalCount": 1}
    nothing = {"totalCount": 0}
    seen = await data(http, made.key, COUNTED)
    assert seen == {"cases": {"totalCount": 1}, "grids": nothing, "members": nothing}


async def test_a_key_reaches_its_place_alone(platform: Platform, http: httpx.AsyncClient) -> None:
    everywhere = await made_in(platform, "daye", "case:report", "case:read", "grid:read", name="Reporter")
    here, there = (await grids_of(http, everywhere.key))[:2]
    cases = [(await report(http, everywhere.key, grid))["id"] for grid in (here, there)]
    made = await made_in(
        platform, "daye", "case:read", "case:report", "grid:read", grid_id=UUID(here.removeprefix("grid_"))
    )
    asked = "{ cases { nodes { id grid { id } } } }"
    assert (await data(http, made.key, asked))["cases"]["nodes"] == [{"id": cases[0], "grid": {"id": here}}]
    assert len((await data(http, everywhere.key, asked))["cases"]["nodes"]) == 2


async def test_what_needs_a_person_answers_as_ever(platform: Platform, http: httpx.AsyncClient, api: Api) -> None:
    made = await made_in(
        platform,
        "daye",
        *("case:accept", "case:claim", "case:dispatch", "case:rate", "case:read", "case:report", "grid:read"),
        *("activity:sign_up", "volunteer:register"),
    )
    case = await report(http, made.key, (await grids_of(http, made.key))[0])
    named = f'caseId: "{case["id"]}", expectedVersion: %d'
    dispatch = f"mutation {{ dispatchCase(input: {{ {named % 1} }}) {{ userErrors {{ code }} }} }}"
    assert (await data(http, made.key, dispatch))["dispatchCase"]["userErrors"] == [{"code": "FORBIDDEN"}]
    (done,) = (await api("daye", "first_secretary", dispatch))["data"].values()
    assert done["userErrors"] == []
    claim = f"mutation {{ claimCase(input: {{ {named % 2} }}) {{ userErrors {{ code }} }} }}"
    assert (await data(http, made.key, claim))["claimCase"]["userErrors"] == [{"code": "CASE_NOT_MEMBER"}]
    volunteer = "mutation { registerVolunteer(input: {}) { userErrors { code } } }"
    assert (await data(http, made.key, volunteer))["registerVolunteer"]["userErrors"] == [
        {"code": "VOLUNTEER_PERSON_MISSING"}
    ]
    register = """mutation { registerApplication(input: {name: "x", contact: "x", purpose: "x", scopes: ["case:read"]}) {
      userErrors { code } } }"""
    assert (await data(http, made.key, register))["registerApplication"]["userErrors"] == [{"code": "FORBIDDEN"}]
    sign_out = "mutation { signOut(input: {}) { signedOut userErrors { code } } }"
    assert (await data(http, made.key, sign_out))["signOut"] == {
        "signedOut": False,
        "userErrors": [{"code": "UNAUTHENTICATED"}],
    }


async def test_the_audit_names_the_application(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:report", "case:read", "grid:read")
    await report(http, made.key, (await grids_of(http, made.key))[0])
    tenant_id = (await platform.tenant("daye")).id
    async with platform.services.database.write(tenant_id) as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tenant_id, AuditEntry.actor_id == made.id)
        )
        told = {(entry.actor_kind, entry.actor_name, entry.action) for entry in entries}
    assert told == {("APPLICATION", "Board", "case:report")}


async def test_a_key_of_one_city_opens_no_other(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read")
    other = (await platform.tenant("jiamusi")).id
    moved = new_key(other, made.key_id).text.partition(".")[0] + "." + made.key.partition(".")[2]
    assert is_refused(await post(http, moved, VIEWER))
    assert is_refused(await post(http, made.key, VIEWER, **{"x-tenant": "jiamusi"}))
    assert is_refused(await post(http, made.key, VIEWER, **{"x-tenant": "no-such-city"}))
    assert (await post(http, made.key, VIEWER, **{"x-tenant": "daye"})).status_code == 200
    given = await token(http, made)
    assert is_refused(await post(http, given.json()["access_token"], VIEWER, **{"x-tenant": "jiamusi"}))


async def test_whatever_is_wrong_has_one_answer(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read")
    tenant_id = (await platform.tenant("daye")).id
    assert (await post(http, made.key, VIEWER)).status_code == 200
    for text in (
        made.key[:-1] + ("A" if made.key[-1] != "A" else "B"),
        new_key(tenant_id, uuid7()).text,
        new_key(uuid7(), uuid7()).text,
        "cg_' or '1'='1",
        "cg_%00",
        "cg_",
        "cga_eyJhbGciOiJub25lIn0.e30.",
        "cg_" + "a" * 10_000,
    ):
        assert is_refused(await post(http, text, VIEWER)), text
    await changed(platform, "daye", Application, made.id, networks=["198.51.100.0/24"])
    assert is_refused(await post(http, made.key, VIEWER))
    await changed(platform, "daye", Application, made.id, networks=["127.0.0.0/8"])
    assert (await post(http, made.key, VIEWER)).status_code == 200
    await changed(platform, "daye", Application, made.id, status="SUSPENDED")
    assert is_refused(await post(http, made.key, VIEWER))
    await changed(platform, "daye", Application, made.id, status="ACTIVE")
    await changed(platform, "daye", ApiKey, made.key_id, revoked_at=platform.services.applications._now())
    assert is_refused(await post(http, made.key, VIEWER))


async def test_a_suspended_city_lets_no_application_in(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read")
    given = (await token(http, made)).json()["access_token"]
    operator = await Database.connect(platform.urls.operator, read_pool_size=1, write_pool_size=1)
    async with operator.across() as session:
        await session.execute(update(Tenant).where(Tenant.slug == "daye").values(status="SUSPENDED"))
    await operator.close()
    platform.services.registry.forget()
    assert is_refused(await post(http, made.key, VIEWER))
    assert is_refused(await post(http, given, VIEWER))
    assert (await token(http, made)).json()["error"] == "invalid_client"


async def test_it_is_the_client_it_was_registered_as(platform: Platform, http: httpx.AsyncClient) -> None:
    bare = await made_in(platform, "daye", "case:read")
    listed = await made_in(platform, "daye", "case:read", name="Console", client="console")
    for made, code in ((bare, ""), (listed, "console")):
        context = await context_of(platform.services, {"x-client": "console"}, f"Bearer {made.key}")
        assert context.client.code == code
        assert _bucket(context) == ((await platform.tenant("daye")).id, f"{code}:{made.id}")
    assert await data(http, bare.key, "{ viewer { username } }") == {"viewer": {"username": "Board"}}
    (error,) = (await post(http, listed.key, "{ viewer { username } }")).json()["errors"]
    assert error["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"  # as the manifest says of that client


async def test_client_credentials_give_a_token(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read", "grid:read")
    response = await token(http, made)
    body = response.json()
    assert (response.status_code, response.headers["cache-control"], response.headers["pragma"]) == (
        200,
        "no-store",
        "no-cache",
    )
    assert (body["token_type"], body["scope"]) == ("Bearer", "case:read grid:read")
    assert 890 <= body["expires_in"] <= 900
    assert (await data(http, body["access_token"], VIEWER))["viewer"]["permissions"] == ["case:read", "grid:read"]
    narrow = (await token(http, made, scope="grid:read")).json()
    assert narrow["scope"] == "grid:read"
    assert (await data(http, narrow["access_token"], VIEWER))["viewer"]["permissions"] == ["grid:read"]


async def test_a_client_may_authenticate_by_http_basic(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read")
    form = {"grant_type": "client_credentials"}
    right = await http.post("/oauth/token", data=form, auth=(made.client_id, made.key))
    assert right.status_code == 200
    both = await http.post("/oauth/token", data={**form, "client_secret": made.key}, auth=(made.client_id, made.key))
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    for header in ("Basic", "Basic %%%", "Basic " + base64.b64encode(b"\xff:\xff").decode(), f"Bearer {made.key}"):
        wrong = await http.post("/oauth/token", data=form, headers={"authorization": header})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client"), header
        assert wrong.headers["www-authenticate"] == 'Basic realm="civicgrid"'


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "case:read member:read"}, 400, "invalid_scope"),
        ({"scope": "tenant:apply"}, 400, "invalid_scope"),
        ({"scope": " "}, 400, "invalid_scope"),
        ({"client_secret": "cg_' or 1=1"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "application_01890000-0000-7000-8000-000000000000"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
    ],
)
async def test_faults_are_told_as_the_rfc_says(
    platform: Platform, http: httpx.AsyncClient, form: dict[str, str], status: int, error: str
) -> None:
    made = await made_in(platform, "daye", "case:read")
    response = await token(http, made, **form)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.headers["cache-control"] == "no-store"
    assert set(response.json()) == {"error", "error_description"}


async def test_a_token_request_has_one_form(http: httpx.AsyncClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body, headers, status in (
        (b"grant_type=client_credentials&grant_type=client_credentials", form, 400),
        (b"grant_type=\xff", form, 400),
        (b"{}", {"content-type": "application/json"}, 400),
        (b"a=" + b"a" * 10_001, form, 413),
        (b"&".join(b"a%d=1" % n for n in range(30)), form, 400),
    ):
        response = await http.post("/oauth/token", content=body, headers=headers)
        assert (response.status_code, response.json()["error"]) == (status, "invalid_request")
    assert (await http.get("/oauth/token")).status_code == 405


async def test_a_token_never_serves_as_a_secret(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read", "grid:read")
    narrow = (await token(http, made, scope="grid:read")).json()["access_token"]
    response = await token(http, made, client_secret=narrow)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


async def test_a_token_is_written_down_and_ends_with_its_key(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read")
    given = (await token(http, made)).json()["access_token"]
    tenant_id = (await platform.tenant("daye")).id
    async with platform.services.database.write(tenant_id) as session:
        (entry,) = await session.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tenant_id, AuditEntry.action == "token:issue")
        )
    assert (entry.object_id, entry.actor_id, entry.detail) == (made.key_id, made.id, {"scopes": ["case:read"]})
    assert (await post(http, given, VIEWER)).status_code == 200
    await changed(platform, "daye", ApiKey, made.key_id, revoked_at=platform.services.applications._now())
    assert is_refused(await post(http, given, VIEWER))
    assert (await token(http, made)).json()["error"] == "invalid_client"


async def test_tokens_have_a_budget(platform: Platform, http: httpx.AsyncClient) -> None:
    made = await made_in(platform, "daye", "case:read")
    answers = [await token(http, made) for _ in range(60)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200
    assert refused
    assert refused[0].json()["error"] == "temporarily_unavailable"
    assert int(refused[0].headers["retry-after"]) >= 1


async def test_the_server_describes_itself(http: httpx.AsyncClient) -> None:
    told = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == "http://civicgrid.test"
    assert told["token_endpoint"] == "http://civicgrid.test/oauth/token"
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    assert Permission.CASE_READ.value in told["scopes_supported"]
    assert Permission.APPLICATION_MANAGE.value not in told["scopes_supported"]
