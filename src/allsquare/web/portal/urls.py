"""Addresses that a payer's link opens."""

from __future__ import annotations

from django.urls import path

from allsquare.web.portal import agreement, files, methods, pay, payment, stop

app_name = "portal"

urlpatterns = [
    path("methods/<str:token>/", methods.page, name="methods"),
    path("methods/<str:token>/agree", agreement.agree, name="method_agree"),
    path("methods/<str:token>/end", agreement.end, name="method_end"),
    path("methods/<str:token>/stop/<uuid:invoice_id>", agreement.stop, name="method_stop"),
    path("methods/<str:token>/<uuid:method_id>/first", methods.first, name="method_first"),
    path("methods/<str:token>/<uuid:method_id>/remove", methods.remove, name="method_remove"),
    path("<str:token>/", pay.page, name="pay"),
    path("<str:token>/methods/", methods.ask, name="methods_ask"),
    path("<str:token>/back/<str:mark>/", payment.back, name="back"),
    path("<str:token>/payment/<uuid:payment_id>/", payment.page, name="payment"),
    path("<str:token>/payment/<uuid:payment_id>/stop", stop.transfer, name="stop"),
    path("<str:token>/invoice.pdf", files.invoice, name="invoice_pdf"),
    path("<str:token>/credit-note/<uuid:credit_note_id>.pdf", files.credit_note, name="credit_note_pdf"),
    path("<str:token>/receipt/<uuid:payment_id>.pdf", files.receipt, name="receipt_pdf"),
    path("<str:token>/logo", files.logo, name="logo"),
]
