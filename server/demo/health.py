"""Health records with one check each, made within the past year, every value encrypted under the city's key (DY-14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.demo.bulk import BATCH, Row, insert
from server.demo.desk import Desk
from server.demo.ids import id_at
from server.demo.people import Neighbor, People
from server.health_checks.models import HealthCheck, HealthRecord
from server.health_checks.service.findings import PLACE, encode
from tenants.keys import Keyring, seal

_PURPOSE = "免费健康体检"


async def check_up(desk: Desk, people: People, keyring: Keyring) -> None:
    """A record and a check for every resident of the right age."""
    checked = [neighbor for neighbor in people.residents if neighbor.checked]
    if not checked:
        return
    version, cipher = await keyring.newest(desk.session, desk.tenant_id)
    for start in range(0, len(checked), BATCH):
        rows = [_rows(desk, neighbor, cipher, version) for neighbor in checked[start : start + BATCH]]
        await insert(desk.session, HealthRecord, _firsts(rows), tenant_id=desk.tenant_id)
        await insert(desk.session, HealthCheck, (check for _, check in rows), tenant_id=desk.tenant_id)
        desk.say(f"{min(start + BATCH, len(checked))} of {len(checked)} health checks")


def _firsts(rows: list[tuple[Row, Row]]) -> Iterator[Row]:
    return (record for record, _ in rows)


def _rows(desk: Desk, neighbor: Neighbor, cipher: AESGCM, version: int) -> tuple[Row, Row]:
    at = desk.now - timedelta(days=desk.random.randrange(3, 360))
    day, record_id, check_id = desk.local_day(at), id_at(desk.random, at), id_at(desk.random, at)
    record = {
        "id": record_id,
        "resident_id": neighbor.id,
        "consent_purpose": _PURPOSE,
        "consented_on": day,
        "created_at": at,
    }
    check = {
        "id": check_id,
        "record_id": record_id,
        "resident_id": neighbor.id,
        "checked_on": day,
        "findings": seal(cipher, encode(_findings(desk)), tenant_id=desk.tenant_id, place=PLACE, row_id=check_id),
        "key_version": version,
        "created_at": at,
    }
    return record, check


def _findings(desk: Desk) -> dict[str, object]:
    return {
        "systolic": desk.random.randint(105, 165),
        "diastolic": desk.random.randint(65, 100),
        "fastingGlucose": round(desk.random.uniform(4.2, 8.5), 1),
        "advice": desk.random.choice(("注意饮食", "定期复查", "无异常")),
    }
