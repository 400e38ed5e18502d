"""What payers are told of their saved methods: what they agreed to, and what ended without them."""

from __future__ import annotations

from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications.compose import compose
from allsquare.notifications.models import Mail
from allsquare.notifications.reader import read
from allsquare.payments.gateway import MethodKind, Outcome, Status
from allsquare.payments.models import Consent, GatewayAccount
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.set_default_method import set_default_method
from allsquare.payments.services.start import start_payment
from tests import factories
from tests.payments.flows import take
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice
from tests.payments.test_saved_methods import keep, news, payer, saved


def mailed(organization: Organization, kind: str) -> list[Mail]:
    """The mails that all that happened asks for, read twice as after a crash."""
    for _time in range(2):
        read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))
    return list(Mail.objects.filter(organization=organization, kind=kind).order_by("id"))


def text_of(organization: Organization, mail: Mail) -> str:
    return " ".join(str(compose(organization, mail).body).split())


def test_the_receipt_says_what_was_agreed_to_and_under_which_mandate(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    customer.email = "payer@example.com"
    customer.save()
    keep(issued_invoice(organization, customer), account, actor=payer(customer))
    (mail,) = mailed(organization, "receipt")
    text = text_of(organization, mail)
    agreed = Consent.objects.get(organization=organization).text
    assert f"and agreed: “{' '.join(agreed.split())}”" in text
    assert "Mandate: M-1" in text or "Mandate M-1" in text
    assert "Change saved payment methods" in text


def test_a_receipt_without_consent_speaks_of_none(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    customer.email = "payer@example.com"
    customer.save()
    _pay(organization, customer, account, charge(reference="ch_1", amount=eur(10000)), save=False)
    (mail,) = mailed(organization, "receipt")
    assert "agreed" not in text_of(organization, mail)
    assert "Mandate" not in text_of(organization, mail)


def test_a_debit_under_way_says_what_was_agreed_to(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    customer.email = "payer@example.com"
    customer.save()
    debit = charge(Status.PENDING, reference="ch_1")
    _pay(organization, customer, account, debit, save=True, method=MethodKind.BANK_DEBIT)
    (mail,) = mailed(organization, "payment_pending")
    assert "you let" in text_of(organization, mail)


def test_a_method_that_ended_is_told_to_those_who_count_on_it(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    customer.email = "payer@example.com"
    customer.save()
    first = saved(customer, account)
    take(account, news(saved(factories.make_customer(organization), account), gone=True))
    assert mailed(organization, "method_gone") == [], "nobody counts on being charged"
    second = saved(customer, account, last_four="2222")
    set_default_method(
        organization=organization, customer_id=customer.id, method_id=first.id, actor=payer(customer)
    )
    agree_autopay(organization=organization, customer_id=customer.id, actor=payer(customer))
    take(account, news(first, gone=True))
    take(account, news(second, last_four="3333"))
    (mail,) = mailed(organization, "method_gone")
    text = text_of(organization, mail)
    assert "Visa ending 4242" in text
    assert "From now on they are charged to Visa ending 3333." in text
    take(account, news(second, gone=True))
    _earlier, last = mailed(organization, "method_gone")
    assert "until then nothing is charged by itself" in text_of(organization, last)


def _pay(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    answer: Outcome,
    *,
    save: bool,
    method: MethodKind = MethodKind.CARD,
) -> None:
    ScriptedGateway.answers.append(answer)
    start_payment(
        organization=organization,
        invoice_id=issued_invoice(organization, customer).id,
        amount=eur(10000),
        method=method,
        gateway_account_id=account.id,
        key=a_key(),
        actor=payer(customer),
        save_method=save,
    )


def test_a_replaced_card_is_told_to_nobody(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    customer.email = "payer@example.com"
    customer.save()
    method = saved(customer, account)
    agree_autopay(organization=organization, customer_id=customer.id, actor=payer(customer))
    take(account, news(method))
    assert not mailed(organization, "method_gone")
