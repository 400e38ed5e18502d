"""What people do at the readers of each provider that has some: a part of its bench."""

from __future__ import annotations

from tests.fakes.stripe_server import FakeStripe
from tests.sandbox_process import SandboxAccount


class SandboxCounter:
    account: SandboxAccount

    def add_reader(self) -> str:
        return str(self.account.control("/readers", label="Terrace")["id"])

    def tap(self, reader: str, *, declined: bool = False) -> None:
        number = "4000000100000001" if declined else "4242424242424242"
        self.account.control(f"/readers/{reader}/present", number=number)

    def tap_with_tip(self, reader: str, minor: int) -> None:
        waits_for = self.account.get(f"/charges/{self.account.get(f'/readers/{reader}')['charge']}")
        assert waits_for["asks_for_tip"], "nobody was asked"
        self.account.control(f"/readers/{reader}/present", number="4242424242424242", tip=minor)

    def tap_wallet(self, reader: str) -> None:
        self.account.control(f"/readers/{reader}/present", number="4000007200000005")

    def walk_away(self, reader: str) -> None:
        self.account.control(f"/readers/{reader}/walk-away")

    def unplug(self, reader: str) -> None:
        self.account.control(f"/readers/{reader}/unplug")

    def lose_waking(self, *, reply: bool) -> None:
        self.account.misbehave("reply_lost" if reply else "request_lost")


class StripeCounter:
    fake: FakeStripe

    def add_reader(self) -> str:
        return self.fake.terminal.add_reader()

    def tap(self, reader: str, *, declined: bool = False) -> None:
        self.fake.terminal.tap(reader, decline="insufficient_funds" if declined else "")

    def tap_with_tip(self, reader: str, minor: int) -> None:
        self.fake.terminal.tap(reader, tip=minor)

    def tap_wallet(self, reader: str) -> None:
        self.fake.terminal.tap(reader, wallet=True)

    def walk_away(self, reader: str) -> None:
        self.fake.terminal.walk_away(reader)

    def unplug(self, reader: str) -> None:
        self.fake.terminal.unplug(reader)

    def lose_waking(self, *, reply: bool) -> None:
        self.fake.lose_later = (1, "reply" if reply else "request")  # the intent is made before
