"""What an earlier release is made to live through, in its own words: these run by the code of then. ``BEGIN`` stands
before each."""

from __future__ import annotations

from typing import Final

BEGIN: Final = """
import re, sys
from allsquare.cli import rehearsal
rehearsal.enter("walkthrough")
import django
django.setup()
from django.db import connection
from allsquare.billing.models import Invoice
from allsquare.cli.forms import Browser
from allsquare.cli.smtp_catcher import caught
from allsquare.cli.stack import serve, stack
from allsquare.cli.steps import print_step, wait_until
from allsquare.cli.walk import walk
from allsquare.cli.walkthrough import _newcomer
"""

#: One invoice paid, one sent; as the releases before 27 November 2026 had it.
FEW: Final = """
with stack() as running:
    walker = _newcomer(running)
    serve(running)
    assert all(step.ok for step in walk(running, walker, tell=print_step))
    # A second invoice is sent and stays open.
    clerk = Browser()
    page = clerk.open(f"{running.base_url}/")
    clerk.submit(page, having="login", login=walker.email, password=walker.password)
    page = clerk.open(f"{running.base_url}/invoices/new/")
    clerk.submit(page, having="lines-0-description", **{
        "customer": str(walker.invoice.customer_id), "lines-0-description": "Waiting to be paid",
        "lines-0-quantity": "2", "lines-0-unit_price": "50", "lines-0-tax_category": "S",
    })
    invoice = Invoice.objects.get(number=None)
    clerk.submit(clerk.open(f"{running.base_url}/invoices/{invoice.id}/"), to="/issue/")
    invoice.refresh_from_db()
    def mailed():
        return [m for m in caught(running.mail_directory) if invoice.number in m.subject and "/pay/" in m.text]
    wait_until(mailed, "The mail did not come.")
    clerk.close()
    # What later releases keep in another way.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customer SET notes = 'Calls on Fridays.'")
        cursor.execute(
            "INSERT INTO attention (id, organization_id, kind, subject_type, subject_id, text, created_at) "
            "SELECT gen_random_uuid(), organization_id, 'void_invoice', 'invoice', id, 'Money came.', now() "
            "FROM invoice WHERE id = %s", [invoice.id])
"""

#: Five invoices, since each brings a PDF of 25 kB: paid and disputed; paid in part, the rest open; sold by a payment
#: link; paid, a part given back, and paid out; overpaid by hand. With a saved card, a mail that failed, and a draft.
MUCH: Final = """
from allsquare.cli import walks
from allsquare.cli.walk import draft, enter_customer
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import PaymentMethod
from allsquare.payments.selectors import recording_account
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.set_default_method import set_default_method

with stack() as running:
    walker = _newcomer(running)
    serve(running)
    invoiced = [action for _name, action in walks._INVOICED]
    def go(*actions):
        for action in actions:
            print(action.__name__, action(running, walker))
    go(walks.sign_in)
    go(*invoiced, walks._pay_by_card, walks._dispute)
    go(*invoiced, walks._pay_a_part)
    go(walks._make_payment_link, walks._buy, walks._look_at_sale)
    go(*invoiced, walks._pay_by_card, walks._pay_out, walks._refund_a_part)
    go(*invoiced)
    over = record_money(
        organization=walker.organization, invoice_id=walker.issued.id,
        amount=Money(walker.issued.total_minor * 12 // 10, currency("EUR")), method=MethodKind.CASH,
        gateway_account_id=recording_account(walker.organization).id, key=str(new_id()), actor=SYSTEM)
    go(enter_customer, draft)  # and stays one
    # A saved card, as the provider keeps it.
    charge = running.http.post(
        f"{running.sandbox_url}/v1/charges", headers={"Authorization": f"Bearer {walker.gateway.api_key}",
        "Idempotency-Key": str(new_id())}, json={"amount": 100, "currency": "EUR", "save_method": True,
        "return_url": "http://shop.example/back"}).raise_for_status().json()
    charge = running.sandbox("POST", f"/control/charges/{charge['id']}/pay", api_key=walker.gateway.api_key,
                             number="4242424242424242")
    kept = PaymentMethod.objects.create(
        organization=walker.organization, customer_id=over.customer_id, gateway_account=walker.gateway.account,
        kind="card", brand="visa", last_four="4242", token=charge["payment_method"]["token"],
        created_at=clock.now(None))
    set_default_method(organization=walker.organization, customer_id=over.customer_id, method_id=kept.id, actor=SYSTEM)
    def came_to_rest():
        with connection.cursor() as cursor:
            cursor.execute("SELECT (SELECT count(*) FROM invoice_document), "
                           "(SELECT count(*) FROM mail WHERE state IN ('queued', 'sending'))")
            return cursor.fetchone() == (5, 0)
    wait_until(came_to_rest, "Documents or mails are missing.")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mail SET state = 'failed', error = 'The mail server says: 550 no such user' "
                       "WHERE id = (SELECT max(id::text)::uuid FROM mail)")
    walker.clerk.close()
    walker.payer.close()
"""
