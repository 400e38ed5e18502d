"""What GoCardless knows of a charge, refund, dispute or payout; and going on with a charge whose mandate is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from allsquare.core import clock
from allsquare.core.remote import Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.gocardless import mandates, objects, requests
from allsquare.gateways.gocardless.api import BLANKS, GoCardlessApi, Refusal
from allsquare.gateways.shared import not_before, spelled
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.gateway_abilities import MayTake, NewsUnavailable, never

PAGE_OPEN: Final = timedelta(days=7)
"""How long GoCardless keeps a hosted page open."""


class Reading:
    """Raises ``NewsUnavailable`` when GoCardless does not answer, and one of ``NONSENSE`` for what makes no sense."""

    def __init__(self, api: GoCardlessApi) -> None:
        self._api = api

    @staticmethod
    def key_of_payment(attempt: UUID) -> str:
        """Not that of the billing request: GoCardless keeps one object for each key."""
        return f"{attempt}-payment"

    # -- by name -------------------------------------------------------------------------------------------

    def named(self, subject: Subject, reference: str, *, act: bool, may_take: MayTake) -> Outcome:
        """An object by its name. That it is no longer known says nothing about the money: ``NewsUnavailable``.
        ``act``: end what nobody answers any more; ``may_take``: see ``of_request``."""
        if subject is Subject.REFUND:
            return objects.refund(self._api.get("refunds", reference))
        if subject is Subject.PAYOUT:
            return self._payout(reference)
        if subject is Subject.DISPUTE:
            event = self._api.get("events", reference)
            cases = self.all_of_payment(self._api.get("payments", str(event["links"]["payment"])))[1:]
            found = next((case for case in cases if case.reference == reference), None)
            if found is None:
                raise ValueError("the event began no case")
            return found
        if reference.startswith("BRQ"):
            return self.of_request(self._api.get("billing_requests", reference), act=act, may_take=may_take)
        return self.of_payment(self._api.get("payments", reference))

    def news_of(self, shelf: str, reference: str, may_take: MayTake) -> Sequence[Outcome]:
        """What an event is about, as it is now. Nothing for what was not made by us."""
        if shelf == "payouts":
            return (self._payout(reference),)
        if shelf == "billing_requests":
            asked = self._api.get("billing_requests", reference)
            if objects.attempt_of(asked) is None:
                return ()
            return (self.of_request(asked, act=True, may_take=may_take),)
        if shelf == "mandates":
            mandate = mandates.now(self._api, reference)
            return (mandate,) if mandate else ()
        if shelf == "refunds":
            refund = self.refund_of_ours(reference)
            return (refund,) if refund else ()
        payment = self._api.get("payments", reference)
        if objects.attempt_of(payment) is None:
            return ()
        return self.all_of_payment(payment)

    def refund_of_ours(self, name: str) -> Outcome | None:
        """``None`` for one of what somebody else collected with the same account, or of a mandate itself."""
        given = self._api.get("refunds", name)
        payment = (given.get("links") or {}).get("payment")
        ours = payment and objects.attempt_of(self._api.get("payments", str(payment)))
        return objects.refund(given) if ours else None

    def of_payment(self, payment: Mapping[str, Any]) -> Outcome:
        return self._charge(payment, self._events(payment) if objects.needs_events(payment) else ())

    def all_of_payment(self, payment: Mapping[str, Any]) -> Sequence[Outcome]:
        """The charge, and then each time that its money went away again."""
        events = self._events(payment)
        return self._charge(payment, events), *objects.taken_back(payment, events)

    def _charge(self, payment: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> Outcome:
        outcome = objects.charge(payment, events)
        if outcome.status is not Status.SUCCEEDED:
            return outcome
        mandate = self._api.get("mandates", str(payment["links"]["mandate"]))
        account = self._api.get("customer_bank_accounts", str(mandate["links"]["customer_bank_account"]))
        keep = (mandate.get("metadata") or {}).get("keep") == "yes"
        return replace(outcome, method=objects.method(mandate, account, keep=keep))

    def of_request(self, asked: Mapping[str, Any], *, act: bool, may_take: MayTake = never) -> Outcome:
        """A question for a mandate. Given one, the payment is there or, where it may be, is made under the attempt's
        key."""
        status = asked["status"]
        if status == "cancelled":
            return objects.left(asked)
        if status == "fulfilled":
            mandate, attempt = str(asked["links"]["mandate_request_mandate"]), objects.attempt_of(asked)
            payment = self._payment_under(mandate, attempt)
            if payment is not None:
                return self.of_payment(payment)
            taken = attempt is not None and may_take(attempt)
            return self._make_payment(asked, mandate) if taken else objects.page(asked, "")
        if status == "fulfilling":
            return objects.waiting(asked)
        if act and clock.now(None) - objects.instant(asked["created_at"]) > PAGE_OPEN:
            # Its page is closed, but the question is not: nobody shall answer it after we called it left.
            ended = self._api.act("billing_requests", str(asked["id"]), "cancel")
            if isinstance(ended, Refusal | Trouble):
                raise NewsUnavailable(ended.message)
            return objects.left(ended)
        return objects.page(asked, "")

    def given_up(self, reference: str) -> Outcome:
        """A question that was answered, or ended, before it could be taken back, and whose money nobody takes any more.
        ``UNKNOWN`` while its payer may answer yet."""
        asked = self._api.get("billing_requests", reference)
        found = self.of_request(asked, act=False)
        if found.status is not Status.ACTION_REQUIRED and asked["status"] != "fulfilling":
            return found
        if asked["status"] != "fulfilled":
            return replace(found, status=Status.UNKNOWN)
        ended = mandates.cancel(self._api, str(asked["links"]["mandate_request_mandate"]))
        if ended.status is not Status.SUCCEEDED:
            raise NewsUnavailable(ended.message)
        return objects.left(asked)

    def _make_payment(self, asked: Mapping[str, Any], mandate: str) -> Outcome:
        attempt = objects.attempt_of(asked)
        if attempt is None:
            raise ValueError("nobody asked for this payment here")
        amount, description, _keep = objects.wanted(asked)
        fields = requests.payment(amount, description, mandate, objects.labels_of(asked))
        made = self._api.make("payments", fields, self.key_of_payment(attempt))
        if isinstance(made, Trouble):
            raise NewsUnavailable(made.message)
        if not isinstance(made, Refusal):
            return self.of_payment(made)
        if made.status in (401, 403):
            raise NewsUnavailable(made.message)  # our own trouble: the payer's mandate is good
        code = "amount_unsupported" if made.field in ("amount", "currency") else "debit_refused"
        return BLANKS.blank(Subject.CHARGE, Status.DECLINED, attempt, code, made.message, str(asked["id"]))

    def _payment_under(self, mandate: str, attempt: UUID | None) -> Mapping[str, Any] | None:
        """GoCardless forgets keys after a month, but not what was made."""
        made = self._api.pages("payments", {"mandate": mandate})
        return next((each for each in made if objects.attempt_of(each) == attempt), None)

    def _events(self, payment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Of a payment, oldest first."""
        found = self._api.pages("events", {"payment": str(payment["id"])})
        own = [each for each in found if each["resource_type"] == "payments"]
        return sorted(own, key=lambda each: (objects.instant(each["created_at"]), str(each["id"])))

    def _payout(self, reference: str) -> Outcome:
        """One that bounced is sent again under its name, and has no time of either."""
        now = clock.now(None)
        found = self._api.get("payouts", reference)
        items = list(self._api.pages("payout_items", {"payout": reference}))
        return replace(objects.payout(found, items), seen_at=now)

    # -- by key --------------------------------------------------------------------------------------------

    def with_key(self, subject: Subject, key: UUID, *, act: bool, may_take: MayTake) -> Outcome:
        """By our key among what was made since the key was. ``NOT_SENT`` only when the lists were read to their
        ends; also for a page that nobody was led to, since asking again gives the same one."""
        if subject is Subject.REFUND:
            given = self._first("refunds", key)
            return objects.refund(given) if given else BLANKS.unheard_of(subject, key)
        if subject is not Subject.CHARGE:
            return BLANKS.needs_reference(subject, key)
        payment = self._first("payments", key)
        if payment is not None:
            return self.of_payment(payment)
        asked = self._first("billing_requests", key)
        if asked is None or asked["status"] == "pending":
            return BLANKS.unheard_of(subject, key)
        return self.of_request(asked, act=act, may_take=may_take)

    def _first(self, shelf: str, key: UUID) -> Mapping[str, Any] | None:
        return next(
            (each for each in self._api.pages(shelf, _made_since(key)) if objects.attempt_of(each) == key),
            None,
        )

    def payment_named(self, reference: str) -> Mapping[str, Any]:
        """The payment of a charge, by whichever name we know it."""
        if not reference.startswith("BRQ"):
            return self._api.get("payments", reference)
        asked = self._api.get("billing_requests", reference)
        mandate = (asked.get("links") or {}).get("mandate_request_mandate")
        payment = self._payment_under(str(mandate), objects.attempt_of(asked)) if mandate else None
        if payment is None:
            raise NewsUnavailable(_noop("Nothing was collected yet, so nothing can be given back."))
        return payment

    def refund_with(self, key: UUID, payment: str) -> Mapping[str, Any] | None:
        given = self._api.pages("refunds", {"payment": payment})
        return next((each for each in given if objects.attempt_of(each) == key), None)


def _made_since(key: UUID) -> dict[str, str]:
    """Of a list, what can be what ``key`` stands for."""
    first = not_before(key)
    return {"created_at[gte]": spelled(first)} if first else {}
