"""Fixtures of the faults: everything is really committed, and the provider is a real process."""

from __future__ import annotations

import pytest

from tests.faults.shop import Shop
from tests.sandbox_process import SandboxAccount


@pytest.fixture
def shop(transactional_db: None, sandbox: SandboxAccount) -> Shop:
    return Shop.open(sandbox)
