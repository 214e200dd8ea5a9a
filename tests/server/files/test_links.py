"""Links: good for one thing, for a while, as they were made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine

from server.files.kinds import MediaType
from server.files.links import Download, Links, Upload, Variant
from tenants.ids import uuid7
from tests.conftest import SECRET

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LINKS = Links(SECRET)
DOWNLOAD = Download(uuid7(), uuid7(), Variant.FILE)


def upload(expires_at: datetime = NOON + timedelta(minutes=15)) -> Upload:
    return Upload(uuid7(), uuid7(), uuid7(), MediaType.WEBP, 1234, expires_at)


def parts(link: str) -> tuple[str, dict[str, str]]:
    found = urlsplit(link)
    return found.path, dict(parse_qsl(found.query))


def test_an_upload_link_says_what_it_allows() -> None:
    with time_machine.travel(NOON, tick=False):
        leave = upload()
        path, query = parts(LINKS.upload(leave))
        assert path == f"/uploads/{leave.tenant_id}/{leave.id}"
        assert LINKS.open_upload(path, query) == leave


def test_a_download_link_says_what_it_allows() -> None:
    with time_machine.travel(NOON, tick=False):
        path, query = parts(LINKS.download(DOWNLOAD))
        assert path == f"/files/{DOWNLOAD.tenant_id}/{DOWNLOAD.id}/file"
        assert LINKS.open_download(path, query) == DOWNLOAD


def test_links_end() -> None:
    with time_machine.travel(NOON, tick=False) as traveler:
        up, down = parts(LINKS.upload(upload())), parts(LINKS.download(DOWNLOAD))
        traveler.move_to(NOON + timedelta(minutes=5))
        assert LINKS.open_download(*down) is not None
        traveler.move_to(NOON + timedelta(minutes=6))
        assert LINKS.open_download(*down) is None
        traveler.move_to(NOON + timedelta(minutes=15, seconds=-1))
        assert LINKS.open_upload(*up) is not None
        traveler.move_to(NOON + timedelta(minutes=15))
        assert LINKS.open_upload(*up) is None


def test_a_link_stays_the_same_for_a_minute_so_that_browsers_keep_what_they_fetched() -> None:
    with time_machine.travel(NOON, tick=False) as traveler:
        first = LINKS.download(DOWNLOAD)
        traveler.shift(59)
        assert LINKS.download(DOWNLOAD) == first
        traveler.shift(1)
        assert LINKS.download(DOWNLOAD) != first


@pytest.mark.parametrize("name", ["account", "bytes", "type", "expires", "signature"])
def test_an_altered_upload_link_allows_nothing(name: str) -> None:
    with time_machine.travel(NOON, tick=False):
        path, query = parts(LINKS.upload(upload()))
        other = parts(LINKS.upload(upload(NOON + timedelta(minutes=14))))[1]
        other |= {"bytes": "99", "type": "image/png"}
        assert LINKS.open_upload(path, {**query, name: other[name]}) is None
        assert LINKS.open_upload(path, {key: value for key, value in query.items() if key != name}) is None
        assert LINKS.open_upload(path, {**query, name: "\ud800é"}) is None


def test_a_link_is_for_its_own_file_variant_city_and_installation() -> None:
    with time_machine.travel(NOON, tick=False):
        path, query = parts(LINKS.download(DOWNLOAD))
        for other in (
            path.replace("/file", "/thumbnail"),
            path.replace(str(DOWNLOAD.id), str(uuid7())),
            path.replace(str(DOWNLOAD.tenant_id), str(uuid7())),
            path.replace("/files/", "/uploads/"),
            path.upper(),
            path + "/",
            path.replace("/file", "/../file"),
        ):
            assert LINKS.open_download(other, query) is None
        assert LINKS.open_download(path, {**query, "more": "1"}) is None
        assert Links(SECRET + "!").open_download(path, query) is None
        assert LINKS.open_upload(path, query) is None
