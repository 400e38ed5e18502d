"""Addresses that a payer's link opens."""

from __future__ import annotations

from django.urls import path

from allsquare.web.portal import agreement, files, methods, pay, payment, stop
from allsquare.web.portal.several import ended
from allsquare.web.portal.several import views as several

app_name = "portal"

urlpatterns = [
    path("methods/<str:token>/", methods.page, name="methods"),
    path("methods/<str:token>/agree", agreement.agree, name="method_agree"),
    path("methods/<str:token>/end", agreement.end, name="method_end"),
    path("methods/<str:token>/stop/<uuid:invoice_id>", agreement.stop, name="method_stop"),
    path("methods/<str:token>/<uuid:method_id>/first", methods.first, name="method_first"),
    path("methods/<str:token>/<uuid:method_id>/remove", methods.remove, name="method_remove"),
    path("open/<str:token>/", several.page, name="open"),
    path("open/<str:token>/logo", several.logo, name="open_logo"),
    path("open/<str:token>/back/<str:mark>/", ended.back, name="open_back"),
    path("open/<str:token>/payment/<uuid:payment_id>/", ended.page, name="open_payment"),
    path("open/<str:token>/payment/<uuid:payment_id>/enter", ended.enter, name="open_enter"),
    path("open/<str:token>/payment/<uuid:payment_id>/stop", ended.stop, name="open_stop"),
    path("open/<str:token>/receipt/<uuid:payment_id>.pdf", ended.receipt, name="open_receipt_pdf"),
    path("<str:token>/", pay.page, name="pay"),
    path("<str:token>/open/", several.ask, name="open_ask"),
    path("<str:token>/methods/", methods.ask, name="methods_ask"),
    path("<str:token>/back/<str:mark>/", payment.back, name="back"),
    path("<str:token>/payment/<uuid:payment_id>/", payment.page, name="payment"),
    path("<str:token>/payment/<uuid:payment_id>/enter", payment.enter, name="enter"),
    path("<str:token>/payment/<uuid:payment_id>/stop", stop.transfer, name="stop"),
    path("<str:token>/invoice.pdf", files.invoice, name="invoice_pdf"),
    path("<str:token>/credit-note/<uuid:credit_note_id>.pdf", files.credit_note, name="credit_note_pdf"),
    path("<str:token>/receipt/<uuid:payment_id>.pdf", files.receipt, name="receipt_pdf"),
    path("<str:token>/logo", files.logo, name="logo"),
]
