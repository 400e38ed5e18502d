"""Addresses of the settings, below ``settings/`` of the console."""

from __future__ import annotations

from django.urls import path

from allsquare.web.console.settings import gateways, numbering, organization, shell, tax_rates

urlpatterns = [
    path("settings/", shell.settings_home, name="settings"),
    path("settings/organization/", organization.organization_edit, name="settings_organization"),
    path("settings/organization/currency/", organization.currency_change, name="settings_currency"),
    path("settings/payment-providers/", gateways.gateway_list, name="gateway_list"),
    path("settings/payment-providers/new/", gateways.gateway_new, name="gateway_new"),
    path("settings/payment-providers/<uuid:gateway_id>/", gateways.gateway, name="gateway"),
    path("settings/payment-providers/<uuid:gateway_id>/check/", gateways.gateway_check, name="gateway_check"),
    path(
        "settings/payment-providers/<uuid:gateway_id>/switch/", gateways.gateway_switch, name="gateway_switch"
    ),
    path("settings/numbering/", numbering.numbering, name="settings_numbering"),
    path("settings/numbering/preview/", numbering.numbering_preview, name="numbering_preview"),
    path("settings/tax-rates/", tax_rates.tax_rate_list, name="tax_rate_list"),
    path("settings/tax-rates/new/", tax_rates.tax_rate_new, name="tax_rate_new"),
    path("settings/tax-rates/usual/", tax_rates.tax_rates_usual, name="tax_rates_usual"),
    path("settings/tax-rates/<uuid:tax_rate_id>/end/", tax_rates.tax_rate_end, name="tax_rate_end"),
]
