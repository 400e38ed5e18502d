from __future__ import annotations

import pytest

from allsquare.gateways.offline import OfflineGateway
from allsquare.gateways.sandbox import SandboxGateway
from tests.contracts.benches import Bench, OfflineBench, SandboxBench


@pytest.fixture(params=["sandbox", "offline"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Every adapter."""
    return _make(request.param, request)


@pytest.fixture(params=["sandbox"])
def remote(request: pytest.FixtureRequest) -> Bench:
    """Every adapter that speaks to a provider over a network."""
    return _make(request.param, request)


def _make(name: str, request: pytest.FixtureRequest) -> Bench:
    if name == "offline":
        return OfflineBench(OfflineGateway({}))
    account = request.getfixturevalue("sandbox")
    return SandboxBench(account, SandboxGateway(account.settings))
