"""What the people were told: every answer that says *done* is written down, and must be true at the end (I3)."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx

_ID = "([0-9a-f-]{36})"
#: A form that was answered with a redirect, what that acknowledges, and where its name stands.
_FORMS = (
    ("customer", re.compile(r"^/customers/new/$"), re.compile(rf"^/customers/{_ID}/$")),
    ("draft", re.compile(r"^/invoices/new/$"), re.compile(rf"^/invoices/{_ID}/")),
    ("recorded", re.compile(rf"^/invoices/{_ID}/record-payment/$"), re.compile(rf"^/payments/{_ID}/$")),
)
_EDIT = re.compile(rf"^/invoices/{_ID}/edit/$")
_VOID = re.compile(rf"^/invoices/{_ID}/void/$")
_REFUND = re.compile(rf"^/payments/{_ID}/refund/$")
_INVOICE = re.compile(rf"^/invoices/{_ID}/$")
_PAY = re.compile(r"^/pay/[\w-]{20,}/")
_CHARGE = re.compile(r"/pay/(ch_[0-9a-f]+)")
_RECEIPT = re.compile(rf"/receipt/{_ID}\.pdf")
_PAY_LINK = re.compile(r"https?://[^\"'<>\s]+/pay/[\w-]{20,}/")


@dataclass(frozen=True, slots=True)
class Word:
    """``kind`` of what is done, and its name there: an id, or a form's key."""

    kind: str
    name: str


@dataclass(slots=True)
class Acknowledged:
    """Filled by all desks at once. ``base_url`` tells Allsquare's answers from the provider's."""

    base_url: str
    words: set[Word] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, response: httpx.Response) -> None:
        """Every response to every request, those that are redirects too."""
        url = response.request.url
        if not str(url).startswith(self.base_url):
            return
        found: list[Word] = []
        if response.request.method == "POST" and response.is_redirect:
            found = _after_form(url.path, response)
        elif response.request.method == "GET" and response.status_code == 200:
            found = _on_page(url.path, response)
        with self._lock:
            self.words.update(found)

    def names(self, kind: str) -> set[str]:
        with self._lock:
            return {word.name for word in self.words if word.kind == kind}

    def add(self, kind: str, name: str) -> None:
        with self._lock:
            self.words.add(Word(kind, name))

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(sorted(Counter(word.kind for word in self.words).items()))


def pay_link(page: str) -> str:
    """The link that the invoice's page shows; empty when it shows none."""
    found = _PAY_LINK.search(page)
    return found.group() if found else ""


def receipts(page: str) -> list[str]:
    """The payments of which a pay page says that they came."""
    return sorted(set(_RECEIPT.findall(page)))


def charge_of(url: str) -> str:
    """The provider's name of a charge, from the address of its page."""
    found = _CHARGE.search(url)
    return found.group(1) if found else ""


def _after_form(path: str, response: httpx.Response) -> list[Word]:
    location = response.headers["Location"]
    sent = parse_qs(response.request.content.decode())
    for kind, form, target in _FORMS:
        named = target.match(location)
        if form.match(path) and named:
            return [Word(kind, named.group(1))]
    if (edited := _EDIT.match(path)) and location == f"/invoices/{edited.group(1)}/":
        return [Word("edited", f"{edited.group(1)} {sent['lines-0-description'][0]}")]
    if voided := _VOID.match(path):
        return [Word("voided", voided.group(1))]
    if _REFUND.match(path):
        return [Word("refund", f"console:{sent['key'][0]}")]
    if _PAY.match(path) and (charge := charge_of(location)):
        return [Word("started", charge)]
    return []


def _on_page(path: str, response: httpx.Response) -> list[Word]:
    if (invoice := _INVOICE.match(path)) and pay_link(response.text):
        return [Word("issued", invoice.group(1))]
    if _PAY.match(path):
        return [Word("paid", payment) for payment in receipts(response.text)]
    return []
