from __future__ import annotations

import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from allsquare.core.models import Event
from allsquare.identity.models import Organization
from tests.web.console.world import World

URL = reverse("console:settings_branding")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: One black pixel.
PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def sent(owner: Client, data: bytes = b"", name: str = "logo.png", **more: str) -> tuple[int, str]:
    form: dict[str, object] = {"brand_color": "", **more}
    if data:
        form["logo"] = SimpleUploadedFile(name, data, content_type="text/html")
    answer = owner.post(URL, form)
    return answer.status_code, answer.text


@pytest.mark.parametrize(("data", "kind"), [(PNG, "image/png"), (SVG, "image/svg+xml")])
def test_what_a_picture_is_is_told_from_itself(world: World, owner: Client, data: bytes, kind: str) -> None:
    for _ in range(2):
        assert sent(owner, data, "anything.exe")[0] == 302
    saved = Organization.objects.get(id=world.organization.id)
    assert (bytes(saved.logo), saved.logo_type) == (data, kind)
    assert Event.objects.filter(kind="organization.logo_changed").count() == 1
    assert f"data:{kind};base64," in owner.get(URL).text
    assert sent(owner, remove_logo="on")[0] == 302
    assert Organization.objects.get(id=world.organization.id).logo_type == ""


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a nothing",
        PNG[:40],
        b"<svg><broken",
        b"<html><script>alert(1)</script>",
        SVG + b" " * 300_000,
        b"%PDF-1.7",
    ],
    ids=["gif", "cut", "broken", "html", "large", "pdf"],
)
def test_what_no_document_can_carry_is_refused_at_the_field(world: World, owner: Client, data: bytes) -> None:
    status, page = sent(owner, data)
    assert status == 422
    assert 'id="id_logo_error"' in page
    assert not Organization.objects.get(id=world.organization.id).logo_type


def test_a_colour_is_shown_before_and_after_saving(world: World, owner: Client) -> None:
    preview = owner.get(reverse("console:branding_preview"), {"brand_color": "#FC0"}).text
    assert "/ui/brand/ffcc00.css" in preview
    assert "darker shade" in preview
    assert "Words on this colour are dark" in preview
    assert owner.get(reverse("console:branding_preview"), {"brand_color": "#FC"}).status_code == 204
    assert sent(owner, brand_color="#FC0")[0] == 302
    assert Organization.objects.get(id=world.organization.id).brand_color == "#ffcc00"
    status, page = sent(owner, brand_color="red")
    assert status == 422
    assert 'id="id_brand_color_error"' in page
