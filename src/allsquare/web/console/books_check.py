"""The check of the books: does everything add up, what does not, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.connect import selectors as connect
from allsquare.identity.permissions import Permission
from allsquare.insights import selectors as insights
from allsquare.insights.models import BooksFinding
from allsquare.insights.proofs import BY_NAME, Proof
from allsquare.insights.services.start_check import start_check
from allsquare.payments.selectors import payments_behind
from allsquare.web.console.access import ConsoleRequest, post_only, staff

#: Pages of one thing, and pages of all things where one has none of its own.
PAGES: Final[Mapping[str, str]] = {
    "invoice": "console:invoice",
    "credit_note": "console:credit_note",
    "payment": "console:payment",
    "dispute": "console:dispute",
    "payout": "console:payout",
    "provider_movement": "console:movement",
    "customer": "console:customer",
    "payment_link": "console:payment_link",
    "journal_entry": "console:entry",
    "account": "console:account",
    "batch": "console:batch",
    "gateway_account": "console:provider",
    "inquiry": "console:inquiry",
}
LISTS: Final[Mapping[str, str]] = {
    "trial_balance": "console:trial_balance",
    "organization": "console:money",
    "money_day": "console:payment_list",
    "owed_day": "console:invoice_list",
    "inbox_event": "console:inbox_list",
    "export": "console:export_list",
    "event": "console:event_list",
    "job": "console:job_list",
    "mail": "console:mail_list",
}


@staff(Permission.VIEW_BOOKS)
def books_check(request: ConsoleRequest) -> HttpResponse:
    """``?proof=`` names a promise to look at; without it the page asks again by itself while a check is under way."""
    organization = request.access.organization
    installation = insights.may_see_installation(organization, UUID(request.access.actor.id))
    last = insights.last_check(organization, installation=installation)
    name = request.GET.get("proof", "")
    if name:
        return _one(request, name, last, installation=installation)
    context = {
        "last": last,
        "under_way": insights.check_under_way(),
        "earlier": insights.earlier_checks(organization, installation=installation),
    }
    part = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    template = "console/books/_check.html" if part else "console/books/check.html"
    return render(request, template, context)


def _one(
    request: ConsoleRequest, name: str, last: insights.Checked | None, *, installation: bool
) -> HttpResponse:
    proof = BY_NAME.get(name)
    if proof is None or last is None:
        raise Http404
    organization = request.access.organization
    found = insights.findings_of(organization, last.check, proof, installation=installation)
    addresses = _addresses(request, proof, found)
    own = [finding.in_all for finding in found if finding.organization_id]
    rows = [
        {
            "text": proof.text(finding.facts),
            "url": addresses.get(finding.subject, ""),
            "subject": finding.subject,
        }
        for finding in found
    ]
    context = {
        "proof": proof,
        "last": last,
        "rows": rows,
        "unnamed": max(own, default=0) - len(own),
    }
    return render(request, "console/books/check_proof.html", context)


def _addresses(request: ConsoleRequest, proof: Proof, found: list[BooksFinding]) -> dict[str, str]:
    """The page of each subject that there is."""
    organization = request.access.organization
    subjects = [finding.subject for finding in found]
    if proof.about in LISTS:
        return dict.fromkeys(subjects, reverse(LISTS[proof.about]))
    if proof.about == "number_series":
        may = request.access.may(Permission.MANAGE_SETTINGS)
        return dict.fromkeys(subjects, reverse("console:settings_numbering")) if may else {}
    if proof.about == "charge":
        payments = reverse("console:payment_list")
        return {name: f"{payments}?{urlencode({'q': name})}" for name in subjects}
    if proof.about == "refund":
        behind = payments_behind(organization, [UUID(subject) for subject in subjects])
        return {str(one): reverse("console:payment", args=[payment]) for one, payment in behind.items()}
    if proof.about == "batch":
        there = connect.batches_among(organization, [UUID(subject) for subject in subjects])
    else:
        there = insights.existing(organization, proof.about, subjects)
    pages = {str(one): reverse(PAGES[proof.about], args=[one]) for one in there}
    if proof.about == "invoice":  # money that belongs to none is its customer's
        for one in insights.existing(organization, "customer", set(subjects) - pages.keys()):
            pages[str(one)] = reverse(PAGES["customer"], args=[one])
    return pages


@post_only
@staff(Permission.VIEW_BOOKS)
def books_check_start(request: ConsoleRequest) -> HttpResponse:
    start_check(organization=request.access.organization, actor=request.access.actor)
    messages.info(request, _("The books are being checked. You can leave this page and come back."))
    return redirect("console:books_check")
