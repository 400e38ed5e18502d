from __future__ import annotations

import pytest

from allsquare.gateways.bank_transfer import BankTransferGateway
from allsquare.gateways.offline import OfflineGateway
from allsquare.gateways.sandbox import SandboxGateway
from tests.contracts.benches import Bench, OfflineBench, SandboxBench, TransferBench

TRANSFERS = {
    "holder": "Harbour & Pine",
    "iban": "DE02 1203 0000 0000 2020 51",
    "currencies": "EUR, JPY, KWD, CLF, USD",
}


@pytest.fixture(params=["sandbox", "offline", "bank_transfer"])
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
    if name == "bank_transfer":
        return TransferBench(BankTransferGateway(TRANSFERS))
    account = request.getfixturevalue("sandbox")
    return SandboxBench(account, SandboxGateway(account.settings))
