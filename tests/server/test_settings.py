"""Settings: defaults, the two names without prefix, and one clear line for each wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import Settings, SettingsError, load, require

FILES = "file:///a/directory or s3://bucket/prefix?endpoint=https://host:port&region=name"
GATEWAY = "https://gateway.example/messages"
PROXIES = "addresses or networks with commas between, like 10.0.0.7,10.244.0.0/16, and never all there are"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        for variable in (f"CIVICGRID_{name.upper()}", name.upper()):
            monkeypatch.delenv(variable, raising=False)


def faults(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load()
    return str(raised.value).splitlines()


def test_without_environment_every_setting_has_its_default() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.data, settings.scale) == ("127.0.0.1", 8000, Path(".data"), "small")
    assert (settings.database_url, settings.redis_url, settings.secret) == (None, None, None)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVICGRID_PORT", "9000")
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:pw@db/civicgrid")
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/0")
    monkeypatch.setenv("CIVICGRID_OWNER_DATABASE_URL", "postgresql://owner:pw@db/civicgrid")
    settings = load()
    assert settings.port == 9000
    assert settings.database_url == "postgresql://app:pw@db/civicgrid"
    assert settings.redis_url == "redis://cache:6379/0"
    assert settings.owner_database_url == "postgresql://owner:pw@db/civicgrid"


def test_trusted_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().trusted_proxies is None
    monkeypatch.setenv("CIVICGRID_TRUSTED_PROXIES", "10.0.0.7, 10.244.0.0/16,fd00::/8")
    assert load().trusted_proxies == "10.0.0.7,10.244.0.0/16,fd00::/8"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVICGRID_PORT", "")
    assert load().port == 8000


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("CIVICGRID_PORT", "eighty", "CIVICGRID_PORT=eighty: must be a whole number from 1 to 65535"),
        ("CIVICGRID_PORT", "70000", "CIVICGRID_PORT=70000: must be a whole number from 1 to 65535"),
        ("CIVICGRID_SCALE", "big", "CIVICGRID_SCALE=big: must be small or full"),
        (
            "DATABASE_URL",
            "mysql://root:hunter2@db",
            "DATABASE_URL: must be an address like postgresql://user:password@host:5432/database",
        ),
        ("CIVICGRID_SECRET", "too short", "CIVICGRID_SECRET: must be at least 32 characters"),
        *(
            (
                "CIVICGRID_TRUSTED_PROXIES",
                value,
                f"CIVICGRID_TRUSTED_PROXIES={value}: must be {PROXIES}",
            )
            for value in ("*", "ingress", "10.244.0.1/16", "10.0.0.7,", "0.0.0.0/0", "10.0.0.7,::/0")
        ),
        *(
            ("CIVICGRID_FILES", value, f"CIVICGRID_FILES={value}: must be {FILES}")
            for value in (
                "/var/files",
                "file://files",
                "file:///files?endpoint=http://x",
                "s3:///prefix",
                "s3://bucket?endpoint=host:9000",
                "s3://bucket?endpont=http://x",
                "https://bucket",
            )
        ),
        *(
            ("CIVICGRID_PHONE_WEBHOOK_URL", value, "CIVICGRID_PHONE_WEBHOOK_URL: must be an address like " + GATEWAY)
            for value in ("sms.example", "ftp://sms.example", "https://", "https://me:pw@sms.example", "http://a:x")
        ),
        *(
            (
                "CIVICGRID_PHONE_WEBHOOK_SECRET",
                value,
                "CIVICGRID_PHONE_WEBHOOK_SECRET: must be whsec_ and at least 24 bytes in base64",
            )
            for value in ("whsec_c2hvcnQ=", "whsec_no base64 at all, that is sure")
        ),
        ("CIVICGRID_PROT", "9000", "CIVICGRID_PROT: no such setting, did you mean CIVICGRID_PORT?"),
    ],
)
def test_a_wrong_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, line: str) -> None:
    assert faults(monkeypatch, **{variable: value}) == [line]


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, CIVICGRID_WORKERS="0", CIVICGRID_LOG_LEVEL="LOUD") == [
        "CIVICGRID_LOG_LEVEL=LOUD: must be DEBUG, INFO, WARNING or ERROR",
        "CIVICGRID_WORKERS=0: must be web processes, a whole number from 1 to 64",
    ]


def test_a_value_with_braces_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, CIVICGRID_SCALE="{x}") == ["CIVICGRID_SCALE={x}: must be small or full"]


def test_a_place_of_files_is_a_directory_or_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("file:///var/files", "s3://bucket", "s3://bucket/city?endpoint=http://10.0.0.7:9000&region=north"):
        monkeypatch.setenv("CIVICGRID_FILES", value)
        assert load().files == value


def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVICGRID_SECRET", "s" * 40)
    monkeypatch.setenv("CIVICGRID_FILES_SECRET_ACCESS_KEY", "s" * 40)
    monkeypatch.setenv("CIVICGRID_PHONE_WEBHOOK_SECRET", "whsec_" + "s" * 40)
    assert "sss" not in repr(load())


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        setattr(load(), "port", 1)  # noqa: B010 - mypy refuses the assignment; this asks the running program


def test_a_setting_that_a_process_needs_is_asked_for_by_name() -> None:
    with pytest.raises(SettingsError) as raised:
        require(load().secret, "CIVICGRID_SECRET", "the web process needs it")
    assert str(raised.value) == "CIVICGRID_SECRET is not set: the web process needs it"
