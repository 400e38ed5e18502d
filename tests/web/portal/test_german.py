"""A payer who got a German invoice reads German, whole."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.test import Client
from django.utils.translation.template import templatize

from allsquare.core.ids import new_token
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount
from allsquare.web import portal, ui
from tests.payments.makers import ScriptedGateway, charge, issued_invoice
from tests.web.portal.conftest import Payer, payer_of
from tests.web.portal.pages import shown

PORTAL, UI = (Path(str(package.__file__)).parent for package in (portal, ui))
MESSAGES = PORTAL.parents[1] / "locale" / "de" / "LC_MESSAGES" / "django.po"
#: What of the shared layer a payer can meet.
SHARED = (
    UI / "errors.py",
    *(UI / "templates/ui" / name for name in ("base.html", "payer.html", "plain.html", "error.html")),
    *(
        UI / "templates/ui/parts" / f"{name}.html"
        for name in ("alert", "messages", "theme_switch", "copyable")
    ),
)
#: Said by the shared layer from lists that payers see a part of.
ELSEWHERE = {"today", "overdue"}

_CALL = re.compile(r"\b(?:_|gettext)\(u?('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")\)")


def said_in(path: Path) -> Iterator[str]:
    """The texts that a file wants translated."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        for quoted in _CALL.findall(templatize(text)):
            yield ast.literal_eval(quoted)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "gettext"):
            yield ast.literal_eval(node.args[0])


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    with MESSAGES.open("rb") as file:
        return read_po(file)


def test_everything_a_payer_reads_is_translated(catalog: Catalog) -> None:
    files = [*SHARED, *PORTAL.rglob("*.py"), *PORTAL.rglob("*.html")]
    said = {text for path in files for text in said_in(path)} | ELSEWHERE
    assert len(said) > 100
    assert said - {str(message.id) for message in catalog if message.string and not message.fuzzy} == set()


def test_translations_name_the_same_facts(catalog: Catalog) -> None:
    def facts(text: object) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)s", str(text)))

    assert [m.id for m in catalog if m.string and facts(m.id) != facts(m.string)] == []


def test_the_compiled_catalog_is_that_of_its_source(catalog: Catalog) -> None:
    with MESSAGES.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    said = [m for m in catalog if isinstance(m.id, str) and m.id and m.string]
    assert [m.id for m in said if compiled.gettext(str(m.id)) != m.string] == [], "run: make messages"


@pytest.fixture
def german(client: Client, organization: Organization, customer: Customer, account: GatewayAccount) -> Payer:
    Customer.objects.filter(organization=organization, id=customer.id).update(language="de-AT")
    customer.refresh_from_db()
    return payer_of(issued_invoice(organization, customer, total="1234.00"), client)


@pytest.mark.django_db
def test_the_pages_are_german_with_figures_of_the_region(german: Payer) -> None:
    page = german.open()
    assert '<html lang="de-at"' in page.html
    assert page.headers["Content-Language"] == "de-at"
    for words in (
        "Rechnung INV-00001",
        "€ 1.234,00",
        "Wie möchten Sie zahlen?",
        "Fällig am",
        "Summe",
        "Wie das Gerät",
    ):
        assert words in page.text.replace("\xa0", " ") + page.html
    ScriptedGateway.answers.append(charge(Status.DECLINED, reference="ch_1", code="expired_card"))
    declined = german.follow(german.press(page))
    assert "Die Karte ist abgelaufen" in declined.text
    assert "Es wurde nichts abgebucht." in declined.text


@pytest.mark.django_db
def test_errors_before_an_invoice_is_known_speak_the_browsers_language(client: Client) -> None:
    page = shown(client.get(f"/pay/{new_token()}/", headers={"Accept-Language": "de-DE,de;q=0.9"}))
    assert "Hier ist nichts" in page.text
    assert "Dieser Link führt nirgendwohin." in page.text
