"""Amounts, states and numbers as rows carry them: ``{% load console %}``."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale, UnknownLocaleError
from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from allsquare.billing.models import Invoice
from allsquare.core import words
from allsquare.core.currencies import currency
from allsquare.core.formatting import format_percent, format_quantity
from allsquare.core.money import Money
from allsquare.insights.dashboard.needs import Item
from allsquare.notifications.kinds import MailKind
from allsquare.payments.attention import HELD_AS_CREDIT
from allsquare.payments.evidence import NAMES
from allsquare.payments.gateway_abilities import EvidenceKind
from allsquare.payments.models import Payment, PaymentMethod
from allsquare.web.console import shown
from allsquare.web.console.rehearsal import Shown, shown_first_steps
from allsquare.web.console.settings.shell import ShownSection, sections
from allsquare.web.ui.formats import language
from allsquare.web.ui.templatetags.ui import money, state_badge

register = template.Library()


@register.simple_tag
def amount(minor: int | None, code: str) -> SafeString:
    """Minor units with their currency; ``None`` shows a dash."""
    return money(None if minor is None else Money(minor, currency(code)))


@register.simple_tag
def price(value: Decimal, code: str) -> SafeString:
    """A unit price: as an amount, or with its own decimals where it is finer than the currency."""
    unit = currency(code)
    minor = value.scaleb(unit.exponent)
    if minor == minor.to_integral_value():
        return money(Money(int(minor), unit))
    return format_html('<span class="money">{} {}</span>', quantity(value), code)


@register.simple_tag
def credit(minor: int, code: str) -> SafeString:
    """The amount of a credit, which lines carry as a negative number, in a column of its own."""
    return amount(-minor, code)


@register.simple_tag(takes_context=True)
def invoice_badge(context: Context, invoice: Invoice) -> SafeString:
    """The state of an invoice as people see it today, overdue included."""
    return state_badge("invoice", shown.invoice_state(context["organization"], invoice))


@register.simple_tag
def payment_badge(payment: Payment) -> SafeString:
    """The state of a payment as people see it, refunds and disputes included."""
    return state_badge("payment", payment.shown_state)


@register.simple_tag(takes_context=True)
def first_steps(context: Context) -> Shown | None:
    """The way to the first money, for the home page."""
    return shown_first_steps(context["request"].access)


@register.simple_tag(takes_context=True)
def settings_sections(context: Context) -> list[ShownSection]:
    """The side navigation of the settings."""
    request = context["request"]
    return sections(request.access, request)


@register.filter
def quantity(value: Decimal) -> str:
    """A quantity or unit price with the decimals that it has."""
    return format_quantity(value.normalize() + 0, language())


@register.filter
def percent(value: Decimal) -> str:
    """A rate counted in percent."""
    return format_percent(value.normalize() + 0, language())


@register.filter
def in_our_words(text: str) -> str:
    """What was kept of a failure, in the reader's language as far as the words are ours."""
    return words.shown(text)


@register.filter
def dispute_reason(text: str) -> str:
    return shown.dispute_reason(text)


@register.filter
def card_brand(code: str) -> str:
    """*American Express*, as it stands on the card."""
    return shown.card_brand(code)


@register.filter
def method_name(code: str) -> str:
    """A way to pay in words."""
    return str(shown.METHODS.get(code, code.replace("_", " ")))


@register.filter
def saved_method(method: PaymentMethod) -> str:
    """*Visa ending 4242*."""
    return shown.saved_method(method)


@register.filter
def evidence_name(kind: str) -> str:
    """What a file of an answer to a dispute shows."""
    return str(NAMES.get(EvidenceKind(kind), kind)) if kind in set(EvidenceKind) else kind


@register.filter
def attempt_reason(code: str) -> str:
    """Why an attempt to charge by itself ended; the provider's own code where we have no words."""
    return str(shown.REASONS.get(code, code.replace("_", " ")))


@register.filter
def payout_line(kind: str) -> str:
    """What a line of a payout is, in words."""
    return str(shown.PAYOUT_LINES[kind])


@register.filter
def entry_kind(code: str) -> str:
    """What a journal entry books, in words."""
    return str(shown.ENTRY_KINDS.get(code, code.replace(".", " ").replace("_", " ")))


@register.filter
def language_name(tag: str) -> str:
    """A language in its own words; an unknown tag shows itself."""
    try:
        return Locale.parse(tag, sep="-").display_name or tag
    except (ValueError, UnknownLocaleError):
        return tag


@register.filter
def unit_name(code: str) -> str:
    """A unit of UN/ECE Recommendation 20 in words; an unknown code shows itself."""
    return str(shown.UNITS.get(code, code))


@register.filter
def account_kind(code: str) -> str:
    """Asset, liability … in words."""
    return str(shown.ACCOUNT_KINDS.get(code, code))


@register.filter
def mail_kind(code: str) -> str:
    """What a mail is about, in words."""
    return str(MailKind(code).label) if code in set(MailKind) else code.replace("_", " ")


@register.filter
def job_name(task: str) -> str:
    """What a job of the queue does, in words."""
    return str(shown.JOBS.get(task, task.replace(".", " ").replace("_", " ")))


@register.filter
def source_name(code: str) -> str:
    """What a journal entry tells of, in words."""
    return str(shown.SOURCES.get(code, code.replace("_", " ")))


@register.filter
def is_held_as_credit(kind: str) -> bool:
    """Does a task of this kind ask whether money goes back or stays credit?"""
    return kind in HELD_AS_CREDIT


@register.simple_tag
def task_page(item: Item) -> str:
    """The page of what a task on the home page is about; empty where there is none."""
    return shown.about_task(item.subject_type, item.subject_id, item.payment_id)
