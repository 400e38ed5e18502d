"""Pure: every entry is square, in its own currency and in base currency."""

from __future__ import annotations

from collections import Counter
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from allsquare.core.ids import new_id
from allsquare.ledger.drafts import EntryDraft
from allsquare.payments import postings
from allsquare.payments.amounts import Split, split_capture, split_return
from allsquare.payments.postings import Back, Bases, Books, Context

BOOKS = Books(**{name: new_id() for name in Books.__slots__})
CUSTOMER, INVOICE, ID = new_id(), new_id(), new_id()
CONTEXT = Context(
    date=date(2026, 2, 28), currency="USD", customer_id=CUSTOMER, invoice_id=INVOICE, memo="Invoice 1"
)
amounts = st.integers(1, 10**12)
bases = st.integers(0, 10**12)


def on(entry: EntryDraft, account: UUID) -> tuple[int, int]:
    """What the entry books there: in its currency and in base currency."""
    lines = [line for line in entry.lines if line.account == account]
    return sum(line.amount_minor for line in lines), sum(line.base_minor for line in lines)


def assert_square(entry: EntryDraft) -> None:
    by_currency: Counter[str] = Counter()
    for line in entry.lines:
        by_currency[line.currency] += line.amount_minor
    assert not any(by_currency.values())
    assert sum(line.base_minor for line in entry.lines) == 0
    assert len(entry.lines) >= 2
    assert all(line.amount_minor or line.base_minor for line in entry.lines)


def test_a_charge_is_gross_fee_and_net() -> None:
    entry = postings.charge_settled(
        payment_id=ID,
        books=BOOKS,
        context=CONTEXT,
        gross=12000,
        fee=300,
        base=Bases(gross=11000, fee=275, invoice=9000, credit=1833),
        split=Split(invoice=10000, credit=2000),
    )
    assert (entry.kind, entry.source_id, entry.date) == ("payment.settled", ID, CONTEXT.date)
    assert on(entry, BOOKS.money) == (11700, 10725)
    assert on(entry, BOOKS.fees) == (300, 275)
    assert on(entry, BOOKS.receivable) == (-10000, -9000)
    assert on(entry, BOOKS.credit) == (-2000, -1833)
    assert on(entry, BOOKS.exchange) == (0, -167)  # the dollar rose since the invoice: a gain
    assert_square(entry)


def test_sub_ledgers_are_tagged() -> None:
    entry = postings.charge_settled(
        payment_id=ID,
        books=BOOKS,
        context=CONTEXT,
        gross=3,
        fee=1,
        base=Bases(gross=3, fee=1, invoice=2, credit=1),
        split=Split(invoice=2, credit=1),
    )
    tags = {line.account: (line.customer_id, line.document_id) for line in entry.lines}
    assert tags == {
        BOOKS.money: (None, None),
        BOOKS.fees: (None, None),
        BOOKS.receivable: (CUSTOMER, INVOICE),
        BOOKS.credit: (CUSTOMER, None),
    }


@given(gross=amounts, fee=bases, open_minor=bases, base=st.tuples(amounts, bases, bases, bases))
def test_charges_are_square(gross: int, fee: int, open_minor: int, base: tuple[int, int, int, int]) -> None:
    split = split_capture(gross, open_minor=open_minor)
    entry = postings.charge_settled(
        payment_id=ID, books=BOOKS, context=CONTEXT, gross=gross, fee=fee, base=Bases(*base), split=split
    )
    assert_square(entry)
    assert on(entry, BOOKS.money)[0] + on(entry, BOOKS.fees)[0] == gross


@given(
    amount=amounts,
    fee=st.integers(-(10**6), 10**6),
    credit=bases,
    allocated=bases,
    base=st.tuples(amounts, st.integers(-(10**6), 10**6), bases, bases),
    kept=st.tuples(bases, bases),
)
def test_refunds_and_lost_cases_are_square(
    amount: int, fee: int, credit: int, allocated: int, base: tuple[int, int, int, int], kept: tuple[int, int]
) -> None:
    split = split_return(amount, credit=credit, allocated=allocated)
    back = postings.refund_settled(
        refund_id=ID, books=BOOKS, context=CONTEXT, amount=amount, fee=fee, base=Bases(*base), split=split
    )
    lost = postings.dispute_lost(
        dispute_id=ID,
        books=BOOKS,
        context=CONTEXT,
        amount=amount,
        base=Bases(*base),
        split=split,
        back=Back(*kept),
    )
    assert_square(back)
    assert_square(lost)
    assert on(back, BOOKS.money)[0] == -amount - fee
    assert on(lost, BOOKS.disputed) == (-amount - kept[0], -base[0] - kept[1])
    assert on(lost, BOOKS.money) == kept
    for entry in (back, lost):
        taken = on(entry, BOOKS.receivable)[0] + on(entry, BOOKS.credit)[0] + on(entry, BOOKS.losses)[0]
        assert taken == amount


@given(amount=amounts, fee=bases, base=bases, fee_base=bases)
def test_a_case_opened_and_won_costs_its_fee_and_no_more(
    amount: int, fee: int, base: int, fee_base: int
) -> None:
    opened = postings.dispute_opened(
        dispute_id=ID,
        books=BOOKS,
        context=CONTEXT,
        amount=amount,
        fee=fee,
        base=Bases(gross=base, fee=fee_base),
    )
    won = postings.dispute_won(dispute_id=ID, books=BOOKS, context=CONTEXT, amount=amount, base=base)
    assert_square(opened)
    assert_square(won)
    both = EntryDraft("both", "dispute", ID, CONTEXT.date, opened.lines + won.lines)
    assert on(both, BOOKS.money) == (-fee, -fee_base)
    assert on(both, BOOKS.disputed) == (0, 0)


@given(amount=amounts, base=bases)
def test_a_refund_that_comes_home_is_owed_to_the_customer(amount: int, base: int) -> None:
    entry = postings.refund_failed(refund_id=ID, books=BOOKS, context=CONTEXT, amount=amount, base=base)
    assert_square(entry)
    assert on(entry, BOOKS.credit) == (-amount, -base)


@given(
    net=st.integers(-(10**12), 10**12).filter(bool),
    fee=st.integers(-(10**6), 10**6),
    others=st.integers(-(10**12), 10**12),
    base=st.integers(-(10**12), 10**12),
    fee_base=st.integers(-(10**6), 10**6),
    others_base=st.integers(-(10**12), 10**12),
    held=st.integers(-(10**12), 10**12),
)
def test_payouts_are_square(
    net: int, fee: int, others: int, base: int, fee_base: int, others_base: int, held: int
) -> None:
    entry = postings.payout_paid(
        payout_id=ID,
        clearing=BOOKS.money,
        transit=BOOKS.disputed,
        others=BOOKS.credit,
        fees=BOOKS.fees,
        exchange=BOOKS.exchange,
        on=CONTEXT.date,
        currency="USD",
        net=net,
        fee=fee,
        of_others=others,
        base=Bases(gross=base, fee=fee_base),
        others_base=others_base,
        held_base=held,
    )
    assert_square(entry)
    assert on(entry, BOOKS.disputed) == (net, base)
    assert on(entry, BOOKS.fees) == (fee, fee_base)
    assert on(entry, BOOKS.credit) == (-others, -others_base)
    assert on(entry, BOOKS.money) == (others - net - fee, -held)


@given(
    net=st.integers(-(10**12), 10**12).filter(bool),
    fee=st.integers(-(10**6), 10**6),
    base=st.integers(-(10**12), 10**12),
    fee_base=st.integers(-(10**6), 10**6),
    held=st.integers(-(10**12), 10**12),
)
def test_what_turns_out_to_be_ours_is_square(net: int, fee: int, base: int, fee_base: int, held: int) -> None:
    entry = postings.payout_found(
        found_id=ID,
        clearing=BOOKS.money,
        others=BOOKS.credit,
        fees=BOOKS.fees,
        exchange=BOOKS.exchange,
        on=CONTEXT.date,
        currency="USD",
        net=net,
        fee=fee,
        base=Bases(gross=base, fee=fee_base),
        held_base=held,
    )
    assert_square(entry)
    assert on(entry, BOOKS.credit) == (net, base)
    assert on(entry, BOOKS.fees) == (fee, fee_base)
    assert on(entry, BOOKS.money) == (-net - fee, -held)
