"""Words are found by how they begin, and an index answers."""

from __future__ import annotations

import pytest
from django.db import connection

from allsquare.billing.models import Invoice
from allsquare.billing.words import INVOICE_WORDS
from allsquare.catalog.models import Item
from allsquare.catalog.words import ITEM_WORDS
from allsquare.core.listing.search import FEW, few_or_all, matching, words
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from tests.factories import make_customer, make_organization
from tests.web.console.world import World


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization()


def found(organization: Organization, text: str) -> set[str]:
    rows = Customer.objects.filter(organization=organization).filter(matching(CUSTOMER_WORDS, text))
    return set(rows.values_list("name", flat=True))


@pytest.mark.parametrize(
    "text",
    ["müller", "MÜLL", "söhne mül", "buero@mue", "ada-ma", "DE123", "gmbh & co", "O'B", "12ab", "3d"],
)
def test_words_are_found_by_their_beginnings(organization: Organization, text: str) -> None:
    make_customer(
        organization,
        name="Müller & Söhne GmbH & Co. KG 12ab 3D",
        contact_name="Ada-Maria O'Brien",
        email="buero@mueller.example",
        tax_id="DE123456789",
    )
    make_customer(organization, name="Somebody else")
    assert len(found(organization, text)) == 1


@pytest.mark.parametrize("text", ["payer-4e3937e4@customer", "1e5", "2.5e-3", "0x1f", "1e", "4e3937e"])
def test_words_that_look_like_numbers_are_words(organization: Organization, text: str) -> None:
    make_customer(organization, name="Hall 1E5a 2.5e-3 0x1Fg", email="payer-4e3937e4@customer.example")
    assert len(found(organization, text)) == 1


@pytest.mark.parametrize("letter", ["x", "王"])
def test_a_word_without_end_is_kept_and_found_by_its_beginning(
    organization: Organization, letter: str
) -> None:
    World(organization).item(description=f"{letter * 5000} then more")
    rows = Item.objects.filter(organization=organization)
    assert rows.filter(matching(ITEM_WORDS, letter * 20)).count() == 1
    assert rows.filter(matching(ITEM_WORDS, letter * 3000)).count() == 1
    assert rows.filter(matching(ITEM_WORDS, "more")).count() == 1


@pytest.mark.parametrize("text", ["üller", "%", "_", "' | a", "!!", "\\", "''':*", "a:* | b", "<->"])
def test_signs_are_no_operators_and_no_wildcards(organization: Organization, text: str) -> None:
    make_customer(organization, name="Müller")
    assert found(organization, text) == set()


def test_a_long_text_is_cut_to_a_few_words() -> None:
    assert words(" ".join(f"w{number}" for number in range(50))) == [f"w{number}" for number in range(8)]


@pytest.mark.django_db
def test_an_index_answers() -> None:
    rows = Customer.objects.filter(matching(CUSTOMER_WORDS, "ada"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "customer_by_words" in rows.explain()


def test_many_matches_are_left_to_the_database(organization: Organization) -> None:
    for _number in range(3):
        make_customer(organization)
    rows = Customer.objects.filter(organization=organization)
    assert isinstance(few_or_all(rows), list)
    for number in range(FEW):
        make_customer(organization, name=f"N {number}")
    assert not isinstance(few_or_all(rows), list)


@pytest.mark.django_db
def test_an_index_answers_when_a_number_is_typed_with_fewer_zeros() -> None:
    rows = Invoice.objects.filter(matching(INVOICE_WORDS, "INV-0013"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "invoice_by_words" in rows.explain()
