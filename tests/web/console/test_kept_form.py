"""What was typed outlives the session."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from allsquare.customers.models import Customer
from tests.web.console.world import World


def test_a_form_sent_after_the_session_ended_comes_back_after_the_sign_in(world: World) -> None:
    person = world.member()
    person.set_password("correct horse battery")
    person.save()
    client, url = Client(), reverse("console:customer_new")
    sent = client.post(
        url, {"name": "Typed for an hour", "country": "DE", "language": "en", "currency": "EUR"}
    )
    assert sent["Location"] == f"{reverse('account_login')}?next={url}"
    signed_in = client.post(
        sent["Location"], {"login": person.email, "password": "correct horse battery", "next": url}
    )
    assert signed_in["Location"] == url
    assert "Typed for an hour" in client.get(url).content.decode()
    assert not Customer.objects.filter(name="Typed for an hour").exists()
    assert "Typed for an hour" not in client.get(url).content.decode()


def test_a_press_of_a_button_leads_back_to_its_page(world: World) -> None:
    invoice = world.draft()
    page = reverse("console:invoice", args=[invoice.id])
    sent = Client().post(
        reverse("console:invoice_issue", args=[invoice.id]), headers={"referer": f"http://testserver{page}"}
    )
    assert sent["Location"] == f"{reverse('account_login')}?next={page}"
    elsewhere = Client().post(
        reverse("console:invoice_issue", args=[invoice.id]), headers={"referer": "http://evil.example/x"}
    )
    assert elsewhere["Location"] == f"{reverse('account_login')}?next=/"


def test_a_live_part_of_a_page_says_so_in_its_place(db: None) -> None:
    response = Client().post(reverse("console:invoice_totals"), headers={"hx-request": "true"})
    assert response.status_code == 401
    assert response["HX-Retarget"] == "#messages"
    assert b"Nothing that you typed is lost" in response.content
