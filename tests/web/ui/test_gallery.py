from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from allsquare.web.ui.states import KINDS

pytestmark = pytest.mark.urls("tests.web.ui.urls")

PAGES = ["/ui/gallery", "/ui/gallery/payer", "/ui/gallery/error/404"]


@pytest.mark.parametrize("page", PAGES)
def test_an_installation_has_no_gallery(client: Client, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 404
    assert "gallery_example" not in response.text


def test_the_gallery_shows_every_state(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    text = client.get("/ui/gallery").text
    for states in KINDS.values():
        for each in states.values():
            assert f"<span>{each.label}</span>" in text


def test_right_to_left_languages_turn_the_page_round(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    text = client.get("/ui/gallery/payer", headers={"Accept-Language": "ar"}).text
    assert '<html lang="ar" dir="rtl">' in text
    assert "vendor/payer.rtl.css" in text
    assert "vendor/payer.css" not in text


def test_the_payers_page_loads_two_small_scripts_and_each_with_its_hash(
    client: Client, settings: Settings
) -> None:
    settings.DEBUG = True
    text = client.get("/ui/gallery/payer").text
    assert text.count("<script ") == 2
    assert text.count('.js" integrity="sha384-') == 2
    assert text.count('.css" integrity="sha384-') == 2
    assert "htmx" not in text
