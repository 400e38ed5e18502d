from __future__ import annotations

import struct

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from allsquare.web.ui.app_icons import ICONS, icon_path


@pytest.mark.parametrize("name", ICONS)
def test_icons_have_the_size_that_they_say(name: str) -> None:
    found = finders.find(name)
    assert found == str(icon_path(name))
    head = icon_path(name).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert struct.unpack(">II", head[16:24]) == (ICONS[name][0], ICONS[name][0])


def test_the_manifest_names_icons_that_are_served(client: Client) -> None:
    answer = client.get(reverse("ui:manifest"))
    assert answer["Content-Type"] == "application/manifest+json"
    facts = answer.json()
    assert (facts["start_url"], facts["display"]) == ("/", "standalone")
    assert {icon["sizes"] for icon in facts["icons"]} == {"192x192", "512x512"}
    assert any(icon.get("purpose") == "maskable" for icon in facts["icons"])
    for icon in facts["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/"))


def test_the_worker_keeps_one_page_and_no_figures(client: Client) -> None:
    answer = client.get(reverse("ui:worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    script = answer.text
    assert f'"{reverse("ui:offline")}"' in script
    assert ".put(" not in script
    page = client.get(reverse("ui:offline")).text
    assert "No connection" in page
    assert "no figures are shown" in page
