"""What payers, clerks, banks and the worker do, each as one action of the world."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from standardwebhooks import Webhook

from allsquare.billing.crediting import Wanted
from allsquare.billing.lines import LineInput
from allsquare.billing.models import InvoiceLine
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment, PaymentMethod
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.cancel_at_reader import cancel_at_reader
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.credit_invoice import credit_invoice
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.services.refund import refund
from allsquare.payments.services.refund_freed import refund_freed
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.services.sweep import sweep
from allsquare.payments.services.take_card import take_card
from allsquare.payments.several import Together
from allsquare.selling.reader import read as read_news
from allsquare_sandbox.cards import SCENARIOS
from tests.faults.simulated.plan import DEBITS, Visit
from tests.faults.simulated.world import World
from tests.faults.soak.provider import Provider

#: Before all events.
_FIRST: Final = UUID(int=0)


@dataclass
class Told:
    """What was acknowledged: it must be there in the end."""

    payments: set[UUID] = field(default_factory=set)
    refunds: set[UUID] = field(default_factory=set)
    news: set[str] = field(default_factory=set)
    notes: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Till:
    """One account of the business, and the provider that keeps it."""

    account: GatewayAccount
    secret: str
    provider: Provider


@dataclass
class Shop:
    """``tills`` are the usual account and the one that stands in for it; ``nowhere`` an address of nobody."""

    organization: Organization
    customer: Customer
    tills: tuple[Till, Till]
    world: World
    nowhere: str
    told: Told = field(default_factory=Told)
    invoices: dict[int, list[UUID]] = field(default_factory=dict)
    refused: int = 0
    read_until: UUID = _FIRST  # in the log

    def till_of(self, payment: Payment) -> Till:
        return next(each for each in self.tills if each.account.id == payment.gateway_account_id)

    def cut_off(self, *, cut: bool) -> None:
        """The first provider cannot be reached by us, or can be again."""
        account = GatewayAccount.objects.get(organization=self.organization, id=self.tills[0].account.id)
        theirs = json.loads(self.tills[0].account.settings)["base_url"]
        settings = {**json.loads(account.settings), "base_url": self.nowhere if cut else theirs}
        account.settings = json.dumps(settings)
        account.save(update_fields=["settings"])

    # -- clerks ---------------------------------------------------------------------------------------------

    def write_invoices(self, visits: list[Visit]) -> None:
        """Of a day, before its payers come."""
        for visit in visits:
            drafts = [
                create_draft(
                    organization=self.organization,
                    customer_id=self.customer.id,
                    currency="EUR",
                    lines=[_line("Work", minor - minor // 3), _line("Parts", minor // 3)],
                    actor=SYSTEM,
                )
                for minor in visit.invoices
            ]
            self.invoices[visit.number] = [draft.id for draft in drafts]
        ids = [id for visit in visits for id in self.invoices[visit.number]]
        if ids:
            issue(organization=self.organization, invoice_ids=ids, actor=SYSTEM)

    def credit(self, visit: Visit) -> bool:
        """A line of the first invoice, or a part of its price, is taken back; and what that frees of what was paid."""
        key = f"credit-{visit.number}"
        invoice = self.invoices[visit.number][0]
        line = InvoiceLine.objects.filter(organization=self.organization, invoice_id=invoice).earliest(
            "position"
        )
        part = Wanted(amount_minor=max(1, visit.minor // 4)) if visit.credits_a_part else Wanted(Decimal(1))

        def work() -> str:
            note = credit_invoice(
                organization=self.organization,
                invoice_id=invoice,
                wanted={line.id: part},
                reason=key,
                key=key,
                actor=SYSTEM,
            )
            self.told.notes.add(note.id)
            if not visit.gives_freed_back:
                return "credited"
            given = refund_freed(
                organization=self.organization, credit_note_id=note.id, key=f"{key}-back", actor=SYSTEM
            )
            self.told.refunds.update(each.id for each in given.made)
            return f"{[each.state for each in given.made]} {[each.error.code for each in given.not_made]}"

        return self.world.act("credit", work, about=key)

    def give_back(self, visit: Visit, payment: Payment, minor: int, name: str) -> bool:
        key = f"refund-{visit.number}-{name}"

        def work() -> str:
            made = refund(
                organization=self.organization,
                payment_id=payment.id,
                amount=Money(minor, currency("EUR")),
                reason=key,
                key=key,
                actor=SYSTEM,
            )
            self.told.refunds.add(made.id)
            return made.state

        return self.world.act("refund", work, about=key)

    # -- payers ---------------------------------------------------------------------------------------------

    def press(self, visit: Visit, key: str, scenario: str, *, alone: bool) -> bool:
        """Once, on the button; ``alone``: for the first invoice, whatever is paid together with it."""

        def work() -> str:
            if scenario == "reader":
                payment = self._take_card(visit, key)
            elif visit.is_together and not alone:
                payment = self._pay_together(visit, key, scenario)
            else:
                payment = self._pay(visit, key, scenario)
            self.told.payments.add(payment.id)
            return payment.state

        return self.world.act("press", work, about=key)

    def _pay(self, visit: Visit, key: str, scenario: str) -> Payment:
        saved = self._saved() if scenario == "saved" else None
        return start_payment(
            organization=self.organization,
            invoice_id=self.invoices[visit.number][0],
            amount=Money(visit.minor, currency("EUR")),
            method=MethodKind.BANK_DEBIT if scenario in DEBITS else MethodKind.CARD,
            gateway_account_id=saved.gateway_account_id if saved else self.tills[0].account.id,
            spare_account_ids=[self.tills[1].account.id],
            key=key,
            actor=SYSTEM,
            return_url="http://shop.example/back",
            saved_method_id=saved.id if saved else None,
            save_method=scenario == "saved" and saved is None,
        )

    def _pay_together(self, visit: Visit, key: str, scenario: str) -> Payment:
        saved = self._saved() if scenario == "saved" else None
        asked = Together(
            customer_id=self.customer.id,
            currency=currency("EUR"),
            shares=dict(zip(self.invoices[visit.number], visit.shares, strict=True)),
            on_account=visit.on_account,
            method=MethodKind.BANK_DEBIT if scenario in DEBITS else MethodKind.CARD,
            account_id=saved.gateway_account_id if saved else self.tills[0].account.id,
            spare_ids=(self.tills[1].account.id,),
            return_url="http://shop.example/back",
            saved_method_id=saved.id if saved else None,
            save_method=scenario == "saved" and saved is None,
        )
        return start_for_customer(organization=self.organization, asked=asked, key=key, actor=SYSTEM)

    def _take_card(self, visit: Visit, key: str) -> Payment:
        return take_card(
            organization=self.organization,
            invoice_id=self.invoices[visit.number][0],
            amount=Money(visit.minor, currency("EUR")),
            gateway_account_id=self.tills[0].account.id,
            reader=self.reader_of(visit),
            key=key,
            actor=SYSTEM,
            tips=visit.asks_for_tip,
            keep=visit.keeps,
        )

    def reader_of(self, visit: Visit) -> str:
        readers = self.tills[0].provider.readers()
        return readers[visit.number % len(readers)]

    def at_reader(self, visit: Visit, payment: Payment) -> None:
        """What the payer or the clerk does there, whichever card the reader waits for by then."""
        provider = self.world.reach(self.tills[0].provider)
        if visit.hand in ("visa", "wallet", "declined"):
            provider.present(self.reader_of(visit), SCENARIOS[visit.hand].number, visit.tip)
        elif visit.hand == "walks away":
            provider.walk_away(self.reader_of(visit))
        elif visit.hand == "clerk cancels":
            self.world.act("cancel", lambda: self._cancel(payment), about=payment.key)

    def _cancel(self, payment: Payment) -> str:
        return cancel_at_reader(organization=self.organization, payment_id=payment.id, actor=SYSTEM).state

    def come_back(self, payment: Payment) -> None:
        """From the provider's page to ours, which asks what became of it."""

        def work() -> str:
            check_payment(organization=self.organization, payment=payment)
            payment.refresh_from_db()
            return payment.state

        self.world.act("come back", work, about=payment.key)

    def pays_there(self, payment: Payment, scenario: str) -> None:
        provider = self.world.reach(self.till_of(payment).provider)
        provider.pay_charge(str(payment.reference), SCENARIOS[scenario].number)

    def payment(self, key: str) -> Payment | None:
        mine = Payment.objects.filter(organization=self.organization, key=key)
        return mine.select_related("gateway_account", "invoice").first()

    def _saved(self) -> PaymentMethod | None:
        kept = PaymentMethod.objects.filter(organization=self.organization, customer=self.customer)
        return kept.order_by("created_at", "id").first()

    # -- the provider's news ----------------------------------------------------------------------------------

    def deliver(self, till: Till, event: dict[str, Any]) -> bool:
        """Whether it was answered; what was answered is never sent again."""
        body = json.dumps({name: event[name] for name in ("id", "type", "timestamp", "data")})
        headers = self._signed(till, event["id"], body)

        def work() -> str:
            is_new = receive(
                organization=self.organization,
                gateway_account=till.account,
                headers=headers,
                body=body.encode(),
            )
            self.told.news.add(event["id"])
            return "new" if is_new else "known"

        return self.world.act("deliver", work, about=event["type"])

    def deliver_forged(self, till: Till, event: dict[str, Any]) -> None:
        """With the signature of what was really told."""
        body = json.dumps({name: event[name] for name in ("id", "type", "timestamp", "data")})
        headers = self._signed(till, event["id"], body)
        try:
            receive(
                organization=self.organization,
                gateway_account=till.account,
                headers=headers,
                body=body.replace("00", "99").encode() + b" ",
            )
        except DeliveryRefused:
            self.refused += 1
            return
        raise AssertionError("a forged delivery was taken")

    def _signed(self, till: Till, name: str, body: str) -> dict[str, str]:
        at = self.world.now
        return {
            "webhook-id": name,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(till.secret).sign(name, at, body),
        }

    # -- the worker -------------------------------------------------------------------------------------------

    def drain(self) -> bool:
        return all(self._drain(till.account) for till in self.tills)

    def _drain(self, account: GatewayAccount) -> bool:
        return self._round("drain", lambda: drain(organization=self.organization, gateway_account=account))

    def sweep(self) -> bool:
        return self._round("sweep", lambda: sweep(organization=self.organization))

    def read_log(self) -> bool:
        """What nobody has read of it yet, as far as anything is to be done about it here: tips get their invoices."""
        news = list(unread_tips(self.organization).filter(id__gt=self.read_until).order_by("id"))
        lived = self._round("log", lambda: read_news(news))
        if lived and news:
            self.read_until = news[-1].id
        return lived

    def ask_history(self) -> bool:
        ids = [till.account.id for till in self.tills]
        accounts = GatewayAccount.objects.filter(organization=self.organization, id__in=ids)
        return all(self._ask_history(account) for account in accounts.order_by("id"))

    def _ask_history(self, account: GatewayAccount) -> bool:
        return self._round(
            "history", lambda: ask_history(organization=self.organization, gateway_account=account)
        )

    def _round(self, name: str, work: Callable[[], object]) -> bool:
        return self.world.act(name, work)


def unread_tips(organization: Organization) -> QuerySet[Event]:
    return Event.objects.filter(
        organization_id=organization.id, kind="payment.succeeded", data__tip_minor__gt=0
    )


def _line(description: str, minor: int) -> LineInput:
    return LineInput(
        description=description,
        quantity=Decimal(1),
        unit_price=Decimal(minor) / 100,
        tax_category="Z",
        tax_percent=Decimal(0),
    )
