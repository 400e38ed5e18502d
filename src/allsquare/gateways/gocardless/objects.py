"""Pure: GoCardless's objects and events as outcomes. Nothing here asks for anything.

A charge is called by its billing request (``BRQ…``) until the payer has given a mandate, then by its payment (``PM…``),
which refunds, events and payouts name. What became of a payment after it had succeeded (a bank that says days later
that there was no money, a payer who takes it back) is told by its events: money that went away again is a dispute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.payments.gateway import (
    ROUNDING,
    Converted,
    DisputeStage,
    ItemKind,
    MethodKind,
    Outcome,
    PayoutItem,
    SavedMethod,
    Status,
    Subject,
)

NAME: Final = "gocardless"

_ARRIVED: Final = frozenset({"confirmed", "paid_out"})
_GIVEN_UP: Final = frozenset({"failed", "cancelled", "customer_approval_denied"})
_CHARGEBACK_ENDS: Final = {
    "chargeback_settled": DisputeStage.LOST,
    "chargeback_cancelled": DisputeStage.WON,
}
_UNDER_WAY: Final = frozenset({"pending_customer_approval", "pending_submission", "submitted"})
_REFUND_STATUS: Final = {
    "created": Status.PENDING,
    "pending_submission": Status.PENDING,
    "submitted": Status.PENDING,
    "paid": Status.SUCCEEDED,
    "cancelled": Status.DECLINED,
    "bounced": Status.DECLINED,
    "funds_returned": Status.DECLINED,
}
_PAYOUT_STATUS: Final = {
    "pending": Status.PENDING,
    "paid": Status.SUCCEEDED,
    "bounced": Status.DECLINED,
}
#: Lines of a payout that are in its ``deducted_fees``.
_FEES: Final = frozenset({"gocardless_fee", "app_fee", "surcharge_fee"})
#: GoCardless's causes for what our pages have a sentence for (``web.portal.reasons``).
_CAUSES: Final = {
    "refer_to_payer": "debit_refused",
    "authorisation_disputed": "debit_refused",
    "direct_debit_not_enabled": "debit_refused",
    "invalid_bank_details": "debit_refused",
    "bank_account_closed": "account_closed",
}


def attempt_of(data: Mapping[str, Any]) -> UUID | None:
    """Our own key; ``None`` when the object was made by somebody else with the same account."""
    try:
        return UUID((data.get("metadata") or {}).get("attempt", ""))
    except (AttributeError, ValueError):
        return None


def labels_of(data: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in (data.get("metadata") or {}).items()}


def money(amount: object, code: object) -> Money:
    """GoCardless writes whole minor units, as a number or as its digits."""
    if isinstance(amount, bool) or not isinstance(amount, int | str):
        raise TypeError("an amount is a whole number")
    return Money(int(amount), currency(str(code)))


def wanted(request: Mapping[str, Any]) -> tuple[Money, str, bool]:
    """What shall be collected once the mandate is there, as what, and whether the payer lets us keep the mandate. It is
    told to GoCardless with the question for a mandate, so that whoever finds the mandate first can go on."""
    told = request["mandate_request"]["metadata"]
    code, _space, amount = told["collect"].partition(" ")
    return money(amount, code), str(told["description"]), told.get("keep") == "yes"


def page(request: Mapping[str, Any], url: str) -> Outcome:
    """A billing request whose payer has not given the mandate."""
    return _charge(request, Status.ACTION_REQUIRED, redirect=url)


def waiting(request: Mapping[str, Any]) -> Outcome:
    """The mandate is given, or about to be, and nothing was collected yet."""
    return _charge(request, Status.PENDING)


def left(request: Mapping[str, Any]) -> Outcome:
    return _charge(
        request,
        Status.DECLINED,
        code="canceled",
        message=_noop("The page of the provider was left without paying. Nothing was charged."),
    )


def _charge(data: Mapping[str, Any], status: Status, **more: Any) -> Outcome:
    return Outcome(
        Subject.CHARGE,
        status,
        NAME,
        reference=str(data["id"]),
        key=attempt_of(data),
        happened_at=instant(data["created_at"]),
        **more,
    )


def needs_events(payment: Mapping[str, Any]) -> bool:
    """Whether its status alone leaves open what became of the money."""
    return payment["status"] not in _UNDER_WAY and payment["status"] not in _ARRIVED


def charge(payment: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> Outcome:
    """A payment. One that arrived once is ``SUCCEEDED`` for good: see :func:`taken_back`."""
    status = payment["status"]
    actions = {event["action"] for event in events}
    if status in _ARRIVED or status == "charged_back" or actions & _ARRIVED:
        amount = money(payment["amount"], payment["currency"])
        return _charge(payment, Status.SUCCEEDED, amount=amount, fee=Money.zero(amount.currency))
    if status in _UNDER_WAY:
        return _charge(payment, Status.PENDING, expected_on=day(payment.get("charge_date")))
    if status not in _GIVEN_UP:
        raise ValueError(f"a payment cannot be {status}")
    last = events[-1] if events else {}
    if status == "failed" and (last.get("details") or {}).get("will_attempt_retry"):
        return _charge(payment, Status.PENDING, expected_on=day(payment.get("charge_date")))
    code, message = cause(last)
    return _charge(payment, Status.DECLINED, code=code or f"debit_{status}", message=message)


def taken_back(payment: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> Iterator[Outcome]:
    """Each time that money which had arrived went away again, oldest first. It is called by the event that began it.

    A chargeback ends when it is settled or cancelled. A late failure is lost at once, but while GoCardless tries again
    (of itself, or since somebody pressed *retry* there) it is open, and won when the money arrives once more.
    """
    case, by_failure, arrived = None, False, False
    for event in events:
        action = event["action"]
        if action == "charged_back" or (action == "failed" and arrived):
            if case:
                yield case
            case, by_failure, arrived = (
                _dispute(payment, event, DisputeStage.OPENED),
                action == "failed",
                False,
            )
        stage = _stage_after(event, by_failure=by_failure)
        if case and stage:
            case = replace(case, dispute_stage=stage, happened_at=instant(event["created_at"]))
        if case and stage is DisputeStage.WON:
            yield case
            case = None
        arrived = arrived or action in _ARRIVED or action == "chargeback_cancelled"
    if case:
        yield case


def _stage_after(event: Mapping[str, Any], *, by_failure: bool) -> DisputeStage | None:
    """What an event says of a case that a failure, or a chargeback, began."""
    action = event["action"]
    if not by_failure:
        return _CHARGEBACK_ENDS.get(action)
    if action in _ARRIVED:
        return DisputeStage.WON
    if action in _GIVEN_UP:
        again = (event.get("details") or {}).get("will_attempt_retry")
        return DisputeStage.OPENED if again else DisputeStage.LOST
    return DisputeStage.OPENED if action == "resubmission_requested" else None


def _dispute(payment: Mapping[str, Any], event: Mapping[str, Any], stage: DisputeStage) -> Outcome:
    amount = money(payment["amount"], payment["currency"])
    return Outcome(
        Subject.DISPUTE,
        Status.SUCCEEDED,
        NAME,
        reference=str(event["id"]),
        amount=amount,
        fee=Money.zero(amount.currency),
        message=cause(event)[1] or str(event["action"]),
        charge_reference=str(payment["id"]),
        dispute_stage=stage,
        happened_at=instant(event["created_at"]),
    )


def cause(event: Mapping[str, Any]) -> tuple[str, str]:
    """Code and words of what a bank or GoCardless said."""
    details = event.get("details") or {}
    code = str(details.get("cause") or "")
    return _CAUSES.get(code, code), kept(str(details.get("description") or ""))


def refund(data: Mapping[str, Any]) -> Outcome:
    """What GoCardless keeps of its fee it tells with the payout, if at all."""
    status = _REFUND_STATUS[data["status"]]
    amount = money(data["amount"], data["currency"])
    return Outcome(
        Subject.REFUND,
        status,
        NAME,
        reference=str(data["id"]),
        key=attempt_of(data),
        amount=amount,
        fee=Money.zero(amount.currency),
        code=str(data["status"]) if status is Status.DECLINED else "",
        message=_noop("The bank did not accept the money.") if status is Status.DECLINED else "",
        charge_reference=str(data["links"]["payment"]),
        happened_at=instant(data["created_at"]),
    )


def payout(data: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Outcome:
    """With what it contains, and the fees that it took: GoCardless tells them nowhere else."""
    amount = money(data["amount"], data["currency"])
    return Outcome(
        Subject.PAYOUT,
        _PAYOUT_STATUS[data["status"]],
        NAME,
        reference=str(data["id"]),
        message=_noop("The bank did not accept the money.") if data["status"] == "bounced" else "",
        amount=amount,
        fee=money(data["deducted_fees"], data["currency"]),
        happened_at=instant(data["created_at"]),
        expected_on=day(data.get("arrival_date")),
        payout_items=_items(items, amount.minor),
        converted=_converted(data),
    )


def _converted(payout: Mapping[str, Any]) -> tuple[Converted, ...]:
    """Payments of one currency are paid out together, and turned into that of our bank on the way. Into how much is
    told once it was sent."""
    exchange = payout.get("fx") or {}
    if exchange.get("fx_amount") is None or exchange.get("fx_currency") in (None, payout["currency"]):
        return ()
    return (Converted(money(exchange["fx_amount"], exchange["fx_currency"])),)


def _items(items: Sequence[Mapping[str, Any]], total: int) -> tuple[PayoutItem, ...]:
    """Each object once, with the fees that were taken for it. They come with tenths of a cent there: each object is
    rounded by itself, and what the rounding of the whole leaves stands as an item of its own, so that the parts are the
    payout."""
    objects: dict[str, _InPayout] = {}
    for item in items:
        links = item.get("links") or {}
        name = str(links.get("refund") or links.get("payment") or item["type"])
        found = objects.setdefault(name, _InPayout())
        amount = Decimal(str(item["amount"]))
        found.exact += amount
        if links.get("refund"):
            found.kind = ItemKind.REFUND
        elif links.get("payment"):
            found.kind = ItemKind.CHARGE
        found.charge = found.charge or str(links.get("payment") or "")
        if item["type"] in _FEES:
            found.fees -= amount
    told = [found.item(name) for name, found in objects.items()]
    rest = total - sum(item.net_minor for item in told)
    if rest:
        told.append(PayoutItem(ROUNDING, rest, ItemKind.OWN))
    return tuple(told)


@dataclass(slots=True)
class _InPayout:
    """What all that a payout lists about one object comes to. What has no object is a fee."""

    exact: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    kind: ItemKind = ItemKind.FEE
    charge: str = ""

    def item(self, name: str) -> PayoutItem:
        net = _rounded(self.exact)
        fee = 0 if self.kind is ItemKind.FEE else _rounded(self.exact + self.fees) - net
        return PayoutItem(name, net, self.kind, self.charge, fee)


def _rounded(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def method(mandate: Mapping[str, Any], account: Mapping[str, Any], *, keep: bool) -> SavedMethod:
    """``token`` is the mandate, and is empty unless the payer let us use it again."""
    return SavedMethod(
        token=str(mandate["id"]) if keep else "",
        kind=MethodKind.BANK_DEBIT,
        brand=str(account.get("bank_name") or mandate.get("scheme") or "")[:40],
        last_four=str(account.get("account_number_ending") or "")[-4:],
        mandate=str(mandate.get("reference") or ""),
    )


def instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None
