"""Every id of another city, and every hidden one of the own, is answered like an id that nobody has."""

from __future__ import annotations

import pytest
from graphql import build_schema, get_named_type

from schema.isolation.kinds import Uncharted, kinds_of
from server.isolation import commands
from server.isolation.answers import codes
from server.isolation.rows import some_ids
from server.isolation.walk import Ground, Report, compare_rows, walk
from server.main import application, places_with_ids
from tenants.ids import public_id
from tenants.sessions import Database
from tests.conftest import SECRET
from tests.fixtures.live import serving
from tests.isolation.conftest import Canaries
from tests.isolation.mutations import SEEN_BY_ALL

# Who walks in the short form: together they have every permission that a city can give.
FEW = (
    "tenant_admin",
    "community_secretary",
    "dispatcher",
    "discipline_lead",
    "grid_worker",
    "health_worker",
    "resident",
    "volunteer",
)
# Where nobody of a city gets as far as the id, and why.
UNREACHED = {
    "enterSupportAccess(input.accessId: support)": "only operators may, whose own city is the platform",
    "signInByPhone(input.residentId: resident)": "only with a code that was sent to the telephone",
}
KINDS = sorted(places_with_ids().tables.keys() - SEEN_BY_ALL)
SEEN = "query($ids: [ID!]!) { somebodys: nodes(ids: $ids) { __typename } }"


def proven(report: Report, canaries: Canaries) -> None:
    """That the walk went everywhere, with something to find, and found nothing."""
    assert report.findings == []
    assert set(report.unreached(canaries.atlas)) == set(UNREACHED), report.unreached(canaries.atlas)
    assert report.silent == set()


@pytest.mark.timeout(600)
async def test_a_few_people_go_everywhere(canaries: Canaries) -> None:
    walkers = [canaries.walkers[username] for username in FEW]
    ground = Ground(canaries.database, canaries.mine.id, canaries.theirs.id, walkers, few=1)
    proven(await walk(canaries.atlas, ground, print), canaries)


def test_a_worker_s_own_tables_are_left_out_only_where_one_runs() -> None:
    before = dict.fromkeys(("audit_seal", "case", "metric_day"), (1, 1))
    after = before | {"audit_seal": (2, 2), "case": (1, 2), "metric_day": (1, 2)}
    said = []
    for worked in (True, False):
        report = Report()
        compare_rows(report, "analyst", (before, before), (before, after), worked=worked)
        said.append([finding.said for finding in report.findings])
    assert said == [[("case",)], [("audit_seal", "case", "metric_day")]]


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_everybody_goes_everywhere_over_a_socket(canaries: Canaries) -> None:
    """As ``civicgrid tenants verify-isolation`` does."""
    operator = await Database.connect(canaries.platform.urls.operator, read_pool_size=1, write_pool_size=2)
    async with serving(application(canaries.platform.services)) as address:
        found = await commands.verify(
            operator,
            canaries.database,
            canaries.atlas,
            url=f"http://{address}",
            secret=SECRET,
            few=None,
            progress=print,
        )
    await operator.close()
    assert found["findings"] == []
    assert found["unreached"].keys() == UNREACHED.keys()
    assert found["asked"] > 3 * len(canaries.atlas.sites)


@pytest.mark.parametrize("kind", KINDS)
async def test_of_each_kind_something_is_hidden_from_somebody(canaries: Canaries, kind: str) -> None:
    ids = await some_ids(canaries.database, canaries.mine.id, canaries.atlas.tables[kind])
    assert ids != []
    hidden = 0
    for username in FEW:
        answer = await canaries.walkers[username].told(SEEN, {"ids": [public_id(kind, id_) for id_ in ids]})
        # Health data tell whoever may see them, and nobody else, that they are read in another way.
        hidden += 0 if codes(answer) else answer.value()["data"]["somebodys"].count(None)
    assert hidden > 0


def test_an_id_of_no_known_kind_is_told_by_name() -> None:
    schema = build_schema(
        "input CloseThingInput { whateverId: ID! } type Query { thing(input: CloseThingInput!): Int }"
    )
    assert schema.query_type is not None
    type_ = get_named_type(schema.query_type.fields["thing"].args["input"].type)
    with pytest.raises(Uncharted, match=r"^CloseThingInput\.whateverId$"):
        kinds_of("CloseThingInput", "whateverId", type_.fields["whateverId"])
