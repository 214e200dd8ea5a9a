"""Daye with departments, questions, a chat and a hotline, and reports without a name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from server.intake.service.webhooks import Inbox
from server.pubsub import PubSub
from server.settings import Settings
from server.throttle.budgets import budgets_of
from server.throttle.service import Throttle
from server.transactions import Transactions
from tenants.keys import Keyring
from tenants.sessions import Database
from tests.conftest import SECRET
from tests.server.cases.towns import Town, found_town
from tests.server.intake.documents import daye_with_departments


@pytest.fixture
async def daye(database: Database, operator_database: Database) -> Town:
    return await found_town(database, operator_database, daye_with_departments())


@pytest.fixture
def keyring(database: Database) -> Keyring:
    return Keyring(SECRET, database)


@dataclass(frozen=True, slots=True)
class Post:
    """What stands behind the webhooks of a web process."""

    inbox: Inbox
    throttle: Throttle


@pytest.fixture
async def post(daye: Town, keyring: Keyring, redis_url: str) -> AsyncIterator[Post]:
    pubsub = PubSub(redis_url)
    throttle = Throttle(redis_url, budgets_of(Settings.model_construct()))
    transactions = Transactions(daye.database, pubsub)
    yield Post(Inbox(daye.database, daye.registry, keyring, transactions, throttle), throttle)
    await throttle.close()
    await pubsub.close()
