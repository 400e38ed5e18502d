"""The provider as its tester speaks to it: banks that dispute and send back, payouts, and its own books."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from tests.faults.soak.decisions import MISCHIEF, mischief_seed
from tests.faults.soak.surfer import PATIENCE, PAUSE, Unanswered


class Provider:
    """One account at the sandbox. Asked again while the sandbox is dead."""

    def __init__(self, url: str, api_key: str, *, pause: float = PAUSE) -> None:
        self._pause = pause
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {api_key}"}, timeout=20.0, trust_env=False
        )

    def close(self) -> None:
        self._http.close()

    def misbehave(self, seed: int, orders: Sequence[Mapping[str, object]] = MISCHIEF) -> None:
        for place, order in enumerate(orders):
            body = {**order, "count": 0, "seed": mischief_seed(seed, place)}
            self._ask("POST", "/control/mischief", body).raise_for_status()

    def behave(self) -> None:
        self._ask("DELETE", "/control/mischief", {}).raise_for_status()

    def set_clock(self, moment: datetime) -> None:
        """Its own, for this account: only forward. It goes on by itself, so it may be past the moment already."""
        answer = self._ask("POST", "/control/clock", {"to": moment.isoformat()})
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()

    def pay_charge(self, charge: str, number: str) -> None:
        """The payer does what the page asks for; refused when it is closed."""
        self._ask("POST", f"/control/charges/{charge}/pay", {"number": number})

    def events_after(self, last: str) -> list[dict[str, Any]]:
        """What was told since the event ``last``, oldest first."""
        found: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self.get("/v1/events", limit="100" if more else "5", **more)
            for event in page["data"]:
                if event["id"] == last:
                    return found[::-1]
                found.append(event)
            if not page["has_more"]:
                return found[::-1]
            more = {"before": page["data"][-1]["id"]}

    def open_dispute(self, charge: str) -> None:
        """Refused when there is nothing to dispute."""
        self._ask("POST", f"/control/charges/{charge}/dispute", {})

    def pay_out(self) -> None:
        """Everything, at once; refused when nothing is owed."""
        self._ask("POST", "/control/payouts", {})

    def return_payout(self) -> None:
        """The merchant's bank sends the newest back; refused when there is none, or it came back already."""
        for payout in self.every("/v1/payouts")[-1:]:
            self._ask("POST", f"/control/payouts/{payout['id']}/fail", {})

    def dispute(self, charge: str, *, won: bool) -> None:
        """The payer's bank takes the money back, and decides; refused when there is nothing to dispute."""
        self.open_dispute(charge)
        for dispute in self.every("/v1/disputes", charge_id=charge):
            if dispute["status"] == "open":
                self._ask("POST", f"/control/disputes/{dispute['id']}/{'win' if won else 'lose'}", {})

    def return_refund(self, charge: str) -> None:
        """The payer's bank sends back what was given back."""
        for refund in self.every("/v1/refunds", charge_id=charge):
            self._ask("POST", f"/control/refunds/{refund['id']}/fail", {})

    def readers(self) -> list[str]:
        """In the order in which they came."""
        return [each["id"] for each in self.get("/v1/readers")["data"]]

    def present(self, reader: str, number: str, tip: int = 0) -> None:
        """A card is held to it, after ``tip`` was given where it asks for one; refused when it waits for none."""
        body: dict[str, Any] = {"number": number}
        charge = self.get(f"/v1/readers/{reader}")["charge"]
        if tip and charge and self.get(f"/v1/charges/{charge}")["asks_for_tip"]:
            body["tip"] = tip
        self._ask("POST", f"/control/readers/{reader}/present", body)

    def walk_away(self, reader: str) -> None:
        """Refused as above."""
        self._ask("POST", f"/control/readers/{reader}/walk-away", {})

    def resend(self, event: str) -> None:
        self._ask("POST", f"/control/events/{event}/resend", {}).raise_for_status()

    def get(self, path: str, **query: str) -> dict[str, Any]:
        answer = self._ask("GET", path, None, query)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def every(self, path: str, **query: str) -> list[dict[str, Any]]:
        """A whole list, oldest first."""
        rows: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self.get(path, limit="100", **query, **more)
            rows += page["data"]
            if not page["has_more"]:
                return rows[::-1]
            more = {"before": rows[-1]["id"]}

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, str] | None = None
    ) -> httpx.Response:
        """A repeat after a lost answer is harmless for all that is asked here: the sandbox refuses what is done."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._http.request(method, path, json=body, params=query)
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise Unanswered(f"The sandbox does not answer {method} {path}.") from error
            if time.monotonic() > deadline:
                raise Unanswered(f"The sandbox does not answer {method} {path} properly.")
            time.sleep(self._pause)
