"""What identifies whoever tried to pay is found nowhere once its time is over: in no column of any table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pytest
from django.db import connection

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.core.lists import EVENTS
from allsquare.core.models import Event, EventSeal, PayerAddress
from allsquare.core.ratelimit import forget_ended
from allsquare.core.sealer import seal, verify_chain
from allsquare.identity.models import Organization
from allsquare.payments.due import organizations_with_old_news
from allsquare.payments.errors import AttemptRefused
from allsquare.payments.essence import essence
from allsquare.payments.gateway import GatewayEvent, MethodKind, SavedMethod, Signs
from allsquare.payments.models import Consent, GatewayAccount, InboxEvent
from allsquare.payments.saved import kept_methods
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.forget_news import forget_news
from allsquare.payments.services.keep_news import keep_news
from allsquare.risk.marks import mark
from allsquare.risk.models import RiskAssessment, RiskEntry
from allsquare.risk.rules import USUAL, Effect, Rule, Rules, Setting
from allsquare.risk.services.block_marks import block_marks
from allsquare.risk.services.change_rules import change_rules
from allsquare.risk.services.forget import forget
from allsquare.risk.settings import settings_of
from tests.log import log_is_readable
from tests.payments.makers import issued_invoice
from tests.payments.payers import come, declines, found, paid, payer_of
from tests.square import assert_all_square

ADDRESS: Final = "203.0.113.77"
MAIL: Final = "mallory@thief.example"
CARD: Final = "fingerprint-of-a-stolen-card"
USUAL_RULES: Final = Rules({**USUAL})


@pytest.fixture
def invoice(organization: Organization) -> Invoice:
    return issued_invoice(organization, payer_of(organization))


def planted(organization: Organization, account: GatewayAccount, invoice: Invoice) -> None:
    """Everything by which somebody comes and leaves something: a card is kept and charged by agreement, tries are
    declined and then stopped, the provider tells, and a payment that was looked at is refused."""
    visa = SavedMethod("tok_1", MethodKind.CARD, "Visa", "4242", "2031-07")
    kept = paid(invoice, method=visa, signs=Signs(fingerprint=CARD, score=85))
    come(invoice, account, address=ADDRESS, answer=kept, save_method=True)
    payer = customer_actor(invoice.customer_id, "Payer", address=ADDRESS)
    agree_autopay(organization=organization, customer_id=invoice.customer_id, actor=payer)
    rules = Rules({**USUAL, Rule.DECLINED_ADDRESS: Setting(2, Effect.BLOCK)})
    change_rules(organization=organization, rules=rules, keep_days=90, actor=SYSTEM)
    declines(organization, account, 2, address=ADDRESS)
    with pytest.raises(AttemptRefused):
        come(issued_invoice(organization, payer_of(organization, 9)), account, address=ADDRESS)
    told = {"ip": ADDRESS, "email": MAIL, "card": {"fingerprint": CARD}}
    news = GatewayEvent("evt_1", "charge.failed", "ch_1", told)
    keep_news(organization=organization, gateway_account=account, events=[news])
    done = InboxEvent.objects.filter(organization=organization)
    done.update(state="done", done_at=clock.now(None))
    block_marks(
        organization=organization,
        assessment=found(organization)[0],
        mail=MAIL,
        card="Visa 4242",
        actor=SYSTEM,
    )


def time_passes(organization: Organization, days: int) -> None:
    """All that has a time is so much older."""
    with connection.cursor() as cursor:
        for table, column in (
            ("payer_address", "at"),
            ("risk_assessment", "created_at"),
            ("inbox_event", "done_at"),
            ("inbox_event", "received_at"),
            ("risk_entry", "until"),
            ("rate_counter", "ends_at"),
        ):
            cursor.execute(f"UPDATE {table} SET {column} = {column} - %s * interval '1 day'", [days])  # noqa: S608  the names above


def traces(organization: Organization) -> dict[str, set[str]]:
    """In which tables each of the three is, in clear or as its mark."""
    secret = settings_of(organization).secret
    sought = {
        ADDRESS: (ADDRESS, mark(secret, "address", ADDRESS).hex()),
        MAIL: (MAIL,),
        CARD: (CARD, mark(secret, "card", CARD).hex()),
    }
    found: dict[str, set[str]] = {name: set() for name in sought}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608  every table that there is
            text = "\n".join(row for (row,) in cursor.fetchall())
            for name, spellings in sought.items():
                if any(each in text for each in spellings):
                    found[name].add(table)
    return found


def forgotten(organization: Organization) -> Iterable[int]:
    """One round of the worker."""
    yield forget(organization=organization)
    yield forget_news(organization=organization)
    yield forget_ended()


def test_nothing_that_identifies_a_payer_outlives_its_time(
    organization: Organization, account: GatewayAccount, invoice: Invoice
) -> None:
    planted(organization, account, invoice)
    assert traces(organization) == {
        ADDRESS: {"inbox_event", "payer_address", "rate_counter", "risk_assessment"},
        MAIL: {"inbox_event", "risk_entry"},
        CARD: {"inbox_event", "risk_assessment", "risk_entry"},
    }, "planted where it can be"
    time_passes(organization, 89)
    list(forgotten(organization))
    assert traces(organization)[ADDRESS] == {"inbox_event", "payer_address", "risk_assessment"}
    time_passes(organization, 2)
    assert all(list(forgotten(organization))[:2])
    assert traces(organization) == {ADDRESS: set(), MAIL: {"risk_entry"}, CARD: {"risk_entry"}}
    time_passes(organization, 365)
    list(forgotten(organization))
    assert traces(organization) == {ADDRESS: set(), MAIL: set(), CARD: set()}
    assert Event.objects.filter(organization_id=organization.id, kind="risk_entry.ended").count() == 2
    assert not sum(forgotten(organization)), "a repeat finds nothing"
    assert_all_square()


def test_the_address_is_shown_as_long_as_it_is_kept(
    organization: Organization, account: GatewayAccount, invoice: Invoice
) -> None:
    planted(organization, account, invoice)
    started = Event.objects.filter(organization_id=organization.id, kind="payment.started").latest("id")
    assert started.address == ""
    (shown,) = EVENTS.load(organization, [started.id])
    assert shown.address == ADDRESS
    (kept,) = kept_methods(organization, invoice.customer_id)
    assert kept.consent is not None
    assert kept.consent.address == ADDRESS
    assert set(Consent.objects.filter(organization=organization).values_list("address", flat=True)) == {""}
    PayerAddress.objects.all().delete()
    (shown,) = EVENTS.load(organization, [started.id])
    assert shown.address == ""


@pytest.mark.django_db(transaction=True)
def test_the_chain_holds_before_and_after_and_with_events_of_an_older_release(
    organization: Organization, account: GatewayAccount, invoice: Invoice
) -> None:
    """Those have the address in what was hashed: they are left as they are, and verify."""
    planted(organization, account, invoice)
    old = Event.objects.filter(organization_id=organization.id).latest("id")
    Event.objects.create(
        organization_id=organization.id,
        kind="payment.started",
        subject_type="payment",
        subject_id=old.subject_id,
        actor_kind="customer",
        actor_id=old.actor_id,
        actor_label="Payer",
        address=ADDRESS,
        at=old.at,
    )
    log_is_readable()
    assert seal() > 0
    time_passes(organization, 400)
    list(forgotten(organization))
    assert EventSeal.objects.filter(organization_id=organization.id).exists()
    assert not list(verify_chain(organization.id))


def test_what_a_person_typed_stays(
    organization: Organization, account: GatewayAccount, invoice: Invoice
) -> None:
    planted(organization, account, invoice)
    RiskEntry.objects.filter(organization=organization).update(until=None)
    time_passes(organization, 400)
    list(forgotten(organization))
    assert traces(organization)[MAIL] == {"risk_entry"}
    assert RiskAssessment.objects.filter(organization=organization, action="block").count() == 0


@pytest.mark.parametrize("state", ["parked", "received"])
def test_of_what_is_not_digested_the_payer_is_forgotten_after_a_year_and_not_what_it_is_about(
    organization: Organization, account: GatewayAccount, invoice: Invoice, state: str
) -> None:
    planted(organization, account, invoice)
    error = f"ValueError: {MAIL} is no amount"
    rows = InboxEvent.objects.filter(organization=organization)
    told = {**rows.get().payload, "id": "ch_1", "amount": 700, "items": [{"id": "it_1"}, {"email": MAIL}]}
    rows.update(state=state, error=error, done_at=None, payload=told)
    time_passes(organization, 364)
    list(forgotten(organization))
    assert "inbox_event" in traces(organization)[MAIL]
    time_passes(organization, 2)
    assert organization in organizations_with_old_news()
    assert forget_news(organization=organization) == 1
    assert not any("inbox_event" in tables for tables in traces(organization).values())
    row = rows.get()
    nothing = {"ip": "", "email": "", "card": {"fingerprint": ""}}
    assert row.payload == {**nothing, "id": "ch_1", "amount": 700, "items": [{"id": "it_1"}, {"email": ""}]}
    assert (row.state, row.error, row.object_reference) == (state, "ValueError", "ch_1")
    assert organization not in organizations_with_old_news()
    assert forget_news(organization=organization) == 0


def test_who_keeps_more_than_a_year_keeps_it_as_long(
    organization: Organization, account: GatewayAccount, invoice: Invoice
) -> None:
    planted(organization, account, invoice)
    change_rules(organization=organization, rules=USUAL_RULES, keep_days=500, actor=SYSTEM)
    InboxEvent.objects.filter(organization=organization).update(state="parked", done_at=None)
    time_passes(organization, 499)
    assert forget_news(organization=organization) == 0
    time_passes(organization, 2)
    assert forget_news(organization=organization) == 1


def test_a_name_under_a_name_that_is_read_is_no_id() -> None:
    """Whatever another integration of the same account writes there."""
    told: dict[str, object] = {
        "id": ["ch_1", "Mallory Smith", MAIL],
        "more": {"id": None, "x": ["y", 1, True]},
    }
    left = {"id": ["ch_1", "", ""], "more": {"id": None, "x": ["", 1, True]}}
    assert essence(told, frozenset({"id"})) == left
    assert essence(left, frozenset({"id"})) == left
