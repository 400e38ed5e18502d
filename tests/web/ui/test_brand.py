from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse


def test_a_colour_is_a_stylesheet_that_is_kept_for_ever(client: Client) -> None:
    answer = client.get(reverse("ui:brand", args=["ffcc00"]))
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]
    sheet = answer.text
    assert "--tblr-primary: #ffcc00" in sheet
    assert "--tblr-primary-fg: #11161d" in sheet
    assert "255, 204, 0" in sheet


@pytest.mark.parametrize("nonsense", ["red", "FFCC00", "fc0", "ffcc00;}", "%23ffcc00", "gggggg"])
def test_nothing_else_is(client: Client, nonsense: str) -> None:
    assert client.get(f"/ui/brand/{nonsense}.css").status_code == 404


def test_no_page_shows_its_own_brand_twice(db: None, client: Client) -> None:
    page = client.get(reverse("account_login")).text
    assert page.count("plain-brand") == 1
    assert "<img" not in page.split("</head>")[0]
