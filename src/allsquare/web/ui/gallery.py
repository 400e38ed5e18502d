"""Every component in its states on one page, to be looked at and tested. Exists only with ``DEBUG``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.errors import Conflict
from allsquare.core.money import Money
from allsquare.web.ui.errors import MESSAGES, TITLES, error_response
from allsquare.web.ui.parts import NavItem, TimelineItem
from allsquare.web.ui.states import KINDS, Tone


@dataclass(frozen=True, slots=True)
class SampleOrganization:
    """As much of an organization as the layouts need."""

    name: str = "Harbour & Pine Joinery"
    time_zone: str = "Europe/Berlin"
    clock_offset: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """A signed-in person, without a database."""

    email: str = "ines@harbour-pine.example"
    is_authenticated: bool = True


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(help_text="As it stands on the invoice.")
    email = forms.EmailField(label="E-mail", required=False)
    amount = forms.DecimalField(min_value=0)
    country = forms.ChoiceField(choices=[("DE", "Germany"), ("NZ", "New Zealand")])
    method = forms.ChoiceField(
        choices=[("card", "Card"), ("bank", "Bank transfer")], widget=forms.RadioSelect, initial="card"
    )
    due_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="Due")
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    remember = forms.BooleanField(required=False, label="Keep this card for next time")


class GalleryError(Conflict):
    """Shows how an error of a service looks."""

    code = "gallery_example"


def only_while_developing(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An installation that serves customers has no gallery."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@only_while_developing
def gallery(request: HttpRequest) -> HttpResponse:
    """The console's layout with everything in it. Its search finds nothing."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    url = reverse("ui:gallery")
    nav = [
        NavItem("Home", "ui:gallery", "home", url=url),
        NavItem(
            "Books",
            "ui:gallery",
            "book-2",
            children=(
                NavItem("Journal", "ui:gallery", url=url, active=True),
                NavItem("Trial balance", "ui:gallery", url=url),
            ),
            url=url,
            active=True,
        ),
    ]
    icons = {"Invoices": "file-invoice", "Customers": "users", "Payments": "credit-card", "Mails": "mail"}
    nav[1:1] = [NavItem(label, "ui:gallery", icon, url=url) for label, icon in icons.items()]
    broken = SampleForm(
        {"name": "", "email": "not an address", "amount": "-1", "country": "DE"}, auto_id="broken_%s"
    )
    broken.add_error(None, "The invoice was changed by somebody else a moment ago.")
    context = {
        "nav_items": nav,
        "create_items": [NavItem("Invoice", "ui:gallery", "file-invoice", url=url)],
        "search_url": url,
        "shortcuts": [{"keys": "c", "act": "create"}],
        "organization": SampleOrganization(),
        "user": SamplePerson(),
        "kinds": {kind: list(states) for kind, states in KINDS.items()},
        "levels": ["info", "success", "warning", "danger"],
        "rows": _rows(),
        "timeline": _timeline(),
        "form": SampleForm(initial={"amount": "1234.00", "country": "DE"}),
        "broken": broken,
        "payment_id": "0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807",
        "total": Money(1_284_650, currency("EUR")),
        "due": Money(-12_345, currency("EUR")),
        "dinar": Money(1_005, currency("KWD")),
        "yen": Money(120_000, currency("JPY")),
    }
    return render(request, "ui/gallery.html", context)


@only_while_developing
def payer(request: HttpRequest) -> HttpResponse:
    """The payer's layout."""
    organization = SampleOrganization()
    context = {
        "organization": organization,
        "total": Money(123_400, currency("EUR")),
        "due_on": clock.today(organization) + timedelta(days=9),
    }
    return render(request, "ui/gallery_payer.html", context)


@only_while_developing
def error(request: HttpRequest, status: int) -> HttpResponse:
    """Error pages by status; 409 goes the way of a service's error."""
    if status == 409:
        raise GalleryError(
            "This invoice was paid a minute ago, so it cannot be voided. Refund the payment instead."
        )
    if status not in TITLES:
        raise Http404
    message = MESSAGES.get(status, "The sentence of the error stands here.")
    return error_response(request, status=status, message=message, code="gallery_example")


def _rows() -> list[dict[str, object]]:
    now = clock.now(None)
    states = ["overdue", "sent", "partly_paid", "paid", "draft", "void"]
    names = [
        "Müller & Söhne GmbH",
        "Ana Lúcia Ferreira",
        "株式会社さくら",
        "Kōwhai Trust",
        "شركة النخيل",
        "Zed Ltd",
    ]
    return [
        {
            "number": f"2026-{118 - place:04}",
            "customer": name,
            "state": state,
            "at": now - timedelta(hours=7 * place * place, minutes=3),
            "due_on": (now + timedelta(days=10 - 8 * place)).date(),
            "total": Money(1_234_00 * (place + 1) - 55, currency("EUR")),
        }
        for place, (state, name) in enumerate(zip(states, names, strict=True))
    ]


def _timeline() -> list[TimelineItem]:
    now = clock.now(None)
    return [
        TimelineItem(
            now - timedelta(minutes=2), "Receipt sent", "to ines@example.org", "Allsquare", icon="mail-check"
        ),
        TimelineItem(
            now - timedelta(minutes=3),
            "Payment of €1,234.00 succeeded",
            who="sandbox",
            url="#",
            icon="circle-check",
            tone=Tone.GREEN,
        ),
        TimelineItem(
            now - timedelta(minutes=4),
            "Card declined",
            "The bank said: insufficient funds. Nothing was charged.",
            "sandbox",
            icon="circle-x",
            tone=Tone.RED,
        ),
        TimelineItem(
            now - timedelta(days=3),
            "Invoice sent",
            who="ines@harbour-pine.example",
            icon="send",
            tone=Tone.BLUE,
        ),
    ]
