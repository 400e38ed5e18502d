"""Addresses of the console."""

from __future__ import annotations

from django.urls import path

from allsquare.web.console import (
    attention,
    books,
    customers,
    events,
    exchange_rates,
    inbox,
    invoice_editor,
    invoices,
    items,
    journal_new,
    mails,
    payments,
    periods,
    record_payment,
    refunds,
    search,
)
from allsquare.web.console.home import views as home
from allsquare.web.console.live import views as live
from allsquare.web.console.settings import urls as settings

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("home/now/", home.home_now, name="home_now"),
    path("live/", live.live, name="live"),
    path("live/news/", live.live_news, name="live_news"),
    path("search/", search.search, name="search"),
    path("invoices/", invoices.invoice_list, name="invoice_list"),
    path("invoices/new/", invoice_editor.invoice_new, name="invoice_new"),
    path("invoices/totals/", invoice_editor.invoice_totals, name="invoice_totals"),
    path("invoices/<uuid:invoice_id>/", invoices.invoice, name="invoice"),
    path("invoices/<uuid:invoice_id>/edit/", invoice_editor.invoice_edit, name="invoice_edit"),
    path("invoices/<uuid:invoice_id>/issue/", invoices.invoice_issue, name="invoice_issue"),
    path("invoices/<uuid:invoice_id>/void/", invoices.invoice_void, name="invoice_void"),
    path("invoices/<uuid:invoice_id>/delete/", invoices.invoice_delete, name="invoice_delete"),
    path("invoices/<uuid:invoice_id>/invoice.pdf", invoices.invoice_pdf, name="invoice_pdf"),
    path("invoices/<uuid:invoice_id>/record-payment/", record_payment.payment_record, name="payment_record"),
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/new/", customers.customer_new, name="customer_new"),
    path("customers/<uuid:customer_id>/", customers.customer, name="customer"),
    path("customers/<uuid:customer_id>/edit/", customers.customer_edit, name="customer_edit"),
    path("customers/<uuid:customer_id>/archive/", customers.customer_archive, name="customer_archive"),
    path("items/", items.item_list, name="item_list"),
    path("items/new/", items.item_new, name="item_new"),
    path("items/<uuid:item_id>/edit/", items.item_edit, name="item_edit"),
    path("items/<uuid:item_id>/archive/", items.item_archive, name="item_archive"),
    path("payments/", payments.payment_list, name="payment_list"),
    path("payments/<uuid:payment_id>/", payments.payment, name="payment"),
    path("payments/<uuid:payment_id>/refund/", refunds.payment_refund, name="payment_refund"),
    path("payments/<uuid:payment_id>/ask/", payments.payment_ask, name="payment_ask"),
    path("books/", books.books, name="books"),
    path("books/journal/", books.journal, name="journal"),
    path("books/journal/new/", journal_new.entry_new, name="entry_new"),
    path("books/journal/balance/", journal_new.entry_balance, name="entry_balance"),
    path("books/journal/<uuid:entry_id>/", books.entry, name="entry"),
    path("books/trial-balance/", books.trial_balance, name="trial_balance"),
    path("books/accounts/<uuid:account_id>/", books.account, name="account"),
    path("books/periods/", periods.period_list, name="period_list"),
    path("books/periods/close/", periods.period_close, name="period_close"),
    path("books/periods/<uuid:period_id>/reopen/", periods.period_reopen, name="period_reopen"),
    path("books/exchange-rates/", exchange_rates.exchange_rates, name="exchange_rates"),
    path("mails/", mails.mail_list, name="mail_list"),
    path("mails/<uuid:mail_id>/", mails.mail, name="mail"),
    path("mails/<uuid:mail_id>/letter/", mails.mail_letter, name="mail_letter"),
    path("mails/<uuid:mail_id>/send-again/", mails.mail_resend, name="mail_resend"),
    path("events/", events.event_list, name="event_list"),
    path("inbox/", inbox.inbox_list, name="inbox_list"),
    path("inbox/<uuid:delivery_id>/retry/", inbox.inbox_retry, name="inbox_retry"),
    path("attention/<uuid:task_id>/resolve/", attention.attention_resolve, name="attention_resolve"),
    *settings.urlpatterns,
]
