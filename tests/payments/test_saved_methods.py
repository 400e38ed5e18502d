"""Saved methods: whose they are, which comes first, how they end, and what their providers tell of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.attention import METHOD_NOT_FORGOTTEN, sentence
from allsquare.payments.errors import GatewayUnavailable, MethodUnknown
from allsquare.payments.gateway import Capability, MethodKind, Outcome, SavedMethod, Status, Subject
from allsquare.payments.models import Attention, Consent, GatewayAccount, MethodLink, PaymentMethod
from allsquare.payments.saved import (
    coming_first,
    default_method,
    expiry_of,
    kept_methods,
    method_link,
    removed_methods,
    saved_methods,
)
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.ask_method_link import GOOD_FOR, ask_method_link
from allsquare.payments.services.forget_again import forget_again
from allsquare.payments.services.forget_method import forget_method
from allsquare.payments.services.remove_method import remove_method
from allsquare.payments.services.set_default_method import set_default_method
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.warn_of_expiry import warn_of_expiry
from tests import factories
from tests.payments.flows import take
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice


class ForgettingGateway(ScriptedGateway):
    """Also keeps methods, until it is told not to."""

    capabilities = ScriptedGateway.capabilities | {Capability.SAVED_METHODS, Capability.FORGETS}
    forgotten: list[str] = []  # emptied by the fixture
    answer = Status.SUCCEEDED

    def forget(self, token: str) -> Outcome:
        self.forgotten.append(token)
        return Outcome(Subject.METHOD, self.answer, "scripted", reference=token, message="No answer.")


@pytest.fixture(autouse=True)
def forgetting(settings: Settings, scripted: object) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_saved_methods.ForgettingGateway",
    }
    ForgettingGateway.forgotten.clear()
    ForgettingGateway.answer = Status.SUCCEEDED


def saved(
    customer: Customer, account: GatewayAccount, *, last_four: str = "4242", expires: str = "2099-12"
) -> PaymentMethod:
    return PaymentMethod.objects.create(
        organization=customer.organization,
        customer=customer,
        gateway_account=account,
        kind="card",
        token=a_key(),
        brand="visa",
        last_four=last_four,
        expires=expires,
        created_at=clock.now(None),
    )


def payer(customer: Customer) -> Actor:
    return customer_actor(customer.id, customer.name, address="203.0.113.7", request="req-1")


def news(method: PaymentMethod, *, gone: bool = False, at: datetime | None = None, **now: str) -> Outcome:
    facts = {"brand": "visa", "last_four": "1881", "expires": "2031-05", **now}
    status = Status.DECLINED if gone else Status.SUCCEEDED
    kept = SavedMethod(method.token, MethodKind.CARD, **facts)
    return Outcome(Subject.METHOD, status, "scripted", reference=method.token, method=kept, happened_at=at)


def kinds(organization: Organization) -> list[str]:
    found = Event.objects.filter(organization_id=organization.id, kind__startswith="payment_method.")
    return list(found.order_by("id").values_list("kind", flat=True))


def keep(invoice: Invoice, account: GatewayAccount, *, actor: Actor) -> PaymentMethod:
    """The payer pays and lets the card be kept."""
    kept = SavedMethod(a_key(), MethodKind.CARD, "Visa", "4242", "2030-01", mandate="M-1")
    ScriptedGateway.answers.append(charge(reference=a_key(), amount=eur(10000), method=kept))
    start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=actor,
        save_method=True,
    )
    return PaymentMethod.objects.get(organization=invoice.organization, token=kept.token)


def test_what_was_agreed_to_stands_by_the_method(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    method = keep(issued_invoice(organization, customer), account, actor=payer(customer))
    (kept,) = kept_methods(organization, customer.id)
    assert (kept.method.id, kept.is_default, kept.method.mandate) == (method.id, True, "M-1")
    assert kept.consent is not None
    assert (kept.consent.payment_id, kept.consent.kind) == (method.saved_by, "keep")
    assert (kept.consent.actor_id, kept.consent.address, kept.consent.request) == (
        str(customer.id),
        "203.0.113.7",
        "req-1",
    )
    assert organization.name in kept.consent.text


def test_a_payment_without_consent_keeps_no_consent(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000)))
    invoice = issued_invoice(organization, customer)
    start_payment(
        organization=organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=payer(customer),
    )
    assert not Consent.objects.filter(organization=organization).exists()


def test_the_newest_comes_first_until_somebody_chooses(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    old, new = (saved(customer, account) for _ in range(2))
    assert [each.id for each in saved_methods(organization, customer.id)] == [new.id, old.id]
    for _ in range(2):
        set_default_method(
            organization=organization, customer_id=customer.id, method_id=old.id, actor=payer(customer)
        )
    assert [each.id for each in saved_methods(organization, customer.id)] == [old.id, new.id]
    assert [each.is_default for each in kept_methods(organization, customer.id)] == [False, True]
    assert kinds(organization) == ["payment_method.made_default"]


def test_what_is_kept_after_the_agreement_comes_first_only_when_it_is_chosen(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Somebody else may have kept it, by an invoice's link that was forwarded to them."""
    agreed_with = saved(customer, account)
    agree_autopay(organization=organization, customer_id=customer.id, actor=payer(customer))
    later = saved(customer, account)
    assert default_method(organization, customer.id) == agreed_with
    assert [each.id for each in saved_methods(organization, customer.id)] == [agreed_with.id, later.id]
    assert [each.is_default for each in kept_methods(organization, customer.id)] == [False, True]
    agreed_with.expires = "2020-01"
    agreed_with.save(update_fields=["expires"])
    assert default_method(organization, customer.id) is None, "nobody chose the other one"
    set_default_method(
        organization=organization, customer_id=customer.id, method_id=later.id, actor=payer(customer)
    )
    assert default_method(organization, customer.id) == later


def test_what_has_expired_is_not_charged_by_itself(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    assert default_method(organization, customer.id) is None
    good, over = saved(customer, account), saved(customer, account, expires="2020-01")
    assert default_method(organization, customer.id) == good
    set_default_method(organization=organization, customer_id=customer.id, method_id=over.id, actor=SYSTEM)
    assert default_method(organization, customer.id) == good


def test_the_provider_is_told_once_to_forget_what_was_removed(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    method = saved(customer, account)
    set_default_method(organization=organization, customer_id=customer.id, method_id=method.id, actor=SYSTEM)
    forget_method(organization=organization, method_id=method.id)
    assert ForgettingGateway.forgotten == [], "one that is in use is left alone"
    for _ in range(2):
        remove_method(
            organization=organization, customer_id=customer.id, method_id=method.id, actor=payer(customer)
        )
    assert saved_methods(organization, customer.id) == []
    assert [each.method.id for each in removed_methods(organization, customer.id)] == [method.id]
    assert kinds(organization)[-1:] == ["payment_method.removed"]
    assert queued(method) == 1
    forget_method(organization=organization, method_id=method.id)
    assert ForgettingGateway.forgotten == [method.token]
    with pytest.raises(MethodUnknown):
        set_default_method(
            organization=organization, customer_id=customer.id, method_id=method.id, actor=SYSTEM
        )


def queued(method: PaymentMethod) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'payments.forget_method'"
            " AND args ->> 'method_id' = %s",
            [str(method.id)],
        )
        return int(cursor.fetchone()[0])


def test_a_provider_that_does_not_answer_is_told_again(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    method = saved(customer, account)
    remove_method(organization=organization, customer_id=customer.id, method_id=method.id, actor=SYSTEM)
    for silence in (Status.UNKNOWN, Status.NOT_SENT):
        ForgettingGateway.answer = silence
        with pytest.raises(GatewayUnavailable, match="Scripted did not say"):
            forget_method(organization=organization, method_id=method.id)
    assert removed_methods(organization, customer.id)[0].is_still_kept
    assert not Attention.objects.filter(organization=organization).exists()
    ForgettingGateway.answer = Status.SUCCEEDED
    for _ in range(2):
        assert forget_method(organization=organization, method_id=method.id)
    assert len(ForgettingGateway.forgotten) == 3, "what was forgotten is asked for no more"
    (gone,) = removed_methods(organization, customer.id)
    assert gone.method.forgotten_at is not None
    assert not gone.is_still_kept
    assert kinds(organization) == ["payment_method.removed", "payment_method.forgotten"]


def test_what_a_provider_refuses_is_a_persons_task_until_it_is_done(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    first, second = saved(customer, account), saved(customer, account)
    for method in (first, second):
        remove_method(organization=organization, customer_id=customer.id, method_id=method.id, actor=SYSTEM)
    ForgettingGateway.answer = Status.DECLINED
    for method in (first, second, first):
        assert not forget_method(organization=organization, method_id=method.id)
    (task,) = Attention.objects.filter(organization=organization)
    assert (task.kind, task.subject_id, task.resolved_at) == (METHOD_NOT_FORGOTTEN, customer.id, None)
    assert "Scripted refuses" in sentence(task.kind, task.data)
    assert "No answer." in sentence(task.kind, task.data)
    ForgettingGateway.answer = Status.SUCCEEDED
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)
    for method, done in ((first, False), (second, True)):
        with pytest.raises(PermissionDenied):
            forget_again(
                organization=organization,
                customer_id=customer.id,
                method_id=method.id,
                actor=factories.member_actor(organization, Role.SALES),
            )
        assert forget_again(
            organization=organization, customer_id=customer.id, method_id=method.id, actor=clerk
        )
        task.refresh_from_db()
        assert (task.resolved_at is not None) is done
    raised = Event.objects.filter(organization_id=organization.id, kind__startswith="attention.")
    assert list(raised.order_by("id").values_list("kind", flat=True)) == [
        "attention.raised",
        "attention.resolved",
    ]


def test_a_task_that_was_done_too_early_opens_again(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    method = saved(customer, account)
    remove_method(organization=organization, customer_id=customer.id, method_id=method.id, actor=SYSTEM)
    ForgettingGateway.answer = Status.DECLINED
    forget_method(organization=organization, method_id=method.id)
    Attention.objects.filter(organization=organization).update(resolved_at=clock.now(None))
    forget_method(organization=organization, method_id=method.id)
    assert Attention.objects.get(organization=organization).resolved_at is None


@pytest.mark.parametrize("act", [set_default_method, remove_method])
def test_a_payer_changes_their_own_alone(
    organization: Organization, customer: Customer, account: GatewayAccount, act: object
) -> None:
    theirs = saved(factories.make_customer(organization), account)
    stranger = factories.make_organization()

    def change(actor: Actor, customer_id: UUID, where: Organization = organization) -> None:
        act(organization=where, customer_id=customer_id, method_id=theirs.id, actor=actor)  # type: ignore[operator]  # both services take the same

    with pytest.raises(PermissionDenied):
        change(payer(customer), theirs.customer_id)
    with pytest.raises(MethodUnknown):
        change(payer(customer), customer.id)
    with pytest.raises(MethodUnknown):
        change(SYSTEM, theirs.customer_id, stranger)
    for role in (Role.SALES, Role.SUPPORT, Role.VIEWER):
        with pytest.raises(PermissionDenied):
            change(factories.member_actor(organization, role), theirs.customer_id)
    change(factories.member_actor(organization, Role.BILLING_CLERK), theirs.customer_id)


def test_a_card_that_its_bank_replaced_stays_the_same_method(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    method, monday = saved(customer, account), datetime(2026, 3, 2, tzinfo=UTC)
    take(account, news(method, at=monday))
    take(account, news(method, at=monday))
    take(account, news(method, at=monday - timedelta(days=1), last_four="0000"))
    method.refresh_from_db()
    assert (method.last_four, method.expires) == ("1881", "2031-05"), "older news does not undo newer"
    take(
        account,
        news(method, at=monday + timedelta(days=1)),
        news(method, gone=True, at=monday + timedelta(2)),
    )
    method.refresh_from_db()
    assert method.removed_at is not None
    assert kinds(organization) == ["payment_method.replaced", "payment_method.gone"]


def test_a_method_that_is_kept_under_another_token_stays_the_same_method(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    method, monday = saved(customer, account), datetime(2026, 3, 2, tzinfo=UTC)
    set_default_method(organization=organization, customer_id=customer.id, method_id=method.id, actor=SYSTEM)
    moved = replace(
        news(method, at=monday), method=SavedMethod("tok_new", MethodKind.CARD, "visa", "1881", "2031-05")
    )
    for _ in range(2):
        take(account, moved)
    method.refresh_from_db()
    assert (method.token, method.last_four, method.removed_at) == ("tok_new", "1881", None)
    assert default_method(organization, customer.id) == method
    take(account, replace(news(method, gone=True, at=monday + timedelta(1)), reference="tok_new"))
    method.refresh_from_db()
    assert method.removed_at is not None
    assert kinds(organization)[1:] == ["payment_method.replaced", "payment_method.gone"]


def test_a_method_that_became_one_that_we_have_is_that_one(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    old, new = saved(customer, account), saved(customer, account)
    became = SavedMethod(new.token, MethodKind.CARD, "visa", "4242", "2099-12")
    take(account, replace(news(old, at=clock.now(None)), method=became))
    assert [each.id for each in saved_methods(organization, customer.id)] == [new.id]


def test_news_of_anothers_method_means_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    other = factories.make_organization()
    elsewhere = saved(factories.make_customer(other), account)
    unknown = PaymentMethod(token="tok_nobody")
    take(account, news(unknown), news(elsewhere))
    elsewhere.refresh_from_db()
    assert elsewhere.last_four == "4242"
    assert kinds(organization) == []


def test_the_customer_is_told_once_of_the_card_that_comes_first(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    today = clock.today(organization)
    spare = saved(customer, account, expires=f"{today:%Y-%m}")
    first = saved(customer, account, expires=f"{today:%Y-%m}")
    saved(factories.make_customer(organization), account, expires="2099-12")
    saved(factories.make_customer(organization), account, expires="2020-12")
    assert (warn_of_expiry(organization=organization), warn_of_expiry(organization=organization)) == (2, 0)
    (told,) = Event.objects.filter(organization_id=organization.id, kind="payment_method.expiring")
    assert told.data["method"] == str(first.id)
    PaymentMethod.objects.filter(organization=organization, id=spare.id).update(removed_at=clock.now(None))
    PaymentMethod.objects.filter(organization=organization, id=first.id).update(expires="2099-12")
    assert warn_of_expiry(organization=organization) == 0


def test_the_customer_is_told_of_the_card_that_is_charged_though_another_was_kept_later(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Whoever kept that one may have come by a link that was forwarded."""
    today = clock.today(organization)
    charged = saved(customer, account, expires=f"{today:%Y-%m}")
    payer = customer_actor(customer.id, customer.name, address="203.0.113.7")
    agree_autopay(organization=organization, customer_id=customer.id, actor=payer)
    saved(customer, account, expires="2099-12")
    assert coming_first(organization, {customer.id}) == {charged.id}
    warn_of_expiry(organization=organization)
    (told,) = Event.objects.filter(organization_id=organization.id, kind="payment_method.expiring")
    assert told.data["method"] == str(charged.id)
    PaymentMethod.objects.filter(organization=organization, id=charged.id).update(expires="2020-01")
    assert coming_first(organization, {customer.id}) == set(), "nothing can be charged"


@pytest.mark.parametrize(
    ("expires", "today", "said"),
    [
        ("", "2026-11-27", ""),
        ("2026-10", "2026-11-27", "over"),
        ("2026-11", "2026-11-30", "soon"),
        ("2026-11", "2026-12-01", "over"),
        ("2027-01", "2026-12-01", "soon"),
        ("2027-01", "2026-11-30", ""),
        ("2026-12", "2026-11-01", "soon"),
    ],
)
def test_a_card_is_good_until_its_month_is_over(expires: str, today: str, said: str) -> None:
    assert expiry_of(PaymentMethod(expires=expires), datetime.fromisoformat(today).date()) == said


def test_a_link_is_good_for_an_hour_and_one_at_a_time(organization: Organization, customer: Customer) -> None:
    first, second = (
        ask_method_link(organization=organization, customer_id=customer.id, actor=payer(customer))
        for _ in range(2)
    )
    with pytest.raises(MethodUnknown):
        method_link(first.token)
    assert method_link(second.token).customer_id == customer.id
    MethodLink.objects.filter(organization=organization).update(
        expires_at=clock.now(None) - GOOD_FOR[MethodLink.Purpose.METHODS]
    )
    with pytest.raises(MethodUnknown):
        method_link(second.token)
