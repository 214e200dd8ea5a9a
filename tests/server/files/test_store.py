"""Both kinds of store behave alike: a directory, and a bucket behind a real server that checks signatures (SigV4)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from server.files.links import Variant
from server.files.store import PIECE, Store, StoreAway, key_of, open_store
from server.settings import Settings
from tenants.ids import uuid7

KEY_ID, KEY = "invented-key", "invented-secret-of-forty-characters-long"
DATA = bytes(range(256)) * 4_096


@dataclass(frozen=True, slots=True)
class Bucket:
    """A running server with one bucket, ``evidence``, in a directory."""

    port: int
    directory: Path

    def settings(self, *, key: str = KEY, bucket: str = "evidence", port: int | None = None) -> Settings:
        return Settings.model_construct(
            files=f"s3://{bucket}/city?endpoint=http://127.0.0.1:{port or self.port}&region=us-east-1",
            files_access_key_id=KEY_ID,
            files_secret_access_key=SecretStr(key),
        )


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    directory = tmp_path_factory.mktemp("s3")
    (directory / "evidence").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["serve", "--data-dir", str(directory), "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "NANIO_ACCESS_KEY": KEY_ID, "NANIO_SECRET_KEY": KEY}
    program = str(Path(sys.executable).with_name("nanio"))
    with subprocess.Popen([program, *command], env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            _answering(port)
            yield Bucket(port, directory / "evidence")
        finally:
            server.terminate()


def _answering(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the S3 server did not start")


@pytest.fixture(params=["directory", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "directory":
        return open_store(Settings.model_construct(files=f"file://{tmp_path}/a%20place"))
    bucket: Bucket = request.getfixturevalue("bucket")
    return open_store(bucket.settings())


async def read(store: Store, key: str, start: int = 0, end: int = len(DATA)) -> bytes:
    return b"".join([piece async for piece in store.read(key, start, end)])


async def test_what_is_put_is_read_whole_and_in_parts(store: Store) -> None:
    key = key_of(uuid7(), uuid7())
    await store.put(key, DATA)
    assert await store.read_all(key) == DATA
    assert await read(store, key) == DATA
    assert await read(store, key, 5, 6) == DATA[5:6]
    assert await read(store, key, PIECE - 1, PIECE + 2) == DATA[PIECE - 1 : PIECE + 2]
    await store.put(key, b"anew")
    assert await store.read_all(key) == b"anew"


async def test_what_is_removed_is_gone_and_removing_it_again_is_no_fault(store: Store) -> None:
    key = key_of(uuid7(), uuid7(), Variant.THUMBNAIL)
    await store.put(key, DATA)
    await store.remove(key)
    await store.remove(key)
    with pytest.raises(FileNotFoundError):
        await store.read_all(key)
    with pytest.raises(FileNotFoundError):
        await read(store, key)


async def test_a_file_lies_in_the_bucket_under_its_prefix_and_city(bucket: Bucket) -> None:
    city, file = uuid7(), uuid7()
    await open_store(bucket.settings()).put(key_of(city, file), DATA)
    (found,) = [each for each in bucket.directory.rglob(f"{file}*") if each.is_file() and each.stat().st_size > 1000]
    assert found.relative_to(bucket.directory).parts[:2] == ("city", str(city))


async def test_a_store_that_refuses_or_is_away_is_told_apart_from_a_missing_file(bucket: Bucket) -> None:
    key = key_of(uuid7(), uuid7())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
        for settings in (bucket.settings(key="another-secret"), bucket.settings(port=nobody)):
            store = open_store(settings)
            with pytest.raises(StoreAway):
                await store.put(key, DATA)
            with pytest.raises(StoreAway):
                await store.read_all(key)
            with pytest.raises(StoreAway):
                await store.remove(key)


async def test_a_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    open_store(Settings.model_construct(data=tmp_path / "data"))
    assert (tmp_path / "data" / "files").stat().st_mode & 0o777 == 0o700
