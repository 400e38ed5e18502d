"""What one batch will write, collected while deciding and written at the end in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, LiteralString
from uuid import UUID

from allsquare.billing.states import InvoiceState, after_cover
from allsquare.core import bulk, clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger import memos
from allsquare.ledger import selectors as ledger
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft
from allsquare.ledger.services.post import post
from allsquare.payments.amounts import base_share
from allsquare.payments.attention import MORE_WENT_BACK
from allsquare.payments.gateway import TransferInstructions
from allsquare.payments.models import GatewayAccount
from allsquare.payments.postings import RECORDED_IN, Books, Context
from allsquare.payments.registry import ASKS_NOBODY, capabilities_of
from allsquare.payments.settlement.drafts import (
    AllocationDraft,
    AttentionDraft,
    ConversionDraft,
    CreditDraft,
)
from allsquare.payments.settlement.given_up import give_up_more
from allsquare.payments.settlement.locked import CHANGING, LockedInvoice, LockedPayment


@dataclass
class Batch:
    """The work of one call of ``settle``; lives for one transaction."""

    organization: Organization
    account: GatewayAccount
    actor: Actor
    now: datetime
    machine_now: datetime
    today: date
    chart_asked: ledger.ChartAsked
    direct: bool  # money comes to the business itself; no provider holds it for a while
    current: bool  # what is told is how things are now: the provider was asked a moment ago
    rates: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    entries: list[EntryDraft] = field(default_factory=list)
    allocations: list[AllocationDraft] = field(default_factory=list)
    credits: list[CreditDraft] = field(default_factory=list)
    conversions: list[ConversionDraft] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    attention: list[AttentionDraft] = field(default_factory=list)
    invoices: dict[UUID, LockedInvoice] = field(default_factory=dict)
    payments: list[LockedPayment] = field(default_factory=list)
    known_books: dict[UUID, Books] = field(default_factory=dict)  # by the account where the money is
    slips: dict[UUID, TransferInstructions] = field(default_factory=dict)  # by payment, as told last
    left: dict[UUID, int] = field(default_factory=dict)  # by payment, what was told to lie beside it
    also: list[Callable[[], None]] = field(default_factory=list)  # writes of one room, by ``core.bulk``

    @classmethod
    def begin(
        cls, *, organization: Organization, account: GatewayAccount, actor: Actor, current: bool = False
    ) -> Batch:
        capabilities = capabilities_of(account.gateway)  # none of one that is gone
        return cls(
            organization=organization,
            account=account,
            actor=actor,
            now=clock.now(organization),
            machine_now=clock.now(None),
            today=clock.today(organization),
            chart_asked=ledger.ask_chart(organization),
            direct=bool(capabilities & ASKS_NOBODY),
            current=current,
        )

    @cached_property
    def chart(self) -> ledger.Chart:
        """Read when it is first needed: it travels with what is locked."""
        return self.chart_asked.read()

    # -- deciding ------------------------------------------------------------------------------------------

    def to_base(self, minor: int, currency: str, on: date) -> int:
        """``minor`` in base currency at the rate of ``on``; each rate is read once per batch."""
        base = self.organization.base_currency
        if currency == base or minor == 0:
            return minor
        if (currency, on) not in self.rates:
            self.rates[currency, on] = ledger.rate_on(self.organization, currency, on)
        return to_base(minor, currency=currency, base=base, rate=self.rates[currency, on])

    def books(self, payment: LockedPayment) -> Books:
        """The accounts for entries about ``payment``."""
        recorded_in = RECORDED_IN.get(payment.method) if self.direct else None
        money = self.chart.account(recorded_in) if recorded_in else self.clearing(payment.gateway_account_id)
        if money not in self.known_books:
            self.known_books[money] = Books(
                money=money,
                receivable=self.chart.account(AccountRole.RECEIVABLE),
                credit=self.chart.account(AccountRole.CUSTOMER_CREDIT),
                fees=self.chart.account(AccountRole.GATEWAY_FEES),
                disputed=self.chart.account(AccountRole.DISPUTED),
                losses=self.chart.account(AccountRole.DISPUTE_LOSSES),
                exchange=self.chart.account(AccountRole.EXCHANGE),
            )
        return self.known_books[money]

    @property
    def transit(self) -> UUID:
        return self.chart.account(AccountRole.PAYOUTS_IN_TRANSIT)

    def clearing(self, gateway_account_id: UUID) -> UUID:
        return self.chart.account(AccountRole.CLEARING, str(gateway_account_id))

    def context(self, payment: LockedPayment, on: date) -> Context:
        invoice = payment.invoice
        return Context(
            date=on,
            currency=payment.currency,
            customer_id=payment.customer_id,
            invoice_id=invoice.id if invoice else None,
            memo=self._memo(payment),
        )

    def _memo(self, payment: LockedPayment) -> str:
        language = self.organization.language
        if payment.shares:
            return memos.of_invoices([share.invoice.number for share in payment.shares], language=language)
        return memos.of_invoice(payment.invoice.number, language=language) if payment.invoice else ""

    def allocate(
        self, payment: LockedPayment, amount: int, source_id: UUID, *, invoice: LockedInvoice | None = None
    ) -> int:
        """Count ``amount`` (negative: take back) towards the payment's invoice, or another one of which its credit is
        used; returns its base amount."""
        invoice = invoice or payment.invoice
        if invoice is None or amount == 0:
            return 0
        after = invoice.paid_minor + amount
        base = base_share(
            base_total=invoice.base_total_minor,
            total=invoice.total_minor,
            before=invoice.covered_minor,
            after=after + invoice.credited_minor,
        )
        self.allocations.append(
            AllocationDraft(payment.id, invoice.id, amount, base, payment.currency, source_id)
        )
        if invoice.state is InvoiceState.WRITTEN_OFF:
            self._give_up_more(invoice, payment.currency, -amount, -base)
        invoice.paid_minor = after
        invoice.state = after_cover(
            invoice.state,
            total_minor=invoice.total_minor,
            paid_minor=after,
            credited_minor=invoice.credited_minor,
        )
        self.invoices[invoice.id] = invoice
        return base

    def _give_up_more(self, invoice: LockedInvoice, currency: str, amount: int, base: int) -> None:
        """``amount`` was taken back from an invoice that is written off: so is that."""
        entry, write = give_up_more(
            self.organization,
            invoice,
            currency=currency,
            before=invoice.total_minor - invoice.covered_minor,
            amount=amount,
            base=base,
            chart=self.chart,
            on=self.today,
            at=self.now,
        )
        self.entries.append(entry)
        self.also.append(write)
        facts: Data = {"number": invoice.number, "amount_minor": amount, "currency": currency}
        self.tell("invoice.written_off", "invoice", invoice.id, facts)

    def credit(self, payment: LockedPayment, amount: int, base: int, reason: str, source_id: UUID) -> None:
        """Customer credit comes (or, negative, goes)."""
        if amount:
            self.credits.append(CreditDraft(payment, amount, base, reason, source_id))
            self.tell(
                "credit.added" if amount > 0 else "credit.used",
                "customer",
                payment.customer_id,
                {
                    "amount_minor": amount,
                    "currency": payment.currency,
                    "reason": reason,
                    "payment": str(payment.id),
                },
            )

    def tell(self, kind: str, subject_type: str, subject_id: UUID, data: Data) -> None:
        self.news.append(News(kind, subject_type, subject_id, data))

    def raise_attention(self, kind: str, subject_type: str, subject_id: UUID, data: Data) -> None:
        """A task for a person, once per kind and subject; ``data`` are the facts of its sentence."""
        self.attention.append(AttentionDraft(kind, subject_type, subject_id, data))
        self.tell("attention.raised", subject_type, subject_id, {"kind": kind, **data})

    def look_at_more(self, payment: LockedPayment) -> None:
        """More may go back than came: a dispute of what was given back is real. Or one thing was told as two."""
        if payment.refunded_minor + payment.disputed_minor > payment.captured_minor:
            facts: Data = {"provider": str(self.account), "charge": payment.reference or ""}
            facts |= {"amount_minor": payment.captured_minor, "currency": payment.currency}
            self.raise_attention(MORE_WENT_BACK, "payment", payment.id, facts)

    def changed(self, payments: Iterable[LockedPayment]) -> None:
        """Those of ``payments`` that changed are to be written."""
        self.payments.extend(payment for payment in payments if payment.changed)

    # -- writing -------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Send all facts collected so far, in a fixed number of statements; then the batch is empty again.

        What the database says against them comes by the end of :func:`written` at the latest.
        """
        org = self.organization.id
        self._leave_out_raised(org)
        with bulk.together():
            self._write_payments(org)
            for write in self.also:
                write()
            self._write_allocations(org)
            self._write_invoices(org)
            self._write_credits(org)
            self._write_conversions(org)
            self._write_attention(org)
            post(organization=self.organization, entries=self.entries, at=self.now)
            record(organization_id=org, news=self.news, actor=self.actor, at=self.now)
        for facts in (self.allocations, self.credits, self.conversions, self.attention):
            facts.clear()
        for told in (self.entries, self.news):
            told.clear()
        for payment in self.payments:
            payment.old_state, payment.changed = payment.state, False
        for invoice in self.invoices.values():
            invoice.old_state = invoice.state
        for done in (self.payments, self.also, self.invoices):
            done.clear()

    def _write_payments(self, org: UUID) -> None:
        """The new state and caches. The rows are locked; that each is still in the state that was read is asked
        again, so that a mistake in locking shows instead of losing money."""
        rows = self.payments
        columns: dict[str, tuple[LiteralString, list[Any]]] = {
            "id": ("uuid", [row.id for row in rows]),
            "organization_id": ("uuid", [org] * len(rows)),
            "old_state": ("text", [row.old_state for row in rows]),
        }
        for name, kind in CHANGING:
            columns[name] = (kind, [getattr(row, name) for row in rows])
        bulk.update("payment", columns, match=("id", "organization_id", "old_state"), every=True)

    def _write_allocations(self, org: UUID) -> None:
        rows = self.allocations
        bulk.insert(
            "allocation",
            {
                "id": ("uuid", [new_id() for _ in rows]),
                "payment_id": ("uuid", [row.payment_id for row in rows]),
                "invoice_id": ("uuid", [row.invoice_id for row in rows]),
                "amount_minor": ("bigint", [row.amount_minor for row in rows]),
                "base_minor": ("bigint", [row.base_minor for row in rows]),
                "currency": ("text", [row.currency for row in rows]),
                "source_id": ("uuid", [row.source_id for row in rows]),
            },
            same={"organization_id": ("uuid", org), "created_at": ("timestamptz", self.now)},
        )

    def _write_invoices(self, org: UUID) -> None:
        rows = list(self.invoices.values())
        bulk.update(
            "invoice",
            {
                "id": ("uuid", [row.id for row in rows]),
                "organization_id": ("uuid", [org] * len(rows)),
                "state": ("text", [row.state for row in rows]),
                "paid_minor": ("bigint", [row.paid_minor for row in rows]),
                "paid_at": ("timestamptz", [self.now if row.state == "paid" else None for row in rows]),
            },
            match=("id", "organization_id"),
            every=True,
        )
        for row in rows:
            if row.state is not row.old_state or row.state == "partly_paid":
                is_told = row.state in ("paid", "partly_paid", "credited")
                kind = f"invoice.{row.state}" if is_told else "invoice.reopened"
                data: Data = {
                    "number": row.number,
                    "paid_minor": row.paid_minor,
                    "total_minor": row.total_minor,
                }
                self.tell(kind, "invoice", row.id, data)

    def _write_credits(self, org: UUID) -> None:
        rows = self.credits
        bulk.insert(
            "credit_movement",
            {
                "id": ("uuid", [new_id() for _ in rows]),
                "customer_id": ("uuid", [row.payment.customer_id for row in rows]),
                "payment_id": ("uuid", [row.payment.id for row in rows]),
                "amount_minor": ("bigint", [row.amount_minor for row in rows]),
                "base_minor": ("bigint", [row.base_minor for row in rows]),
                "currency": ("text", [row.payment.currency for row in rows]),
                "reason": ("text", [row.reason for row in rows]),
                "source_id": ("uuid", [row.source_id for row in rows]),
            },
            same={"organization_id": ("uuid", org), "created_at": ("timestamptz", self.now)},
        )

    def _write_conversions(self, org: UUID) -> None:
        rows = self.conversions
        bulk.insert(
            "conversion",
            {
                "id": ("uuid", [new_id() for _ in rows]),
                "gateway_account_id": ("uuid", [self.account.id] * len(rows)),
                "source_type": ("text", [row.source_type for row in rows]),
                "source_id": ("uuid", [row.source_id for row in rows]),
                "kind": ("text", [row.kind for row in rows]),
                "currency": ("text", [row.currency for row in rows]),
                "amount_minor": ("bigint", [row.amount_minor for row in rows]),
                "into_currency": ("text", [row.into_currency for row in rows]),
                "into_minor": ("bigint", [row.into_minor for row in rows]),
                "fee_minor": ("bigint", [row.fee_minor for row in rows]),
            },
            same={"organization_id": ("uuid", org), "created_at": ("timestamptz", self.now)},
        )

    def _leave_out_raised(self, org: UUID) -> None:
        """What was raised before is neither raised nor told again, however often its news is heard."""
        if not self.attention:
            return
        raised: set[tuple[str, UUID]] = set(
            bulk.run(
                """SELECT kind, subject_id FROM attention WHERE organization_id = %b
                   AND (kind, subject_id) IN (SELECT * FROM unnest(%b::text[], %b::uuid[]))""",
                [org, [row.kind for row in self.attention], [row.subject_id for row in self.attention]],
            )
        )
        self.attention = [row for row in self.attention if (row.kind, row.subject_id) not in raised]
        news, self.news = self.news, []
        for each in news:
            if each.kind == "attention.raised":
                task = str(each.data["kind"]), each.subject_id
                if task in raised:
                    continue
                raised.add(task)  # heard of twice in this batch
            self.news.append(each)

    def _write_attention(self, org: UUID) -> None:
        rows = self.attention
        bulk.insert(
            "attention",
            {
                "id": ("uuid", [new_id() for _ in rows]),
                "kind": ("text", [row.kind for row in rows]),
                "subject_type": ("text", [row.subject_type for row in rows]),
                "subject_id": ("uuid", [row.subject_id for row in rows]),
                "data": ("jsonb", [row.data for row in rows]),
            },
            same={"organization_id": ("uuid", org), "created_at": ("timestamptz", self.now)},
            otherwise="ON CONFLICT DO NOTHING",
        )
