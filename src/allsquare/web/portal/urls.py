"""Addresses that a payer's link opens."""

from __future__ import annotations

from django.urls import path

from allsquare.web.portal import files, pay, payment, stop

app_name = "portal"

urlpatterns = [
    path("<str:token>/", pay.page, name="pay"),
    path("<str:token>/back/<str:mark>/", payment.back, name="back"),
    path("<str:token>/payment/<uuid:payment_id>/", payment.page, name="payment"),
    path("<str:token>/payment/<uuid:payment_id>/stop", stop.transfer, name="stop"),
    path("<str:token>/invoice.pdf", files.invoice, name="invoice_pdf"),
    path("<str:token>/receipt/<uuid:payment_id>.pdf", files.receipt, name="receipt_pdf"),
    path("<str:token>/logo", files.logo, name="logo"),
]
