from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from allsquare.web.caught.mailbox import CaughtMail
from tests.web.caught.test_mailbox import keep


@pytest.fixture
def caught(settings: Settings, tmp_path: Path) -> CaughtMail:
    settings.ALLSQUARE_CAUGHT_MAIL_DIR = str(tmp_path)
    settings.ROOT_URLCONF = "tests.web.caught.urls"
    return keep(tmp_path, "<b>Bold</b>")


def test_the_list_shows_what_was_caught_as_text(client: Client, caught: CaughtMail) -> None:
    page = client.get("/mail/").content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert f'href="/mail/{caught.id}/"' in page
    assert "f@example.com" in page


def test_without_mails_it_says_how_to_get_one(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.ALLSQUARE_CAUGHT_MAIL_DIR, settings.ROOT_URLCONF = str(tmp_path), "tests.web.caught.urls"
    assert "No mail yet" in client.get("/mail/").content.decode()


def test_a_mail_frames_its_html_and_links_its_files(client: Client, caught: CaughtMail) -> None:
    response = client.get(f"/mail/{caught.id}/")
    page = response.content.decode()
    assert f'src="/mail/{caught.id}/html"' in page
    assert 'sandbox="allow-popups' in page
    assert "plain words" in page
    assert "R 1.pdf" in page
    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_the_html_can_run_and_load_nothing(client: Client, caught: CaughtMail) -> None:
    response = client.get(f"/mail/{caught.id}/html")
    policy = response["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert 'src="data:image/png;base64,' in response.content.decode()


def test_files_are_saved_and_never_shown(client: Client, caught: CaughtMail) -> None:
    response = client.get(f"/mail/{caught.id}/files/0")
    assert response.content == b"%PDF-"
    assert response["Content-Disposition"] == 'attachment; filename="R 1.pdf"'
    source = client.get(f"/mail/{caught.id}/source")
    assert b"".join(source.streaming_content) == caught.path.read_bytes()  # type: ignore[attr-defined]  # a file response


@pytest.mark.parametrize("path", ["nothing/", "nothing/html", "nothing/source", "nothing/files/0"])
def test_what_was_not_caught_is_not_found(client: Client, caught: CaughtMail, path: str) -> None:
    assert client.get(f"/mail/{path}").status_code == 404
    assert client.get(f"/mail/{caught.id}/files/1").status_code == 404


def test_pages_are_only_read(client: Client, caught: CaughtMail) -> None:
    assert client.post(f"/mail/{caught.id}/").status_code == 405
