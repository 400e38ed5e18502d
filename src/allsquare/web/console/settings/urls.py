"""Addresses of the settings, below ``settings/`` of the console."""

from __future__ import annotations

from django.urls import path

from allsquare.web.console.settings import (
    branding,
    fraud,
    gateways,
    groups,
    languages,
    mail,
    numbering,
    organization,
    paying,
    people,
    roles,
    routes,
    security,
    shell,
    tax_rates,
)

urlpatterns = [
    path("settings/", shell.settings_home, name="settings"),
    path("settings/organization/", organization.organization_edit, name="settings_organization"),
    path("settings/branding/", branding.branding, name="settings_branding"),
    path("settings/branding/preview/", branding.branding_preview, name="branding_preview"),
    path("settings/mail/", mail.mail_settings, name="settings_mail"),
    path("settings/mail/test/", mail.mail_test, name="mail_test"),
    path("settings/languages/", languages.language_settings, name="settings_languages"),
    path("settings/paying/", paying.paying, name="settings_paying"),
    path("settings/fraud/", fraud.rules, name="settings_fraud"),
    path("settings/fraud/lists/", fraud.lists, name="settings_fraud_lists"),
    path("settings/fraud/lists/<uuid:listed_id>/remove/", fraud.entry_remove, name="fraud_entry_remove"),
    path("settings/payment-providers/", gateways.gateway_list, name="gateway_list"),
    path("settings/payment-providers/new/", gateways.gateway_new, name="gateway_new"),
    path("settings/payment-providers/<uuid:gateway_id>/", gateways.gateway, name="gateway"),
    path("settings/payment-providers/<uuid:gateway_id>/check/", gateways.gateway_check, name="gateway_check"),
    path(
        "settings/payment-providers/<uuid:gateway_id>/switch/", gateways.gateway_switch, name="gateway_switch"
    ),
    path("settings/payment-routes/", routes.route_list, name="payment_route_list"),
    path("settings/payment-routes/new/", routes.route_new, name="payment_route_new"),
    path("settings/payment-routes/<uuid:route_id>/", routes.route_edit, name="payment_route_edit"),
    path("settings/payment-routes/<uuid:route_id>/move/", routes.route_move, name="payment_route_move"),
    path("settings/payment-routes/<uuid:route_id>/remove/", routes.route_remove, name="payment_route_remove"),
    path("settings/customer-groups/", groups.group_list, name="customer_group_list"),
    path("settings/customer-groups/<uuid:group_id>/", groups.group_edit, name="customer_group_edit"),
    path(
        "settings/customer-groups/<uuid:group_id>/remove/", groups.group_remove, name="customer_group_remove"
    ),
    path("settings/people/", people.people, name="settings_people"),
    path("settings/people/members/", people.members, name="settings_members"),
    path("settings/people/<uuid:membership_id>/", people.member, name="settings_member"),
    path("settings/people/<uuid:membership_id>/remove/", people.member_remove, name="settings_member_remove"),
    path(
        "settings/people/invitations/<uuid:invitation_id>/resend/",
        people.invitation_resend,
        name="settings_invitation_resend",
    ),
    path(
        "settings/people/invitations/<uuid:invitation_id>/withdraw/",
        people.invitation_withdraw,
        name="settings_invitation_withdraw",
    ),
    path("settings/roles/", roles.roles, name="settings_roles"),
    path("settings/security/", security.security, name="settings_security"),
    path("settings/numbering/", numbering.numbering, name="settings_numbering"),
    path("settings/numbering/preview/", numbering.numbering_preview, name="numbering_preview"),
    path("settings/tax-rates/", tax_rates.tax_rate_list, name="tax_rate_list"),
    path("settings/tax-rates/new/", tax_rates.tax_rate_new, name="tax_rate_new"),
    path("settings/tax-rates/usual/", tax_rates.tax_rates_usual, name="tax_rates_usual"),
    path("settings/tax-rates/<uuid:tax_rate_id>/end/", tax_rates.tax_rate_end, name="tax_rate_end"),
]
